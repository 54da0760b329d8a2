"""The names and terms of a room and of the organisation over HTTP, in JSON and as files."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from fastapi import APIRouter, Request, Response

from assistant.core.errors import FormatUnknown
from assistant.core.glossary.glossary import Glossary
from assistant.core.rooms import check_room_name
from assistant.core.space_reserve import Use
from assistant.export.glossary_files import GLOSSARY_FORMATS, find_glossary_format, glossary_format_of
from assistant.web.credentials import credential_of
from assistant.web.errors import ErrorBody
from assistant.web.glossary_messages import GlossaryMessage, parse_glossary
from assistant.web.leaving import unless_gone
from assistant.web.services import services_of

_RESPONSES: dict[int | str, dict[str, object]] = {
    200: {"model": GlossaryMessage},
    400: {"model": ErrorBody},
    404: {"model": ErrorBody},
    413: {"model": ErrorBody},
}
T = TypeVar("T")

_JSON = "application/json"
_SMALL_BYTES = 1 << 16
_TEXT: dict[str, object] = {"schema": {"type": "string"}}
_BODY: dict[str, object] = {
    "requestBody": {
        "required": True,
        "content": {_JSON: {"schema": {"$ref": "#/components/schemas/GlossaryMessage"}}}
        | {known.media_types[0]: _TEXT for known in GLOSSARY_FORMATS},
    }
}


def glossaries_router() -> APIRouter:
    """Return the routes of glossaries."""
    router = APIRouter(prefix="/v1", responses=_RESPONSES)

    @router.get("/glossary", response_class=Response)
    async def get_house_glossary(
        request: Request,
        format: str = "json",  # noqa: A002 - the wire contract's name
    ) -> Response:
        """Return the names and terms of the organisation: json, csv or tbx."""
        return await _answer(
            request, await services_of(request).captions.glossaries.of_organisation(), format, "glossary"
        )

    @router.put("/glossary", openapi_extra=_BODY, response_class=Response)
    async def set_house_glossary(request: Request) -> Response:
        """Replace the names and terms of the organisation, for all rooms; answers with what is kept."""
        glossary = await _sent(request)
        return await _answer(
            request, await services_of(request).captions.glossaries.set_of_organisation(glossary.terms)
        )

    @router.post("/glossary/read", openapi_extra=_BODY, response_class=Response)
    async def read_glossary(request: Request) -> Response:
        """Return the glossary in a file as JSON, without keeping it anywhere."""
        return await _answer(request, await _sent(request))

    @router.get("/rooms/{room}/glossary", response_class=Response)
    async def get_glossary(
        room: str,
        request: Request,
        format: str = "json",  # noqa: A002 - the wire contract's name
    ) -> Response:
        """Return a room's own names and terms: json, csv or tbx."""
        glossary = await services_of(request).captions.glossaries.of_room(check_room_name(room))
        return await _answer(request, glossary, format, f"{room}.glossary")

    @router.put("/rooms/{room}/glossary", openapi_extra=_BODY, response_class=Response)
    async def set_glossary(room: str, request: Request) -> Response:
        """Replace a room's own names and terms, from the next final on; answers with what is kept."""
        name, glossary = check_room_name(room), await _sent(request)
        return await _answer(
            request, await services_of(request).captions.glossaries.set_of_room(name, glossary.terms)
        )

    return router


async def _sent(request: Request) -> Glossary:
    """Return the glossary in the body of a request; without a type it is JSON."""
    services_of(request).captions.reserve.check(Use.DOCUMENT)
    kind = request.headers.get("content-type", _JSON)
    body = await request.body()
    if kind.partition(";")[0].strip().lower() == _JSON:
        if len(body) <= _SMALL_BYTES:  # costs less than to hand it to somebody else
            return await asyncio.to_thread(parse_glossary, body)
        return await _worked(request, partial(parse_glossary, body))
    known = glossary_format_of(kind)
    if known is None:
        kinds = ", ".join(kind for known in GLOSSARY_FORMATS for kind in known.media_types)
        raise FormatUnknown(f"A glossary comes as {_JSON}, {kinds}; say so in Content-Type.")
    return await _worked(request, partial(known.read, body))


async def _answer(request: Request, glossary: Glossary, name: str = "json", file: str = "") -> Response:
    if name == "json":
        message = GlossaryMessage.of(glossary)
        return Response(message.model_dump_json(exclude_unset=True), media_type=_JSON)
    known = find_glossary_format(name)
    document = await _worked(request, partial(known.write, glossary))
    disposition = f'attachment; filename="{file}.{known.name}"'
    return Response(document, media_type=known.media_types[0], headers={"Content-Disposition": disposition})


async def _worked(request: Request, work: Callable[[], T]) -> T:
    """Have something done by the workers, for whoever sent the request."""
    workers = services_of(request).workers
    return await unless_gone(request, workers.run(work, credential=credential_of(request)))
