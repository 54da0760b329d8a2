"""Tells the people in a meeting that its minutes are published, and where."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog

from assistant.core.captions.events import MinutesSaved, RoomEvent
from assistant.core.errors import AssistantError
from assistant.core.meetings.meeting import Announcement
from assistant.core.meetings.notices import NOTICE_TOPIC, chat_text, minutes_notices

_log = structlog.get_logger(__name__)


class RoomAnnouncer(Protocol):
    """What reaches the people in meetings."""

    async def tell_room(self, room: str, announcement: Announcement) -> None:
        """Tell everybody in the meetings whose captions are in a room something."""


class MinutesNews:
    """Sends the link to those meetings that are listened to."""

    def __init__(
        self, listeners: RoomAnnouncer, link: Callable[[str], Awaitable[str]], languages: tuple[str, ...]
    ) -> None:
        """Tell with addresses that `link` makes of a room, in those languages."""
        self._listeners = listeners
        self._link = link
        self._languages = languages

    def wants(self, event: RoomEvent) -> bool:
        """Return whether an event is a publication."""
        return isinstance(event, MinutesSaved) and event.version.status == "published"

    async def take(self, room: str, event: RoomEvent) -> None:
        """Tell of a version that was published."""
        if not isinstance(event, MinutesSaved):
            return
        try:
            url = await self._link(room)
        except AssistantError as error:
            _log.warning("minutes_not_announced", room=room, code=error.code)
            return
        notices = minutes_notices(self._languages)
        text = f"{chat_text(notices)}\n{url}"
        document = {
            "type": "minutes",
            "room": room,
            "version": event.version.number,
            "url": url,
            "notices": notices,
        }
        news = Announcement(NOTICE_TOPIC, json.dumps(document, ensure_ascii=False), text)
        await self._listeners.tell_room(room, news)
