"""Cuts growing captions into pieces that never change, for readers that can only append.

Each piece is what became stable since the piece before it, so the pieces of a caption, put together,
are its final. What comes after a final (a better second pass, a clerk's text) cannot be appended.
"""

from __future__ import annotations

from collections import OrderedDict

from assistant.core.captions import Caption

_REMEMBERED_FINALS = 1000


class StableChunks:
    """The pieces of all captions of one room."""

    def __init__(self) -> None:
        self._sent: dict[str, tuple[int, int]] = {}  # characters, pieces
        self._done: OrderedDict[str, None] = OrderedDict()

    def take(self, caption: Caption) -> tuple[str, str] | None:
        """Return the id and text of what a revision adds; None where it adds nothing."""
        if caption.id in self._done or caption.edited or caption.refined:
            return None
        sent, pieces = self._sent.get(caption.id, (0, 0))
        end = len(caption.text) if caption.final else _word_end(caption.text, caption.stable)
        if caption.final:
            self._sent.pop(caption.id, None)
            self._done[caption.id] = None
            while len(self._done) > _REMEMBERED_FINALS:
                self._done.popitem(last=False)
        text = caption.text[sent:end].strip()
        if not text:
            return None
        if not caption.final:
            self._sent[caption.id] = (end, pieces + 1)
        return f"{caption.id}.{pieces}", text


def _word_end(text: str, stable: int) -> int:
    """Return how far the stable part reaches without its last word, if that may still grow."""
    if stable >= len(text) or text[stable].isspace() or (stable and text[stable - 1].isspace()):
        return stable
    return max(text.rfind(" ", 0, stable), 0)
