"""Transcripts and minutes as files."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from assistant.core.errors import LanguageUnknown, MinutesUnknown
from assistant.core.language import SOURCE, ReaderLanguages
from assistant.core.rooms import check_room_name
from assistant.core.space_reserve import Use
from assistant.export.formats import find_format
from assistant.export.minutes_formats import media_type_of
from assistant.web.bounds import Count
from assistant.web.credentials import credential_of
from assistant.web.leaving import unless_gone
from assistant.web.minutes import is_public, language_of
from assistant.web.printing import Print, Printer, print_minutes, print_transcript
from assistant.web.reader_scope import check_choice, reader_of
from assistant.web.services import services_of


def documents_router() -> APIRouter:
    """Return the routes of files."""
    router = APIRouter(prefix="/v1/rooms/{room}")

    @router.get("/transcript", response_class=Response)
    async def get_transcript(
        room: str,
        request: Request,
        format: str = "json",  # noqa: A002 - the wire contract's name
        lang: str = SOURCE,
        beside: str = "",
        audience: str = "",
        recipient: str = "",
    ) -> Response:
        """Return what was said in a room as a document, in one language or in two side by side.

        In another language than it was said in, what is not translated yet is translated first.
        """
        service = services_of(request).captions
        kind = find_format(format)
        translated, second = _shown(lang), _shown(beside) if beside else None
        reader = reader_of(request)
        if reader:
            check_choice(reader, audience=audience, recipient=recipient)
            audience, recipient = "public", reader.recipient
        public = is_public(audience or "full")
        if not kind.plain:
            service.reserve.check(Use.DOCUMENT)
        found = await service.rooms.room(check_room_name(room))
        wanted = Print(format, translated, second, public, recipient, by_link=reader is not None)
        document = await unless_gone(request, print_transcript(_printer(request), found, wanted))
        name = ".".join(filter(None, (found.name, translated, second, "public" if public else "")))
        return _file(document, kind.media_type, f"{name}.{format}", inline=kind.plain)

    @router.get("/minutes/document", response_class=Response)
    async def get_document(
        room: str,
        request: Request,
        format: str = "pdf",  # noqa: A002 - the wire contract's name
        lang: str = "",
        audience: str = "full",
        version: Count | None = None,
        recipient: str = "",
        *,
        rough: bool = False,
    ) -> Response:
        """Return the minutes as a file: docx, odt, pdf, html, md, txt or json.

        A translation that is rough is given only to a clerk who says `rough=true`, and says that it is.
        """
        minutes, name = services_of(request).minutes, check_room_name(room)
        media_type = media_type_of(format)
        services_of(request).captions.reserve.check(Use.DOCUMENT)
        public, wanted = is_public(audience), language_of(lang)
        kept = await minutes.version(name, version)
        page = Print(format, wanted, public=public, recipient=recipient, rough=rough)
        document = await unless_gone(request, print_minutes(_printer(request), name, kept, page))
        marks = ("minutes", f"v{kept.number}", wanted, "public" if public else "")
        return _file(document, media_type, f"{'.'.join(filter(None, (name, *marks)))}.{format}")

    @router.get("/minutes/published", response_class=Response)
    async def get_published(
        room: str, request: Request, lang: str = "", audience: str = "", recipient: str = ""
    ) -> Response:
        """Return the public version of the newest minutes that are published, as a page to read."""
        minutes, name = services_of(request).minutes, check_room_name(room)
        reader = reader_of(request)
        if reader:
            check_choice(reader, audience=audience, recipient=recipient)
            recipient = reader.recipient
        await services_of(request).captions.rooms.room(name)
        kept = await minutes.views.published(name)
        if kept is None:
            raise MinutesUnknown("No minutes of this room are published.")
        wanted = Print(
            "html", language_of(lang), public=True, recipient=recipient, by_link=reader is not None
        )
        document = await unless_gone(request, print_minutes(_printer(request), name, kept, wanted))
        # It brings its own style along, and nothing else.
        policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'self'"
        return Response(
            document, media_type=media_type_of("html"), headers={"Content-Security-Policy": policy}
        )

    return router


def _printer(request: Request) -> Printer:
    return Printer(services_of(request), credential_of(request))


def _shown(lang: str) -> str:
    """Return the language that a transcript is translated into; empty for what was said, as it was said.

    Raises:
        LanguageUnknown: It is none, or more than one.
    """
    shown = ReaderLanguages.parse(lang or SOURCE)
    if shown.source and shown.translation:
        raise LanguageUnknown(f"A transcript is in one language: lang={SOURCE} or lang={shown.translation}.")
    return shown.translation


def _file(document: bytes, media_type: str, name: str, *, inline: bool = False) -> Response:
    plain = name.encode("ascii", "replace").decode().replace('"', "")
    place = "inline" if inline else "attachment"
    disposition = f"{place}; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"
    if plain == name:
        disposition = f'{place}; filename="{plain}"'
    return Response(document, media_type=media_type, headers={"Content-Disposition": disposition})
