"""A listener in a scripted meeting, with real captions: who is heard, what comes back, what goes wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from assistant.adapters.system_clock import SystemClock
from assistant.bots.bot_manager import BotManager
from assistant.bots.caption_relay import RelayRules
from assistant.bots.consent_links import ConsentLinks
from assistant.bots.deps import BotDeps
from assistant.bots.status import BotRules, BotStatus
from assistant.bots.track_subscriber import SubscriberRules
from assistant.captioning.track_registry import TrackRegistryRules
from assistant.core.errors import (
    AssistantError,
    CapacityReached,
    LanguageUnavailable,
    ListenerUnknown,
    MeetingUnreachable,
    MessageInvalid,
    NotFound,
    ShuttingDown,
    StoreUnavailable,
)
from assistant.core.meetings.attendance import Stay
from assistant.core.meetings.chat_words import ChatWord
from assistant.core.meetings.meeting import (
    Announcement,
    AudioOffer,
    AudioUnheard,
    ListenerRecord,
    MeetingParticipant,
    WordWritten,
)
from assistant.ports.system import Clock
from assistant.service.caption_service import CaptionService
from assistant.tasks.retries import Backoff
from tests.bots.scripted_meeting import ScriptedPlatform
from tests.caption_service import StartService, stores_of
from tests.fakes import ManualClock, ScriptedTextEngine, silence, speech
from tests.waiting import until

MEETING = "council"
ANA, BOB = MeetingParticipant("ana", "Ana"), MeetingParticipant("bob", "Bob", language="fr")
MIC_ANA, MIC_BOB = AudioOffer("ana", "TR_ana"), AudioOffer("bob", "TR_bob")

OpenBots = Callable[..., BotManager]


async def address_of(service: CaptionService, room: str) -> str:
    """Return where a room is read that is there already: a link to another one leads nowhere."""
    return f"https://here.example/rooms/{(await service.rooms.room(room)).name}"


AT_ONCE = Backoff(0.02, 0.02)
IMPATIENT = BotRules(
    empty_seconds=60.0,
    relay=RelayRules(pauses=AT_ONCE),
    languages=("en",),
    subscribers=SubscriberRules(pauses=AT_ONCE),
    tick_seconds=0.02,
    pauses=AT_ONCE,
)
"""What is tried again is tried again at once."""


@pytest.fixture
def platform() -> ScriptedPlatform:
    """A platform with one meeting, in which nobody is yet."""
    return ScriptedPlatform()


@pytest.fixture
async def open_bots(platform: ScriptedPlatform) -> AsyncIterator[OpenBots]:
    """Open managers; what is still open is closed."""
    managers = []

    def open_(
        service: CaptionService,
        clock: Clock | None = None,
        consent: ConsentLinks | None = None,
        **rules: Any,
    ) -> BotManager:
        tools = BotDeps(
            rooms=service.rooms,
            tracks=service.tracks,
            readers=service.readers,
            store=stores_of(service).meetings,
            platforms=(platform,),
            clock=clock or SystemClock(),
            link=partial(address_of, service),
            rules=replace(IMPATIENT, **rules),
            consent=consent,
        )
        bots = BotManager(tools, ["council-*"])
        managers.append(bots)
        return bots

    yield open_
    for bots in managers:
        await bots.close()


def words(first: int, count: int) -> str:
    return " ".join(f"W{number}" for number in range(first, first + count))


async def listened(service: CaptionService) -> Sequence[ListenerRecord]:
    return await stores_of(service).meetings.listeners()


async def attendance(service: CaptionService) -> Sequence[Stay]:
    return await stores_of(service).meetings.stays(MEETING)


async def texts(service: CaptionService, participant: str) -> str:
    captions = await service.rooms.transcript(MEETING)
    return " ".join(caption.text for caption in captions if caption.participant == participant)


async def until_said(service: CaptionService, participant: str, text: str) -> None:
    """Wait until the transcript has that text of a participant; it is spoken faster than it plays."""

    async def said() -> bool:
        return text in await texts(service, participant)

    await until(said, f"“{text}” of {participant}")


def on_screen(platform: ScriptedPlatform, who: str) -> list[str]:
    """Return what somebody sees, by age."""
    return [line.text for line in platform.screens.get(who, {}).values()]


async def joined(
    bots: BotManager, platform: ScriptedPlatform, *people: tuple[MeetingParticipant, AudioOffer]
) -> None:
    """Let people come and speak, and the listener hear them."""
    for participant, offer in people:
        platform.come(participant)
        platform.publish(offer)
    await bots.open(MEETING, "api")
    await until(lambda: bots.status(MEETING).heard == len(people))


def unheard(bots: BotManager) -> dict[str, str]:
    return dict(bots.status(MEETING).unheard)


def text_engine() -> ScriptedTextEngine:
    return ScriptedTextEngine()


# --- what is heard ---------------------------------------------------------------------------------


async def test_everybody_is_heard_and_reads_in_their_language(
    start_service: StartService, platform: ScriptedPlatform, open_bots: OpenBots
) -> None:
    """Each as a participant of our room; captions come back under one segment for each language."""
    service = await start_service(text=text_engine())
    bots = open_bots(service)
    await joined(bots, platform, (ANA, MIC_ANA), (BOB, MIC_BOB))
    platform.meeting.say("TR_ana", speech(0, 3), silence(1.5))
    await until_said(service, "ana", words(0, 3))
    platform.meeting.say("TR_bob", speech(3, 3), silence(1.5))
    await until_said(service, "bob", words(3, 3))
    await until(lambda: on_screen(platform, "ana")[-1:] == [words(3, 3)])
    await until(lambda: on_screen(platform, "bob")[-1:] == ["W3·fr W4·fr W5·fr"])
    assert on_screen(platform, "ana") == [words(0, 3), words(3, 3)]
    assert on_screen(platform, "bob") == ["W0·fr W1·fr W2·fr", "W3·fr W4·fr W5·fr"]
    lines = list(platform.screens["bob"].values())
    assert [(line.identity, line.track, line.lang, line.translated) for line in lines] == [
        ("ana", "TR_ana", "fr", True),
        ("bob", "TR_bob", "fr", True),
    ]
    assert all(line.final for line in lines)
    assert {tuple(to) for _, to in platform.meeting.shown} == {("ana",), ("bob",)}
    assert " ".join(chunk.text for chunk in platform.meeting.chunks) == words(0, 6)


async def test_everybody_is_heard_in_the_language_that_they_speak(
    start_service: StartService, platform: ScriptedPlatform, open_bots: OpenBots
) -> None:
    """As their attribute says, also while they talk; what they read is another matter."""
    service = await start_service()
    bots = open_bots(service)
    await joined(bots, platform, (replace(BOB, spoken="pt"), MIC_BOB))
    platform.meeting.say("TR_bob", speech(0, 3), silence(1.5))
    await until_said(service, "bob", words(0, 3))
    platform.come(replace(BOB, spoken="de"))
    await until(lambda: bots.status(MEETING).heard == 1)

    async def changed() -> bool:
        (track,) = await stores_of(service).transcripts.tracks(MEETING)
        platform.meeting.say("TR_bob", silence(0.1))
        return track.language == "de"

    await until(changed)
    platform.meeting.say("TR_bob", speech(3, 3), silence(1.5))
    await until_said(service, "bob", words(3, 3))
    assert [caption.lang for caption in await service.rooms.transcript(MEETING)] == ["pt", "de"]


async def test_a_track_counts_as_heard_from_when_it_arrives(
    start_service: StartService, platform: ScriptedPlatform, open_bots: OpenBots
) -> None:
    """While the platform has not handed a track over, what is said is lost, so its status says so."""
    service = await start_service()
    bots = open_bots(service)
    platform.at_once = False
    platform.come(ANA)
    platform.publish(MIC_ANA)
    await bots.open(MEETING, "api", key="first")
    await until(lambda: platform.meetings and platform.meeting.hears("TR_ana"))
    assert bots.status(MEETING).heard == 0
    platform.meeting.hand_over("TR_ana")
    assert bots.status(MEETING).heard == 1
    await bots.open(MEETING, "api", key="second")
    await until(lambda: platform.meeting.key == "second" and platform.meeting.hears("TR_ana"))
    assert bots.status(MEETING).heard == 0
    platform.meeting.say("TR_ana", speech(0, 3))
    platform.meeting.hand_over("TR_ana")
    assert bots.status(MEETING).heard == 1
    platform.meeting.say("TR_ana", speech(3, 3), silence(1.5))
    await until_said(service, "ana", words(3, 3))
    assert await texts(service, "ana") == words(3, 3)


async def test_a_microphone_published_anew_and_a_screen(
    start_service: StartService, platform: ScriptedPlatform, open_bots: OpenBots
) -> None:
    """Nothing of the old track is lost to the new one; a screen's sound is a speaker of its own."""
    service = await start_service()
    bots = open_bots(service)
    await joined(bots, platform, (ANA, MIC_ANA))
    platform.meeting.say("TR_ana", speech(0, 6))
    platform.withdraw("TR_ana")
    platform.publish(AudioOffer("ana", "TR_new"))
    platform.publish(AudioOffer("ana", "TR_screen", screen=True))
    await until(lambda: bots.status(MEETING).heard == 2)
    platform.meeting.say("TR_new", speech(6, 3), silence(1.5))
    platform.meeting.say("TR_screen", speech(9, 3), silence(1.5))
    await until_said(service, "ana", words(6, 3))
    assert await texts(service, "ana") == words(0, 9)
    await until_said(service, "ana#screen", words(9, 3))
    assert {caption.speaker for caption in await service.rooms.transcript(MEETING)} == {"Ana", "Ana (screen)"}


