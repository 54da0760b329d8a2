"""Two versions beside each other: laying them out, running them in turn, and what the numbers say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from benchmark.__main__ import main
from benchmark.compared import (
    MEASURES,
    Compared,
    Measure,
    comparison_sheet,
    comparison_targets,
    comparisons_of,
)
from benchmark.material import Passage, Recording
from benchmark.reference import Reading, TimedText
from benchmark.scoring import Shown
from benchmark.service import Load
from benchmark.streams import Piece, streams_of
from benchmark.talk import Talk
from benchmark.talk_result import TalkRun, talk_run_of
from benchmark.trees import CommitUnusable, Tree, Trees, both_trees

from assistant.client import CaptionEvent

ROOT = Path(__file__).parents[2]
READING = Reading((TimedText(" un", 0.5), TimedText(" deux", 1.0)), "fr", 0.1)


def measure(name: str) -> Measure:
    return next(each for each in MEASURES if each.name == name)


def run_of(lag: float = 1.0, mebibytes: int = 500, text: str = "un deux") -> TalkRun:
    """One who says two words, and gets a caption so long after the last of them."""
    recording = Recording("r", Path("r.wav"), "fr", "read", 1.0, (Passage("fr", "un deux"),))
    stream = streams_of([Piece(recording, np.full(16_000, 1000, np.int16), 0)], [1.0])[0]
    event = CaptionEvent(7, "c", 1, "p", "P", "fr", "fr", text, 0, True, 0.0, 1.0)  # noqa: FBT003 - a field
    talk = Talk(stream, 100.0, 105.0, (Shown(101.0 + lag, event),))
    return talk_run_of([talk], {"r": READING}, Load(4.0, mebibytes << 20, 0.1), 0.05, [])


def lag_of(before: Sequence[float], after: Sequence[float], talkers: int = 1) -> Compared:
    return Compared(talkers, measure("stable p95, s"), tuple(before), tuple(after))


def test_medians_are_compared_and_the_scatter_is_told() -> None:
    """A single slow run does not decide; differences of lags are in per cent, those of words in points."""
    lag = lag_of([1.0, 1.02, 1.0], [1.04, 1.03, 9.0])
    assert lag.difference == pytest.approx(4.0)
    assert lag.kept is True
    assert lag.spread == pytest.approx(797.0)
    words = Compared(8, measure("WER refined, %"), (10.0, 10.1), (10.4, 10.5))
    assert words.difference == pytest.approx(0.4)
    assert words.spread == pytest.approx(0.1)
    assert (words.kept, words.verdict) == (False, "NOT KEPT")


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ([1.0, 1.0, 1.0], [1.05, 1.05, 1.05], "kept"),
        ([1.0, 1.0, 1.0], [0.5, 0.5, 0.5], "kept"),
        ([1.0, 1.0, 1.1], [1.02, 1.02, 1.02], "kept, within the spread"),
        ([1.0, 1.0, 1.0], [1.06, 1.06, 1.06], "NOT KEPT"),
        ([1.0, 1.0, 1.2], [1.06, 1.06, 1.06], "over, within the spread"),
        ([1.0], [1.2], "NOT KEPT"),
        ([], [1.2], "–"),
        ([0.0], [1.2], "–"),
    ],
)
def test_what_may_be_chance_is_no_verdict(before: list[float], after: list[float], verdict: str) -> None:
    """More than is allowed counts only where runs of one version scatter by less."""
    assert lag_of(before, after).verdict == verdict


def test_numbers_without_a_bound_have_no_verdict() -> None:
    """They are told all the same."""
    cpu = Compared(1, measure("CPU, s"), (10.0, 10.0), (12.0, 12.0))
    assert cpu.difference == pytest.approx(20.0)
    assert (cpu.kept, cpu.verdict) == (None, "")


def test_all_numbers_of_the_runs_are_in_the_table() -> None:
    """Lag, words and cost, each with the medians of both versions."""
    before = [run_of(), run_of(1.02), run_of(0.99)]
    after = [run_of(1.2, 530, "un"), run_of(1.2, 530, "un"), run_of(1.2, 530, "un")]
    rows = comparisons_of(before, after)
    table = comparison_sheet(rows, "a62694f", "working tree")
    assert table.columns[2:4] == ("before: a62694f", "after: working tree")
    assert ("1", "peak memory, MiB", "500", "530", "+6.0 %", "0.0 %", "+5 %", "NOT KEPT") in table.rows
    assert ("1", "WER refined, %", "0.00", "50.00", "+50.00", "0.00", "+0.3", "NOT KEPT") in table.rows
    assert ("1", "missing words", "0", "1", "+1", "0", "–", "") in table.rows
    assert ("1", "CPU, s", "4.0", "4.0", "+0.0 %", "0.0 %", "–", "") in table.rows
    assert ("1", "other programs, cores", "0.05", "0.05", "+0.00", "0.00", "–", "") in table.rows
    assert {row[1] for row in table.rows} == {each.name for each in MEASURES}
    bare = comparisons_of([talk_run_of([], {}, None, 0.0, [])], after[:1])
    assert [row.difference for row in bare if row.measure.name == "peak memory, MiB"] == [None]


def test_the_worst_number_is_held_against_the_promise() -> None:
    """One that is over for sure comes before one that may be chance, and that before one that is kept."""
    fine, unsure = lag_of([1.0] * 3, [1.01] * 3), lag_of([1.0, 1.0, 2.0], [1.5] * 3, talkers=8)
    over = lag_of([1.0] * 3, [1.1] * 3, talkers=4)
    verdicts = []
    for rows in ([fine], [fine, unsure], [fine, unsure, over], []):
        lag, memory, words = comparison_targets(rows)
        verdicts.append((lag.measured, lag.kept))
        assert (memory.kept, words.kept) == (None, None)
    assert verdicts == [
        ("+1.0 % (1 talker, stable p95)", True),
        ("+50.0 % (8 talkers, stable p95)", None),
        ("+10.0 % (4 talkers, stable p95)", False),
        ("–", None),
    ]


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Scripted runs: the later version is slower. The list has the versions that ran, with their talkers."""
    seen: list[tuple[str, int]] = []

    @contextmanager
    def trees(root: Path, commit: str) -> Iterator[Trees]:
        assert (root, commit) == (ROOT, "HEAD~1")
        yield Trees(Tree("a62694f", Path("/old")), Tree("working tree", Path("/new")))

    def one_talk(
        _bench: object, _pieces: object, lengths: list[float], read: object, settings: Mapping[str, str]
    ) -> TalkRun:
        assert (set(lengths), read) == ({120.0}, [])
        seen.append((settings["PYTHONPATH"], len(lengths)))
        return run_of(1.0 if settings["PYTHONPATH"] == "/old" else 1.5)

    monkeypatch.setattr("benchmark.against.both_trees", trees)
    monkeypatch.setattr("benchmark.against.one_talk", one_talk)
    monkeypatch.setattr("benchmark.bench.Bench.pieces", lambda _: [])
    return seen


