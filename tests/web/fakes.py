"""A scripted captions: what the web layer may ask for, with everything it was told written down.

`fakes_checked` holds it against the real one.
"""

# ruff: noqa: D102 - the real classes describe these methods

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from assistant.captioning.track_registry import Join
from assistant.core.captions.caption import Caption
from assistant.core.captions.lateness import Status
from assistant.core.errors import (
    AssistantError,
    CaptionUnknown,
    LanguageUnavailable,
    ParticipantReplaced,
    RoomDeleted,
    RoomUnknown,
    SessionUnknown,
    ShuttingDown,
    SinceInFuture,
)
from assistant.core.glossary.glossary import Glossary
from assistant.core.glossary.terms import Term
from assistant.core.identity.links import LinkRecord
from assistant.core.identity.reader_tokens import make_reader_token
from assistant.core.language import ReaderLanguages
from assistant.core.meetings.attendance import Stay
from assistant.core.rooms import Room
from assistant.core.space_reserve import SpaceReserve
from assistant.core.speech.audio import Pcm
from assistant.core.translation.routes import RouteTable
from assistant.ports.system import ServiceStatistics
from assistant.readers.feed import Hello
from assistant.translation.room_translations import Readable
from tests.captions import a_caption
from tests.fakes import text_model

LANGUAGES = ("source", "pt")


class FakeConnection:
    """Takes samples as fast as `gate` lets it."""

    def __init__(self, fake: FakeCaptions, join: Join, session: str, received_samples: int) -> None:
        self.fake = fake
        self.join = join
        self.session = session
        self.received_samples = received_samples
        self.pieces: list[Pcm] = []
        self.spoken: list[tuple[str, int]] = []
        self.acknowledged: list[int] = []
        self.refused = 0
        self.ended = asyncio.Event()
        self.end = ""
        self.heard = asyncio.Event()
        self.talking = False
        self._why: asyncio.Future[AssistantError] = asyncio.get_running_loop().create_future()

    @property
    def samples(self) -> Pcm:
        return np.concatenate([np.zeros(0, np.int16), *self.pieces])

    async def send_audio(self, pcm: Pcm) -> None:
        if self._why.done():
            raise self._why.result()
        if self.fake.feed_fault:
            raise self.fake.feed_fault
        self.heard.set()
        await self.fake.gate.wait()
        self.pieces.append(pcm)

    async def speak(self, language: str) -> None:
        self.spoken.append((language, len(self.samples)))

    async def acknowledge(self) -> int:
        if self.fake.disk_fault:
            self.refused += 1
            raise self.fake.disk_fault
        self.acknowledged.append(self.received_samples + len(self.samples))
        return self.acknowledged[-1]

    async def stop(self) -> int:
        self._ended("stop")
        return 42

    async def detach(self) -> None:
        self._ended("detach")

    async def displaced(self) -> AssistantError:
        return await asyncio.shield(self._why)

    def let_go(self, why: AssistantError) -> None:
        if not self._why.done():
            self._why.set_result(why)

    def _ended(self, how: str) -> None:
        self.end = self.end or how
        self.ended.set()


class FakeFeed:
    """Yields what is put into it, then what the service publishes; conflates nothing."""

    def __init__(self, hello: Hello, missed: Sequence[Caption]) -> None:
        self.hello = hello
        self.closed = asyncio.Event()
        self.events: asyncio.Queue[Caption | Status | AssistantError] = asyncio.Queue()
        for caption in missed:
            self.events.put_nowait(caption)

    async def __aiter__(self) -> AsyncIterator[Caption | Status]:
        try:
            while True:
                event = await self.events.get()
                if isinstance(event, AssistantError):
                    raise event
                yield event
        finally:
            self.close()

    def let_go(self, why: AssistantError, *, at_once: bool = False) -> None:
        del at_once
        self.events.put_nowait(why)

    def close(self) -> None:
        self.closed.set()


