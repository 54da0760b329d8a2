"""The public version of minutes and of what was said: the same without what is confidential.

A passage, a statement, an item, an annex or a person can be marked as confidential. What was said of it goes
too: the captions of a passage, those that a confidential statement rests on, all of the time of such an item,
and all that such a person said. Where others name that person, the name is masked.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial

from assistant.core.captions.caption import Caption
from assistant.core.minutes.document import AgendaItem, Minutes, Statement

MASK = "[…]"
"""Stands where a name was."""

PART = "~"
"""Stands in the id of a caption that was split off another one, behind the id of that."""

_LEAST_NAME_CHARACTERS = 2
_MOST_REMEMBERED = 8_192
"""Texts that a mask remembers: those of a long meeting."""
_WORD = re.compile(r"[^\W\d_]+", re.UNICODE)
_NO_NAMES = frozenset(
    "m mm mme mmes mlle monsieur madame mademoiselle maître me dr pr prof professeur mr mrs ms miss sir dame "
    "lord herr frau señor señora don doña senhor senhora dom dona sr sra signor signora dott "
    "de du des la le les l d da do dos das di del della von van der den zu y e et und the of".split()
)
"""Words beside a name that name nobody."""


@dataclass(frozen=True, slots=True)
class Redaction:
    """What is left out of the public version.

    Attributes:
        captions: Ids of captions.
        participants: Ids of people whose every word is left out.
        names: How those people are named.
        spans: Begin and end, in seconds since the room began, of confidential items; what is said in them
            later is left out as well. None: the item has not ended.
    """

    captions: frozenset[str] = frozenset()
    participants: frozenset[str] = frozenset()
    names: tuple[str, ...] = ()
    spans: tuple[tuple[float, float | None], ...] = ()

    @classmethod
    def of(cls, minutes: Minutes, captions: Sequence[Caption]) -> Redaction:
        """Return what the public version of some minutes leaves out of what was said.

        Args:
            minutes: With their marks.
            captions: All that was said, in the language it was said in, emptied captions included.
        """
        people = [attendee for attendee in minutes.attendees if attendee.confidential]
        participants = frozenset(person.id for person in people)
        said_by = {caption.id for caption in captions if caption.participant in participants}
        marked = {
            caption for passage in minutes.passages if passage.confidential for caption in passage.captions
        }
        for item in minutes.items:
            if item.confidential:
                marked |= _during(item, captions)
            for statement in item.statements:
                if item.confidential or statement.confidential:
                    marked |= {evidence.caption for evidence in statement.evidence}
        marked = _with_relatives(marked, captions)
        # Somebody may have been renamed since, or be shown under another name somewhere.
        shown = {caption.speaker for caption in captions if caption.participant in participants}
        names = tuple(sorted({person.name for person in people} | (shown - {""})))
        spans = tuple(
            (item.start_seconds, item.end_seconds)
            for item in minutes.items
            if item.confidential and item.start_seconds is not None
        )
        return cls(frozenset(said_by | marked), participants, names, spans)

    def hides(self, caption: Caption) -> bool:
        """Return whether a caption is left out, in any language, also one that was not there yet."""
        return (
            caption.participant in self.participants
            or not self.captions.isdisjoint(_roots(caption.id))
            or any(_overlaps(caption, start, end) for start, end in self.spans)
        )


def public_minutes(minutes: Minutes, redaction: Redaction) -> Minutes:
    """Return minutes without what is confidential, and without any sign of what that was."""
    mask = NameMask(redaction.names)
    meeting = minutes.meeting
    return replace(
        minutes,
        meeting=replace(
            meeting,
            title=mask.hide(meeting.title),
            place=mask.hide(meeting.place),
            next_meeting=mask.hide(meeting.next_meeting),
        ),
        attendees=tuple(person for person in minutes.attendees if not person.confidential),
        items=tuple(_public_item(item, redaction, mask) for item in minutes.items if not item.confidential),
        passages=(),
        annexes=tuple(
            replace(annex, title=mask.hide(annex.title), note=mask.hide(annex.note))
            for annex in minutes.annexes
            if not annex.confidential
        ),
        removed=(),
        kept_fields=(),
        draft_notes=(),
    )


def public_captions(captions: Iterable[Caption], redaction: Redaction) -> list[Caption]:
    """Return what was said, in any language, without what is confidential; names are masked in the rest.

    Word times of a masked caption are left out: they hold the name.
    """
    mask = NameMask(redaction.names)
    return [mask.masked(caption) for caption in captions if not redaction.hides(caption)]


class NameMask:
    """Hides names in texts, whole words in any case, with or without accents.

    A full name is hidden as one; of its parts each that names somebody.
    """

    def __init__(self, names: Collection[str]) -> None:
        wanted: set[str] = set()
        for name in names:
            words = _WORD.findall(name)
            if words:
                wanted.add(r"[\W_]+".join(re.escape(_folded(word)) for word in words))
            wanted |= {re.escape(_folded(word)) for word in words if _names_somebody(word)}
        # The longest first, so that a full name leaves one mask.
        ordered = sorted(wanted, key=lambda pattern: (-len(pattern), pattern))
        self._pattern = re.compile(rf"(?<!\w)(?:{'|'.join(ordered)})(?!\w)") if ordered else None
        # A hall of readers is shown the same texts, one reader after the other.
        self._hidden = lru_cache(_MOST_REMEMBERED)(partial(_hidden, self._pattern)) if self._pattern else None

    def masked(self, caption: Caption) -> Caption:
        """Return a caption with its names hidden; what is stable of it stays so as far as it is the same."""
        text = self.hide(caption.text)
        heard = "".join(word.text for word in caption.words)
        if text == caption.text and self.hide(heard) == heard:
            return caption
        prefix = self.hide(caption.text[: caption.stable])
        stable = len(text) if caption.final else _shared_length(prefix, text)
        return replace(caption, text=text, words=(), stable=stable, confident=None)

    def hide(self, text: str) -> str:
        """Return `text` with a mask where a name was."""
        return self._hidden(text) if self._hidden and text else text


def _hidden(pattern: re.Pattern[str], text: str) -> str:
    whole = unicodedata.normalize("NFC", text)
    done, at = [], 0
    for match in pattern.finditer(_folded(whole)):
        done += [whole[at : match.start()], MASK]
        at = match.end()
    return "".join([*done, whole[at:]]) if done else text


def _shared_length(one: str, other: str) -> int:
    """Return how many leading characters two texts share."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _folded(text: str) -> str:
    """Return as many characters as there are, without case and accents."""
    return "".join(
        unicodedata.normalize("NFD", character)[0].lower()[0]
        for character in unicodedata.normalize("NFC", text)
    )


