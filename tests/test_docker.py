"""What can be known of the images without a container engine."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatch
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.cli.application import build
from assistant.settings import Settings

ROOT = Path(__file__).parents[1]
FILES = ["Dockerfile", "Dockerfile.gpu"]


def instructions(name: str) -> list[tuple[str, str]]:
    """Return the instructions of a Dockerfile with their arguments, continued lines joined."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / name).read_text("utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines if line.strip()]


def last_stage(name: str) -> list[tuple[str, str]]:
    """Return the instructions of the stage that is built by default, with those it is based on."""
    stages: dict[str, list[tuple[str, str]]] = {}
    current: list[tuple[str, str]] = []
    for instruction, argument in instructions(name):
        if instruction == "FROM":
            base, _, alias = argument.partition(" AS ")
            current = [*stages.get(base, [])]
            stages[alias] = current
        else:
            current.append((instruction, argument))
    return current


def argument_of(name: str, instruction: str) -> str:
    return [argument for found, argument in last_stage(name) if found == instruction][-1]


def environment(name: str) -> dict[str, str]:
    pairs = " ".join(argument for found, argument in last_stage(name) if found == "ENV").split()
    return dict(pair.split("=", 1) for pair in pairs)


@pytest.mark.parametrize("name", FILES)
def test_the_service_does_not_run_as_root(name: str) -> None:
    """The image ends with a numeric user that is not root, and its data directory belongs to it."""
    assert int(argument_of(name, "USER")) > 0
    assert any(
        "chown" in argument and "/data" in argument for found, argument in last_stage(name) if found == "RUN"
    )


@pytest.mark.parametrize("name", FILES)
def test_the_image_knows_whether_the_service_lives(name: str) -> None:
    """The health check is valid Python that asks the live endpoint on the port that is served."""
    check = json.loads(argument_of(name, "HEALTHCHECK").partition(" CMD ")[2])
    assert check[:2] == ["python", "-c"]
    compile(check[2], "healthcheck", "exec")
    assert f"http://127.0.0.1:{environment(name)['ASSISTANT_PORT']}/health/live" in check[2]
    assert argument_of(name, "EXPOSE") == environment(name)["ASSISTANT_PORT"]


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_added_from_the_network(name: str) -> None:
    """Files come from the working tree or from wheels with hashes; nothing is downloaded by hand."""
    found = instructions(name)
    assert "ADD" not in {instruction for instruction, _ in found}
    commands = " ".join(argument for instruction, argument in found if instruction == "RUN")
    assert not re.search(r"curl|wget|https?://", commands)
    for command in re.findall(r"pip install[^&]*", commands):
        assert "--require-hashes" in command or {"--no-deps", "--no-build-isolation"} <= set(command.split())


@pytest.mark.parametrize("name", FILES)
def test_everything_copied_exists_and_is_not_ignored(name: str) -> None:
    """Each path that the build copies is in the working tree and let through by .dockerignore."""
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for instruction, argument in instructions(name):
        if instruction == "COPY" and not argument.startswith("--from"):
            for source in argument.split()[:-1]:
                assert (ROOT / source).exists(), source
                assert any(fnmatch(source, pattern) for pattern in kept), source


@pytest.mark.parametrize("name", FILES)
def test_the_image_starts_a_command_that_exists(name: str) -> None:
    """Entry point and command are the command line's, and its settings are accepted."""
    entry_point, command = (json.loads(argument_of(name, found)) for found in ("ENTRYPOINT", "CMD"))
    assert entry_point == ["assistant"]
    assert CliRunner().invoke(build(), [*command, "--help"]).exit_code == 0
    known = {f"ASSISTANT_{field.upper()}" for field in Settings.model_fields}
    assert {key for key in environment(name) if key.startswith("ASSISTANT_")} <= known
    assert environment(name)["ASSISTANT_DATA_DIR"] == json.loads(argument_of(name, "VOLUME"))[0]


def test_the_gpu_image_has_what_ctranslate2_needs() -> None:
    """CTranslate2 4 wants the CUDA 12 run time with cuDNN."""
    base = instructions("Dockerfile.gpu")[0][1]
    assert re.match(r"nvidia/cuda:12\.[\d.]+-cudnn-runtime-", base)


def test_weights_are_an_optional_stage() -> None:
    """The image with weights is a target of its own; the default one has none."""
    assert any("models pull" in argument for found, argument in instructions("Dockerfile") if found == "RUN")
    assert not [argument for _, argument in last_stage("Dockerfile") if "weights" in argument]
