"""Fails if a lock lacks a dependency of pyproject.toml, or holds a version that it rules out."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)
_EXTRAS = {
    "requirements.lock": ("build",),
    "requirements-dev.lock": ("build", "dev"),
    "requirements-train.lock": ("build", "train"),
}


def complaints(root: Path) -> list[str]:
    """Return a sentence for each mistake of the locks in `root`."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    found = []
    for lock, extras in _EXTRAS.items():
        text = (root / lock).read_text("utf-8")
        pins = {canonicalize_name(name): version for name, version in _PIN.findall(text)}
        wanted = [*project["dependencies"]]
        for extra in extras:
            wanted += project["optional-dependencies"][extra]
        for requirement in map(Requirement, wanted):
            version = pins.get(canonicalize_name(requirement.name))
            if version is None or not requirement.specifier.contains(version, prereleases=True):
                found.append(f"{lock} does not satisfy “{requirement}”: run scripts/lock.")
        if "://" in text:
            found.append(f"{lock} names an address: locks hold versions and hashes only.")
    return found


if __name__ == "__main__":
    problems = complaints(Path(__file__).parents[1])
    print("\n".join(problems) or "The locks hold everything that pyproject.toml asks for.")
    sys.exit(bool(problems))