def _names_somebody(word: str) -> bool:
    return len(word) >= _LEAST_NAME_CHARACTERS and word.lower() not in _NO_NAMES


def _with_relatives(marked: set[str], captions: Sequence[Caption]) -> set[str]:
    """Return ids with those of captions that hold the same words now.

    What was split off a marked caption is marked, as it may have been marked before that; so is what a marked
    caption was merged into.
    """
    ordered = sorted(captions, key=lambda caption: (caption.start_seconds, caption.seq))
    latest: dict[str, str] = {}
    more = set(marked)
    for caption in ordered:
        if caption.text:
            latest[caption.participant] = caption.id
        elif caption.id in marked and caption.participant in latest:
            more.add(latest[caption.participant])
    return more | {caption.id for caption in ordered if not more.isdisjoint(_roots(caption.id))}


def _roots(caption: str) -> list[str]:
    """Return the ids of the captions that one was split off, itself included."""
    parts = caption.split(PART)
    return [PART.join(parts[:count]) for count in range(1, len(parts) + 1)]


def _during(item: AgendaItem, captions: Iterable[Caption]) -> set[str]:
    """Return the captions in the time of an item."""
    start, end = item.start_seconds, item.end_seconds
    if start is None:
        return set()
    return {caption.id for caption in captions if _overlaps(caption, start, end)}


def _overlaps(caption: Caption, start_seconds: float, end_seconds: float | None) -> bool:
    begun = end_seconds is None or caption.start_seconds < end_seconds
    return begun and caption.end_seconds > start_seconds


def _public_item(item: AgendaItem, redaction: Redaction, mask: NameMask) -> AgendaItem:
    statements = (
        _public_statement(statement, mask)
        for statement in item.statements
        if not statement.confidential and not _rests_on(statement, redaction)
    )
    return replace(item, title=mask.hide(item.title), statements=tuple(statements))


def _rests_on(statement: Statement, redaction: Redaction) -> bool:
    return any(evidence.caption in redaction.captions for evidence in statement.evidence)


def _public_statement(statement: Statement, mask: NameMask) -> Statement:
    return replace(
        statement,
        text=mask.hide(statement.text),
        speaker=mask.hide(statement.speaker),
        who=mask.hide(statement.who),
        stale=False,
    )
