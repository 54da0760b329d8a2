"""Text as it is kept and printed: on one line."""

from __future__ import annotations

import re

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""Characters without a shape, and what is none: half of a pair, which no file and no database can hold."""


def one_line(text: str) -> str:
    """Return a text on one line: each run of white space, controls and what is no character is a space."""
    return " ".join(_CONTROLS.sub(" ", text).split())
