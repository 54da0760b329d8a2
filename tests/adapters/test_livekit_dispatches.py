"""Dispatches that nobody has got, against a scripted LiveKit: what real servers do is in `tests/meetings`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self, cast

import pytest
from livekit import api
from livekit.protocol.agent import Job
from livekit.protocol.agent_dispatch import AgentDispatch, AgentDispatchState
from livekit.protocol.models import ParticipantInfo, Room

from assistant.adapters import livekit_dispatches
from assistant.adapters.livekit_dispatches import UnansweredDispatches
from assistant.adapters.livekit_platform import LiveKitAccess
from tests.adapters.scripted_rooms import ScriptedRooms
from tests.waiting import until

NAME = "clerk"


class ScriptedLiveKit:
    """Keeps dispatches, and fails as a test says; it is its own client and all parts of that.

    Attributes:
        meetings: Their dispatches.
        people: How many are in each meeting.
        inside: Identities of whoever is in a meeting, beside them.
        failures: How often the next calls of a method fail.
        looks: How often it was asked which meetings there are.
    """

    def __init__(self, *meetings: str) -> None:
        self.meetings: dict[str, dict[str, AgentDispatch]] = {meeting: {} for meeting in meetings}
        self.people = dict.fromkeys(meetings, 1)
        self.inside: set[str] = set()
        self.failures: dict[str, int] = {}
        self.looks = 0
        self.room = self.agent_dispatch = self
        self._count = 0

    name = NAME

    def identity(self, meeting: str) -> str:
        """Return our identity in a meeting."""
        return f"{NAME}-{meeting}"

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Self]:
        """Return a client."""
        yield self

    def press(self, meeting: str, agent: str = NAME, **fields: Any) -> str:
        """Add a dispatch without a job; return its id."""
        self._count += 1
        id_, state = f"AD_{self._count}", AgentDispatchState(created_at=self._count)
        self.meetings[meeting][id_] = AgentDispatch(
            id=id_, agent_name=agent, room=meeting, state=state, **fields
        )
        return id_

    def ids(self, meeting: str) -> list[str]:
        """Return the dispatches of a meeting."""
        return list(self.meetings[meeting])

    async def list_rooms(self, _: api.ListRoomsRequest) -> api.ListRoomsResponse:
        """Return all meetings."""
        self.looks += 1
        self._fail("list_rooms", "unavailable")
        rooms = [Room(name=meeting, num_participants=self.people[meeting]) for meeting in self.meetings]
        return api.ListRoomsResponse(rooms=rooms)

    async def list_dispatch(self, meeting: str) -> list[AgentDispatch]:
        """Return the dispatches of a meeting."""
        self._fail("list_dispatch", "unavailable")
        return list(self.meetings[meeting].values())

    async def delete_dispatch(self, id_: str, meeting: str) -> AgentDispatch:
        """Delete a dispatch, which other services may do before."""
        await asyncio.sleep(0)
        if id_ not in self.meetings.get(meeting, ()):
            self.failures["missing"] = 1
            self._fail("missing", "not_found")
        deleted = self.meetings[meeting].pop(id_)
        self._fail("delete_dispatch", "unavailable")
        return deleted

    async def create_dispatch(self, request: api.CreateAgentDispatchRequest) -> AgentDispatch:
        """Create a dispatch."""
        self._fail("create_dispatch", "unavailable")
        fields = {"metadata": request.metadata, "attributes": request.attributes}
        return self.meetings[request.room][self.press(request.room, request.agent_name, **fields)]

    async def get_participant(self, wanted: api.RoomParticipantIdentity) -> ParticipantInfo:
        """Return somebody who is in a meeting."""
        if wanted.identity not in self.inside:
            self.failures["missing"] = 1
            self._fail("missing", "not_found")
        return ParticipantInfo(identity=wanted.identity)

    def _fail(self, method: str, code: str) -> None:
        if self.failures.get(method):
            self.failures[method] -= 1
            raise api.TwirpError(code, "scripted", status=500)


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is being offered."""
    monkeypatch.setattr(livekit_dispatches, "_SETTLE_SECONDS", 0.0)


@pytest.fixture
def server() -> ScriptedLiveKit:
    """A server with one meeting."""
    return ScriptedLiveKit("council")


def looking(server: ScriptedLiveKit, rooms: ScriptedRooms | None = None) -> UnansweredDispatches:
    return UnansweredDispatches(cast("LiveKitAccess", server), rooms or ScriptedRooms())


