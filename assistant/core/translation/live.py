"""What readers of another language see of a caption that still grows.

Only source words of the stable prefix are translated. Sentences that have ended are translated
once, and their translation is stable. The one that is still open is translated anew each time it grows
(re-translation, Arivazhagan et al. 2020, "Re-translation versus Streaming for Simultaneous
Translation"): its end is held back, for that depends most on what follows, and what is shown
gives way only when translations contradict it again and again.

A sentence may go on in the speaker's next caption. Then both parts are translated as one, and the
translation is divided between the two captions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from assistant.core.language import UNSPACED_LANGUAGES
from assistant.core.speech.stabilisation import Shown, normalised_text

_UNIT = re.compile(
    # Scripts without spaces count by the character.
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]\s*"
    r"|[^\s\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]+\s*"
)
_ADDED_END = re.compile(r"[.。．]+$")
_ENDS = tuple(".?!…。？！:;")
_QUOTES = "»”\"' )]"


@dataclass(frozen=True, slots=True)
class RetranslationRules:
    """How steady a translation is shown.

    Attributes:
        held_words: So many words at the end of an open sentence's translation are not shown, unless
            the translation before had them as well.
        contradictions: So many translations in a row must contradict what is shown before it gives way.
        least_words: An open sentence is translated from so many words on.
        joined_seconds: A sentence goes on in the next caption if that begins within this time.
        joined_words: A longer unfinished sentence counts as ended.
    """

    held_words: int = 1
    contradictions: int = 3
    least_words: int = 2
    joined_seconds: float = 4.0
    joined_words: int = 60


@dataclass(frozen=True, slots=True)
class Carried:
    """The beginning of a sentence that the speaker's last caption left unfinished.

    Attributes:
        source: Its words.
        translation: What they were translated as.
    """

    source: str
    translation: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What has to be translated to show a revision.

    Attributes:
        sentences: Source sentences, in order; the first one begins in the caption before if `joined`.
        pieces: The text of this caption that each of them covers, space included.
        open: Whether the last one still grows.
        joined: Whether the first one continues what was carried.
    """

    sentences: tuple[str, ...]
    pieces: tuple[str, ...]
    open: bool
    joined: bool


class LiveTranslation:
    """Follows one caption in one language; `plan` says what to translate, `take` what to show then.

    Args:
        target: BCP-47 primary subtag of the language it is shown in.
        carried: What the caption before left unfinished; None where it ended with its sentence.
        rules: How steady it is.

    Attributes:
        before: The better translation of what was carried, once it is known and another than before.
    """

    def __init__(
        self, target: str, carried: Carried | None = None, rules: RetranslationRules | None = None
    ) -> None:
        self.before: str | None = None
        self._gap = "" if target in UNSPACED_LANGUAGES else " "
        self._carried = carried
        self._rules = rules or RetranslationRules()
        self._source = ""
        self._stable = ""
        self._open_shown: tuple[str, ...] = ()
        self._open_last: tuple[str, ...] = ()
        self._contradicted = 0
        self._last = "", ""

    @property
    def begun(self) -> bool:
        """Whether the translation of a sentence is stable already."""
        return bool(self._source)

    def plan(self, pieces: Sequence[str], *, final: bool) -> Plan:
        """Return which sentences of `unstable(text)` to translate.

        Args:
            pieces: That text, cut into sentences; put together they are the text again.
            final: Whether nothing follows.
        """
        kept = _solid(pieces)
        grows = bool(kept) and not final
        if grows and len(_UNIT.findall(kept[-1])) < self._rules.least_words:
            kept.pop()
            grows = False
        sentences = [piece.strip() for piece in kept]
        joined = bool(sentences) and self._carried is not None and not self._source
        if joined and self._carried:
            sentences[0] = f"{self._carried.source}{self._gap}{sentences[0]}"
        return Plan(tuple(sentences), tuple(kept), grows, joined)

    def unstable(self, text: str) -> str:
        """Return the part of a source text whose translation is not stable yet.

        That is all of it where the text no longer begins with what was translated, as after a
        correction; then nothing counts as stable any more.
        """
        if not text.startswith(self._source):
            self._source = self._stable = ""
            self._restart()
        return text[len(self._source) :]

    def take(self, plan: Plan, translations: Sequence[str]) -> Shown:
        """Return what to show, given the translation of each sentence of the plan."""
        parts = [
            open_ended(sentence, part) for sentence, part in zip(plan.sentences, translations, strict=True)
        ]
        if plan.joined and self._carried:
            head, parts[0] = divide(self._carried, plan.sentences[0], parts[0])
            if not (plan.open and len(parts) == 1):
                self.before = head if head != self._carried.translation else None
        opened = parts.pop() if plan.open else ""
        if parts:
            self._last = plan.pieces[len(parts) - 1].strip(), parts[-1]
        for piece, part in zip(plan.pieces, parts, strict=False):
            self._source += piece
            self._stable = self._joined(self._stable, part)
        if parts:
            self._restart()
        if plan.open:
            self._steady(opened)
        shown = self._joined(self._stable, "".join(self._open_shown).strip())
        return Shown(shown, len(self._stable))

    def unfinished(self) -> Carried | None:
        """Return what a final leaves open for the speaker's next caption; None where its sentence ended."""
        source, translation = self._last
        if not source or not translation or _ends(source) or len(source.split()) > self._rules.joined_words:
            return None
        return Carried(source, translation)

    def _steady(self, translation: str) -> None:
        """Decide how much of an open sentence's new translation is shown."""
        units = tuple(_UNIT.findall(translation))
        agreed = max(_common(self._open_last, units), len(units) - self._rules.held_words)
        self._open_last = units
        if _common(self._open_shown, units) == len(self._open_shown):
            self._contradicted = 0
            self._open_shown = units[: max(agreed, len(self._open_shown))]
            return
        self._contradicted += 1
        if self._contradicted >= self._rules.contradictions:
            self._contradicted = 0
            self._open_shown = units[:agreed]

    def _restart(self) -> None:
        self._open_shown = self._open_last = ()
        self._contradicted = 0

    def _joined(self, left: str, right: str) -> str:
        return f"{left}{self._gap}{right}" if left and right else left or right


