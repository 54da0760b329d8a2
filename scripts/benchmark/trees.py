"""Two versions of the service's code side by side: a commit, and the working tree.

Both are laid out in the same way in a temporary folder, so that nothing but the code differs, and whoever
edits the working tree while the bench runs does not change what is measured. Libraries are those of this
virtual environment for both.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

WORKING_TREE = "working tree"
"""The name of the working tree where something in it is not committed."""

_PACKAGE = "assistant"
_CATALOGUE = "models/catalog.toml"
_IMPORTED = "import assistant.cli; print(assistant.__path__[0])"


class CommitUnusable(Exception):
    """There is no such commit, or no service can be started from it."""


@dataclass(frozen=True, slots=True)
class Tree:
    """One version of the code.

    Attributes:
        name: The commit's short hash, or `WORKING_TREE`.
        folder: The folder that holds its package.
    """

    name: str
    folder: Path

    @property
    def environment(self) -> Mapping[str, str]:
        """What makes every Python process, those that the service starts too, import this version."""
        # Without the second, `python -m` looks into the current folder first, which has a package too.
        return {"PYTHONPATH": str(self.folder), "PYTHONSAFEPATH": "1"}


@dataclass(frozen=True, slots=True)
class Trees:
    """What is compared."""

    before: Tree
    after: Tree


@contextmanager
def both_trees(root: Path, commit: str) -> Iterator[Trees]:
    """Yield a commit's version beside that of the working tree; they are removed in the end.

    Args:
        root: The working tree.
        commit: A revision as git names it.

    Raises:
        CommitUnusable: The commit is unknown or has no service, or a version imports no code of its own.
    """
    before = _short_hash(root, commit)
    after = WORKING_TREE if _edited(root) else _short_hash(root, "HEAD")
    with tempfile.TemporaryDirectory(prefix="bench-trees-") as folder:
        trees = Trees(Tree(before, Path(folder) / "before"), Tree(after, Path(folder) / "after"))
        _lay_out_commit(root, trees.before)
        _lay_out_working_tree(root, trees.after)
        for tree in (trees.before, trees.after):
            _prepare(tree)
        yield trees


def _short_hash(root: Path, commit: str) -> str:
    what = f"{commit}^{{commit}}"
    found = _git(root, "rev-parse", "--verify", "--quiet", "--short", "--end-of-options", what)
    if found.returncode:
        why = found.stderr.strip() or "git knows no such commit"
        raise CommitUnusable(f"“{commit}” cannot be compared with: {why}.")
    return found.stdout.strip()


def _edited(root: Path) -> bool:
    return bool(_git(root, "status", "--porcelain", "--", _PACKAGE, _CATALOGUE).stdout)


def _lay_out_commit(root: Path, tree: Tree) -> None:
    archive = tree.folder.with_suffix(".zip")
    packed = _git(root, "archive", "--format=zip", f"--output={archive}", tree.name, _PACKAGE, _CATALOGUE)
    if packed.returncode:
        raise CommitUnusable(f"The commit {tree.name} has no service to start: {packed.stderr.strip()}")
    with zipfile.ZipFile(archive) as files:
        files.extractall(tree.folder)


def _lay_out_working_tree(root: Path, tree: Tree) -> None:
    shutil.copytree(root / _PACKAGE, tree.folder / _PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
    catalogue = tree.folder / _CATALOGUE
    catalogue.parent.mkdir()
    shutil.copy(root / _CATALOGUE, catalogue)


def _prepare(tree: Tree) -> None:
    """Compile a version, so that no first run pays for it, and see that it is what Python imports."""
    _python(tree, "-m", "compileall", "-q", str(tree.folder / _PACKAGE))
    imported = _python(tree, "-c", _IMPORTED)
    if imported.returncode:
        last = imported.stderr.strip().rpartition("\n")[2]
        raise CommitUnusable(
            f"The version {tree.name} cannot be imported with the libraries of this environment: {last}"
        )
    path = Path(imported.stdout.strip())
    if path.resolve() != (tree.folder / _PACKAGE).resolve():
        raise CommitUnusable(f"For the version {tree.name}, Python imports {path} instead.")


def _python(tree: Tree, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | tree.environment
    return subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False
    )


def _git(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["git", "-C", str(root), *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise CommitUnusable("--against needs git, which was not found.") from error
