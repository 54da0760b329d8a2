"""What goes with minutes, over HTTP: versions, changes, numbered copies, agendas and protection levels."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request

from assistant.core.errors import InvalidInput
from assistant.core.rooms import check_room_name
from assistant.minutes.drafting.agenda_files import read_agenda
from assistant.web.bounds import Count
from assistant.web.credentials import credential_of
from assistant.web.leaving import unless_gone
from assistant.web.minutes_messages import (
    AgendaMessage,
    ChangesMessage,
    CopiesMessage,
    CopyMessage,
    LevelChangeMessage,
    LevelWish,
    RoomLevelMessage,
    VersionMessage,
    VersionsMessage,
    scale_message,
)
from assistant.web.officers import may_lower
from assistant.web.services import Services, services_of

_AGENDA_BODY: dict[str, object] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/AgendaMessage"}}}
        | {kind: {"schema": {"type": "string"}} for kind in ("text/plain", "text/csv", "text/calendar")},
    }
}


def minutes_records_router() -> APIRouter:
    """Return the routes of what goes with minutes."""
    router = APIRouter(prefix="/v1/rooms/{room}")

    @router.get("/minutes/versions")
    async def list_versions(room: str, request: Request) -> VersionsMessage:
        """Return all versions, the oldest first."""
        versions = await services_of(request).minutes.versions(check_room_name(room))
        return VersionsMessage(versions=[VersionMessage.model_validate(version) for version in versions])

    @router.get("/minutes/changes")
    async def list_changes(
        room: str, request: Request, version: Count | None = None, since: Count = 0
    ) -> ChangesMessage:
        """Return who changed what in a version, the oldest change first."""
        minutes, name = services_of(request).minutes, check_room_name(room)
        number = (await minutes.version(name, version)).number
        return ChangesMessage.of(await minutes.changes(name, number, since))

    @router.get("/minutes/copies")
    async def list_copies(room: str, request: Request) -> CopiesMessage:
        """Return the register of numbered copies."""
        copies = await services_of(request).minutes.records.copies(check_room_name(room))
        return CopiesMessage(copies=[CopyMessage.model_validate(copy) for copy in copies])

    @router.get("/agenda")
    async def get_agenda(room: str, request: Request) -> AgendaMessage:
        """Return the agenda that was given for a room."""
        return AgendaMessage(
            items=list(await services_of(request).minutes.records.agenda(check_room_name(room)))
        )

    @router.put("/agenda", openapi_extra=_AGENDA_BODY)
    async def set_agenda(room: str, request: Request) -> AgendaMessage:
        """Replace the agenda: a list in text, a table in CSV, a calendar file, or JSON (`{"items": […]}`)."""
        name = check_room_name(room)
        titles = await _sent_agenda(request)
        return AgendaMessage(items=list(await services_of(request).minutes.records.set_agenda(name, titles)))

    @router.get("/level")
    async def get_level(room: str, request: Request) -> RoomLevelMessage:
        """Return a room's protection level, how it came to it, and the scale."""
        services, name = services_of(request), check_room_name(room)
        return await _level_message(services, name)

    @router.put("/level")
    async def set_level(room: str, wanted: LevelWish, request: Request) -> RoomLevelMessage:
        """Give a room another protection level; lowering it wants an officer's token and a reason."""
        services, name = services_of(request), check_room_name(room)
        await services.minutes.records.set_room_level(
            name,
            wanted.level,
            author=wanted.author,
            reason=wanted.reason,
            may_lower=may_lower(request, services.settings),
        )
        return await _level_message(services, name)

    return router


async def _sent_agenda(request: Request) -> list[str]:
    body = await request.body()
    kind = request.headers.get("content-type", "text/plain")
    if kind.partition(";")[0].strip().lower() == "application/json":
        try:
            return AgendaMessage.model_validate_json(body).items
        except ValueError as error:
            raise InvalidInput("An agenda in JSON is an object with “items”, a list of texts.") from error
    services = services_of(request)
    now = datetime.fromtimestamp(services.clock.now(), ZoneInfo(services.minutes.rules.timezone))
    reading = services.workers.run(partial(read_agenda, body, kind, now), credential=credential_of(request))
    return await unless_gone(request, reading)


async def _level_message(services: Services, room: str) -> RoomLevelMessage:
    minutes = services.minutes
    found = await services.captions.rooms.room(room)
    changes = [
        LevelChangeMessage.model_validate(change) for change in await minutes.records.level_changes(room)
    ]
    scale = minutes.rules.scale
    return RoomLevelMessage(level=scale.of(found.level).code, levels=scale_message(scale), changes=changes)