def open_ended(source: str, translation: str) -> str:
    """Return a translation without the full stop that models add to a sentence that has none."""
    if _ends(source):
        return translation
    return _ADDED_END.sub("", translation.rstrip())


def divide(carried: Carried, sentence: str, translation: str) -> tuple[str, str]:
    """Divide the translation of a whole sentence between the two captions it was said in.

    Where it begins as the first caption was translated, that stays as it is. Otherwise the border is
    where the words end that both have, or else as far in as in the source.

    Args:
        carried: The part that the first caption has.
        sentence: The whole sentence in the source language; it begins with that part.
        translation: The translation of the whole sentence.
    """
    units = _UNIT.findall(translation)
    before = _UNIT.findall(carried.translation)
    if len(units) <= 1:
        return carried.translation, translation.strip()
    same = _common(before, units)
    if same == len(before) and same < len(units):
        return carried.translation, "".join(units[same:]).strip()
    border = _border(before, units) or round(len(units) * len(carried.source) / max(1, len(sentence)))
    border = min(max(border, 1), len(units) - 1)
    return "".join(units[:border]).strip(), "".join(units[border:]).strip()


def _border(before: Sequence[str], units: Sequence[str]) -> int:
    """Return where in `units` the words of `before` seem to end; 0 where too few are the same."""
    matcher = SequenceMatcher(None, _keys(before), _keys(units), autojunk=False)
    blocks = [block for block in matcher.get_matching_blocks() if block.size]
    if sum(block.size for block in blocks) * 2 < len(before):
        return 0
    # Behind the last words that both have, as many again as `before` has there.
    return blocks[-1].b + len(before) - blocks[-1].a if blocks else 0


def _common(left: Sequence[str], right: Sequence[str]) -> int:
    """Return how many first words are the same, case and punctuation aside."""
    count = 0
    for one, other in zip(left, right, strict=False):
        if normalised_text(one) != normalised_text(other):
            break
        count += 1
    return count


def _keys(units: Sequence[str]) -> list[str]:
    return [normalised_text(unit) for unit in units]


def _ends(source: str) -> bool:
    return source.rstrip(_QUOTES).endswith(_ENDS)


def _solid(pieces: Sequence[str]) -> list[str]:
    """Return the pieces with those that are only space joined to the one before."""
    solid: list[str] = []
    for piece in pieces:
        if solid and not piece.strip():
            solid[-1] += piece
        elif piece.strip():
            solid.append(piece)
    return solid
