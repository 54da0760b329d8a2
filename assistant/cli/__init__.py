"""The command line, `assistant`."""

from __future__ import annotations

import sys

from assistant.cli.memory import prepare_libraries


def main() -> None:
    """Run the command that the arguments name; an expected error ends with one sentence and code 1."""
    prepare_libraries()
    # Only now: the commands import numpy, which reads its environment while it is imported.
    from assistant.cli.application import build
    from assistant.cli.console import complain
    from assistant.core.errors import AssistantError

    try:
        build()()
    except AssistantError as error:
        complain(error.message)
        sys.exit(1)
