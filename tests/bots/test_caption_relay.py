"""Captions on their way into a meeting, while people change their minds and connections break."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import Self, cast

import pytest
from livekit import rtc

from assistant.adapters.livekit_messages import send_line
from assistant.bots.caption_relay import CaptionRelay, RelayRules
from assistant.core.captions import append_only_chunks
from assistant.core.captions.caption import Caption, Translation
from assistant.core.errors import AssistantError, LanguageUnavailable, RoomDeleted, StoreUnavailable
from assistant.core.language import ReaderLanguages
from assistant.core.meetings.meeting import MeetingParticipant
from assistant.tasks.retries import Backoff
from tests.bots.scripted_meeting import ScriptedMeeting, ScriptedPlatform
from tests.captions import a_caption
from tests.waiting import until

IMPATIENT = RelayRules(pauses=Backoff(0.02, 0.02), drain_seconds=0.3)
"""What is tried again is tried again at once, and nobody waits for long at the end."""


@dataclass
class Greeting:
    """What a feed says first."""

    seq: int
    now_seconds: float = 0.0


class ScriptedFeed:
    """Yields what was missed, then what is published."""

    def __init__(self, hello: Greeting, missed: list[Caption]) -> None:
        self.hello = hello
        self.events: asyncio.Queue[Caption | AssistantError] = asyncio.Queue()
        for caption in missed:
            self.events.put_nowait(caption)

    async def __aiter__(self) -> AsyncIterator[Caption]:
        while True:
            event = await self.events.get()
            if isinstance(event, AssistantError):
                raise event
            yield event

    def close(self) -> None:
        """Nothing is held."""


@dataclass
class ScriptedFeeds:
    """A room's captions by the language they are read in; after a break finals are caught up with.

    Attributes:
        refusals: Raised by the next readings of a language, one each.
        since: Where each reading of a language began.
        rough: Whether translations are rough.
    """

    refusals: dict[str, list[Exception]] = field(default_factory=dict)
    since: dict[str, list[int | None]] = field(default_factory=dict)
    open: dict[str, ScriptedFeed] = field(default_factory=dict)
    published: dict[str, list[Caption]] = field(default_factory=dict)
    seq: int = 0
    rough: bool = False

    async def open_feed(
        self, room: str, shown: ReaderLanguages | None = None, since: int | None = None
    ) -> ScriptedFeed:
        """Return a feed, or refuse."""
        del room
        lang = (shown and shown.translation) or "source"
        self.since.setdefault(lang, []).append(since)
        if self.refusals.get(lang):
            raise self.refusals[lang].pop(0)
        known = self.published.get(lang, [])
        missed = [one for one in known if since is not None and one.seq > since and one.final]
        self.open[lang] = ScriptedFeed(Greeting(self.seq), missed)
        return self.open[lang]

    def say(
        self, text: str, id_: str = "c", *, final: bool = False, only: str = "", follows: str = ""
    ) -> int:
        """Publish a revision as it was said, and in French; return the newest `seq`."""
        for lang, shown in (("source", text), ("fr", text.upper())):
            if only in {"", lang}:
                self.seq += 1
                caption = a_caption(
                    self.seq,
                    shown,
                    id=id_,
                    lang="en" if lang == "source" else lang,
                    source_lang="en",
                    final=final,
                    follows=follows,
                    translation=None if lang == "source" else Translation(lang, self.seq, rough=self.rough),
                )
                self.published.setdefault(lang, []).append(caption)
                if lang in self.open:
                    self.open[lang].events.put_nowait(caption)
        return self.seq


@dataclass
class Stage:
    """A relay between scripted captions and a scripted meeting."""

    feeds: ScriptedFeeds
    platform: ScriptedPlatform
    relay: CaptionRelay
    meeting: ScriptedMeeting

    async def reads(self, **wishes: str) -> None:
        """Let these people be there and read that."""
        self.platform.people = {who: MeetingParticipant(who, who) for who in wishes}
        self.relay.set_readers(wishes)
        wanted = {"source"} | {lang for lang in wishes.values() if lang}
        await until(lambda: wanted <= self.feeds.open.keys())

    def sees(self, who: str) -> list[str]:
        """Return what is on somebody's screen."""
        return [line.text for line in self.platform.screens.get(who, {}).values()]

    def grows(self, who: str) -> bool:
        """Return whether a segment on somebody's screen has not ended."""
        return any(not line.final for line in self.platform.screens.get(who, {}).values())


NewStage = Callable[..., Stage]