async def test_of_two_microphones_the_older_is_heard_again(
    start_service: StartService, platform: ScriptedPlatform, open_bots: OpenBots
) -> None:
    """The newer one takes over while there is one."""
    service = await start_service()
    bots = open_bots(service)
    await joined(bots, platform, (ANA, MIC_ANA))
    platform.publish(AudioOffer("ana", "TR_second"))
    await until(lambda: platform.meeting.hears("TR_second"))
    platform.meeting.say("TR_second", speech(0, 2), silence(1.5))
    await until_said(service, "ana", words(0, 2))
    platform.meeting.say("TR_ana", silence(0.2))
    await until(lambda: not platform.meeting.hears("TR_ana"))
    platform.withdraw("TR_second")
    await until(lambda: platform.meeting.hears("TR_ana"))
    platform.meeting.say("TR_ana", speech(2, 2), silence(1.5))
    await until_said(service, "ana", words(2, 2))


async def test_whoever_cannot_be_heard_is_named(
    start_service: StartService, platform: ScriptedPlatform, open_bots: OpenBots
) -> None:
    """For want of a key, with a wrong one, for a name that our rooms do not take, or for want of room."""
    service = await start_service(rules=TrackRegistryRules(max_tracks=1))
    bots = open_bots(service)
    await joined(bots, platform, (ANA, MIC_ANA))
    platform.come(BOB)
    platform.publish(AudioOffer("bob", "TR_bob", encrypted=True))
    await until(lambda: unheard(bots) == {"bob": "encrypted"})
    platform.withdraw("TR_bob")
    platform.meeting.happen(AudioUnheard("bob", "wrong_key"))
    await until(lambda: unheard(bots) == {"bob": "wrong_key"})
    platform.meeting.happen(AudioUnheard("bob", ""))
    await until(lambda: not unheard(bots))
    platform.publish(MIC_BOB)
    await until(lambda: unheard(bots) == {"bob": "capacity"})
    assert bots.status(MEETING).code == "capacity_reached"
    platform.meeting.say("TR_bob", speech(0, 2), silence(1.5))
    platform.go("ana")
    await until_said(service, "bob", words(0, 2))
    assert not unheard(bots)
    long = MeetingParticipant("x" * 300, "Long")
    platform.come(long)
    platform.publish(AudioOffer(long.identity, "TR_long"))
    await until(lambda: unheard(bots) == {long.identity: "unreadable"})
    assert len(platform.meeting.taps["TR_long"]) == 1


