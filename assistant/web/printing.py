"""Minutes and transcripts as files: in which language, at which level, and who gets this copy."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.core.captions import Caption
from assistant.core.errors import RecipientMissing
from assistant.core.minutes.document import MinutesVersion
from assistant.core.minutes.levels import Level
from assistant.core.plain_text import one_line
from assistant.core.rooms import Room
from assistant.export.formats import render
from assistant.export.minutes_formats import render_minutes
from assistant.export.minutes_view import PrintOptions
from assistant.sessions.minutes import MinutesDesk

_TRANSCRIPT = 0
"""Stands for the version in the register of numbered copies."""


@dataclass(frozen=True, slots=True)
class Print:
    """How a document is wanted.

    Attributes:
        kind: The format.
        lang: BCP-47 code of the language it is translated into; empty: as it is.
        beside: The same of a second language at its side, for transcripts; None for none.
        public: Without what is confidential.
        recipient: Who gets it; None where nobody is named, so that no numbered copy goes there.
        title: Of a transcript, where it is not the room's.
        by_link: Whether a reader's link gets it, which says who `recipient` is.
    """

    kind: str
    lang: str = ""
    beside: str | None = None
    public: bool = False
    recipient: str | None = ""
    title: str = ""
    by_link: bool = False


async def print_minutes(desk: MinutesDesk, room: str, kept: MinutesVersion, wanted: Print) -> bytes:
    """Return a version of a room's minutes as a file.

    Raises:
        RecipientMissing: Copies at its level are numbered, and nobody is named who gets this one.
        LanguageUnavailable: Nothing leads into that language.
    """
    shown = await desk.shown(room, kept, lang=wanted.lang, public=wanted.public)
    level = desk.rules.scale.of(await desk.level(room, shown.minutes))
    number, who = await _counted(desk, room, kept.number, level, wanted)
    reference = kept.minutes.meeting.language
    options = PrintOptions(
        lang=wanted.lang or reference,
        level=level,
        copy_number=number,
        recipient=who,
        translated=bool(wanted.lang) and wanted.lang != reference,
        public=wanted.public,
    )
    return await asyncio.to_thread(render_minutes, shown, wanted.kind, options)


async def print_transcript(desk: MinutesDesk, room: Room, wanted: Print) -> bytes:
    """Return what was said in a room as a file; raises as `print_minutes` does."""
    captions = await _said(desk, room, wanted.lang, wanted)
    others = [] if wanted.beside is None else await _said(desk, room, wanted.beside, wanted)
    level = desk.rules.scale.of(await desk.transcript_level(room.name))
    number, who = await _counted(desk, room.name, _TRANSCRIPT, level, wanted)
    options = PrintOptions(
        lang=wanted.lang or _most_spoken([caption.lang for caption in captions]),
        level=level,
        copy_number=number,
        recipient=who,
        translated=bool(wanted.lang),
        public=wanted.public,
    )
    title = wanted.title or room.title
    return await asyncio.to_thread(
        render, captions, wanted.kind, title=title, room=room.name, beside=others, options=options
    )


async def _said(desk: MinutesDesk, room: Room, lang: str, wanted: Print) -> Sequence[Caption]:
    if wanted.by_link:
        return await desk.public_transcript(room.name, lang)
    return await desk.transcript(room.name, lang, public=wanted.public)


async def _counted(
    desk: MinutesDesk, room: str, version: int, level: Level, wanted: Print
) -> tuple[int, str]:
    """Return the number of this copy and who gets it; 0 where copies of this level are not counted."""
    if not level.numbered:
        return 0, ""
    if wanted.recipient is None:
        raise RecipientMissing("Copies at this level are numbered; they do not go there.")
    who = one_line(wanted.recipient)[:200]
    if not who and wanted.by_link:
        raise RecipientMissing(
            "Copies at this level are numbered, and this link names nobody: ask for one that is made for you."
        )
    if not who:
        raise RecipientMissing("Copies at this level are numbered: say who gets this one with recipient=….")
    copy = await desk.give_copy(room, version, who, wanted.kind)
    return copy.number, copy.recipient


def _most_spoken(languages: list[str]) -> str:
    return max(dict.fromkeys(languages), key=languages.count, default="en")
