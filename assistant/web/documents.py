"""Transcripts and minutes as files."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from assistant.core.errors import LanguageUnknown, MinutesUnknown, RecipientMissing
from assistant.core.language import SOURCE, ReaderLanguages
from assistant.core.minutes.levels import Level
from assistant.core.plain_text import one_line
from assistant.core.rooms import check_room_name
from assistant.export.formats import find_format, render
from assistant.export.minutes_formats import media_type_of, render_minutes
from assistant.export.minutes_view import PrintOptions
from assistant.sessions.minutes import MinutesDesk
from assistant.web.errors import ErrorBody
from assistant.web.minutes import is_public, language_of
from assistant.web.reader_scope import is_reader
from assistant.web.services import services_of

_ERRORS: dict[int | str, dict[str, object]] = {400: {"model": ErrorBody}, 404: {"model": ErrorBody}}
_TRANSCRIPT = 0
"""Stands for the version in the register of numbered copies."""


def documents_router() -> APIRouter:
    """Return the routes of files."""
    router = APIRouter(prefix="/v1/rooms/{room}", responses=_ERRORS)

    @router.get("/transcript", response_class=Response)
    async def get_transcript(
        room: str,
        request: Request,
        format: str = "json",  # noqa: A002 - the wire contract's name
        lang: str = SOURCE,
        beside: str = "",
        audience: str = "full",
        recipient: str = "",
    ) -> Response:
        """Return what was said in a room as a document, in one language or in two side by side.

        In another language than it was said in, what is not translated yet is translated first.
        """
        hub, desk = services_of(request).hub, services_of(request).minutes
        kind = find_format(format)
        translated, second = _shown(lang), _shown(beside) if beside else None
        public = is_public(audience)
        found = await hub.room(check_room_name(room))
        captions = await desk.transcript(found.name, translated, public=public)
        others = [] if second is None else await desk.transcript(found.name, second, public=public)
        level = desk.rules.scale.of(await desk.transcript_level(found.name))
        if is_reader(request):
            recipient = recipient or "reader"
        number, who = await _counted(desk, found.name, _TRANSCRIPT, level, recipient, format)
        options = PrintOptions(
            lang=translated or _most_spoken([caption.lang for caption in captions]),
            level=level,
            copy_number=number,
            recipient=who,
            translated=bool(translated),
            public=public,
        )
        document = await asyncio.to_thread(
            render, captions, format, title=found.title, room=found.name, beside=others, options=options
        )
        name = ".".join(filter(None, (found.name, translated, second, "public" if public else "")))
        return _file(document, kind.media_type, f"{name}.{kind.extension}", inline=format in _READ_IN_PLACE)

    @router.get("/minutes/document", response_class=Response)
    async def get_document(
        room: str,
        request: Request,
        format: str = "pdf",  # noqa: A002 - the wire contract's name
        lang: str = "",
        audience: str = "full",
        version: int | None = None,
        recipient: str = "",
    ) -> Response:
        """Return the minutes as a file: docx, odt, pdf, html, md, txt or json."""
        desk, name = services_of(request).minutes, check_room_name(room)
        media_type = media_type_of(format)
        public, wanted = is_public(audience), language_of(lang)
        kept = await desk.version(name, version)
        reference = kept.minutes.meeting.language
        shown = await desk.shown(name, kept, lang=wanted, public=public)
        level = desk.rules.scale.of(await desk.level(name, shown.minutes))
        number, who = await _counted(desk, name, kept.number, level, recipient, format)
        options = PrintOptions(
            lang=wanted or reference,
            level=level,
            copy_number=number,
            recipient=who,
            translated=bool(wanted) and wanted != reference,
            public=public,
        )
        document = await asyncio.to_thread(render_minutes, shown, format, options)
        marks = ("minutes", f"v{kept.number}", wanted, "public" if public else "")
        return _file(document, media_type, f"{'.'.join(filter(None, (name, *marks)))}.{format}")

    @router.get("/minutes/published", response_class=Response)
    async def get_published(room: str, request: Request, lang: str = "", recipient: str = "") -> Response:
        """Return the public version of the newest minutes that are published, as a page to read."""
        desk, name = services_of(request).minutes, check_room_name(room)
        await services_of(request).hub.room(name)
        kept = await desk.published(name)
        if kept is None:
            raise MinutesUnknown("No minutes of this room are published.")
        wanted, reference = language_of(lang), kept.minutes.meeting.language
        shown = await desk.shown(name, kept, lang=wanted, public=True)
        level = desk.rules.scale.of(await desk.level(name, shown.minutes))
        number, who = await _counted(desk, name, kept.number, level, recipient, "html")
        options = PrintOptions(
            lang=wanted or reference,
            level=level,
            copy_number=number,
            recipient=who,
            translated=bool(wanted) and wanted != reference,
            public=True,
        )
        document = await asyncio.to_thread(render_minutes, shown, "html", options)
        # It brings its own style along, and nothing else.
        policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'self'"
        return Response(
            document, media_type=media_type_of("html"), headers={"Content-Security-Policy": policy}
        )

    return router


_READ_IN_PLACE = frozenset(("json", "txt", "md", "vtt", "srt"))


def _shown(lang: str) -> str:
    """Return the language that a transcript is translated into; empty for what was said, as it was said.

    Raises:
        LanguageUnknown: It is none, or more than one.
    """
    shown = ReaderLanguages.parse(lang or SOURCE)
    if shown.source and shown.translation:
        raise LanguageUnknown(f"A transcript is in one language: lang={SOURCE} or lang={shown.translation}.")
    return shown.translation


async def _counted(
    desk: MinutesDesk, room: str, version: int, level: Level, recipient: str, kind: str
) -> tuple[int, str]:
    """Return the number of this copy and who gets it; 0 where copies of this level are not counted."""
    if not level.numbered:
        return 0, ""
    who = one_line(recipient)[:200]
    if not who:
        raise RecipientMissing("Copies at this level are numbered: say who gets this one with recipient=….")
    copy = await desk.give_copy(room, version, who, kind)
    return copy.number, copy.recipient


def _most_spoken(languages: list[str]) -> str:
    return max(dict.fromkeys(languages), key=languages.count, default="en")


def _file(document: bytes, media_type: str, name: str, *, inline: bool = False) -> Response:
    plain = name.encode("ascii", "replace").decode().replace('"', "")
    place = "inline" if inline else "attachment"
    disposition = f"{place}; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    if plain == name:
        disposition = f'{place}; filename="{plain}"'
    return Response(document, media_type=media_type, headers={"Content-Disposition": disposition})
