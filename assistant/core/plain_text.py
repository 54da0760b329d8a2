"""Text as it is kept and printed: on one line."""

from __future__ import annotations

import re

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def one_line(text: str) -> str:
    """Return a text on one line: each run of white space and control characters is one space."""
    return " ".join(_CONTROLS.sub(" ", text).split())
