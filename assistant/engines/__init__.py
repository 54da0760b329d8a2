"""Blocking computation, one library each, behind the protocols of `assistant.ports`."""
