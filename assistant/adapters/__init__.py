"""Outside systems, one each, behind the protocols of `assistant.ports`."""
