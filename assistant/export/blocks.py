"""A document as all formats see it: headings, paragraphs, lists and tables, and what stands on every page."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u2028\u2029]")
RIGHT_TO_LEFT = frozenset("ar dv fa he ku ps sd ug ur yi".split())


@dataclass(frozen=True, slots=True)
class Run:
    """Text of one look.

    Attributes:
        text: One line.
        bold: Stands out.
        quiet: Stands back, such as the time of the words that a statement rests on.
        lang: BCP-47 code where it is not the document's; else empty.
    """

    text: str
    bold: bool = False
    quiet: bool = False
    lang: str = ""


Runs = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading.

    Attributes:
        level: How deep it stands: 1 is a chapter, 2 a part of one.
        text: The heading's words.
    """

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph.

    Attributes:
        runs: The paragraph's words.
        mark: Whether it is set apart, such as the word "Draft".
    """

    runs: Runs
    mark: bool = False


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list.

    Attributes:
        items: The words of each item.
        numbered: Whether a number stands before each item instead of a bullet.
    """

    items: tuple[Runs, ...]
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a header row that is repeated on every page.

    Attributes:
        header: Titles of the columns.
        rows: Cells, as many in each row as there are columns.
        widths: How wide the columns are in relation to each other.
        numbers: Which columns hold figures.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[Runs, ...], ...]
    widths: tuple[int, ...]
    numbers: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Fields:
    """Names with values, such as the head of minutes."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Signatures:
    """Places to sign, side by side."""

    names: tuple[str, ...]


Block = Heading | Paragraph | Bullets | Table | Fields | Signatures


@dataclass(frozen=True, slots=True)
class Furniture:
    """What stands on every page.

    Attributes:
        level: The protection level as it is printed; empty: none.
        copy: The number of the copy and its recipient; empty: none.
        running: What the document is, in short.
        page: How pages are numbered, with `{page}` and `{pages}`.
    """

    level: str = ""
    copy: str = ""
    running: str = ""
    page: str = "{page} / {pages}"

    @property
    def marks(self) -> tuple[str, ...]:
        """The level and the copy, as far as they are there."""
        return tuple(filter(None, (self.level, self.copy)))


@dataclass(frozen=True, slots=True)
class Document:
    """A document.

    Attributes:
        kind: What it is, such as "Minutes"; printed above the title.
        title: The document's title.
        lang: BCP-47 code of the language that it is worded in.
        author: Whose it is; may be empty.
        blocks: What it consists of, from top to bottom.
        furniture: What stands on every page.
    """

    kind: str
    title: str
    lang: str
    blocks: tuple[Block, ...]
    furniture: Furniture = field(default_factory=Furniture)
    author: str = ""

    @property
    def right_to_left(self) -> bool:
        """Whether its language is written so."""
        return self.lang.split("-", maxsplit=1)[0] in RIGHT_TO_LEFT


def clean(text: str) -> str:
    """Return a text without what XML does not allow."""
    return _FORBIDDEN.sub(" ", text)


def plain_text(runs: Sequence[Run]) -> str:
    """Return the text of runs, as one."""
    return "".join(run.text for run in runs)


def runs_right_to_left(runs: Sequence[Run], *, otherwise: bool) -> bool:
    """Return whether a paragraph is written from right to left, whatever its document is.

    Its first letter says so (Unicode's bidirectional algorithm, rules P2 and P3): the first of what is told,
    not of the speaker's name or the time before it.

    Args:
        runs: The paragraph.
        otherwise: What holds for one without letters.
    """
    told = "".join(run.text for run in runs if not (run.bold or run.quiet))
    for text in (told, plain_text(runs)):
        for character in text:
            direction = unicodedata.bidirectional(character)
            if direction in {"L", "R", "AL"}:
                return direction != "L"
    return otherwise
