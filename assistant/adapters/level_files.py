"""The scale of protection levels that an operator sets, in a TOML file.

::

    [[level]]
    code = "public"
    marked = false            # not printed on every page

    [[level]]
    code = "restricted"
    numbered = true           # each copy has a number and its recipient
    [level.names]
    fr = "Diffusion restreinte"
    en = "Restricted"

Levels stand from the most open to the most closed one.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from assistant.core.errors import FileUnreadable, InvalidInput
from assistant.core.minutes.levels import DEFAULT_SCALE, Level, Scale

_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_MOST_LEVELS = 20
_FIELDS = {"code", "names", "marked", "numbered"}


def read_scale(path: Path | None) -> Scale:
    """Return the scale in a file; the usual one without a file.

    Raises:
        FileUnreadable: The file is not there.
        InvalidInput: It is no scale.
    """
    if path is None:
        return DEFAULT_SCALE
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise FileUnreadable(f"The scale {path} cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"The scale {path} is no TOML file: {error}.") from error
    entries = document.get("level")
    if not isinstance(entries, list) or not 0 < len(entries) <= _MOST_LEVELS:
        raise InvalidInput(f"The scale {path} has 1 to {_MOST_LEVELS} levels, each as [[level]].")
    levels = tuple(_level_of(entry, path) for entry in entries)
    if len({level.code for level in levels}) < len(levels):
        raise InvalidInput(f"The scale {path} names a level twice.")
    return Scale(levels)


def _level_of(entry: object, path: Path) -> Level:
    if not isinstance(entry, dict) or entry.keys() - _FIELDS:
        raise InvalidInput(f"A level in {path} has only {', '.join(sorted(_FIELDS))}.")
    code, names = entry.get("code"), entry.get("names", {})
    marked, numbered = entry.get("marked", True), entry.get("numbered", False)
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise InvalidInput(f"A level in {path} wants a code of small letters, digits, dashes: “{code}”.")
    texts = isinstance(names, dict) and all(isinstance(name, str) and name for name in names.values())
    if not texts or not isinstance(marked, bool) or not isinstance(numbered, bool):
        raise InvalidInput(
            f"The level “{code}” in {path}: names are texts, marked and numbered true or false."
        )
    return Level(code, dict(names), marked=marked, numbered=numbered)
