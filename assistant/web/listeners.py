"""Listeners over HTTP: into meetings, out of them, who was there, and LiveKit's webhook."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from assistant.bots.bot_manager import BotManager
from assistant.bots.status import BotStatus
from assistant.core.errors import MeetingsNotConfigured
from assistant.core.meetings.attendance import merged
from assistant.core.rooms import check_room_name
from assistant.web.services import services_of


class ListenerRequest(BaseModel):
    """What a listener needs to know.

    Attributes:
        meeting: The platform's name of the meeting; empty: that of the room.
        key: The shared key of a meeting that is encrypted from end to end. It is kept in memory only.
    """

    meeting: str = Field("", max_length=256)
    key: str = Field("", max_length=1024, repr=False)


class UnheardMessage(BaseModel):
    """Somebody whose audio is not listened to, and why."""

    participant: str
    reason: str


class ListenerMessage(BaseModel):
    """How a listener is doing."""

    meeting: str
    room: str
    state: str
    problem: str
    code: str
    participants: int
    heard: int
    unheard: list[UnheardMessage]
    url: str

    @classmethod
    def of(cls, status: BotStatus) -> ListenerMessage:
        """Return the message of a status."""
        fields = asdict(status)
        fields["unheard"] = [UnheardMessage(participant=who, reason=reason) for who, reason in status.unheard]
        return cls(**fields)


class ListenerList(BaseModel):
    """All listeners."""

    listeners: list[ListenerMessage]


class StayMessage(BaseModel):
    """One stay of one participant; `left_at` is null while they are there. Times are POSIX seconds."""

    model_config = ConfigDict(from_attributes=True)

    participant: str
    name: str
    arrived_at: float
    left_at: float | None


class AttendanceMessage(BaseModel):
    """Who was in a room, by arrival."""

    room: str
    stays: list[StayMessage]


class WebhookTaken(BaseModel):
    """Whether a webhook led to a listener."""

    listening: bool


def listeners_router() -> APIRouter:
    """Return the routes of listeners and attendance."""
    router = APIRouter()

    @router.post("/v1/rooms/{room}/listener", status_code=HTTPStatus.ACCEPTED)
    async def open_listener(
        room: str, request: Request, wanted: ListenerRequest | None = None
    ) -> ListenerMessage:
        """Send the listener into a meeting; where it is already, nothing changes but for a new key."""
        wanted = wanted or ListenerRequest(meeting="", key="")
        meeting = wanted.meeting or check_room_name(room)
        return ListenerMessage.of(await bots_of(request).open(meeting, "api", key=wanted.key))

    @router.get("/v1/rooms/{room}/listener")
    async def get_listener(room: str, request: Request) -> ListenerMessage:
        """Say how the listener of a room is doing."""
        return ListenerMessage.of(bots_of(request).status_of_room(check_room_name(room)))

    @router.delete("/v1/rooms/{room}/listener", status_code=HTTPStatus.NO_CONTENT)
    async def close_listener(room: str, request: Request) -> None:
        """Take the listener out of a meeting; what was said is finished first."""
        bots = bots_of(request)
        await bots.leave(bots.status_of_room(check_room_name(room)).meeting)

    @router.get("/v1/listeners")
    async def list_listeners(request: Request) -> ListenerList:
        """Return all listeners."""
        return ListenerList(listeners=[ListenerMessage.of(status) for status in bots_of(request).statuses()])

    @router.get("/v1/rooms/{room}/attendance")
    async def get_attendance(room: str, request: Request) -> AttendanceMessage:
        """Return who was in a room from when to when; who was back at once is counted as having stayed."""
        services = services_of(request)
        await services.captions.rooms.room(check_room_name(room))
        stays = merged(await services.meetings.stays(room))
        return AttendanceMessage(room=room, stays=[StayMessage.model_validate(stay) for stay in stays])

    @router.post("/v1/livekit/webhook")
    async def livekit_webhook(request: Request) -> WebhookTaken:
        """Take a signed webhook of LiveKit: a meeting whose name fits is listened to when it begins."""
        services = services_of(request)
        if services.webhooks is None:
            raise _not_configured()
        body = await request.body()
        meeting = services.webhooks.meeting_begun(body, request.headers.get("authorization", ""))
        bots = bots_of(request)
        if meeting is None or not bots.wants(meeting):
            return WebhookTaken(listening=False)
        await bots.open(meeting, "webhook")
        return WebhookTaken(listening=True)

    return router


def bots_of(request: Request) -> BotManager:
    """Return what goes into meetings; raises `MeetingsNotConfigured`."""
    listeners = services_of(request).listeners
    if listeners is None:
        raise _not_configured()
    return listeners


def _not_configured() -> MeetingsNotConfigured:
    return MeetingsNotConfigured(
        "No meeting platform is configured: set ASSISTANT_LIVEKIT_URL, "
        "ASSISTANT_LIVEKIT_API_KEY and ASSISTANT_LIVEKIT_API_SECRET."
    )
