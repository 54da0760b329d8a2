"""What an editor shows of a name stands alone, without the lines above it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "assistant"
MODULES = sorted(PACKAGE.rglob("*.py"))

_FRAGMENT = re.compile(r"(Of|And|But|The same|As it|As they)\b")
_ENTRY = re.compile(r"^(?:    )?(\w+): (.+)", re.MULTILINE)
_NAMED_BY_THEMSELVES = {"Wording"}
"""Classes whose docstring says that each attribute is what its name says."""


def docstrings(tree: ast.Module) -> Iterator[str]:
    """Yield what is said of modules, classes, functions and values, without its indentation."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield str(node.value.value)


def untold(tree: ast.Module) -> Iterator[str]:
    """Yield the attributes of records of data that nothing is said of."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ClassDef) or node.name.startswith("_") or len(node.body) < 3:
            continue
        fields = [
            each.target.id
            for each in node.body
            if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
        ]
        is_data = any("dataclass" in ast.unparse(decorator) for decorator in node.decorator_list)
        if is_data and len(fields) > 1 and node.name not in _NAMED_BY_THEMSELVES:
            told = dict(_ENTRY.findall(ast.get_docstring(node) or ""))
            yield from (f"{node.name}.{field}" for field in fields if field not in told and field[0] != "_")


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_what_is_said_of_a_name_is_whole(module: Path) -> None:
    """It does not go on from what is said of another name; each attribute has an entry of its own."""
    tree = ast.parse(module.read_text("utf-8"))
    for docstring in docstrings(tree):
        parts = [docstring.strip(), *(text for _, text in _ENTRY.findall(docstring))]
        assert [part for part in parts if _FRAGMENT.match(part)] == []
    assert list(untold(tree)) == []
