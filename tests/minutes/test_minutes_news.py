"""Published minutes are told to the meetings that are listened to."""

from __future__ import annotations

import json
from dataclasses import replace

from assistant.core.captions.events import MinutesSaved
from assistant.core.meetings.meeting import Announcement
from assistant.core.minutes.document import Change, Meeting, Minutes, MinutesVersion
from assistant.minutes.news import MinutesNews


class Listeners:
    """Notes what rooms are told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Announcement]] = []

    async def tell_room(self, room: str, announcement: Announcement) -> None:
        """Note it."""
        self.told.append((room, announcement))


async def address_of(room: str) -> str:
    """Return where a room is read."""
    return f"https://captions.example.org/rooms/{room}"


async def test_people_and_programs_learn_where_they_are() -> None:
    """A sentence in each language with the link, and a data message of its own type."""
    listeners = Listeners()
    news = MinutesNews(listeners, address_of, ("fr", "en"))
    version = MinutesVersion(2, 5, "published", Minutes("conseil", Meeting("Conseil")))
    published = MinutesSaved(version, Change(2, 5, 1.0, "Mme Greffe", "published"))
    assert news.wants(published)
    assert not news.wants(replace(published, version=replace(version, status="approved")))
    await news.take("conseil", published)
    ((room, announcement),) = listeners.told
    document = json.loads(announcement.document)
    assert (room, document["type"], document["version"]) == ("conseil", "minutes", 2)
    assert document["url"] == "https://captions.example.org/rooms/conseil"
    told = document["notices"]
    assert set(told) == {"fr", "en"}
    assert announcement.text.splitlines() == [
        f"[Sous-titres] {told['fr']}",
        f"[Captions] {told['en']}",
        document["url"],
    ]
