"""Which protection level holds where in minutes, and whether a change lowers one."""

from __future__ import annotations

from collections.abc import Mapping

from assistant.core.errors import LoweringRefused
from assistant.core.minutes.document import AgendaItem, Minutes, Statement
from assistant.core.minutes.levels import Scale
from assistant.core.plain_text import one_line


def level_of_document(minutes: Minutes, scale: Scale, room_level: str = "") -> str:
    """Return the level that is printed on every page: the highest of all that is in it.

    Args:
        minutes: The minutes as they are printed.
        scale: The operator's.
        room_level: The level of the room, which the document inherits.
    """
    return scale.highest((room_level, *_levels(minutes, scale).values()))


def level_of_transcript(minutes: Minutes | None, scale: Scale, room_level: str = "") -> str:
    """Return the level of what was said: that of its room, or of its most closed passage.

    Args:
        minutes: Whose passages count; None where there are none.
        scale: The operator's.
        room_level: The level of the room.
    """
    if minutes is None:
        return scale.highest((room_level,))
    passages = (passage.level for passage in minutes.passages)
    return scale.highest((room_level, minutes.meeting.level, *passages))


def lowers(before: Minutes, after: Minutes, scale: Scale) -> bool:
    """Return whether anything that is in both is less protected afterwards.

    A caption's passage counts, and so does a statement that moves to a more open item.
    """
    old, new = _levels(before, scale), _levels(after, scale)
    there = {key for key in old if key in new or key.startswith(("caption:", "meeting"))}
    return any(scale.rank(new.get(key, "")) < scale.rank(old[key]) for key in there)


def check_lowering(reason: str, *, may_lower: bool) -> None:
    """Raise `LoweringRefused` where a level is lowered by somebody who may not, or without a reason."""
    if not may_lower:
        raise LoweringRefused("A protection level is lowered by who may do so: use an officer's token.")
    if not one_line(reason):
        raise LoweringRefused("Say why the protection level is lowered; the reason is kept.")


def _levels(minutes: Minutes, scale: Scale) -> Mapping[str, str]:
    """Return the level that holds for each element and each caption of a passage, by its name."""
    levels = {"meeting": scale.highest((minutes.meeting.level,))}
    for passage in minutes.passages:
        for caption in passage.captions:
            key = f"caption:{caption}"
            levels[key] = scale.highest((levels.get(key, ""), passage.level, minutes.meeting.level))
    for item in minutes.items:
        levels[f"item:{item.id}"] = scale.highest((minutes.meeting.level, item.level))
        for statement in item.statements:
            levels[f"statement:{statement.id}"] = _level_of(statement, item, levels, scale)
    return levels


def _level_of(statement: Statement, item: AgendaItem, levels: Mapping[str, str], scale: Scale) -> str:
    """Return the level of a statement: its own, its item's, and that of the words it rests on."""
    words = (levels.get(f"caption:{evidence.caption}", "") for evidence in statement.evidence)
    return scale.highest((statement.level, levels[f"item:{item.id}"], *words))