def test_versions_take_turns(
    turns: list[tuple[str, int]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three runs each, for each number of talkers; what differs too much ends a --check with 1."""
    arguments = ["--against", "HEAD~1", "--talkers", "1,8", "--results", str(tmp_path)]
    assert main([*arguments, "--json", str(tmp_path / "run.json"), "--check"]) == 1
    assert turns == [("/old", 1), ("/new", 1)] * 3 + [("/old", 8), ("/new", 8)] * 3
    told = capsys.readouterr().out
    assert "Run 2 of 3, after: working tree" in told
    assert "working tree against a62694f, 1, 8 talkers without pause, 2 minutes, 3 runs each" in told
    document = json.loads((tmp_path / "run.json").read_text())
    assert (document["before"], document["after"]) == ("a62694f", "working tree")
    assert [(run["side"], run["version"]) for run in document["runs"][:2]] == [
        ("before", "a62694f"),
        ("after", "working tree"),
    ]
    stable = next(row for row in document["compared"] if row["measure"] == "stable p50, s")
    assert (len(stable["before"]), stable["kept"], stable["allowed"]) == (3, False, 5)
    assert [target["kept"] for target in document["targets"]] == [False, True, True]


def git(folder: Path, *arguments: str) -> str:
    author = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    command = ["git", "-C", str(folder), *author, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working tree with two commits: a first one without a service, and one whose service says “old”."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    root = tmp_path / "repository"
    (root / "assistant").mkdir(parents=True)
    (root / "models").mkdir()
    (root / "models" / "catalog.toml").write_text("format = 1\n")
    git(root, "init", "--quiet")
    git(root, "commit", "--quiet", "--allow-empty", "-m", "Nothing yet")
    (root / "assistant" / "__init__.py").write_text("")
    (root / "assistant" / "cli.py").write_text("if __name__ == '__main__':\n    print('old')\n")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "A service")
    return root


def said_by(tree: Tree) -> str:
    """What the version says when it is started as services are, from a folder that has another one."""
    command = [sys.executable, "-m", "assistant.cli"]
    environment = os.environ | tree.environment
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_each_version_imports_its_own_code(repository: Path) -> None:
    """Also where the working tree is edited, before and while it is compared; nothing stays behind."""
    with both_trees(repository, "HEAD") as trees:
        assert trees.before.name == trees.after.name == git(repository, "rev-parse", "--short", "HEAD")
    service = repository / "assistant" / "cli.py"
    service.write_text(service.read_text().replace("old", "new"))
    with both_trees(repository, "HEAD") as trees:
        assert (trees.before.name, trees.after.name) == (
            git(repository, "rev-parse", "--short", "HEAD"),
            "working tree",
        )
        service.write_text("broken")
        assert (said_by(trees.before), said_by(trees.after)) == ("old", "new")
        assert (trees.before.folder / "models" / "catalog.toml").exists()
        assert (trees.after.folder / "models" / "catalog.toml").exists()
    assert not trees.before.folder.parent.exists()
    assert git(repository, "worktree", "list").count("\n") == 0


@pytest.mark.parametrize(
    ("commit", "why"),
    [
        ("nowhere", "“nowhere” cannot be compared with: git knows no such commit"),
        ("HEAD~1", "has no service to start"),
        ("--help", "cannot be compared with"),
    ],
)
def test_a_commit_that_cannot_be_used_is_said(repository: Path, commit: str, why: str) -> None:
    """Before anything is measured, with git's reason."""
    with pytest.raises(CommitUnusable, match=why), both_trees(repository, commit):
        pytest.fail("nothing is laid out")


def test_a_version_that_does_not_fit_the_libraries_is_said(repository: Path) -> None:
    """What it wants is named."""
    (repository / "assistant" / "cli.py").write_text("import a_library_of_long_ago")
    why = "working tree cannot be imported with the libraries of this environment: .*a_library_of_long_ago"
    with pytest.raises(CommitUnusable, match=why), both_trees(repository, "HEAD"):
        pytest.fail("nothing is laid out")


def test_without_git_nothing_is_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The program says so, as of a commit that nobody knows."""
    monkeypatch.setattr("benchmark.bench.Bench.pieces", lambda _: [])
    arguments = ["--against", "no-such-commit", "--talkers", "1", "--results", str(tmp_path)]
    assert main(arguments) == 2
    assert "“no-such-commit” cannot be compared with" in capsys.readouterr().out
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(arguments) == 2
    assert "needs git" in capsys.readouterr().out