class FakeLinkStore:
    """Keeps links in memory."""

    def __init__(self) -> None:
        self.known: dict[str, LinkRecord] = {}

    async def add_link(self, link: LinkRecord, now: float) -> None:
        del now
        self.known[link.id] = link

    async def link(self, id_: str) -> LinkRecord | None:
        return self.known.get(id_)

    async def links(self, room: str, now: float) -> Sequence[LinkRecord]:
        valid = [link for link in self.known.values() if link.room == room and link.expires_at > now]
        return valid[::-1]

    async def revoke_link(self, room: str, id_: str) -> bool:
        known = self.known.get(id_)
        return known is not None and known.room == room and bool(self.known.pop(id_))

    def token(
        self, key: bytes, room: str = "weekly", *, expires_at: float | None = None, recipient: str = ""
    ) -> str:
        """Return the token of a new link that is kept here."""
        end = time.time() + 600.0 if expires_at is None else expires_at
        record = LinkRecord(
            secrets.token_hex(4), room, recipient, shared=False, created_at=time.time(), expires_at=int(end)
        )
        self.known[record.id] = record
        return make_reader_token(room, key, link=record.id, expires_at=end)


class FakeMinutesStore:
    """Holds no minutes of any room."""

    async def version(self, room: str, number: int | None = None) -> None:
        del room, number


class FakeMeetings:
    """Knows of nobody in any meeting."""

    async def stays(self, room: str) -> list[Stay]:
        del room
        return []


