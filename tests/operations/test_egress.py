"""Every address that could be reached is listed with what names it; every dependency is looked at."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from assistant.cli.application import build
from assistant.operations.egress import NAMED_BY, outside_addresses
from assistant.operations.offline import SWITCHES, forget_proxies, silence_libraries
from assistant.settings import Settings

ROOT = Path(__file__).parents[2]

SAMPLES: dict[str, Any] = {
    "database_url": "postgresql+asyncpg://clerk:s3cret@{host}:5432/meetings",
    "livekit_url": "wss://{host}/?access_token=s3cret",
    "livekit_ice_servers": ["turn:{host}:3478"],
    "jobs_sources": ["{host}:9000"],
    "jobs_webhook_url": "https://clerk:s3cret@{host}/hooks?key=s3cret",
    "docs_url": "https://{host}/s3cret/",
    "minutes_model_url": "http://{host}:11434/v1?key=s3cret",
    "minutes_model_allowed_hosts": ["{host}"],
    "allowed_origins": ["https://{host}"],
}
"""A value of each setting that names an address, with credentials where they may hide."""

NAMES_NO_OUTGOING_ADDRESS = {
    "host": "where the service listens",
    "public_url": "what links for people begin with; the service does not go there",
    "trusted_proxies": "who may say where requests come from; the service does not go there",
    "catalog": "a file; its sources are listed as those of `models pull`",
    **dict.fromkeys(
        ("data_dir", "models_dir", "glossary", "levels"),
        "a path of this machine",
    ),
    "bundle_public_key": "a key, or a file with one",
    **dict.fromkeys(
        (
            "token",
            "livekit_api_key",
            "livekit_api_secret",
            "livekit_encryption_key",
            "lasuite_tokens",
            "jobs_webhook_token",
            "jobs_webhook_secret",
            "docs_token",
            "metrics_token",
            "minutes_model_key",
            "officer_tokens",
        ),
        "a secret",
    ),
    **dict.fromkeys(
        (
            "model",
            "compute_type",
            "languages",
            "translation_models",
            "translate_to",
            "livekit_agent_name",
            "livekit_rooms",
            "livekit_notice_languages",
            "minutes_model_name",
            "organisation",
            "timezone",
            "default_level",
        ),
        "a name or a language",
    ),
}
"""The other settings that are text, and why nothing is reached by them."""


def texts() -> set[str]:
    """Return the settings that could hold an address: all but numbers, switches and fixed choices."""
    return {
        name
        for name, field in Settings.model_fields.items()
        if field.annotation not in {int, float, bool} and "Literal" not in str(field.annotation)
    }


def filled(value: str | list[str], host: str) -> str | list[str]:
    return value.format(host=host) if isinstance(value, str) else [v.format(host=host) for v in value]


def test_every_setting_is_known_to_name_an_address_or_not() -> None:
    """A new setting that could hold an address must be listed, or be told apart with a reason."""
    assert texts() == set(NAMED_BY) | set(NAMES_NO_OUTGOING_ADDRESS)
    assert not set(NAMED_BY) & set(NAMES_NO_OUTGOING_ADDRESS)
    assert set(SAMPLES) == set(NAMED_BY)


@pytest.mark.parametrize("field", NAMED_BY)
@pytest.mark.parametrize("host", ["probe.example", "[2001:db8::5]", "127.0.0.1"])
def test_an_address_is_listed_with_the_setting_that_names_it(field: str, host: str, tmp_path: Path) -> None:
    """It stands there by its own name, whatever the form, and without credentials."""
    chosen: dict[str, Any] = {field: filled(SAMPLES[field], host)}
    # A listener that is not configured reaches no STUN server.
    base: dict[str, Any] = {"livekit_url": "ws://livekit.example"} if field == "livekit_ice_servers" else {}
    listed = outside_addresses(Settings(data_dir=tmp_path, **base, **chosen))
    mine = [found for found in listed if found.setting == f"ASSISTANT_{field.upper()}"]
    assert any(host.strip("[]") in found.address for found in mine)
    assert any(found.local for found in mine) == (host == "127.0.0.1")
    assert "s3cret" not in repr(listed)
    assert "clerk" not in repr(listed)


def test_by_default_the_service_reaches_nothing(tmp_path: Path) -> None:
    """The default configuration names no address."""
    assert outside_addresses(Settings(data_dir=tmp_path)) == ()


def test_hosts_of_a_database_may_stand_in_the_query(tmp_path: Path) -> None:
    """Drivers of PostgreSQL take them there, several at once; a socket of this machine is no address."""
    url = "postgresql+asyncpg:///meetings?host=one.example:5432,two.example&host=/run/postgresql"
    listed = outside_addresses(Settings(data_dir=tmp_path, database_url=url))
    assert [found.address for found in listed] == ["one.example:5432", "two.example"]


def test_what_the_listener_does_with_webrtc_is_listed(tmp_path: Path) -> None:
    """STUN goes to the LiveKit host unless told otherwise; “server” leaves it to LiveKit."""
    asked: dict[str, Any] = {"data_dir": tmp_path, "livekit_url": "wss://meet.example:7880"}
    usual = [str(found) for found in outside_addresses(Settings(**asked))]
    assert any(line.startswith("stun:meet.example:3478 ") for line in usual)
    assert any(line.startswith("8.8.8.8:53 (nothing is sent") for line in usual)
    theirs = [str(f) for f in outside_addresses(Settings(**asked, livekit_ice_servers=["server"]))]
    assert any("foreign STUN servers" in line for line in theirs)
    assert not any("stun:meet.example" in line for line in theirs)


def test_the_doctor_lists_addresses_and_what_names_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As a table and as JSON; the catalogue's sources are told apart from what the service reaches."""
    monkeypatch.setenv("ASSISTANT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ASSISTANT_DOCS_URL", "https://docs.example.org")
    monkeypatch.setenv("PIP_INDEX_URL", "https://clerk:s3cret@wheels.example.org/simple")
    monkeypatch.setenv("COLUMNS", "200")
    table = CliRunner().invoke(build(), ["doctor", "--egress"])
    assert table.exit_code == 0, table.output
    assert re.search(
        r"https://docs\.example\.org +ASSISTANT_DOCS_URL +transcripts are published", table.output
    )
    assert "ASSISTANT_CATALOG" in table.output
    report = json.loads(CliRunner().invoke(build(), ["doctor", "--egress", "--json"]).output)
    assert [found["setting"] for found in report["service"]] == ["ASSISTANT_DOCS_URL"]
    fetched = {found["address"]: found["setting"] for found in report["models_pull"]}
    assert fetched["https://wheels.example.org"].startswith("PIP_INDEX_URL")
    assert "s3cret" not in json.dumps(report)
    monkeypatch.delenv("ASSISTANT_DOCS_URL")
    silent = CliRunner().invoke(build(), ["doctor", "--egress"])
    assert "The service reaches nothing" in silent.output


