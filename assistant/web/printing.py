"""Minutes and transcripts as files: in which language, at which level, and who gets this copy."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from assistant.core.captions.caption import Caption
from assistant.core.errors import RecipientMissing, WorkersBusy
from assistant.core.minutes.document import MinutesVersion
from assistant.core.minutes.levels import Level
from assistant.core.plain_text import one_line
from assistant.core.rooms import Room
from assistant.export.formats import render
from assistant.export.minutes_formats import render_minutes
from assistant.export.minutes_view import PrintOptions
from assistant.minutes.service import MinutesService
from assistant.web.services import Services

_HEAVY = frozenset(("docx", "odt", "pdf"))
_FEW = 500
"""So many captions or statements as text take a tenth of a second at most, also while the machine is busy."""

_TRANSCRIPT = 0
"""Stands for the version in the register of numbered copies."""


@dataclass(frozen=True, slots=True)
class Print:
    """How a document is wanted.

    Attributes:
        kind: The format.
        lang: BCP-47 code of the language it is translated into; empty: as it is.
        beside: BCP-47 code of a second language at its side, for transcripts; empty: as it was said; None: no
            second one.
        public: Whether what is confidential is left out.
        recipient: Who gets it; None where nobody is named, so that no numbered copy goes there.
        title: The title of a transcript, where it is not the room's.
        by_link: Whether a reader's link gets it, which says who `recipient` is.
        rough: Whether a clerk wants minutes in a rough translation, too.
    """

    kind: str
    lang: str = ""
    beside: str | None = None
    public: bool = False
    recipient: str | None = ""
    title: str = ""
    by_link: bool = False
    rough: bool = False


async def print_minutes(printer: Printer, room: str, kept: MinutesVersion, wanted: Print) -> bytes:
    """Return a version of a room's minutes as a file.

    Raises:
        RecipientMissing: Copies at its level are numbered, and nobody is named who gets this one.
        RoughUnconfirmed: The translation into that language is rough, and no clerk wants it so.
        LanguageUnavailable: Nothing leads into that language.
        WorkersBusy, WorkTooLarge: It cannot be made now, or at all.
    """
    minutes = printer.services.minutes
    reference = kept.minutes.meeting.language

    async def make(wanted: Print) -> bytes:
        shown = await minutes.views.shown(
            room,
            kept,
            lang=wanted.lang,
            public=wanted.public,
            rough=wanted.rough,
            credential=printer.credential,
        )
        level = minutes.rules.scale.of(await minutes.records.level(room, shown.minutes))
        options = await _options(minutes, room, kept.number, level, wanted, reference)
        statements = sum(len(item.statements) for item in shown.minutes.items)
        light = wanted.kind not in _HEAVY and statements <= _FEW
        return await printer.work(partial(render_minutes, shown, wanted.kind, options), light=light)

    if minutes.rules.scale.of(await minutes.records.level(room, kept.minutes)).numbered:
        return await make(wanted)
    anybody_s = _nobody_s(wanted)
    key = ("minutes", room, kept.number, kept.revision, anybody_s)
    return await printer.shared(key, partial(make, anybody_s))


async def print_transcript(printer: Printer, room: Room, wanted: Print) -> bytes:
    """Return what was said in a room as a file; raises as `print_minutes` does."""
    minutes = printer.services.minutes

    async def make(wanted: Print) -> bytes:
        captions = await _said(printer, room, wanted.lang, wanted)
        others = [] if wanted.beside is None else await _said(printer, room, wanted.beside, wanted)
        level = minutes.rules.scale.of(await minutes.records.transcript_level(room.name))
        options = await _options(minutes, room.name, _TRANSCRIPT, level, wanted)
        if not wanted.lang:
            options = replace(options, lang=_most_spoken(captions))
        title = wanted.title or room.title
        light = wanted.kind not in _HEAVY and len(captions) + len(others) <= _FEW
        return await printer.work(
            partial(
                render, captions, wanted.kind, title=title, room=room.name, beside=others, options=options
            ),
            light=light,
        )

    if minutes.rules.scale.of(await minutes.records.transcript_level(room.name)).numbered:
        return await make(wanted)
    anybody_s = _nobody_s(wanted)
    return await printer.shared(("transcript", room, anybody_s), partial(make, anybody_s))


@dataclass(frozen=True, slots=True)
class Printer:
    """Has documents made for somebody.

    Attributes:
        services: What all routes of the application share.
        credential: Who asks.
    """

    services: Services
    credential: str

    async def work(self, work: Callable[[], bytes], *, light: bool) -> bytes:
        """Have the workers do something; what is light costs less than to hand it to them."""
        if light:
            return await asyncio.to_thread(work)
        return await self.services.workers.run(work, credential=self.credential)

    async def shared(self, key: Hashable, make: Callable[[], Awaitable[bytes]]) -> bytes:
        """Make a document, or have it with others who ask for the same."""
        began = False

        async def mine() -> bytes:
            nonlocal began
            began = True
            return await make()

        try:
            return await self.services.documents.run(key, mine)
        except WorkersBusy:
            if began:
                raise
            # Somebody else asks for too much; that is no reason for this one to get nothing.
            return await make()


async def _said(printer: Printer, room: Room, lang: str, wanted: Print) -> Sequence[Caption]:
    minutes = printer.services.minutes
    if wanted.by_link:
        return await minutes.views.public_transcript(room.name, lang, credential=printer.credential)
    return await minutes.views.transcript(
        room.name, lang, public=wanted.public, credential=printer.credential
    )


async def _options(
    minutes: MinutesService, room: str, version: int, level: Level, wanted: Print, reference: str = ""
) -> PrintOptions:
    """Return how a copy is printed, and count it; `reference` is the language of what is not translated."""
    number, who = await _counted(minutes, room, version, level, wanted)
    return PrintOptions(
        lang=wanted.lang or reference,
        level=level,
        copy_number=number,
        recipient=who,
        translated=wanted.lang not in {"", reference},
        public=wanted.public,
    )


async def _counted(
    minutes: MinutesService, room: str, version: int, level: Level, wanted: Print
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
    copy = await minutes.records.give_copy(room, version, who, wanted.kind)
    return copy.number, copy.recipient


def _nobody_s(wanted: Print) -> Print:
    """Return what is wanted, whoever gets it: copies that are not numbered are all the same.

    Where copies become numbered before such a one is made, it names nobody, so it is refused: it would
    go to all who wait for it under one name.
    """
    return replace(wanted, recipient="")


def _most_spoken(captions: Sequence[Caption]) -> str:
    spoken = Counter(caption.lang for caption in captions).most_common(1)
    return spoken[0][0] if spoken else "en"
