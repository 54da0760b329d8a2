"""Writes a CycloneDX bill of materials: what the service needs, what that bundles, weights, fonts and data.

`cyclonedx-py` reads the packages; what it cannot see is added from `assistant.operations.licences`.
Equal contents make an equal file: there is no time and no random number in it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.utils import canonicalize_name

from assistant.operations.licences import Licensed, everything, runtime_names
from assistant.weights.catalog import load_catalog

ROOT = Path(__file__).resolve().parents[1]

_VERSION = "1.6"
_TYPES = {"native": "library", "weights": "machine-learning-model", "font": "data", "data": "data"}


def main(arguments: list[str] | None = None) -> int:
    """Write the bill and return the exit status."""
    parser = argparse.ArgumentParser("scripts/sbom", description=__doc__)
    parser.add_argument("file", type=Path, help="the file to write, such as sbom.json; - for the terminal")
    parser.add_argument(
        "--unchecked", action="store_true", help="do not check it against its schema, which takes a while"
    )
    options = parser.parse_args(arguments)
    text = bill_of_materials()
    if not options.unchecked:
        check(text)
    if str(options.file) == "-":
        print(text, end="")
    else:
        options.file.write_text(text, "utf-8")
    return 0


def bill_of_materials() -> str:
    """Return the bill as text."""
    bill = _packages()
    needed = runtime_names()
    own = bill["metadata"]["component"]["bom-ref"]
    components = [c for c in bill["components"] if canonicalize_name(c["name"]) in needed]
    by_name: dict[str, Any] = {canonicalize_name(component["name"]): component for component in components}
    kept = {own, *(component["bom-ref"] for component in components)}
    bill["dependencies"] = [
        {**entry, "dependsOn": sorted(set(entry["dependsOn"]) & kept)} if "dependsOn" in entry else entry
        for entry in bill["dependencies"]
        if entry["ref"] in kept
    ]
    for item in everything(load_catalog()):
        if not item.runtime:
            continue
        if item.kind == "library":
            if item.name in by_name:  # ourselves, it is not: what the bill is of is no part of it
                by_name[item.name].setdefault("licenses", _licences(item))
        elif item.part_of:
            by_name[item.part_of].setdefault("components", []).append(_component(item))
        else:
            components.append(_component(item))
    bill["components"] = components
    return json.dumps(bill, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def check(text: str) -> None:
    """Raise ValueError where a bill does not keep to the schema of CycloneDX."""
    wrong = JsonStrictValidator(SchemaVersion.from_version(_VERSION)).validate_str(text)
    if wrong is not None:
        raise ValueError(f"the bill of materials does not keep to its schema: {wrong!r}")


def _packages() -> dict[str, Any]:
    """Return what `cyclonedx-py` finds in the environment that runs this."""
    command = [sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible", "--sv", _VERSION]
    command += [
        "--no-validate",
        "--of",
        "JSON",
        "--pyproject",
        str(ROOT / "pyproject.toml"),
        "-o",
        "-",
        sys.executable,
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    bill: dict[str, Any] = json.loads(done.stdout)
    return bill


def _licences(item: Licensed) -> list[dict[str, Any]]:
    return [{"license": {"name": item.licence}}]


def _component(item: Licensed) -> dict[str, Any]:
    component: dict[str, Any] = {
        "type": _TYPES[item.kind],
        "bom-ref": ":".join(part for part in (item.kind, item.part_of, item.name) if part),
        "name": item.name,
        "licenses": _licences(item),
    }
    if item.version:
        component["version"] = item.version
    if item.copyleft:
        component["properties"] = [{"name": "assistant:copyleft", "value": item.copyleft}]
    if item.sha256:
        component["components"] = [
            {
                "type": "file",
                "bom-ref": f"weights:{item.name}:{path}",
                "name": path,
                "hashes": [{"alg": "SHA-256", "content": digest}],
            }
            for path, digest in item.sha256
        ]
    return component


if __name__ == "__main__":
    sys.exit(main())
