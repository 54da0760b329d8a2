"""What a text model would damage, taken out of a sentence and put back into its translation.

A model knows a hundred letters and signs or so; what has others (Yeşilgöz, 👍, €) it guesses or leaves
out without a word. Addresses and names in braces it rewrites. For each an invented name goes in, which a
model copies, and out comes what was said.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby, islice
from operator import itemgetter
from typing import NamedTuple

from assistant.core.language import UNSPACED_LANGUAGES
from assistant.core.translation.capitals import (
    capital_first,
    is_shouted,
    names_beside,
    sentence_case,
    without_stress,
)
from assistant.core.translation.names import names_in_capitals
from assistant.core.translation.phrasing import plainer
from assistant.core.translation.terminology import Attempt

CODES = tuple(f"QX{number}" for number in range(1, 17))
"""What stands for something where invented names did not come through."""

_KEPT = re.compile(
    r"""
    (?i:https?|ftp|sips?|wss?)://[^\s<>"“”«»]+ | (?:mailto|tel):[^\s<>"“”«»]+ | (?i:www)\.[^\s<>"“”«»]+
    | [\w.+%-]{1,64}@(?:[\w-]{1,63}(?:[.:][\w-]{1,63})+|[\w-]{3,63})
    | \b(?:localhost|[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}):\d{2,5}(?:/[^\s<>"“”«»]*)? | `[^`]{1,80}`
    | \$[A-Za-z_]\w+\b | %[A-Za-z_]\w*%
    | \b(?:[a-z0-9-]{1,63}\.){1,8}(?:com|org|net|eu|int|gov|edu|io|info|fr|pt|de|es|it|uk|be|ch|br|nl)\b
      (?:/[^\s<>"“”«»]*)?
    | \$?\{\{?[^{}]{1,60}\}?\} | <[^<>\s]{1,60}> | %\(\w+\)[sd] | (?<!\w)[#@]\w(?:[\w.-]*\w)?
    | (?<![^\s"“«(])(?:[A-Za-z]:|\\)?\\[^\s"“”«»<>]+ | (?<![^\s"“«(])~?(?:/[\w.-]+){2,}/?
    | \b\w[\w.-]{0,119}
      \.(?:csv|docx?|html?|jpe?g|json|md|mp[34]|od[pst]|pdf|png|pptx?|txt|wav|xlsx?|xml|ya?ml|zip)\b
    | \b\w+(?:_\w+)+\b
    """,
    re.VERBOSE,
)
"""Addresses, names in braces and marks, files and where they lie, and words joined by underscores."""

_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
"""Marks that no reader sees, which split words: soft hyphens, spaces of no width, directions, the BOM."""

_SAINT = re.compile(r"\W*São\s+")
"""Before a name, and so before what stands for a figure, it is a saint; “são 5 €” says what they are."""

_ALONE = r"(?!\d)"
"""Behind a code that ends with a digit: QX1 is not the beginning of QX12."""

_MOST_SPANS = 64
"""More are not looked for: there are fewer names, and the check then says that not all came through."""

_AFTER_ADDRESS = ".,;:!?)]'’\""
_EDGES = "\"“”„«»‹›'‘’()[],;:!?…"
_ARTICLE = re.compile(r"(?:[^\W\d_]|[Qq]u|[Dd]all|[Dd]ell|[Nn]ell|[Ss]ull|[Uu]n)['’](?=\w)")
_POSSESSIVE = re.compile(r"['’]s$")
_NUMBER = re.compile(r"[-−–+±≥≤<>≈~]?[$€£¥]?\d[\d.,:'’/]*[%‰]?[²³]?")
_UNIT = re.compile(
    r"%|‰|[€$£¥₹]|EUR|USD|GBP|CHF|[kcdmµ]?m[²³]?|[kmµ]?g|[kMGT]?B|[kMGT]?Wh?|ha|[cm]?[lL]|°[CF]?|km/h|mph"
)
_JOINING = {"Sm", "Sc", "No", "Nd", "Sk"}
"""Categories of signs that belong to the number beside them."""

_MINUS = re.compile(r"(?<![\w.,)%])[−–‐‑－﹣](?=\d)")
_HYPHEN = re.compile(r"(?<![\w.,)%])-(?=\d)")
_DASH_BETWEEN = re.compile(r"(?<=[^\W\d])[–—―](?=[^\W\d])")
_PLAIN = {
    **dict.fromkeys("’‘ʼ‛`´", "'"),
    **dict.fromkeys("“”„«»‟", '"'),
    **dict.fromkeys("–—―‐‑−－﹣", "-"),
    **dict.fromkeys("\u00a0\u202f\u2009", " "),
    "œ": "oe",
    "æ": "ae",
    "ß": "ss",
    "ø": "o",
    "ı": "i",
    "ł": "l",
}
"""What stands for a character where the model lacks it."""

_MARKS = frozenset("’‘ʼ‛`´“”„«»‟–—―‐‑−－﹣\u00a0\u202f\u2009")


def legible(sentence: str) -> str:
    """Return a sentence in composed letters, without marks that nobody sees; addresses stay as they are.

    Models know “é” as one character, and a word with a soft hyphen in it not at all.
    """
    parts: list[str] = []
    done = 0
    for place in islice(_KEPT.finditer(sentence), _MOST_SPANS):
        parts += [_composed(sentence[done : place.start()]), place.group()]
        done = place.end()
    return "".join([*parts, _composed(sentence[done:])])


def _composed(text: str) -> str:
    blank = "".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in text)
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", blank))


class Span(NamedTuple):
    """A stretch of a sentence that no model sees, from `start` up to `end`."""

    start: int
    end: int


class Masked(NamedTuple):
    """A sentence without what a model would damage.

    Attributes:
        attempt: What the model is given, and how its answer becomes the translation.
        kept: What was taken out, in order; it stands in a sound translation as it was said.
        bare: Whether nothing is left that could be translated.
    """

    attempt: Attempt
    kept: tuple[str, ...]
    bare: bool


class Masker:
    """Takes out of sentences what a model would damage.

    Args:
        source: BCP-47 primary subtag of their language.
        letters: The characters that the model knows; empty where nobody can say, then all of them.
    """

    def __init__(self, source: str, letters: frozenset[str]) -> None:
        self._source = source
        self._letters = letters

    def masked(
        self,
        sentence: str,
        names: Sequence[str],
        *,
        terms: Sequence[tuple[int, int]] = (),
        people: Sequence[tuple[int, int]] = (),
        more: Sequence[tuple[int, int]] = (),
        figures: bool = False,
    ) -> Masked:
        """Return a sentence as a model may see it.

        Args:
            sentence: The sentence as it was said; what is all capitals goes in as small letters and comes out
                as capitals.
            names: What may stand for what is taken out.
            terms: From where to where a glossary knows what to do.
            people: From where to where names stand that are known; those in capitals are taken out.
            more: From where to where it is taken out besides.
            figures: Whether numbers with their units are taken out as well.
        """
        shouted = is_shouted(_KEPT.sub("", sentence))
        in_case = sentence_case if shouted else without_stress
        cased = in_case(sentence, self._source, terms)
        spans = self._spans(sentence, cased, terms, shouted=shouted, figures=figures)
        found = names_in_capitals(sentence, self._source) if shouted else names_beside(sentence, self._source)
        written = [place for place in people if sentence[slice(*place)].isupper()]
        for place in [*more, *written, *found]:
            if len(spans) < 2 * _MOST_SPANS and not _touches([*spans, *terms], *place):
                spans.append(Span(*place))
        spans = _merged(sentence, spans)
        if self._source == "pt" and spans and _says_what_they_are(sentence, spans[0]):
            cased = cased.replace("São", "são", 1)
        head, tail = _edges(sentence, spans)
        free = (name for name in names if name.casefold() not in sentence.casefold())
        stands: dict[str, str] = {}
        parts: list[str] = []
        done = head
        for start, end in spans:
            said = sentence[start:end]
            if start < head or end > tail or not (said in stands or (name := next(free, ""))):
                continue  # of more than there are names the check knows afterwards
            parts += [self._plain(cased, done, start), stands.setdefault(said, name)]
            done = end
        parts.append(self._plain(cased, done, tail))
        text = plainer("".join(parts), self._source)
        outside = "".join(
            cased[before.end : after.start]
            for before, after in zip([Span(0, 0), *spans], [*spans, Span(len(cased), 0)], strict=True)
        )
        front, back = sentence[:head], sentence[tail:]
        minus = _MINUS.search(sentence)
        english = self._source == "en"
        form = _Form(front, back, minus.group() if minus else "", shouted, _starts_large(sentence), english)
        restored = partial(_restored, stands, form)
        kept = tuple(sentence[start:end] for start, end in spans)
        return Masked(Attempt(text, restored), kept, not any(map(str.isalpha, outside)))

    def _spans(
        self, sentence: str, cased: str, terms: Sequence[tuple[int, int]], *, shouted: bool, figures: bool
    ) -> list[Span]:
        places = islice(_KEPT.finditer(sentence), _MOST_SPANS)
        found = [Span(place.start(), _address_end(place)) for place in places]
        for start, end in self._words(sentence):
            if len(found) >= _MOST_SPANS:
                break
            text = cased[start:end]
            if not text or _touches(found, start, end) or _touches(terms, start, end):
                continue
            if self._is_lost(text, shouted=shouted, first=_begins(sentence, start)) or (
                figures and any(map(str.isdigit, text))
            ):
                found.append(Span(start, end))
        return found

    def _words(self, sentence: str) -> Iterator[tuple[int, int]]:
        """Yield where words are; in scripts without spaces, where a run of lacking characters is."""
        if self._source not in UNSPACED_LANGUAGES:
            yield from (_core(sentence, *token.span()) for token in re.finditer(r"\S+", sentence))
            return
        start = 0
        for fits, run in groupby(sentence, lambda letter: letter in _MARKS or self._knows(letter)):
            end = start + len(list(run))
            if not fits:
                yield start, end
            start = end

    def _is_lost(self, text: str, *, shouted: bool, first: bool) -> bool:
        """Return whether a word has something that the model lacks and that nothing can stand for."""
        lacking = [letter for letter in text if not self._knows(letter) and letter not in _MARKS]
        if not lacking or (first and lacking == [text[0]] and self._knows(text[0].lower())):
            return False
        # Names keep their letters; of other words the letters beneath the marks will do.
        common = text[:1].islower() and not shouted
        return not (common and all(one.isalpha() and self._knows(plain_letter(one)) for one in lacking))

    def _knows(self, text: str) -> bool:
        plain = unicodedata.normalize("NFKC", text)
        # Superscripts and fractions would come out as other numbers.
        changed = plain != text and unicodedata.category(text[:1] or " ") == "No"
        return not changed and (not self._letters or self._letters >= set(plain) - {" "})

    def _plain(self, sentence: str, start: int, end: int) -> str:
        """Return a stretch of a sentence in characters that the model knows, as far as there are any."""
        stretch = sentence[start:end]
        if not self._letters:
            return _MINUS.sub("-", stretch)
        first = re.search(r"\w", stretch) if _begins(sentence, start) else None
        if first and not self._knows(first.group()) and self._knows(first.group().lower()):
            stretch = stretch[: first.start()] + first.group().lower() + stretch[first.end() :]
        stretch = _DASH_BETWEEN.sub(" - ", stretch)
        return "".join(letter if self._knows(letter) else plain_letter(letter) for letter in stretch)


class _Form(NamedTuple):
    """What a translation takes over from its sentence: both ends, the sign for minus, and the case.

    Where that was English, names lose the `'s` that models leave behind them.
    """

    front: str
    back: str
    minus: str
    shouted: bool
    large: bool
    english: bool


def _restored(stands: dict[str, str], form: _Form, answer: str) -> str:
    """Return the answer of a model with what was said in place of names."""
    text = answer.upper() if form.shouted else answer
    if form.large and not form.front:
        text = capital_first(text)
    if form.minus:
        text = _HYPHEN.sub(form.minus, text)
    if form.back:
        text = re.sub(r"(?<=[^.])\.$", "", text)  # models end what has no end
    ending = r"(?:['’]?s\b)?" if form.english else r"(?:s\b)?"
    for said, name in stands.items():
        stand = rf"{name}{_ALONE if name[-1].isdigit() else ''}{ending}"
        # In what was said a backslash is no reference of a pattern.
        text = re.sub(stand, said.replace("\\", r"\\"), text, flags=re.IGNORECASE)
    return f"{form.front}{text}{form.back}"


def _address_end(place: re.Match[str]) -> int:
    return place.start() + len(place.group().rstrip(_AFTER_ADDRESS))


def _core(sentence: str, start: int, end: int) -> tuple[int, int]:
    """Return where a word is without the marks around it, an article before it and an `'s` behind it."""
    text = sentence[start:end]
    stripped = text.strip(_EDGES).rstrip(".")
    if not stripped:
        return start, start
    start += text.index(stripped)
    if article := _ARTICLE.match(stripped):
        start += article.end()
        stripped = stripped[article.end() :]
    return start, start + len(_POSSESSIVE.sub("", stripped))


def _merged(sentence: str, spans: Iterable[Span]) -> list[Span]:
    """Return spans in order, with the numbers and units that signs belong to, neighbours put together."""
    cores = [_core(sentence, *token.span()) for token in re.finditer(r"\S+", sentence)]
    tokens = [(start, end) for start, end in cores if start < end]
    wide: list[Span] = []
    for span in sorted(spans):
        start, end = span
        if wide and end <= wide[-1].end:
            continue
        text = sentence[start:end]
        if not any(map(str.isalpha, text)) and {unicodedata.category(letter) for letter in text} & _JOINING:
            while (left := _beside(sentence, tokens, end=start)) and _NUMBER.fullmatch(
                sentence[slice(*left)]
            ):
                start = left[0]
            while (right := _beside(sentence, tokens, start=end)) and (
                _NUMBER.fullmatch(sentence[slice(*right)]) or _UNIT.fullmatch(sentence[slice(*right)])
            ):
                end = right[1]
        if wide and (start <= wide[-1].end or sentence[wide[-1].end : start].isspace()):
            wide[-1] = Span(wide[-1].start, max(end, wide[-1].end))
        else:
            wide.append(Span(start, end))
    return wide


def _beside(
    sentence: str, tokens: Sequence[tuple[int, int]], *, start: int | None = None, end: int | None = None
) -> tuple[int, int] | None:
    """Return the word just before `end`, or just behind `start`, with only white space between."""
    if end is not None:
        number = bisect_right(tokens, end, key=itemgetter(1)) - 1
        if number >= 0 and sentence[tokens[number][1] : end].isspace():
            return tokens[number]
    if start is not None:
        number = bisect_left(tokens, start, key=itemgetter(0))
        if number < len(tokens) and sentence[start : tokens[number][0]].isspace():
            return tokens[number]
    return None


def _edges(sentence: str, spans: Sequence[Span]) -> tuple[int, int]:
    """Return from where to where a sentence has words: signs before and behind them need no name."""
    head, tail = 0, len(sentence)
    if spans and not any(map(str.isalnum, sentence[: spans[0].end])):
        head = spans[0].end + len(sentence[spans[0].end :]) - len(sentence[spans[0].end :].lstrip())
    if spans and spans[-1].start >= head and not any(map(str.isalnum, sentence[spans[-1].start :])):
        tail = len(sentence[: spans[-1].start].rstrip())
    return head, max(head, tail)


def _says_what_they_are(sentence: str, span: Span) -> bool:
    """Return whether a sentence in Portuguese begins with “são” and a figure, which is no saint."""
    figure = any(map(str.isnumeric, sentence[slice(*span)]))
    return figure and _SAINT.fullmatch(sentence[: span.start]) is not None


def _touches(places: Iterable[tuple[int, int]], start: int, end: int) -> bool:
    return any(place[0] < end and start < place[1] for place in places)


def _starts_large(sentence: str) -> bool:
    first = re.search(r"\w", sentence)
    return first is not None and first.group().isupper()


def _begins(sentence: str, start: int) -> bool:
    return not any(map(str.isalnum, sentence[:start]))


def plain_letter(letter: str) -> str:
    """Return what can stand for a character where a model lacks it: mostly the letter beneath its marks."""
    if stands := _PLAIN.get(letter.lower()):
        return stands if letter.lower() == letter else capital_first(stands)
    return "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))
