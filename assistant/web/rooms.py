"""Rooms and transcripts over HTTP."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from assistant.core.language import parse_language
from assistant.core.rooms import check_room_name
from assistant.web.messages import (
    NewRoom,
    ReadRoomMessage,
    RoomChange,
    RoomDetailMessage,
    RoomList,
    RoomMessage,
)
from assistant.web.reader_scope import reader_of
from assistant.web.services import services_of


def rooms_router() -> APIRouter:
    """Return the routes of rooms and transcripts."""
    router = APIRouter(prefix="/v1/rooms")

    @router.post("", status_code=HTTPStatus.CREATED)
    async def create_room(
        request: Request, response: Response, new: NewRoom | None = None
    ) -> RoomDetailMessage:
        """Make a room, or return the one of that name; without a name it gets a random one."""
        new = new or NewRoom(title="")
        name = None if new.name is None else check_room_name(new.name)
        languages, spoken = ([parse_language(tag) for tag in tags] for tags in (new.languages, new.spoken))
        rooms = services_of(request).captions.rooms
        room = await rooms.create_room(name, new.title, new.terms, languages, spoken)
        response.headers["Location"] = f"/v1/rooms/{room.name}"
        return RoomDetailMessage.of(room)

    @router.get("")
    async def list_rooms(request: Request) -> RoomList:
        """Return all rooms, newest first."""
        rooms = await services_of(request).captions.rooms.every_room()
        return RoomList(rooms=[RoomMessage.of(room) for room in rooms])

    @router.get("/{room}")
    async def get_room(room: str, request: Request) -> RoomDetailMessage | ReadRoomMessage:
        """Return a room with the languages that it was translated into, and its names and terms.

        These are for those who prepare meetings: with a reader's token they are left out.
        """
        service = services_of(request).captions
        found = await service.rooms.room(check_room_name(room))
        kind = ReadRoomMessage if reader_of(request) else RoomDetailMessage
        message = kind.of(found, await service.rooms.languages_read(found.name))
        minutes = services_of(request).minutes
        published = await minutes.views.published(found.name)
        level = minutes.rules.scale.of(await minutes.records.transcript_level(found.name))
        names = dict(level.names) or {"en": level.code}
        further = {"minutes": published.number if published else 0}
        return message.model_copy(update=further | {"level_names": names if level.marked else {}})

    @router.patch("/{room}")
    async def change_room(room: str, request: Request, change: RoomChange) -> RoomDetailMessage:
        """Say which languages are spoken in a room from now on; an empty list: those of the organisation."""
        rooms, name = services_of(request).captions.rooms, check_room_name(room)
        if change.spoken is None:
            changed = await rooms.room(name)
        else:
            changed = await rooms.set_spoken(name, [parse_language(tag) for tag in change.spoken])
        return RoomDetailMessage.of(changed, await rooms.languages_read(name))

    @router.delete("/{room}", status_code=HTTPStatus.NO_CONTENT)
    async def delete_room(room: str, request: Request) -> None:
        """Delete a room and everything said in it; its connections end."""
        await services_of(request).captions.delete_room(check_room_name(room))

    return router