@pytest.fixture
async def new_stage() -> AsyncIterator[NewStage]:
    """Make stages; relays are ended."""
    relays = []

    def make(rules: RelayRules = IMPATIENT, feeds: ScriptedFeeds | None = None) -> Stage:
        platform, feeds = ScriptedPlatform(), feeds or ScriptedFeeds()
        relay = CaptionRelay(feeds, "r", lambda speaker: f"TR_{speaker}", rules)  # type: ignore[arg-type] # scripted
        relays.append(relay)

        async def answer(_who: str, _method: str, _payload: str) -> str:
            return ""

        meeting = ScriptedMeeting(platform, answer, "")
        relay.enter(meeting)
        return Stage(feeds, platform, relay, meeting)

    yield make
    for relay in relays:
        await relay.leave()


async def test_everybody_reads_what_was_said_unless_they_wish_otherwise(new_stage: NewStage) -> None:
    """Where all do, nobody is named, so that people who just come see it as well."""
    stage = new_stage()
    await stage.reads(ana="", bob="source")
    stage.feeds.say("hello", final=True)
    await until(lambda: stage.sees("ana") == stage.sees("bob") == ["hello"])
    assert stage.meeting.shown[0][1] == ()
    await stage.reads(ana="", bob="source", eve="fr")
    stage.feeds.say("good day", "d", final=True)
    await until(lambda: stage.sees("eve") == ["GOOD DAY"])
    await until(lambda: stage.sees("ana")[-1:] == ["good day"])
    assert stage.sees("bob") == ["hello", "good day"]


class Sender:
    """A participant that keeps the attributes of the text streams it sends."""

    def __init__(self) -> None:
        self.sent: list[dict[str, str]] = []

    async def stream_text(self, *, attributes: dict[str, str], **_: object) -> Self:
        """Keep them."""
        self.sent.append(attributes)
        return self

    async def write(self, text: str) -> None:
        """Take the text."""

    async def aclose(self) -> None:
        """Take its end."""


async def test_a_rough_translation_says_so_in_the_meeting(new_stage: NewStage) -> None:
    """To programs there, by an attribute of the text stream that others do not have."""
    stage = new_stage(feeds=ScriptedFeeds(rough=True))
    await stage.reads(ana="", eve="fr")
    stage.feeds.say("we meet", final=True)
    await until(lambda: stage.sees("eve") == ["WE MEET"] and stage.sees("ana") == ["we meet"])
    sender = Sender()
    for who in ("ana", "eve"):
        (line,) = stage.platform.screens[who].values()
        await send_line(cast("rtc.LocalParticipant", sender), line, [])
    assert [(one["translated"], one.get("rough")) for one in sender.sent] == [
        ("false", None),
        ("true", "true"),
    ]


@pytest.mark.parametrize(("first", "then"), [("fr", ""), ("", "fr")])
async def test_who_changes_their_mind_while_a_caption_grows(
    new_stage: NewStage, first: str, then: str
) -> None:
    """Sees it once, in the new language, and nothing that has stopped growing."""
    stage = new_stage()
    await stage.reads(ana="", eve=first, bob="fr")
    stage.feeds.say("we meet")
    await until(lambda: len(stage.sees("eve")) == 1 and len(stage.sees("bob")) == 1)
    await stage.reads(ana="", eve=then, bob="fr")
    expected = "WE MEET" if then else "we meet"
    await until(lambda: stage.sees("eve") == [expected])
    stage.feeds.say("we meet at noon", final=True)
    await until(lambda: stage.sees("eve") == [expected + (" AT NOON" if then else " at noon")])
    assert stage.sees("ana") == ["we meet at noon"]
    await until(lambda: stage.sees("bob") == ["WE MEET AT NOON"])
    assert not any(map(stage.grows, ("ana", "bob", "eve")))


async def test_who_no_longer_reads_a_translation_that_is_late(new_stage: NewStage) -> None:
    """Sees what was said, though that had its final before they changed their mind."""
    stage = new_stage()
    await stage.reads(ana="", eve="fr")
    stage.feeds.say("we meet")
    await until(lambda: stage.sees("eve") == ["WE MEET"])
    stage.feeds.say("we meet at noon", final=True, only="source")
    await until(lambda: stage.sees("ana") == ["we meet at noon"])
    await stage.reads(ana="", eve="")
    await until(lambda: stage.sees("eve") == ["we meet at noon"])
    assert not stage.grows("eve")


async def test_whose_language_cannot_be_had_reads_what_was_said(new_stage: NewStage) -> None:
    """Also what grows already, and for as long as they wish for that language."""
    stage = new_stage(feeds=ScriptedFeeds(refusals={"ja": [LanguageUnavailable("none")]}))
    await stage.reads(ana="", eve="")
    stage.feeds.say("we meet")
    await until(lambda: stage.sees("eve") == ["we meet"])
    stage.relay.set_readers({"ana": "", "eve": "ja"})
    await until(lambda: "ja" in stage.feeds.since)
    stage.feeds.say("we meet at noon", final=True)
    await until(lambda: stage.sees("eve") == ["we meet at noon"])
    stage.relay.set_readers({"ana": "fr", "eve": "ja"})
    assert stage.feeds.since["ja"] == [None]


