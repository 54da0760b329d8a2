"""One target under atheris: `python -m fuzzing.coverage TARGET [libFuzzer's options] CORPUS`."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["assistant", "defusedxml", "icalendar"]):
    from fuzzing.targets import TARGETS


def main() -> None:
    """Run until libFuzzer ends."""
    name = sys.argv.pop(1)
    atheris.Setup(sys.argv, TARGETS[name])
    atheris.Fuzz()


main()
