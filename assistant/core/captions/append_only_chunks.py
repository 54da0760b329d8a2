"""Cuts growing captions into pieces that never change, for readers that can only append.

The stable prefix of a partial is a little less right than what the second pass hears, and such
readers cannot be told better. So a piece ends before the first word that the recogniser doubts, and the
rest of the caption is taken from its best revision; that leaves them 0.8 points of word errors from the
transcript, where sending all that is stable leaves 2 to 3 (decision 0012). No word is held back for longer
than a long sentence.

What one person says comes in the order in which they said it, also where a caption is seen before the one
that was said before it (decision 0027).
"""

from __future__ import annotations

import re
from bisect import insort
from collections import OrderedDict, defaultdict, deque
from dataclasses import dataclass, field

from assistant.core.alignment import beginning_distances
from assistant.core.captions.caption import Caption
from assistant.core.minutes.redaction import PART

_HELD_SECONDS = 12.0
"""A doubtful word waits so long for the end of its caption, and a caption for the end of the one before."""
_REMEMBERED_FINALS = 1000


@dataclass(frozen=True, slots=True)
class Piece:
    """What a caption adds.

    Attributes:
        caption: The revision that the text is taken from.
        text: What is added.
        id: An id that no other piece has; it holds the revision's `seq`, which no process uses twice.
    """

    caption: Caption
    text: str
    id: str


@dataclass(slots=True)
class _Growing:
    """A caption that goes on.

    Attributes:
        newest: As far as it has come.
        begins: Where it stands among those of its speaker: when it was said, and when it was first seen.
        since_seconds: When it was first seen.
        overtaken: Whether something that was said after it could not wait for it any longer.
        sent: How many characters of a partial were sent.
        pieces: What was sent.
        prefix: The partial's text up to there.
        stable: How many characters were stable at which time, the oldest first.
        old: How many characters have been stable for so long that they are held back no longer.
    """

    newest: Caption
    begins: tuple[float, int]
    since_seconds: float
    overtaken: bool = False
    sent: int = 0
    pieces: list[str] = field(default_factory=list)
    prefix: str = ""
    stable: deque[tuple[float, int]] = field(default_factory=deque)
    old: int = 0

    def revise(self, caption: Caption, now_seconds: float) -> None:
        """Take in a revision."""
        self.newest = caption
        self.stable.append((now_seconds, _word_end(caption.text, caption.stable)))

    def add(self, text: str) -> list[Piece]:
        """Return the piece that a text makes, if it has words."""
        if not text:
            return []
        self.pieces.append(text)
        id_ = f"{self.newest.id}.{self.newest.seq}.{len(self.pieces)}"
        return [Piece(self.newest, text, id_)]

    def grown(self, now_seconds: float) -> list[Piece]:
        """Return what can be sent before the end: up to a doubtful word, or what was stable long ago."""
        while self.stable and self.stable[0][0] <= now_seconds - _HELD_SECONDS:
            self.old = max(self.old, self.stable.popleft()[1])
        caption = self.newest
        stable = _word_end(caption.text, caption.stable)
        confident = stable
        if caption.confident is not None:
            confident = _word_end(caption.text, min(caption.confident, stable))
        return self.up_to(min(max(confident, self.old), stable))

    def up_to(self, end: int) -> list[Piece]:
        """Return what of a partial has not been sent up to a character."""
        text = self.newest.text[self.sent : end].strip()
        if text:
            self.sent, self.prefix = end, self.newest.text[:end]
        return self.add(text)

    def rest(self) -> list[Piece]:
        """Return what of the newest revision has not been sent, as far as that will not change."""
        if self.newest.final:
            return self.add(_rest(self, self.newest.text))
        return self.up_to(_word_end(self.newest.text, self.newest.stable))


