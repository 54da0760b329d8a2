"""What the command line takes, and what it says where it makes no sense."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmark.__main__ import main
from benchmark.bench import errors_in
from benchmark.material import ManifestBroken, read_manifest
from benchmark.options import parse_arguments


def test_steps_are_a_list() -> None:
    """One number of talkers is a list of one."""
    assert parse_arguments(["--talkers", "1,4, 8"]).talkers == [1, 4, 8]
    assert parse_arguments(["--talkers", "12"]).talkers == [12]
    assert parse_arguments([]).talkers is None


def test_versions_are_compared_in_three_runs_each() -> None:
    """Unless the command line says how many."""
    arguments = ["--against", "HEAD~1", "--talkers", "1,8"]
    assert parse_arguments(arguments).runs == 3
    assert parse_arguments([*arguments, "--runs", "5"]).runs == 5


def test_languages_to_read_are_a_list_of_primary_tags() -> None:
    """Regions are left out, and a language that is named twice has one reader."""
    assert parse_arguments(["--read", "pt-BR, fr,pt"]).read == ["pt", "fr"]
    assert parse_arguments([]).read == []


def test_translate_is_a_mode_without_dashes() -> None:
    """It may stand before or behind its options."""
    for arguments in (["translate", "--mt", "."], ["--mt", ".", "--columns", "fr,en", "translate"]):
        assert parse_arguments(arguments).translate == "translate"
    assert parse_arguments([]).translate is None


def test_help_says_what_belongs_to_translate(capsys: pytest.CaptureFixture[str]) -> None:
    """A usage of its own, and a group with its options."""
    with pytest.raises(SystemExit):
        parse_arguments(["--help"])
    told = capsys.readouterr().out
    assert "scripts/bench translate --mt DIR [--sentences N]" in told
    assert "{translate}" not in told
    group = told.partition("\ntranslate:\n")[2].partition("\n\nmaterial:\n")[0]
    assert "--mt DIR" in group
    assert "--sentences N" in group


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--talkers", "1,x"], "“x” is no number from 1 on"),
        (["--talkers", "0"], "“0” is no number from 1 on"),
        (["--talkers", ","], "is no number from 1 on"),
        (["--long", "-1"], "is no number above 0"),
        (["--minutes", "nan"], "is no number above 0"),
        (["--talkers", "1", "--silent", "5"], "not allowed with"),
        (["--pid", "1"], "--pid belongs to --url or --peer"),
        (["--peer", "whisperlive"], "belong together"),
        (["--peer", "whisperlive", "--peer-url", "http://h"], "begins with ws://"),
        (["--peer", "whisperlive", "--peer-url", "ws://h", "--silent", "5"], "cannot be joined"),
        (["--peer", "other"], "invalid choice"),
        (["--material", "/nowhere"], "has no manifest.jsonl"),
        (["translate"], "translate and --mt belong together"),
        (["--mt", "."], "translate and --mt belong together"),
        (["translate", "--mt", "/nowhere"], "/nowhere is no folder"),
        (["translate", "--mt", ".", "--talkers", "1"], "not allowed with"),
        (["transcribe"], "invalid choice"),
        (["--read", "xx"], "“xx” is no language tag"),
        (["--silent", "5", "--read", "pt"], "--read belongs to"),
        (["--stand-ins", "pt", "--read", "pt"], "--stand-ins belongs to --talkers with --read"),
        (["--talkers", "1", "--stand-ins", "pt"], "--stand-ins belongs to --talkers with --read"),
        (["--against", "HEAD"], "--against belongs to --talkers"),
        (["--against", "", "--talkers", "1"], "--against names a commit"),
        (["--against", "HEAD", "--talkers", "1", "--url", "http://h"], "starts both services itself"),
        (["--talkers", "1", "--runs", "2"], "--runs belongs to --against"),
    ],
)
def test_what_makes_no_sense_is_said(
    arguments: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The program ends before it starts anything, with a sentence."""
    with pytest.raises(SystemExit) as ended:
        parse_arguments(arguments)
    assert ended.value.code == 2
    assert why in capsys.readouterr().err


def test_material_that_does_not_match_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is started for languages that no recording has."""
    arguments = ["--languages", "xx", "--invented", "without", "--results", str(tmp_path)]
    assert main(arguments) == 2
    assert main([*arguments, "--talkers", "2"]) == 2
    assert capsys.readouterr().out.count("No recording") == 2


def test_a_broken_manifest_names_its_line(tmp_path: Path) -> None:
    """A missing field and a line that is no JSON are told apart."""
    manifest = tmp_path / "manifest.jsonl"
    manifest.write_text('\n{"id": "a", "path": "a.wav", "lang": "en", "kind": "read"}\n')
    with pytest.raises(ManifestBroken, match=r"Line 2 .* 'seconds'"):
        read_manifest(tmp_path)
    manifest.write_text("{nonsense\n")
    with pytest.raises(ManifestBroken, match=r"Line 1 .* cannot be read"):
        read_manifest(tmp_path)


def test_missing_weights_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The reference does not look for weights anywhere else."""
    monkeypatch.setenv("ASSISTANT_MODELS_DIR", str(tmp_path))
    assert main(["--talkers", "1", "--minutes", "1", "--results", str(tmp_path)]) == 1
    assert "not installed" in capsys.readouterr().out


def test_errors_of_the_service_are_counted() -> None:
    """Log lines of level error count, in colour or not, or tracebacks; words in other lines do not."""
    log = (
        "2026-11-23T08:47:15Z [info     ] no error here\n"
        "2026-11-23T08:47:15Z [error    ] task failed\n"
        "\x1b[2m2026-11-23T08:47:15Z\x1b[0m [\x1b[31m\x1b[1merror    \x1b[0m] task failed\n"
        "Traceback (most recent call last):\n  File x\nNameError: name\n"
    )
    assert errors_in(log) == 2
    assert errors_in(log[log.index("Traceback") :]) == 1
    assert errors_in("") == 0
