"""The bill of materials that goes with an image."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from assistant.weights.catalog import load_catalog

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_the_bill_is_valid_whole_and_the_same_each_time(tmp_path: Path) -> None:
    """It keeps to its schema and has libraries, what they bundle, and weights with their hashes."""
    texts = []
    for name in ("one.json", "two.json"):
        script = ROOT / "scripts" / "bill_of_materials.py"
        subprocess.run([sys.executable, script, tmp_path / name, "--unchecked"], check=True, cwd=ROOT)
        texts.append((tmp_path / name).read_text())
    assert texts[0] == texts[1]
    assert str(Path.home()) not in texts[0]
    assert str(ROOT) not in texts[0]
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(texts[0]) is None
    components = {component["name"]: component for component in json.loads(texts[0])["components"]}
    assert not {"pytest", "mypy", "ruff"} & set(components)
    assert {"libx264", "libx265"} <= {inner["name"] for inner in components["av"]["components"]}
    speech = load_catalog().model("whisper-base").sources[0].files[0]
    files = {file["name"]: file["hashes"] for file in components["whisper-base"]["components"]}
    assert files[speech.path] == [{"alg": "SHA-256", "content": speech.sha256}]
    assert all(component.get("licenses") for component in components.values())