class AppendOnlyChunks:
    """The pieces of all captions of one room, those of each participant in the order of their speech.

    Times are seconds of any clock that never goes back, of the same one in all calls.

    Attributes:
        known_from_seconds: Nothing was missed or forgotten of what began later than this, in room time.
    """

    def __init__(self) -> None:
        self._growing: dict[str, _Growing] = {}
        self._lines: defaultdict[str, list[_Growing]] = defaultdict(list)
        self._done: OrderedDict[str, float] = OrderedDict()
        self.known_from_seconds = -1.0

    def take(self, caption: Caption, now_seconds: float) -> list[Piece]:
        """Return what can be sent now that there is this revision.

        A final whose better revision follows adds nothing, that one does. A clerk's text comes too late,
        unless it is the first that is seen of how a caption ends. What follows in the next caption waits for
        the end of the one before.
        """
        growing = self._growing.get(caption.id)
        if growing is None:
            if caption.id in self._done or (caption.edited and not self._is_missing(caption)):
                return []
            growing = self._growing[caption.id] = self._begun(caption, now_seconds)
        growing.revise(caption, now_seconds)
        return self.overdue(now_seconds)

    def overdue(self, now_seconds: float) -> list[Piece]:
        """Return what can be sent now that so much time has passed."""
        return [piece for line in self._lines.values() for piece in self._advance(line, now_seconds)]

    def end(self) -> list[Piece]:
        """Return what was held back, where no revision is to come any more."""
        pieces = []
        for line in self._lines.values():
            for growing in tuple(line):
                pieces += growing.rest()
                self._finish(line, growing)
        return pieces

    def _begun(self, caption: Caption, now_seconds: float) -> _Growing:
        """Put a caption where it was said; what was sent already makes no room for it."""
        line = self._lines[caption.participant]
        growing = _Growing(caption, (caption.start_seconds, caption.seq), now_seconds)
        growing.overtaken = any(each.pieces and growing.begins < each.begins for each in line)
        insort(line, growing, key=lambda each: each.begins)
        return growing

    def _is_missing(self, caption: Caption) -> bool:
        """Whether a caption that a clerk has changed was not shown here, and is none of those long ago."""
        return PART not in caption.id and caption.start_seconds > self.known_from_seconds

    def _advance(self, line: list[_Growing], now_seconds: float) -> list[Piece]:
        """Return what one speaker's captions add: the first of them as it grows, its end before the next."""
        pieces: list[Piece] = []
        for growing in [each for each in line if each.overtaken and _has_ended(each)]:
            pieces += growing.rest()
            self._finish(line, growing)
        while waiting := [each for each in line if not each.overtaken]:
            first = waiting[0]
            if self._follows_unseen(first, now_seconds):
                break
            if _has_ended(first):
                pieces += first.rest()
                self._finish(line, first)
                continue
            if not first.newest.final:
                pieces += first.grown(now_seconds)
            if len(waiting) == 1 or not _is_late(waiting[1], now_seconds):
                break
            first.overtaken = True
        return pieces

    def _follows_unseen(self, growing: _Growing, now_seconds: float) -> bool:
        """Whether a caption waits for the one before it, of which nothing has been seen."""
        before = growing.newest.follows
        if not before or growing.pieces or before in self._done or before in self._growing:
            return False
        return not _is_late(growing, now_seconds)

    def _finish(self, line: list[_Growing], growing: _Growing) -> None:
        line.remove(growing)
        del self._growing[growing.newest.id]
        self._done[growing.newest.id] = growing.newest.start_seconds
        while len(self._done) > _REMEMBERED_FINALS:
            _, began_seconds = self._done.popitem(last=False)
            self.known_from_seconds = max(self.known_from_seconds, began_seconds)


def _has_ended(growing: _Growing) -> bool:
    """Whether the best revision of a caption is there."""
    return growing.newest.final and not growing.newest.improves


def _is_late(growing: _Growing, now_seconds: float) -> bool:
    """Whether a caption has waited too long for what was said before it."""
    return now_seconds - growing.since_seconds >= _HELD_SECONDS


def _word_end(text: str, stable: int) -> int:
    """Return how far the stable part reaches without its last word, if that may still grow."""
    if stable >= len(text) or text[stable].isspace() or (stable and text[stable - 1].isspace()):
        return min(stable, len(text))
    return max(text.rfind(" ", 0, stable), 0)


def _rest(growing: _Growing, text: str) -> str:
    """Return what of a text follows the pieces: after that word of it where they fit best."""
    words = text.split()
    if not growing.pieces:
        return text.strip()
    if len(words) == 1 and text.startswith(growing.prefix):
        return text[len(growing.prefix) :].strip()  # a script without spaces
    sent = [_plain(word) for word in " ".join(growing.pieces).split()]
    distances = beginning_distances(sent, [_plain(word) for word in words])
    # Where several fit as well, a word that was misheard is likelier than one too many.
    fits = len(words) - distances[::-1].index(min(distances))
    return " ".join(words[fits:])


def _plain(word: str) -> str:
    return re.sub(r"\W+", "", word).casefold() or word
