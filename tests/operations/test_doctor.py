"""What the doctor finds, and what it keeps to itself."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from assistant.core.errors import ModelUnknown
from assistant.operations.doctor import examine, free_disk_bytes, read_instruction_sets
from assistant.operations.egress import outside_addresses
from assistant.settings import Settings
from assistant.weights.catalog import load_catalog


def test_without_weights_the_estimate_is_called_a_guess(tmp_path: Path) -> None:
    """A machine without weights is told what is missing, and that the number is no measurement."""
    report = examine(Settings(data_dir=tmp_path, models_dir=tmp_path / "models"))
    assert report.installed == ()
    assert report.translations == ()
    assert set(report.missing) == set(load_catalog().default)
    assert report.estimate.speakers >= 1
    assert "guess" in report.estimate.basis
    assert report.cores >= 1
    assert report.memory_bytes > report.free_memory_bytes > 0


@pytest.mark.weights
def test_with_weights_the_estimate_is_measured(whisper_weights: Path, tmp_path: Path) -> None:
    """A machine with weights runs them, and the number rests on the times of that."""
    every = Settings(data_dir=tmp_path, models_dir=whisper_weights.parent, translate_to=["en", "eu"])
    report = examine(every)
    assert "whisper-base" in report.installed
    assert "en" in dict(report.translations)["pt"]
    assert report.unreachable == ("eu",)
    assert report.estimate.speakers >= 0
    assert "as a partial" in report.estimate.basis


@pytest.mark.weights
def test_an_operators_own_number_stands(whisper_weights: Path, tmp_path: Path) -> None:
    """ASSISTANT_MAX_TALKERS is what the doctor says, and that it is no measurement."""
    report = examine(Settings(data_dir=tmp_path, models_dir=whisper_weights.parent, max_talkers=7))
    assert report.estimate.speakers == 7
    assert "ASSISTANT_MAX_TALKERS" in report.estimate.basis


def test_an_unknown_model_is_an_error(tmp_path: Path) -> None:
    """A model that the catalogue lacks is told at once."""
    with pytest.raises(ModelUnknown):
        examine(Settings(data_dir=tmp_path, model="whisper-gigantic"))


def test_by_default_nothing_lies_outside(tmp_path: Path) -> None:
    """The default configuration names no address beyond this machine."""
    assert outside_addresses(Settings(data_dir=tmp_path)) == ()


def test_outside_addresses_hold_no_secrets(tmp_path: Path) -> None:
    """The database's host and the allowed origins are named, passwords and tokens are not."""
    settings = Settings(
        data_dir=tmp_path,
        models_dir=tmp_path / "models",
        token="t0ken",  # noqa: S106 - made up
        database_url="postgresql+asyncpg://clerk:s3cret@db.example:5433/meetings",
        allowed_origins=["https://meet.example"],
    )
    outside = [str(found) for found in outside_addresses(settings)]
    assert outside[0].startswith("db.example:5433 ")
    assert outside[1].startswith("https://meet.example ")
    examined = examine(settings)
    assert list(examined.outside) == outside
    report = json.dumps(asdict(examined))
    assert "s3cret" not in report
    assert "t0ken" not in report
    assert "clerk" not in report


def test_instruction_sets_are_read_as_linux_writes_them(tmp_path: Path) -> None:
    """x86 calls them flags, ARM features; other systems have no such file."""
    x86 = tmp_path / "x86"
    x86.write_text(
        "processor\t: 0\nflags\t\t: fpu avx avx2 avx512_vnni sse\n\nprocessor\t: 1\nflags\t\t: fpu\n"
    )
    arm = tmp_path / "arm"
    arm.write_text("processor\t: 0\nFeatures\t: fp asimd asimddp i8mm\n")
    assert read_instruction_sets(x86) == ("avx", "avx2", "avx512_vnni")
    assert read_instruction_sets(arm) == ("asimd", "asimddp", "i8mm")
    assert read_instruction_sets(tmp_path / "absent") == ()


def test_disk_space_is_known_before_the_directory_exists(tmp_path: Path) -> None:
    """The disk is asked through the nearest directory that is there."""
    assert free_disk_bytes(tmp_path / "not" / "yet") > 0
