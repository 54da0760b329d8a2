"""Cuts growing captions into pieces that never change, for readers that can only append.

The stable prefix of a partial is a little less right than what the second pass hears, and such
readers cannot be told better. So a piece ends before the first word that the recogniser doubts, and the
rest of the caption is taken from its best revision; that leaves them 0.8 points of word errors from the
transcript, where sending all that is stable leaves 2 to 3 (decision 0012). No word is held back for longer
than a long sentence.
"""

from __future__ import annotations

import re
from collections import OrderedDict, defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from assistant.core.alignment import beginning_distances
from assistant.core.captions.caption import Caption

_HELD_SECONDS = 12.0
"""A doubtful word waits so long for the end of its caption, and a caption for the end of the one before."""
_REMEMBERED_FINALS = 1000


@dataclass(frozen=True, slots=True)
class Piece:
    """What a revision adds; the id holds its `seq`, which no process uses twice.

    Attributes:
        caption: The revision.
        text: What it adds to the pieces before it.
    """

    caption: Caption
    text: str

    @property
    def id(self) -> str:
        """An id that no other piece has."""
        return f"{self.caption.id}.{self.caption.seq}"


@dataclass(slots=True)
class _Growing:
    """A caption that goes on.

    Attributes:
        newest: As far as it has come.
        since_seconds: When it began to be shown, in room time.
        sent: How many characters of a partial were sent.
        pieces: What was sent.
        prefix: The partial's text up to there.
        stable: How many characters were stable at which time, the oldest first.
        old: How many characters have been stable for so long that they are held back no longer.
    """

    newest: Caption
    since_seconds: float
    sent: int = 0
    pieces: list[str] = field(default_factory=list)
    prefix: str = ""
    stable: deque[tuple[float, int]] = field(default_factory=deque)
    old: int = 0


class AppendOnlyChunks:
    """The pieces of all captions of one room, those of each participant in the order of their captions."""

    def __init__(self) -> None:
        self._growing: dict[str, _Growing] = {}
        self._order: defaultdict[str, deque[str]] = defaultdict(deque)
        self._done: OrderedDict[str, None] = OrderedDict()

    def take(self, caption: Caption) -> list[Piece]:
        """Return what can be sent now that there is this revision.

        A final whose better revision follows adds nothing, that one does; a clerk's text comes too late.
        What follows in the next caption waits for the end of the one before.
        """
        if caption.id in self._done or caption.edited or caption.improves:
            return []
        order = self._order[caption.participant]
        self._growing.setdefault(caption.id, _Growing(caption, caption.end_seconds)).newest = caption
        if caption.id not in order:
            order.append(caption.id)
        pieces: list[Piece] = []
        while order:
            first = self._growing[order[0]]
            pieces += self._added(first)
            if not first.newest.final and not self._waited_long(order, caption.end_seconds):
                break
            order.popleft()
            if first.newest.final:
                self._finish(first.newest.id)
        return pieces

    def _waited_long(self, order: Sequence[str], now_seconds: float) -> bool:
        """Whether the second of some captions has waited too long for the end of the first."""
        return len(order) > 1 and now_seconds - self._growing[order[1]].since_seconds >= _HELD_SECONDS

    def _added(self, growing: _Growing) -> list[Piece]:
        """Return what the newest revision of a caption adds, if anything."""
        caption = growing.newest
        if caption.final:
            text = _rest(growing, caption.text)
        else:
            end = self._end(growing, caption)
            text = caption.text[growing.sent : end].strip()
            if text:
                growing.sent, growing.prefix = end, caption.text[:end]
        if not text:
            return []
        growing.pieces.append(text)
        return [Piece(caption, text)]

    def _end(self, growing: _Growing, caption: Caption) -> int:
        """Return how far a partial may be sent: up to a doubtful word, or as far as was stable long ago."""
        stable = _word_end(caption.text, caption.stable)
        confident = (
            stable if caption.confident is None else _word_end(caption.text, min(caption.confident, stable))
        )
        growing.stable.append((caption.end_seconds, stable))
        while growing.stable and growing.stable[0][0] <= caption.end_seconds - _HELD_SECONDS:
            growing.old = max(growing.old, growing.stable.popleft()[1])
        return max(min(max(confident, growing.old), stable), growing.sent)

    def _finish(self, id_: str) -> None:
        self._growing.pop(id_, None)
        self._done[id_] = None
        while len(self._done) > _REMEMBERED_FINALS:
            self._done.popitem(last=False)


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
