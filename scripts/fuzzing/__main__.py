"""`scripts/fuzz`: which targets, with which engine, for how long."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

from fuzzing.engines import by_coverage, by_mutation, has_atheris
from fuzzing.seeds import seeds
from fuzzing.targets import TARGETS

_DOORS = {"http": "tests/web/test_contract.py", "sockets": "tests/web/test_fuzzed_sockets.py"}


def main() -> int:
    """Run targets one after the other; return how many of them failed."""
    parser = argparse.ArgumentParser(prog="scripts/fuzz")
    parser.add_argument("targets", nargs="+", choices=[*TARGETS, *_DOORS, "all"])
    parser.add_argument("--seconds", type=int, default=60, help="for each parser")
    parser.add_argument("--examples", type=int, default=200, help="for each operation of a door")
    options = parser.parse_args()
    names = [*TARGETS, *_DOORS] if "all" in options.targets else options.targets
    failed = [name for name in names if _run(name, options.seconds, options.examples)]
    print(f"failed: {', '.join(failed)}" if failed else "nothing failed")
    return len(failed)


def _run(name: str, seconds: int, examples: int) -> int:
    if name in _DOORS:
        environment = os.environ | {"ASSISTANT_FUZZ_EXAMPLES": str(examples), "PYTHONPATH": ""}
        tests = [
            os.environ.get("FUZZ_TESTS", sys.executable),
            "-m",
            "pytest",
            "-q",
            "--timeout=0",
            _DOORS[name],
        ]
        return subprocess.run(tests, env=environment, check=False).returncode
    if has_atheris():
        return by_coverage(name, seeds(name), seconds)
    return by_mutation(name, TARGETS[name], seeds(name), seconds)


if __name__ == "__main__":
    sys.exit(main())
