"""Tells people in a meeting, once, who listens and where captions can be read."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection

import structlog

from assistant.core.errors import MeetingUnreachable
from assistant.core.meetings.meeting import Announcement
from assistant.core.meetings.notices import NOTICE_TOPIC, deaf_notices, listening_notices, with_link
from assistant.ports.meetings import Meeting
from assistant.tasks.owner import TaskOwner

_log = structlog.get_logger(__name__)


class Announcer:
    """The notices of one meeting; `in_chat` says whether people are told beside programs."""

    def __init__(self, room: str, url: str, readable: Callable[[], list[str]], *, in_chat: bool) -> None:
        self.languages: tuple[str, ...] = ()
        self.url = url
        self._room = room
        self._readable = readable
        self._in_chat = in_chat
        self._told: set[str] = set()
        self._told_deaf = False
        self._telling = TaskOwner()

    def keep_only(self, present: Collection[str]) -> None:
        """Forget whoever is gone: who comes back is told anew."""
        self._told &= set(present)

    def tell(self, meeting: Meeting, people: Collection[str], *, deaf: bool) -> None:
        """Tell those who have not been told; everybody, where it turns out that nothing can be heard.

        It never waits; whoever could not be reached is told next time.
        """
        turned_deaf = deaf and not self._told_deaf
        new = [identity for identity in people if identity not in self._told]
        if not new and not turned_deaf:
            return
        self._told.update(new)
        self._told_deaf |= turned_deaf
        announcement = self._announcement(meeting, deaf=deaf)

        async def tell() -> None:
            try:
                await meeting.announce(announcement, [] if turned_deaf else new)
            except MeetingUnreachable as error:
                self._told.difference_update(new)
                self._told_deaf ^= turned_deaf
                _log.warning("notice_not_sent", room=self._room, code=error.code)

        self._telling.start(tell(), "announcing")

    async def close(self) -> None:
        """Tell nobody any more."""
        await self._telling.close()

    def _announcement(self, meeting: Meeting, *, deaf: bool) -> Announcement:
        notices = deaf_notices(self.languages) if deaf else listening_notices(self.languages)
        document = {
            "type": "listening",
            "hears": not deaf,
            "listener": meeting.identity,
            "room": self._room,
            "url": self.url,
            "languages": self._readable(),
            "notices": notices,
        }
        text = with_link(notices, self.url) if self._in_chat else ""
        return Announcement(NOTICE_TOPIC, json.dumps(document, ensure_ascii=False), text)
