"""What listeners share, and what they need of others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from assistant.bots.caption_relay import Feeds
from assistant.bots.consent_links import ConsentLinks
from assistant.bots.status import BotRules
from assistant.bots.track_subscriber import Joins
from assistant.core.errors import MeetingsNotConfigured
from assistant.core.rooms import Room
from assistant.ports.meetings import MeetingPlatform, MeetingStore
from assistant.ports.system import Clock
from assistant.translation.room_translations import Readable


class BotRooms(Protocol):
    """What a listener needs of the rooms."""

    async def create_room(self, name: str | None = None, title: str = "") -> Room:
        """Return a new room, or the one of that name."""

    def readable(self) -> list[Readable]:
        """Return the languages that captions can be read in."""


class BotTracks(Joins, Protocol):
    """What a listener needs of those who speak."""

    def check_power(self) -> None:
        """Raise `CapacityReached` where one more who talks would harm the others."""


@dataclass(frozen=True, slots=True)
class BotDeps:
    """What all listeners share.

    Attributes:
        rooms: Makes the rooms of meetings.
        tracks: Lets those who speak in.
        readers: Opens what is read of a room.
        store: Keeps listeners and attendance on disk.
        platforms: Where meetings are; a meeting is on the first one that knows its name.
        clock: Tells how long a meeting has been empty, and who was there when.
        link: Gives the address where a room's captions can be read.
        rules: How listeners behave.
        consent: Makes the links of people to pages of their own; None where no page can be reached.
    """

    rooms: BotRooms
    tracks: BotTracks
    readers: Feeds
    store: MeetingStore
    platforms: Sequence[MeetingPlatform]
    clock: Clock
    link: Callable[[str], Awaitable[str]]
    rules: BotRules = field(default_factory=BotRules)
    consent: ConsentLinks | None = None

    def platform_of(self, meeting: str) -> MeetingPlatform:
        """Return where a meeting is; raises `MeetingsNotConfigured`."""
        for platform in self.platforms:
            if platform.has(meeting):
                return platform
        raise MeetingsNotConfigured("No meeting platform is configured that has a meeting of this name.")
