"""The scripts, with stand-ins for Python and pip: what they would do, and when they do nothing."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.waiting import wait_until

ROOT = Path(__file__).parents[1]
SCRIPTS = [
    "scripts/run",
    "scripts/test",
    "scripts/check",
    "scripts/lock",
    "scripts/build_argos_package",
    "scripts/fuzz",
    "scripts/train/run",
    ".ci/run",
]

# Stands for python, for the python inside the environment and for the assistant: tells what it was
# asked, and makes what `-m venv` would make.
STUB = """#!/bin/bash
case "$1" in
    -c) exit ${STUB_OLD:-0} ;;
    --version) echo "Python 3.11.99"; exit ;;
esac
printf '%s %s\\n' "$(basename "$0")" "$*" >>"$STUB_LOG"
if [ "$1 $2" = "-m venv" ]; then
    mkdir -p "$3/bin"
    cp "$0" "$3/bin/python"
    cp "$0" "$3/bin/assistant"
fi
"""


class Clone:
    """A working tree with nothing in it but the scripts and the locks."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.log = root.parent / "log"
        shutil.copytree(ROOT / "scripts", root / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
        for path in (ROOT / "pyproject.toml", *ROOT.glob("requirements*.lock")):
            shutil.copy(path, root)
        self.python = root.parent / "python3.11"
        self.python.write_text(STUB)
        self.python.chmod(0o755)

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a script from another directory and return what it said."""
        self.log.write_text("")
        known = {"PATH": os.environ["PATH"], "PYTHON": str(self.python), "STUB_LOG": str(self.log)}
        return subprocess.run(
            [str(self.root / command[0]), *command[1:]],
            cwd="/", env=known | environment, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    def calls(self) -> list[str]:
        """Return what the stand-ins were asked."""
        return self.log.read_text().splitlines()


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """Give a fresh clone."""
    return Clone(tmp_path / "a clone")


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_can_be_run_and_read(script: str) -> None:
    """Each script is executable, stops at the first error, and is valid bash."""
    path = ROOT / script
    assert path.stat().st_mode & stat.S_IXUSR
    assert "set -euo pipefail" in path.read_text("utf-8")
    assert subprocess.run(["bash", "-n", str(path)], check=False).returncode == 0


def test_the_first_start_installs_pulls_and_serves(clone: Clone) -> None:
    """From nothing: environment, hashed dependencies, the project, weights, then the service."""
    done = clone.run("scripts/run", "--port", "9000")
    assert done.returncode == 0, done.stderr
    steps = clone.calls()
    assert [step.split(" ")[0] for step in steps] == [
        "python3.11",
        "python",
        "python",
        "assistant",
        "assistant",
    ]
    assert "--require-hashes" in steps[1]
    assert "--no-deps --no-build-isolation --editable" in steps[2]
    assert steps[3] == "assistant models pull --default --better --"
    assert steps[4] == "assistant serve --demo --port 9000"


def test_the_second_start_does_only_what_it_must(clone: Clone) -> None:
    """While nothing changed, no environment is made and pip is not called; nothing is said."""
    clone.run("scripts/run")
    done = clone.run("scripts/run")
    assert [call.split(" ")[0] for call in clone.calls()] == ["assistant", "assistant"]
    assert done.stderr == ""


@pytest.mark.parametrize("changed", ["requirements.lock", "pyproject.toml"])
def test_changed_dependencies_are_installed(clone: Clone, changed: str) -> None:
    """A new lock or project file leads to a new installation in the same environment."""
    clone.run("scripts/run")
    with (clone.root / changed).open("a") as file:
        file.write("# changed\n")
    clone.run("scripts/run")
    assert sum("pip" in call for call in clone.calls()) == 2
    assert not any("venv /" in call for call in clone.calls())


def test_a_moved_clone_makes_its_environment_anew(clone: Clone) -> None:
    """Environments hold absolute paths: after a move the old one is not used."""
    clone.run("scripts/run")
    clone.root = clone.root.rename(clone.root.with_name("moved"))
    clone.run("scripts/run")
    assert clone.calls()[0].startswith("python3.11 -m venv")


def test_an_environment_whose_making_was_interrupted_is_made_anew(clone: Clone) -> None:
    """It has a Python, and no pip yet."""
    half_made = clone.root / ".venv" / "bin"
    half_made.mkdir(parents=True)
    shutil.copy(clone.python, half_made / "python")
    clone.run("scripts/run")
    assert clone.calls()[0].startswith("python3.11 -m venv")


@pytest.mark.parametrize("flags", [("--model", "whisper-small"), ("--model=whisper-small",)])
def test_the_chosen_model_is_pulled_too(clone: Clone, flags: tuple[str, ...]) -> None:
    """A model that is named, or set in the environment, is there before the service starts."""
    clone.run("scripts/run", "--no-demo", *flags, "--data-dir", "/some where")
    assert "assistant models pull --default --better --data-dir /some where -- whisper-small" in clone.calls()
    assert clone.calls()[-1].startswith("assistant serve --demo --no-demo --model")
    clone.run("scripts/run", ASSISTANT_MODEL="whisper-tiny")
    assert "assistant models pull --default --better -- whisper-tiny" in clone.calls()


def test_without_a_recent_python_one_sentence_tells(clone: Clone) -> None:
    """A machine with only an old Python gets told what it needs, and nothing is made."""
    old = clone.root.parent / "old"
    old.mkdir()
    for name in ("python3.11", "python3.12", "python3.13", "python3.14", "python3", "python"):
        shutil.copy(clone.python, old / name)
    done = clone.run("scripts/run", PATH=f"{old}:{os.environ['PATH']}", STUB_OLD="1")
    assert done.returncode == 1
    assert "Python 3.11 or later is needed" in done.stderr
    assert not (clone.root / ".venv").exists()


@pytest.mark.parametrize(("script", "told"), [("scripts/run", "--no-demo"), ("scripts/test", "pytest")])
def test_help_comes_before_all_work(clone: Clone, script: str, told: str) -> None:
    """`--help` explains and installs nothing."""
    done = clone.run(script, "--help")
    assert done.returncode == 0
    assert told in done.stdout
    assert "#" not in done.stdout
    assert clone.calls() == []


def test_tests_run_with_development_dependencies(clone: Clone) -> None:
    """`scripts/test` installs the larger lock, pulls the weights and passes its arguments on."""
    clone.run("scripts/test", "-k", "word")
    calls = clone.calls()
    assert any("requirements-dev.lock" in call for call in calls)
    assert calls[-2] == "assistant models pull --default"
    assert calls[-1] == "python -m pytest -p tests.no_skips -n 2 --dist worksteal -k word"


def test_recipes_have_an_environment_of_their_own(clone: Clone) -> None:
    """PyTorch stays out of the one that the service runs in."""
    clone.run("scripts/train/run", "warm-start", "out")
    calls = clone.calls()
    assert any("requirements-train.lock" in call for call in calls)
    assert calls[-1] == "python -m train warm-start out"
    assert not (clone.root / ".venv").exists()


def test_stale_locks_are_found(clone: Clone) -> None:
    """A dependency that no lock holds, a version that is ruled out, or an address in a lock is told."""

    def check() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(clone.root / "scripts" / "stale_locks.py")]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert check().returncode == 0
    project = clone.root / "pyproject.toml"
    text = project.read_text("utf-8")
    project.write_text(text.replace('"httpx",', '"httpx>=99",\n    "left-pad-for-python",'))
    done = check()
    assert done.returncode == 1
    assert "httpx>=99" in done.stdout
    assert "left-pad-for-python" in done.stdout
    project.write_text(text)
    lock = clone.root / "requirements.lock"
    lock.write_text("--index-url https://mirror.example/simple\n" + lock.read_text("utf-8"))
    assert "names an address" in check().stdout


SKIPPING = """
import pytest

def test_skipped():
    pytest.skip("no browser")

@pytest.mark.skipif(True, reason="by mark")
def test_marked():
    pass

@pytest.mark.xfail(strict=True)
def test_expected():
    assert False

def test_passing():
    pass
"""


@pytest.mark.parametrize("workers", ["0", "2"])
def test_where_skips_are_forbidden_they_fail(workers: str, tmp_path: Path) -> None:
    """With the variable set, skipped tests and modules fail, in workers too; expected failures do not."""
    (tmp_path / "test_some.py").write_text(SKIPPING)
    (tmp_path / "test_module.py").write_text("import pytest\npytest.importorskip('no_such_module')\n")

    def outcome(forbid: str) -> str:
        command = [sys.executable, "-m", "pytest", "-p", "tests.no_skips", "-q", "--rootdir", str(tmp_path)]
        command += [
            "-n",
            workers,
            "-p",
            "no:cacheprovider",
            "-c",
            os.devnull,
            "--continue-on-collection-errors",
            str(tmp_path),
        ]
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=False,
            env=os.environ | {"ASSISTANT_TESTS_FORBID_SKIP": forbid},
        )  # fmt: skip
        return done.stdout.strip().splitlines()[-1]

    assert "1 passed, 3 skipped, 1 xfailed" in outcome("0")
    assert "1 failed, 1 passed, 1 xfailed, 2 errors" in outcome("1")


LEAVING = """
import os, pathlib, signal, subprocess

def test_that_never_ends():
    child = subprocess.Popen(["sleep", "600"])
    pathlib.Path("child").write_text(str(child.pid))
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_worker_has_started_ends(tmp_path: Path) -> None:
    """Nothing is left of an interrupted run, also where no test can tidy up."""
    (tmp_path / "test_some.py").write_text(LEAVING)
    options = ["-p", "tests.no_orphans", "-p", "no:cacheprovider", "-c", os.devnull, "-n", "1"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "--max-worker-restart", "0", "test_some.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert "crashed while running" in done.stdout
    child = int((tmp_path / "child").read_text())
    wait_until(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE)
