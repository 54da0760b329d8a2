"""Tells the people in a meeting that its minutes are published, and where."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

from assistant.core.meetings import Announcement
from assistant.core.minutes.document import MinutesVersion
from assistant.core.notices import minutes_notices
from assistant.sessions.announcer import NOTICE_TOPIC
from assistant.sessions.listeners import ListenerDesk


class MinutesNews:
    """Sends the link to those meetings that are listened to."""

    def __init__(
        self, listeners: ListenerDesk, link: Callable[[str], str], languages: tuple[str, ...]
    ) -> None:
        """Tell with addresses that `link` makes of a room, in those languages."""
        self._listeners = listeners
        self._link = link
        self._languages = languages
        self._telling: set[asyncio.Task[None]] = set()

    def published(self, room: str, version: MinutesVersion) -> None:
        """Tell of a version; it does not wait until everybody knows."""
        url = self._link(room)
        notices = minutes_notices(self._languages)
        text = "\n".join([*notices.values(), url])
        document = {
            "type": "minutes",
            "room": room,
            "version": version.number,
            "url": url,
            "notices": notices,
        }
        news = Announcement(NOTICE_TOPIC, json.dumps(document, ensure_ascii=False), text)
        task = asyncio.create_task(self._listeners.tell_room(room, news), name="minutes-news")
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)