async def test_what_did_not_get_through_is_brought_later(new_stage: NewStage) -> None:
    """Line and piece, once the meeting is reached again, each piece once."""
    stage = new_stage()
    await stage.reads(ana="")
    stage.feeds.say("we meet")
    await until(lambda: len(stage.meeting.chunks) == 1)
    stage.meeting.unreachable = True
    stage.feeds.say("we meet at noon", final=True)
    await until(lambda: len(stage.feeds.since["source"]) >= 3)
    stage.meeting.unreachable = False
    await until(lambda: stage.sees("ana") == ["we meet at noon"])
    await until(lambda: [chunk.text for chunk in stage.meeting.chunks] == ["we meet", "at noon"])


async def test_a_piece_that_did_not_get_through_comes_first(new_stage: NewStage) -> None:
    """Before anything that follows."""
    stage = new_stage(replace(IMPATIENT, text_streams=False))
    await stage.reads(ana="")
    stage.meeting.unreachable = True
    stage.feeds.say("one two", final=True)
    await until(lambda: len(stage.feeds.since["source"]) >= 3)
    stage.meeting.unreachable = False
    stage.feeds.say("three", "d", final=True)
    await until(lambda: [chunk.text for chunk in stage.meeting.chunks] == ["one two", "three"])
    assert len({chunk.id for chunk in stage.meeting.chunks}) == 2


async def test_what_waits_for_an_earlier_sentence_is_not_waited_with_for_ever(
    new_stage: NewStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes by the clock, also where nobody says any more."""
    monkeypatch.setattr(append_only_chunks, "_HELD_SECONDS", 0.1)
    stage = new_stage(replace(IMPATIENT, look_seconds=0.02))
    await stage.reads(ana="")
    stage.feeds.say("the next", "d", follows="c")
    await until(lambda: stage.sees("ana") == ["the next"])
    assert stage.meeting.chunks == []
    await until(lambda: [chunk.text for chunk in stage.meeting.chunks] == ["the next"])


async def test_at_the_end_of_a_meeting_nothing_is_held_back(new_stage: NewStage) -> None:
    """What waits for an earlier sentence comes without it."""
    stage = new_stage()
    await stage.reads(ana="")
    stage.feeds.say("the next", "d", follows="c")
    await until(lambda: stage.sees("ana") == ["the next"])
    assert stage.meeting.chunks == []
    await stage.relay.drain(stage.feeds.seq)
    assert [chunk.text for chunk in stage.meeting.chunks] == ["the next"]


async def test_what_is_said_while_there_is_no_meeting_is_caught_up_with(new_stage: NewStage) -> None:
    """From the first caption on, in the languages of those who read before."""
    stage = new_stage()
    await stage.reads(ana="", eve="fr")
    await stage.relay.leave()
    stage.feeds.say("while nobody could see", final=True)
    stage.relay.enter(stage.meeting)
    await until(lambda: stage.sees("ana") == ["while nobody could see"])
    await until(lambda: stage.sees("eve") == ["WHILE NOBODY COULD SEE"])


async def test_a_store_that_is_away_ends_no_language(new_stage: NewStage) -> None:
    """It is read again, from where it was."""
    stage = new_stage()
    await stage.reads(ana="", eve="fr")
    stage.feeds.say("one", final=True)
    await until(lambda: stage.sees("eve") == ["ONE"])
    stage.feeds.refusals["fr"] = [StoreUnavailable("away"), RuntimeError("of its own kind")]
    stage.feeds.open["fr"].events.put_nowait(StoreUnavailable("away"))
    await until(lambda: not stage.feeds.refusals["fr"])
    stage.feeds.say("two", "d", final=True)
    await until(lambda: stage.sees("eve") == ["ONE", "TWO"])


async def test_a_deleted_room_is_not_read_again(new_stage: NewStage) -> None:
    """To read it would make it anew; whoever follows it is told."""
    stage = new_stage()
    await stage.reads(ana="")
    stage.feeds.open["source"].events.put_nowait(RoomDeleted("gone"))
    await until(lambda: stage.relay.room_deleted)
    stage.relay.set_readers({"ana": "fr"})
    await until(lambda: not any(task.get_name().startswith("relay-") for task in asyncio.all_tasks()))
    assert stage.feeds.since == {"source": [None]}
    await stage.relay.drain(99)


async def test_draining_waits_for_what_was_said_but_not_for_long(new_stage: NewStage) -> None:
    """In all languages that are read."""
    stage = new_stage()
    await stage.reads(ana="", eve="fr")
    await stage.relay.drain(stage.feeds.say("bye", final=True) - 1)
    assert stage.sees("ana") == ["bye"]
    assert stage.sees("eve") == ["BYE"]
    await stage.relay.drain(stage.feeds.seq + 1)