# --- who refuses -----------------------------------------------------------------------------------


async def ask(platform: ScriptedPlatform, identity: str, method: str, payload: str = "") -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(await platform.meeting.answer(identity, method, payload))
    return answer


async def test_an_opt_out_holds_from_that_moment(
    start_service: StartService, platform: ScriptedPlatform, open_bots: OpenBots
) -> None:
    """By request and by attribute, for all tracks of somebody, until both say otherwise."""
    service = await start_service()
    bots = open_bots(service)
    await joined(bots, platform, (ANA, MIC_ANA), (BOB, MIC_BOB))
    assert await ask(platform, "ana", "captions.opt_out") == {"opt_out": True}
    platform.meeting.say("TR_ana", speech(0, 3), silence(1.5))
    platform.publish(AudioOffer("ana", "TR_screen", screen=True))
    platform.come(replace(BOB, opted_out=True))
    await until(lambda: unheard(bots) == {"ana": "opted_out", "bob": "opted_out"})
    assert not any(map(platform.meeting.hears, ("TR_ana", "TR_bob", "TR_screen")))
    assert await ask(platform, "bob", "captions.opt_out", '{"opt_out": false}') == {"opt_out": True}
    assert await ask(platform, "ana", "captions.opt_out", "false") == {"opt_out": False}
    assert all(map(platform.meeting.hears, ("TR_ana", "TR_screen")))
    platform.meeting.say("TR_ana", speech(3, 3), silence(1.5))
    await until_said(service, "ana", words(3, 3))
    assert await texts(service, "ana") == words(3, 3)


async def test_an_opt_out_outlives_the_connection_and_the_process(
    start_service: StartService, platform: ScriptedPlatform, open_bots: OpenBots
) -> None:
    """Nobody is heard in between, and the wish is on disk when it is answered."""
    service = await start_service()
    bots = open_bots(service)
    await joined(bots, platform, (ANA, MIC_ANA), (BOB, MIC_BOB))
    await ask(platform, "ana", "captions.opt_out")
    assert [record.opted_out for record in await listened(service)] == [("ana",)]
    platform.meeting.end(ended=False)
    await until(lambda: len(platform.meetings) == 2 and bots.status(MEETING).heard == 1)
    assert "TR_ana" not in platform.meeting.taps
    await bots.close()
    again = open_bots(service)
    await again.start()
    await until(lambda: len(platform.meetings) == 3 and again.status(MEETING).heard == 1)
    assert unheard(again) == {"ana": "opted_out"}
    assert "TR_ana" not in platform.meeting.taps


async def test_the_last_wish_counts(
    start_service: StartService, platform: ScriptedPlatform, open_bots: OpenBots
) -> None:
    """However fast somebody changes their mind, on disk and in the meeting."""
    service = await start_service()
    bots = open_bots(service)
    await joined(bots, platform, (ANA, MIC_ANA))
    for last, answers in ((True, (False, True)), (False, (True, False, True, False))):
        await asyncio.gather(
            *(ask(platform, "ana", "captions.opt_out", json.dumps({"opt_out": out})) for out in answers)
        )
        assert platform.meeting.hears("TR_ana") is not last
        assert [record.opted_out for record in await listened(service)] == [("ana",) if last else ()]


async def test_an_opt_out_is_no_reason_to_come_back(
    start_service: StartService, platform: ScriptedPlatform, open_bots: OpenBots
) -> None:
    """A wish that comes while the listener leaves does not put it on the list of those that return."""
    service = await start_service()
    bots = open_bots(service)
    await joined(bots, platform, (ANA, MIC_ANA))
    leaving = asyncio.create_task(bots.leave(MEETING))
    while bots.listens(MEETING):
        await asyncio.sleep(0)
    await ask(platform, "ana", "captions.opt_out")
    await leaving
    assert list(await listened(service)) == []