async def test_presses_in_a_meeting_are_offered_anew_as_one() -> None:
    """With what the first of them asked; dispatches of others, and in meetings without people, stay."""
    server = ScriptedLiveKit("council", "empty")
    server.people["empty"] = 0
    server.press("council", metadata="first", attributes={"a": "b"})
    server.press("council", metadata="second")
    kept = [server.press("council", "others"), server.press("council", deployment="trial")]
    empty = server.press("empty")
    assert await looking(server).look()
    assert server.ids("empty") == [empty]
    assert server.ids("council")[:2] == kept
    (anew,) = server.ids("council")[2:]
    assert server.meetings["council"][anew].metadata == "first"
    assert server.meetings["council"][anew].attributes == {"a": "b"}


async def test_what_may_still_be_offered_waits(
    server: ScriptedLiveKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To delete it would end the job that it is about to have."""
    monkeypatch.setattr(livekit_dispatches, "_SETTLE_SECONDS", 60.0)
    pressed, unanswered = server.press("council"), looking(server)
    assert await unanswered.look()
    assert server.ids("council") == [pressed]
    monkeypatch.setattr(livekit_dispatches, "_SETTLE_SECONDS", 0.0)
    assert await unanswered.look()
    assert server.ids("council") == ["AD_2"]


async def test_a_dispatch_that_was_answered_stays(server: ScriptedLiveKit) -> None:
    """Unless its job was refused here, which LiveKit does not know."""
    pressed, unanswered = server.press("council"), looking(server)
    server.meetings["council"][pressed].state.jobs.append(Job(id="J"))
    assert not await unanswered.look()
    assert server.ids("council") == [pressed]
    unanswered.refuse(pressed, "council")
    assert await unanswered.look()
    assert server.ids("council") == ["AD_2"]


async def test_without_power_they_wait(server: ScriptedLiveKit) -> None:
    """There is no need to look again until there is."""
    rooms = ScriptedRooms()
    rooms.power = False
    pressed = server.press("council")
    assert not await looking(server, rooms).look()
    assert server.ids("council") == [pressed]


async def test_a_meeting_that_is_listened_to_needs_nobody(server: ScriptedLiveKit) -> None:
    """What was asked is done where this service listens; another one has to say so itself."""
    pressed = server.press("council")
    server.inside.add(f"{NAME}-council")
    assert not await looking(server).look()
    assert server.ids("council") == [pressed]
    rooms = ScriptedRooms()
    await rooms.dispatched("council")
    await looking(server, rooms).look()
    assert server.ids("council") == []


async def test_of_several_services_one_offers_it_anew(server: ScriptedLiveKit) -> None:
    """The one that deleted the first of the dispatches."""
    for _ in range(3):
        server.press("council")
    looks = await asyncio.gather(*(looking(server).look() for _ in range(3)))
    assert sorted(looks) == [False, False, True]
    assert len(server.ids("council")) == 1


@pytest.mark.parametrize("method", ["delete_dispatch", "create_dispatch"])
async def test_what_was_deleted_and_not_created_is_created_later(
    server: ScriptedLiveKit, method: str
) -> None:
    """Also where that meeting cannot be looked at in between."""
    server.press("council", metadata="pressed")
    server.failures = {method: 1}
    unanswered = looking(server)
    assert await unanswered.look()
    assert server.ids("council") == []
    server.failures = {"list_dispatch": 1}
    await unanswered.look()
    assert server.ids("council") == []
    await unanswered.look()
    (anew,) = server.ids("council")
    assert server.meetings["council"][anew].metadata == "pressed"
    rooms = ScriptedRooms()
    rooms.power = False
    await looking(server, rooms).look()
    assert server.ids("council") == [anew]


async def test_a_meeting_that_ended_meanwhile_is_not_begun_anew(server: ScriptedLiveKit) -> None:
    """LiveKit would make its room again, with nobody in it but us."""
    server.press("council")
    server.failures = {"create_dispatch": 1}
    unanswered = looking(server)
    assert await unanswered.look()
    del server.meetings["council"]
    assert not await unanswered.look()
    server.meetings["council"] = {}
    assert not await unanswered.look()
    assert server.ids("council") == []


async def test_a_server_that_fails_is_asked_again(server: ScriptedLiveKit) -> None:
    """Looking goes on, whatever LiveKit answers."""
    server.failures = {"list_rooms": 2}
    rooms = ScriptedRooms()
    watching = asyncio.create_task(looking(server, rooms).watch())
    await until(lambda: server.looks >= 3)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    assert watching.cancelled()
