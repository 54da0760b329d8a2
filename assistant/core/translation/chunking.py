"""Text of any kind and length, cut into chunks that a text model can digest."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

LONGEST_CHUNK = 300
"""Characters; longer sentences are rare in speech, and small models begin to stutter beyond."""

SHORTEST_CLAUSE = 40
"""Characters; where a sentence is too long, no clause is cut off that is shorter."""

LONGEST_WORD = 80
"""Characters; what is longer without a space is an address or noise, in scripts that put spaces."""

_NO_SPACES = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
"""Thai, Lao, Burmese, Khmer, kana, ideographs: scripts that put no spaces between words."""

_UNBREAKABLE = re.compile(rf"(?<!\S)[^\s{_NO_SPACES}]{{{LONGEST_WORD + 1},}}(?!\S)")
_CLAUSE_END = re.compile(r"[.!?…;:]\s|[。！？；]")
_PAUSES = (re.compile(r",\s|[、，]"), re.compile(r"\s"))


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a sentence.

    Attributes:
        text: At most the asked length if it is to be translated; white space is single spaces.
        translatable: Whether a model should see it; otherwise it stays as it is.
    """

    text: str
    translatable: bool


def translate_in_chunks(
    sentences: Sequence[str],
    translate: Callable[[list[str]], list[str]],
    longest: int = LONGEST_CHUNK,
) -> list[str]:
    """Return the translation of each sentence, in order, where `translate` takes only short text.

    A sentence without a letter comes back as it is. `translate` is called at most once, with
    everything that a model should see.
    """
    cut = [chunks(sentence, longest) for sentence in sentences]
    wanted = [chunk.text for parts in cut for chunk in parts if chunk.translatable]
    done = iter(translate(wanted) if wanted else ())
    return [
        " ".join(next(done) if chunk.translatable else chunk.text for chunk in parts)
        if has_letter(sentence)
        else sentence
        for sentence, parts in zip(sentences, cut, strict=True)
    ]


def chunks(sentence: str, longest: int = LONGEST_CHUNK) -> list[Chunk]:
    """Return the chunks of a sentence, which hold all of it but its white space.

    Control characters and halves of surrogate pairs count as white space. What is longer is cut at
    the end of each clause, else at a comma, a space, or where the length is reached. A word that is
    too long to be one, and what has no letter, is not translatable.
    """
    text = _plain(sentence)
    found: list[Chunk] = []
    done = 0
    for word in _UNBREAKABLE.finditer(text):
        found.extend(_readable(text[done : word.start()], longest))
        found.append(Chunk(word.group(), translatable=False))
        done = word.end()
    found.extend(_readable(text[done:], longest))
    return found


def has_letter(text: str) -> bool:
    """Return whether there is anything to translate: digits, signs and emoji are the same everywhere."""
    return any(map(str.isalpha, text))


def _plain(text: str) -> str:
    blank = {"Cc", "Cs", "Zl", "Zp"}
    return " ".join(
        "".join(" " if unicodedata.category(letter) in blank else letter for letter in text).split()
    )


def _readable(text: str, longest: int) -> Iterator[Chunk]:
    text = text.strip()
    too_long = len(text) > longest
    while text:
        end = _border(text, longest) if too_long else len(text)
        part = text[:end].strip()
        yield Chunk(part, translatable=has_letter(part))
        text = text[end:].strip()


def _border(text: str, longest: int) -> int:
    """Return where the first chunk of a long text, or of what is left of one, ends."""
    # Of several clauses at a time small models leave some out; so each goes by itself.
    clause = _CLAUSE_END.search(text, min(SHORTEST_CLAUSE, longest // 4), longest + 1)
    if clause:
        return min(clause.end(), longest)
    if len(text) <= longest:
        return len(text)
    for pause in _PAUSES:
        ends = [match.end() for match in pause.finditer(text, longest // 2, longest + 1)]
        if ends:
            return min(ends[-1], longest)
    return longest