async def test_requests_that_cannot_be_met(
    start_service: StartService, platform: ScriptedPlatform, open_bots: OpenBots
) -> None:
    """Are refused by name; what can be met is answered."""
    service = await start_service(text=text_engine())
    bots = open_bots(service)
    await joined(bots, platform)
    await until(lambda: platform.meetings)
    for method, payload, error in (
        ("captions.opt_out", "maybe", MessageInvalid),
        ("captions.opt_out", '{"opt_out": "false"}', MessageInvalid),
        ("captions.set_language", "{", MessageInvalid),
        ("captions.set_language", '{"language": 4}', MessageInvalid),
        ("captions.set_language", "ja", LanguageUnavailable),
        ("captions.dance", "", NotFound),
    ):
        with pytest.raises(error):
            await ask(platform, "ana", method, payload)
    assert await ask(platform, "ana", "captions.set_language", '"fr-FR"') == {"language": "fr"}
    assert "fr" in (await ask(platform, "ana", "captions.languages"))["languages"]
    assert await ask(platform, "ana", "captions.link") == {"url": "https://here.example/rooms/council"}


# --- connections -----------------------------------------------------------------------------------


async def test_a_broken_connection_costs_no_captions(
    start_service: StartService, platform: ScriptedPlatform, open_bots: OpenBots
) -> None:
    """What was heard before it broke is captioned, and shown when the listener is back, in each language."""
    service = await start_service(text=text_engine())
    bots = open_bots(service)
    await joined(bots, platform, (ANA, MIC_ANA), (BOB, MIC_BOB))
    platform.meeting.say("TR_ana", speech(0, 3), silence(1.5))
    await until(lambda: on_screen(platform, "bob") == ["W0·fr W1·fr W2·fr"])
    platform.gate.clear()
    platform.meeting.say("TR_ana", speech(3, 5))
    platform.meeting.end(ended=False)
    await until_said(service, "ana", words(3, 5))
    assert bots.status(MEETING).state == "joining"
    platform.gate.set()
    await until(lambda: on_screen(platform, "ana")[-1:] == [words(3, 5)])
    await until(lambda: on_screen(platform, "bob")[-1:] == [" ".join(f"W{n}·fr" for n in range(3, 8))])
    assert on_screen(platform, "ana") == [words(0, 3), words(3, 5)]
    said = [chunk.text for meeting in platform.meetings for chunk in meeting.chunks]
    assert " ".join(said) == words(0, 8)
    await until(lambda: bots.status(MEETING).heard == 2)
    platform.meeting.say("TR_ana", speech(8, 2), silence(1.5))
    await until_said(service, "ana", words(8, 2))


@pytest.mark.parametrize("error", [MeetingUnreachable("away"), RuntimeError("a library's own")])
async def test_what_keeps_it_out_is_told_and_tried_again(
    start_service: StartService, platform: ScriptedPlatform, open_bots: OpenBots, error: Exception
) -> None:
    """Whatever it is."""
    service = await start_service()
    bots = open_bots(service)
    platform.refusals = [error] * 3
    await bots.open(MEETING, "api")
    await until(lambda: bots.problem)
    assert bots.problem
    assert bots.problem.code == "meeting_unreachable"
    await until(lambda: bots.status(MEETING).state == "listening")
    assert bots.problem is None


async def test_listeners_of_many_meetings_come_back_apart(
    start_service: StartService, platform: ScriptedPlatform, open_bots: OpenBots
) -> None:
    """Where the platform is away for all of them at once, each waits as long as chance says."""
    drawn: list[tuple[float, float]] = []

    def draw(low: float, high: float) -> float:
        drawn.append((low, high))
        return 0.01 * len(drawn)

    service = await start_service()
    bots = open_bots(service, pauses=Backoff(1.0, 3.0, draw))
    meetings = [f"council-{number}" for number in range(3)]
    platform.refusals = [MeetingUnreachable("away")] * 9
    for meeting in meetings:
        await bots.open(meeting, "api")
    await until(lambda: all(bots.status(meeting).state == "listening" for meeting in meetings))
    assert len(drawn) == 9
    assert set(drawn) <= {(0.5, 1.5), (1.0, 3.0), (1.5, 3.0)}


async def test_a_key_that_comes_while_it_joins_is_used(
    start_service: StartService, platform: ScriptedPlatform, open_bots: OpenBots
) -> None:
    """And one that comes later; the same one changes nothing."""
    service = await start_service()
    bots = open_bots(service)
    platform.gate.clear()
    await bots.open(MEETING, "api")
    await until(lambda: platform.joining)
    await bots.open(MEETING, "api", key="first")
    platform.gate.set()
    await until(
        lambda: (
            platform.meetings
            and platform.meeting.key == "first"
            and bots.status(MEETING).state == "listening"
        )
    )
    await bots.open(MEETING, "api", key="second")
    await until(lambda: platform.meeting.key == "second" and bots.status(MEETING).state == "listening")
    count = len(platform.meetings)
    await bots.open(MEETING, "api", key="second")
    await bots.open(MEETING, "api")
    platform.come(ANA)  # whoever comes is seen after the keys are compared
    await until(lambda: bots.status(MEETING).participants == 1)
    assert len(platform.meetings) == count
    assert all(meeting.closed for meeting in platform.meetings[:-1])