def locked_names() -> list[str]:
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    return sorted({match[1] for line in lines if (match := re.match(r"([a-z0-9][a-z0-9._-]*)==", line))})


def rows_of_the_table() -> dict[str, list[str]]:
    """Return the cells of docs/egress.md's table of dependencies, by name."""
    rows: dict[str, list[str]] = {}
    for line in (ROOT / "docs" / "egress.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("| `") and len(cells) == 4:
            rows |= dict.fromkeys(re.findall(r"`([a-z0-9][a-z0-9._-]*)`", cells[0]), cells)
    return rows


def test_every_locked_dependency_has_been_looked_at() -> None:
    """A new one needs a row in docs/egress.md, with what it could do and what stops it."""
    rows = rows_of_the_table()
    assert sorted(rows) == locked_names()
    assert all(all(cells) for cells in rows.values())


def test_every_switch_is_turned_everywhere() -> None:
    """The scripts and the images turn the same ones as the package, and the page explains them."""
    turned = {f"{name}={value}" for name, value in SWITCHES.items()}
    for path in ("scripts/environment", "Dockerfile", "Dockerfile.gpu"):
        assert turned <= set((ROOT / path).read_text("utf-8").split()), path
    page = (ROOT / "docs" / "egress.md").read_text("utf-8")
    assert all(f"`{name}`" in page for name in SWITCHES)


def test_every_script_turns_them() -> None:
    """Whatever runs the project's Python from a shell sources scripts/environment."""
    scripts = [path for path in (ROOT / "scripts").rglob("*") if path.is_file() and not path.suffix]
    running = [path for path in scripts if "$venv/bin/" in path.read_text("utf-8")]
    assert {path.name for path in running} >= {"bench", "run", "test", "check", "environment"}
    for path in running:
        sources = re.search(r'^\. "\$\(dirname .*/environment"$', path.read_text("utf-8"), re.MULTILINE)
        assert sources or path.name == "environment", path


def test_documents_fetch_nothing_while_they_are_set() -> None:
    """The typesetter fetches packages that a template imports; ours imports none."""
    template = (ROOT / "assistant" / "export" / "document.typ").read_text("utf-8")
    assert not re.search(r"#?(import|include)\b", template)


def test_switches_win_over_what_the_environment_said() -> None:
    """Nobody can turn telemetry on again by a variable."""
    environment = {"ORT_DISABLE_TELEMETRY": "0", "OTEL_SDK_DISABLED": "false", "PATH": "/bin"}
    silence_libraries(environment)
    assert environment == {**SWITCHES, "PATH": "/bin"}


def test_switches_come_before_every_library() -> None:
    """Whatever of the package is imported turns them first, when no library has read them yet."""
    code = (
        "import json, os, sys; import assistant;"
        " third = [name for name in sys.modules if name.split('.')[0] in ('onnxruntime', 'huggingface_hub',"
        " 'pydantic', 'fastapi', 'opentelemetry', 'tokenizers', 'faster_whisper', 'numpy')];"
        " print(json.dumps([third, dict(os.environ)]))"
    )
    bare = {"PATH": "/usr/bin:/bin", "ORT_DISABLE_TELEMETRY": "0"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=bare, cwd=ROOT, capture_output=True, check=True, timeout=60
    )
    loaded, environment = json.loads(done.stdout)
    assert loaded == []
    assert environment.items() >= SWITCHES.items()


def test_the_service_forgets_proxies_however_they_are_written() -> None:
    """All that libraries look for are gone, and nothing else."""
    environment = {
        "HTTP_PROXY": "http://p",
        "https_proxy": "http://p",
        "ALL_PROXY": "socks5://p",
        "HOME": "/",
    }
    forget_proxies(environment)
    assert environment == {"HOME": "/"}
