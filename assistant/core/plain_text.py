"""Text as it is kept and printed: on one line, and shown by nothing but its own characters."""

from __future__ import annotations

import re
import unicodedata

_BREAKS = re.compile("[\\s\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]+")
"""White space, controls, and what is no character: half of a pair, which no file and no database can hold."""

_SPACES = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
"""White space that is written on purpose: French, for one, has no-break and narrow spaces in names."""

_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069\u206a-\u206f\ufeff\ufff9-\ufffb]")
"""What makes the text behind it run the other way, so that a name could dress up as another; and marks of
machines. Signs that one letter needs stay: joiners of Persian and of emoji, marks of direction, soft hyphens.
"""

_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols without a shape: fillers of Korean, and Braille without a dot."""


def one_line(text: str) -> str:
    """Return a text on one line without outer space.

    Each run of breaks, controls and plain spaces becomes a space, other spaces stay as they are, and what
    turns the direction of the text behind it is taken out.
    """
    return _BREAKS.sub(_space, _TURNS.sub("", text)).strip()


def is_visible(text: str) -> bool:
    """Whether a text shows anything: a letter, a digit, punctuation or a symbol."""
    return any(
        unicodedata.category(character)[0] not in "ZCM" and character not in _BLANKS for character in text
    )


def _space(found: re.Match[str]) -> str:
    """Return what stands for a run of white space: itself where all of it was written on purpose."""
    run = found.group()
    return run if all(character in _SPACES for character in run) else " "