# --- leaving ---------------------------------------------------------------------------------------


async def test_the_meeting_ends(
    start_service: StartService, platform: ScriptedPlatform, open_bots: OpenBots
) -> None:
    """What was said is finished, everybody has left, and nobody comes back."""
    service = await start_service()
    bots = open_bots(service)
    await joined(bots, platform, (ANA, MIC_ANA))
    platform.meeting.say("TR_ana", speech(0, 3))
    platform.meeting.end(ended=True)
    await until(lambda: not bots.statuses())
    assert await texts(service, "ana") == words(0, 3)
    assert list(await listened(service)) == []
    assert [stay.left_at is not None for stay in await attendance(service)] == [True]


async def test_it_is_sent_out(
    start_service: StartService, platform: ScriptedPlatform, open_bots: OpenBots
) -> None:
    """What was said comes back first; asked twice it leaves once; then it may be asked in."""
    service = await start_service()
    bots = open_bots(service)
    await joined(bots, platform, (ANA, MIC_ANA))
    platform.meeting.say("TR_ana", speech(0, 4))
    leaving = asyncio.gather(bots.leave(MEETING), bots.leave(MEETING))
    while bots.listens(MEETING):
        await asyncio.sleep(0)  # no longer than that: it leaves at once
    assert not leaving.done(), "who is leaving is no reason not to send another one"
    status: BotStatus = await bots.open(MEETING, "dispatch")
    assert status.state in {"joining", "listening"}, "another one comes in, however fast"
    await leaving
    assert on_screen(platform, "ana") == [words(0, 4)]
    assert platform.meetings[0].closed
    await until(lambda: bots.status(MEETING).heard == 1)
    assert [record.door for record in await listened(service)] == ["dispatch"]
    await bots.leave(MEETING)
    with pytest.raises(ListenerUnknown):
        bots.status(MEETING)


async def test_it_is_sent_out_while_it_joins(
    start_service: StartService, platform: ScriptedPlatform, open_bots: OpenBots
) -> None:
    """It never gets in."""
    service = await start_service()
    bots = open_bots(service)
    platform.gate.clear()
    await bots.open(MEETING, "api")
    await bots.leave(MEETING)
    assert (platform.meetings, bots.statuses(), list(await listened(service))) == (
        [],
        [],
        [],
    )


async def test_an_empty_meeting_is_left(
    start_service: StartService, platform: ScriptedPlatform, open_bots: OpenBots
) -> None:
    """Bots are nobody; as long as somebody is there it stays."""
    service, clock = await start_service(), ManualClock()
    bots = open_bots(service, clock, empty_seconds=60.0)
    await joined(bots, platform, (ANA, MIC_ANA))
    platform.come(MeetingParticipant("bot", "Recorder", automatic=True))

    async def seen_now() -> bool:
        return [stay.seen_at for stay in await attendance(service)] == [clock.now()]

    for _ in range(3):  # who is there is noted before it is asked whether that is nobody
        clock.seconds += 70.0
        await until(seen_now)
    assert bots.status(MEETING).participants == 1
    platform.go("ana")
    await until(lambda: bots.status(MEETING).participants == 0)
    clock.seconds += 70.0
    await until(lambda: not bots.statuses())
    assert [stay.participant for stay in await attendance(service)] == ["ana"]


@pytest.mark.parametrize("somebody", [True, False])
async def test_a_room_deleted_under_it(
    start_service: StartService, platform: ScriptedPlatform, open_bots: OpenBots, *, somebody: bool
) -> None:
    """It leaves, whether or not somebody is heard, and makes nothing of the room anew."""
    service = await start_service()
    bots = open_bots(service)
    await joined(bots, platform, *([(ANA, MIC_ANA)] if somebody else []))
    await until(lambda: bots.status(MEETING).state == "listening")
    await until(lambda: service.statistics().readers == 1)
    await service.delete_room(MEETING)
    if somebody:
        platform.meeting.say("TR_ana", silence(0.1))
    await until(lambda: not bots.statuses())
    assert list(await service.rooms.every_room()) == []
    assert list(await listened(service)) == []
    assert list(await attendance(service)) == []


async def test_after_the_end_of_a_process_it_comes_back(
    start_service: StartService, platform: ScriptedPlatform, open_bots: OpenBots
) -> None:
    """The same people have not left; who left meanwhile did so when they were last seen."""
    service = await start_service(rooms=())
    bots = open_bots(service)
    await joined(bots, platform, (ANA, MIC_ANA), (BOB, MIC_BOB))
    await until(lambda: bots.status(MEETING).participants == 2)
    platform.meeting.say("TR_ana", speech(0, 3))
    await bots.close()
    assert await texts(service, "ana") == words(0, 3)
    assert platform.meeting.closed
    with pytest.raises(ShuttingDown):
        await bots.open(MEETING, "api")
    platform.go("bob")
    again = open_bots(service)
    await again.start()
    await until(lambda: again.status(MEETING).heard == 1)
    # Who is missing is known once all who are there are.

    async def known() -> dict[str, Stay] | None:
        stays = {stay.participant: stay for stay in await attendance(service)}
        return stays if stays["bob"].left_at else None

    stays = await until(known, "the end of Bob's stay")
    assert stays
    assert set(stays) == {"ana", "bob"}
    assert stays["ana"].left_at is None
    assert stays["bob"].left_at == stays["bob"].seen_at