@dataclass(eq=False)
class FakeCaptions:
    """Rooms in memory; nothing is recognised."""

    lacks: list[str] = field(default_factory=list)
    join_fault: Exception | None = None
    feed_fault: Exception | None = None
    disk_fault: AssistantError | None = None
    starts: int = 0
    closes: int = 0
    known: dict[str, Room] = field(default_factory=dict)
    finals: dict[str, list[Caption]] = field(default_factory=dict)
    translated: dict[str, list[Caption]] = field(default_factory=dict)
    connections: list[FakeConnection] = field(default_factory=list)
    feeds: list[FakeFeed] = field(default_factory=list)
    organisation: Glossary = field(default_factory=Glossary)
    seq: int = 7
    open_for_readers: set[str] = field(default_factory=lambda: {"weekly"})
    public: list[bool] = field(default_factory=list)
    links: FakeLinkStore = field(default_factory=FakeLinkStore)
    meetings: Any = field(default_factory=FakeMeetings)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    reserve: SpaceReserve = field(default_factory=SpaceReserve)
    trouble: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gate.set()

    async def start(self) -> None:
        self.starts += 1

    async def close(self) -> None:
        self.closes += 1
        for connection in self.connections:
            connection.let_go(ShuttingDown("The service is shutting down; reconnect and resume."))
        await asyncio.sleep(0)
        self.publish(a_caption(99, "The last words."))
        self.publish(ShuttingDown("The service is shutting down; reconnect."))

    def missing(self) -> list[str]:
        return self.lacks

    def problems(self) -> list[str]:
        return self.trouble

    def statistics(self) -> ServiceStatistics:
        return ServiceStatistics(len(self.known), len(self.connections), 1, len(self.feeds), 2, 3, 0.5)

    @property
    def rooms(self) -> FakeCaptions:
        """Its own rooms, tracks, readers and glossaries."""
        return self

    tracks = readers = glossaries = recordings = rooms

    @property
    def minutes_store(self) -> FakeMinutesStore:
        """No minutes."""
        return FakeMinutesStore()

    async def spoken_captions(self, room: str, *, since: int = -1) -> list[Caption]:
        return [caption for caption in self.finals.get(room, []) if caption.seq > since]

    async def create_room(
        self,
        name: str | None = None,
        title: str = "",
        glossary: Sequence[Term | str] = (),
        languages: Sequence[str] = (),
        spoken: Sequence[str] = (),
    ) -> Room:
        name = name or "random"
        terms = Glossary.of(glossary).terms
        for lang in languages:
            _check(lang)
        room = Room(name, title or name, 1_800_000_000.5, glossary=terms, languages=tuple(languages))
        return self.known.setdefault(name, replace(room, spoken=tuple(spoken)))

    async def set_spoken(self, name: str, languages: Sequence[str]) -> Room:
        self.known[name] = replace(await self.room(name), spoken=tuple(languages))
        return self.known[name]

    async def of_room(self, name: str) -> Glossary:
        return Glossary((await self.room(name)).glossary)

    async def set_of_room(self, name: str, terms: Iterable[Term | str]) -> Glossary:
        glossary = Glossary.of(terms)
        self.known[name] = replace(await self.room(name), glossary=glossary.terms)
        return glossary

    async def of_organisation(self) -> Glossary:
        return self.organisation

    async def set_of_organisation(self, terms: Iterable[Term | str]) -> Glossary:
        self.organisation = Glossary.of(terms)
        return self.organisation

    async def room(self, name: str) -> Room:
        if name not in self.known:
            raise RoomUnknown(f"There is no room {name}.")
        return self.known[name]

    async def every_room(self) -> Sequence[Room]:
        return list(reversed(self.known.values()))

    async def delete_room(self, name: str) -> None:
        await self.room(name)
        del self.known[name]
        self.open_for_readers.discard(name)
        self.links.known.clear()
        gone = RoomDeleted("This room was deleted.")
        for connection in self.connections:
            connection.let_go(gone)
        self.publish(gone)

    async def transcript(self, room: str, lang: str = "") -> Sequence[Caption]:
        await self.room(room)
        if lang:
            _check(lang)
        return self.translated.get(room, []) if lang else self.finals.get(room, [])

    async def languages_read(self, room: str) -> Sequence[str]:
        return sorted({caption.lang for caption in self.translated.get(room, [])})

    def spoken(self) -> tuple[str, ...]:
        return ("en", "eu", "fr")

    def readable(self) -> list[Readable]:
        return [
            Readable("en", RouteTable([text_model("fr", "en")]).into("en"), by_speech=True),
            Readable(
                "pt", RouteTable([text_model("fr", "en"), text_model("en", "pt")]).into("pt"), by_speech=False
            ),
        ]

    async def correct(
        self,
        room: str,
        caption_id: str,
        text: str | None = None,
        *,
        speaker: tuple[str, str] | None = None,
        rev: int | None = None,
    ) -> Caption:
        del speaker, rev
        await self.room(room)
        for caption in self.finals.get(room, []):
            if caption.id == caption_id:
                text = caption.text if text is None else text
                return replace(caption, text=text, stable=len(text), edited=True, rev=caption.rev + 1)
        raise CaptionUnknown(f"The room has no finished caption {caption_id}.")

    async def connect(self, join: Join) -> FakeConnection:
        if self.join_fault:
            raise self.join_fault
        received_samples = 0
        if join.session:
            older = [known for known in self.connections if known.session == join.session]
            if not older:
                raise SessionUnknown("There is no such session to resume in this room.")
            received_samples = older[-1].received_samples + len(older[-1].samples)
        for known in self.connections:
            if (known.join.room, known.join.participant) == (join.room, join.participant):
                known.let_go(ParticipantReplaced("A newer connection of this participant took over."))
        session = join.session or f"s{len(self.connections)}"
        self.connections.append(FakeConnection(self, join, session, received_samples))
        return self.connections[-1]

    async def open_feed(
        self,
        room: str,
        shown: ReaderLanguages | None = None,
        since: int | None = None,
        *,
        public: bool = False,
    ) -> FakeFeed:
        if room not in {*self.known, *self.open_for_readers}:
            raise RoomUnknown(f"There is no room {room}.")
        self.public.append(public)
        shown = shown or ReaderLanguages()
        if shown.translation:
            _check(shown.translation)
        if since is not None and since > self.seq:
            raise SinceInFuture(f"This room has come to {self.seq}, not to {since}.")
        finals = self.finals.get(room, [])
        missed = [] if since is None else [caption for caption in finals if caption.seq > since]
        hello = Hello(room, self.seq, shown, LANGUAGES, 12.3456, ("open1",))
        self.feeds.append(FakeFeed(hello, missed))
        return self.feeds[-1]

    def publish(self, event: Caption | Status | AssistantError) -> None:
        """Hand an event to every feed."""
        for feed in self.feeds:
            feed.events.put_nowait(event)


def _check(lang: str) -> None:
    if lang not in LANGUAGES:
        raise LanguageUnavailable(f"This room cannot show “{lang}”.")
