"""Parallel text in a folder."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest
from benchmark.parallel_text import ParallelTextBroken, read_parallel


def test_files_of_one_name_belong_together(tmp_path: Path) -> None:
    """Each name with two languages is a text; regions are ignored, and so are files in no language."""
    (tmp_path / "town.hall.en").write_text("One.\nTwo.\nThree.\n", "utf-8")
    (tmp_path / "town.hall.pt-BR").write_text("Um.\nDois.\nTrês.", "utf-8")
    (tmp_path / "town.hall.fr").write_text("Un.\nDeux.\nTrois.\n", "utf-8")
    (tmp_path / "alone.en").write_text("Nobody.\n", "utf-8")
    (tmp_path / "README.md").write_text("x\n", "utf-8")
    (tmp_path / "README.txt").write_text("x\ny\n", "utf-8")
    (text,) = read_parallel(tmp_path)
    assert text.name == "town.hall"
    assert text.sentences == 3
    assert text.lines["pt"] == ("Um.", "Dois.", "Três.")
    (short,) = read_parallel(tmp_path, 2)
    assert [len(lines) for lines in short.lines.values()] == [2, 2, 2]


def test_rare_line_separators_are_part_of_a_sentence(tmp_path: Path) -> None:
    """Only a line feed ends a line, so that both files stay side by side."""
    (tmp_path / "a.en").write_text("One\u2028and a half.\nTwo.\n", "utf-8")
    (tmp_path / "a.fr").write_text("Un et demi.\nDeux.\n", "utf-8")
    assert read_parallel(tmp_path)[0].sentences == 2


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({}, "no parallel text"),
        ({"a.en": "One.\n", "b.fr": "Un.\n"}, "no parallel text"),
        ({"a.en": "One.\nTwo.\n", "a.fr": "Un.\n"}, r"as many lines .*a\.en: 2, a\.fr: 1"),
        ({"a.en": "", "a.fr": ""}, r"a\.en: 0"),
    ],
)
def test_what_is_not_parallel_is_said(tmp_path: Path, files: dict[str, str], why: str) -> None:
    """A folder without two files of a name, and files that do not fit, end with a sentence."""
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(ParallelTextBroken, match=why):
        read_parallel(tmp_path)


def test_bytes_that_are_no_text_are_said(tmp_path: Path) -> None:
    """A file in another encoding is named."""
    (tmp_path / "a.en").write_text("One.\n", "utf-8")
    (tmp_path / "a.pt").write_bytes("Três.\n".encode("latin-1"))
    with pytest.raises(ParallelTextBroken, match=r"a\.pt cannot be read"):
        read_parallel(tmp_path)


@pytest.mark.parametrize("name", ["dev.tsv", "dev.tsv.xz"])
def test_a_file_may_hold_both_sides(tmp_path: Path, name: str) -> None:
    """By the name in front of each line; one that lacks a side is named."""
    rows = b"law\tUn.\tOne.\ntalk\tDeux.\tTwo.\nlaw\tTrois.\tThree.\n"
    path = tmp_path / name
    path.write_bytes(lzma.compress(rows) if path.suffix == ".xz" else rows)
    law, talk = read_parallel(path)
    assert (law.name, law.lines["fr"], law.lines["en"]) == ("law", ("Un.", "Trois."), ("One.", "Three."))
    assert (talk.name, talk.sentences) == ("talk", 1)
    assert [text.sentences for text in read_parallel(path, 1)] == [1, 1]
    with pytest.raises(ParallelTextBroken, match="line 1: it is no name and sentences in fr, en, pt"):
        read_parallel(path, columns=("fr", "en", "pt"))