@pytest.mark.parametrize("doubt", [None, MeetingUnreachable("away")])
async def test_a_meeting_that_ended_meanwhile(
    start_service: StartService, platform: ScriptedPlatform, open_bots: OpenBots, doubt: AssistantError | None
) -> None:
    """Is closed with everybody's stay; where nobody can say whether it ended, the listener goes and sees."""
    service = await start_service()
    bots = open_bots(service)
    await joined(bots, platform, (ANA, MIC_ANA))
    await bots.close()
    platform.over, platform.doubt = True, doubt
    again = open_bots(service)
    await again.start()
    assert [record.meeting for record in await listened(service)] == ([MEETING] if doubt else [])
    assert bool(again.statuses()) == bool(doubt)
    stay = (await attendance(service))[0]
    assert stay.left_at == (None if doubt else stay.seen_at)


# --- attendance and notices --------------------------------------------------------------------------


async def test_attendance_survives_a_disk_that_is_away(
    start_service: StartService,
    platform: ScriptedPlatform,
    open_bots: OpenBots,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The listener stays, and writes later who came and went."""
    service = await start_service()
    bots = open_bots(service)
    await joined(bots, platform, (ANA, MIC_ANA))
    kind, save = type(stores_of(service).meetings), type(stores_of(service).meetings).save_stay

    async def fail(_store: object, stay: Stay) -> None:
        raise StoreUnavailable(stay.participant)

    monkeypatch.setattr(kind, "save_stay", fail)
    platform.come(BOB)
    await until(lambda: bots.status(MEETING).participants == 2)
    platform.come(replace(BOB, name="Bobby"))
    platform.go("bob")
    await until(lambda: bots.status(MEETING).participants == 1)
    monkeypatch.setattr(kind, "save_stay", save)
    platform.meeting.end(ended=True)
    await until(lambda: not bots.statuses())
    stays = await attendance(service)
    assert [(stay.participant, stay.name) for stay in stays] == [("ana", "Ana"), ("bob", "Bobby")]
    assert all(stay.left_at for stay in stays)
    assert len(platform.meetings) == 1


async def test_everybody_is_told_once_who_listens(
    start_service: StartService, platform: ScriptedPlatform, open_bots: OpenBots
) -> None:
    """When they come, when they come again, and later where they could not be reached; bots are not."""
    service = await start_service(rooms=())
    bots = open_bots(service)
    await joined(bots, platform, (ANA, MIC_ANA), (BOB, MIC_BOB))
    platform.come(MeetingParticipant("bot", "Recorder", automatic=True))
    told = platform.meeting.announcements
    await until(lambda: told)
    platform.come(replace(ANA, name="Ana Souza"))
    await until(lambda: bots.status(MEETING).participants == 2)
    assert [to for _, to in told] == [("ana", "bob")]
    document = json.loads(told[0][0].document)
    assert (document["hears"], document["listener"], document["room"]) == (True, "listener", "council")
    assert document["url"] in told[0][0].text
    platform.go("bob")
    platform.come(BOB)
    await until(lambda: [to for _, to in told] == [("ana", "bob"), ("bob",)])
    platform.meeting.unreachable = True
    platform.come(MeetingParticipant("eve", "Eve"))
    await until(lambda: bots.status(MEETING).participants == 3)
    platform.meeting.unreachable = False
    platform.come(MeetingParticipant("kim", "Kim"))
    await until(lambda: told[-1][1] == ("eve", "kim"))


async def test_everybody_is_told_that_nothing_can_be_heard(
    start_service: StartService, platform: ScriptedPlatform, open_bots: OpenBots
) -> None:
    """Once, whoever was told something else before; the chat may be left alone."""
    service = await start_service()
    bots = open_bots(service, notices=False)
    await joined(bots, platform, (ANA, MIC_ANA))
    told = platform.meeting.announcements
    await until(lambda: told)
    platform.publish(AudioOffer("ana", "TR_secret", encrypted=True))
    platform.publish(AudioOffer("ana", "TR_secret2", encrypted=True))
    await until(lambda: len(told) == 2)
    await until(lambda: bots.status(MEETING).unheard)
    announcement, to = told[1]
    assert (to, announcement.text, json.loads(announcement.document)["hears"]) == ((), "", False)
    assert len(told) == 2


# --- whether somebody is heard -------------------------------------------------------------------------


def personal(clock: Clock | None = None) -> ConsentLinks:
    return ConsentLinks("https://here.example", "a secret of the platform", 24.0, clock or SystemClock())


def told_to(platform: ScriptedPlatform, who: str) -> list[Announcement]:
    """Return what one person alone was told, in order."""
    return [announcement for announcement, to in platform.meeting.announcements if to == (who,)]


def was_told(platform: ScriptedPlatform, who: str, begin: str) -> bool:
    """Return whether one person alone was told something last that begins so."""
    told = told_to(platform, who)
    return bool(told) and told[-1].text.startswith(begin)


async def test_everybody_gets_a_page_of_their_own_and_nobody_anothers(
    start_service: StartService, platform: ScriptedPlatform, open_bots: OpenBots
) -> None:
    """Its address goes to them alone, in the chat and for programs; whose it is, the service knows."""
    service = await start_service()
    links = personal()
    bots = open_bots(service, consent=links)
    await joined(bots, platform, (ANA, MIC_ANA), (BOB, MIC_BOB))
    await until(lambda: told_to(platform, "ana") and told_to(platform, "bob"))
    for who in ("ana", "bob"):
        (notice,) = told_to(platform, who)
        address = json.loads(notice.document)["consent_url"]
        assert notice.text.endswith(f" {address}")
        assert address.startswith("https://here.example/consent#consent1.council.")
        grant = links.grant(address.partition("#")[2])
        assert (grant.room, grant.identity) == ("council", who)
    assert all(to in {("ana",), ("bob",)} for _, to in platform.meeting.announcements)


async def test_without_pages_and_chat_no_way_is_promised(
    start_service: StartService, platform: ScriptedPlatform, open_bots: OpenBots
) -> None:
    """And no address, where the service has no public one; who may write is told the word."""
    service = await start_service()
    bots = open_bots(service, recording_indicator=False)
    await joined(bots, platform, (replace(ANA, can_write=False), MIC_ANA), (BOB, MIC_BOB))
    await until(lambda: told_to(platform, "ana") and told_to(platform, "bob"))
    assert "Not to be heard" not in told_to(platform, "ana")[0].text
    assert "recording sign" not in told_to(platform, "ana")[0].text
    assert "“/captions off” in this chat" in told_to(platform, "bob")[0].text
    for who in ("ana", "bob"):
        assert json.loads(told_to(platform, who)[0].document)["consent_url"] == ""


async def test_each_client_is_told_what_it_shows(
    start_service: StartService, platform: ScriptedPlatform, open_bots: OpenBots
) -> None:
    """La Suite Meet has a captions button and no sign of ours; other clients of LiveKit's have one."""
    service = await start_service()
    bots = open_bots(service, consent=personal())
    await joined(bots, platform, (replace(ANA, panel=True), MIC_ANA), (BOB, MIC_BOB))
    await until(lambda: told_to(platform, "ana") and told_to(platform, "bob"))
    visio, other = told_to(platform, "ana")[0].text, told_to(platform, "bob")[0].text
    assert ("captions button" in visio, "recording sign" in visio) == (True, False)
    assert ("captions button" in other, "recording sign" in other) == (False, True)
    assert "[Captions] This meeting" in visio
    assert platform.meeting.states == [True]


async def test_where_it_is_seen_the_notice_says_under_which_name(
    start_service: StartService, platform: ScriptedPlatform, open_bots: OpenBots
) -> None:
    """And what clients show as its state is that nothing is heard, where that is so."""
    service = await start_service()
    bots = open_bots(service, listed_as="Captions / Sous-titres")
    await joined(bots, platform, (ANA, MIC_ANA))
    await until(lambda: told_to(platform, "ana"))
    assert "“Captions / Sous-titres” is among the participants" in told_to(platform, "ana")[0].text
    platform.publish(AudioOffer("ana", "TR_secret", encrypted=True))
    await until(lambda: platform.meeting.states == [True, False])


async def test_a_no_on_the_page_holds_and_is_told(
    start_service: StartService, platform: ScriptedPlatform, open_bots: OpenBots
) -> None:
    """From that moment on, when they come back, when the listener does, and until they say yes."""
    service = await start_service()
    bots = open_bots(service, consent=personal())
    await joined(bots, platform, (ANA, MIC_ANA), (BOB, MIC_BOB))
    hearing = await bots.choose("council", "ana", heard=False)
    assert (hearing.listening, hearing.heard) == (True, False)
    assert not platform.meeting.hears("TR_ana")
    assert platform.meeting.hears("TR_bob")
    await until(lambda: len(told_to(platform, "ana")) == 2)
    answer = told_to(platform, "ana")[1]
    assert json.loads(answer.document)["heard"] is False
    assert answer.text.startswith("[Captions] You are not heard, as you asked")
    assert len(told_to(platform, "bob")) == 1
    platform.go("ana")
    await until(lambda: bots.status(MEETING).participants == 1)
    platform.come(ANA)
    platform.publish(MIC_ANA)
    await until(lambda: len(told_to(platform, "ana")) == 3)
    assert "You are not heard, as you asked" in told_to(platform, "ana")[2].text
    await bots.leave(MEETING)
    await bots.open(MEETING, "dispatch")
    await until(lambda: bots.status(MEETING).heard == 1)
    assert unheard(bots) == {"ana": "opted_out"}
    assert not platform.meeting.hears("TR_ana")
    hearing = await bots.choose("council", "ana", heard=True)
    assert hearing.heard
    assert platform.meeting.hears("TR_ana")
    with pytest.raises(ListenerUnknown):
        await bots.choose("elsewhere", "ana", heard=False)


async def test_a_meeting_of_another_day_begins_anew(
    start_service: StartService, platform: ScriptedPlatform, open_bots: OpenBots
) -> None:
    """Rooms have the same name each week; who refused is asked again, and who agreed again is heard."""
    clock = ManualClock()
    service = await start_service()
    bots = open_bots(service, clock)
    await joined(bots, platform, (ANA, MIC_ANA))
    await bots.choose("council", "ana", heard=False)
    await bots.leave(MEETING)
    clock.seconds += 24 * 3600.0
    await bots.open(MEETING, "dispatch")
    await until(lambda: bots.status(MEETING).heard == 1)
    await bots.choose("council", "ana", heard=False)
    await bots.choose("council", "ana", heard=True)
    await bots.leave(MEETING)
    await bots.open(MEETING, "dispatch")
    await until(lambda: bots.status(MEETING).heard == 1)


async def test_a_word_in_the_chat_is_heeded_and_answered_to_whoever_wrote_it(
    start_service: StartService, platform: ScriptedPlatform, open_bots: OpenBots
) -> None:
    """In its language, also where notices are off; another word is answered with those that we know."""
    service = await start_service()
    bots = open_bots(service, notices=False)
    await joined(bots, platform, (ANA, MIC_ANA), (BOB, MIC_BOB))
    for word, begin, hears in (
        (ChatWord("fr", heard=False), "[Sous-titres] Comme vous l’avez demandé", False),
        (ChatWord("fr", heard=None), "[Sous-titres] Pour ne pas être entendu", False),
        (ChatWord("en", heard=True), "[Captions] You are heard again", True),
    ):
        platform.meeting.happen(WordWritten("ana", word))
        await until(partial(was_told, platform, "ana", begin))
        assert platform.meeting.hears("TR_ana") is hears
        assert platform.meeting.hears("TR_bob")
    platform.meeting.happen(WordWritten("nobody", ChatWord("en", heard=False)))
    platform.meeting.happen(WordWritten("ana", ChatWord("en", heard=False)))
    await until(lambda: not platform.meeting.hears("TR_ana"))
    (record,) = await listened(service)
    assert record.opted_out == ("ana",)


async def test_a_no_that_cannot_be_written_down_holds_and_is_written_later(
    start_service: StartService,
    platform: ScriptedPlatform,
    open_bots: OpenBots,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever said it on their page is told that it is not kept yet; nobody has to say it twice."""
    service = await start_service()
    bots = open_bots(service)
    await joined(bots, platform, (ANA, MIC_ANA), (BOB, MIC_BOB))
    kind = type(stores_of(service).meetings)
    save = kind.save_listener

    async def fail(_store: object, record: ListenerRecord) -> None:
        raise StoreUnavailable(record.room)

    monkeypatch.setattr(kind, "save_listener", fail)
    platform.meeting.happen(WordWritten("bob", ChatWord("en", heard=False)))
    await until(lambda: not platform.meeting.hears("TR_bob"))
    with pytest.raises(StoreUnavailable):
        await bots.choose("council", "ana", heard=False)
    assert not platform.meeting.hears("TR_ana")
    assert len(platform.meetings) == 1
    monkeypatch.setattr(kind, "save_listener", save)

    async def kept() -> bool:
        return (await listened(service))[0].opted_out == ("ana", "bob")

    await until(kept, "both refusals on disk")


# --- the bot manager ----------------------------------------------------------------------------------------


async def test_one_listener_for_a_meeting(
    start_service: StartService, platform: ScriptedPlatform, open_bots: OpenBots
) -> None:
    """However many ask at the same time."""
    service = await start_service()
    bots = open_bots(service)
    await asyncio.gather(*(bots.open(MEETING, "dispatch") for _ in range(5)))
    await until(lambda: bots.status_of_room(MEETING).state == "listening")
    assert (len(platform.meetings), len(bots.statuses())) == (1, 1)
    assert bots.wants("council-7")
    assert not bots.wants("private")
    with pytest.raises(ListenerUnknown):
        bots.status_of_room("private")
    with pytest.raises(ListenerUnknown):
        await bots.leave("private")
    await bots.over("private")


async def test_a_machine_that_is_full_takes_no_meeting(
    start_service: StartService,
    platform: ScriptedPlatform,
    open_bots: OpenBots,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It says so before it goes there, and leaves nothing behind."""
    service = await start_service()
    bots = open_bots(service)

    def full() -> None:
        raise CapacityReached("full")

    assert bots.has_power()
    monkeypatch.setattr(service.tracks, "check_power", full)
    with pytest.raises(CapacityReached):
        await bots.dispatched(MEETING)
    assert not bots.has_power()
    assert (platform.meetings, list(await listened(service))) == ([], [])


async def test_without_text_streams_only_pieces_go_in(
    start_service: StartService, platform: ScriptedPlatform, open_bots: OpenBots
) -> None:
    """And the other way round, as the operator wants."""
    relay = IMPATIENT.relay
    for rules in (replace(relay, text_streams=False), replace(relay, legacy_packets=False)):
        service = await start_service()
        bots = open_bots(service, relay=rules)
        await joined(bots, platform, (ANA, MIC_ANA))
        platform.meeting.say("TR_ana", speech(0, 3), silence(1.5))
        await until_said(service, "ana", words(0, 3))
        await bots.leave(MEETING)
        assert bool(platform.meeting.shown) == rules.text_streams
        assert bool(platform.meeting.chunks) == rules.legacy_packets
        await service.delete_room(MEETING)
