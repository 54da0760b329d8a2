"""Presses on a captions button that came while nobody could take them, at a real LiveKit server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from livekit import api
from livekit.protocol.agent_dispatch import AgentDispatch

from assistant.adapters import livekit_worker
from assistant.adapters.livekit_dispatches import UnansweredDispatches
from assistant.adapters.livekit_platform import LiveKitAccess
from assistant.adapters.livekit_worker import AgentWorker
from assistant.core.errors import CapacityReached
from tests.adapters.scripted_rooms import ScriptedRooms
from tests.conftest import Recordings
from tests.live.service import LiveService
from tests.meetings.conftest import StartService
from tests.meetings.guest import Guest, plain
from tests.meetings.livekit_server import KEY, SECRET, LiveKitServer
from tests.waiting import until

pytestmark = [pytest.mark.livekit, pytest.mark.slow]

AGENT = "multi-user-transcriber"


class Service:
    """A worker with scripted rooms, as one service would register it."""

    def __init__(self, server: LiveKitServer) -> None:
        self.rooms = ScriptedRooms()
        access = LiveKitAccess(server.url, KEY, SECRET, name=AGENT)
        self.unanswered = UnansweredDispatches(access, self.rooms)
        self.worker = AgentWorker(access, self.rooms, self.unanswered, version="1")


StartWorker = Callable[..., Awaitable[Service]]


@pytest.fixture
async def start_worker(livekit: LiveKitServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[StartWorker]:
    """Registers services, each with its own rooms."""
    monkeypatch.setattr(livekit_worker, "_LOAD_SECONDS", 0.1)
    running: list[Service] = []

    async def start(*, power: bool = True) -> Service:
        service = Service(livekit)
        service.rooms.power = power
        running.append(service)
        await service.worker.start()
        await until(lambda: service.worker.problem is None)
        return service

    yield start
    for service in running:
        await service.worker.close()


@pytest.fixture
async def backend(livekit: LiveKitServer) -> AsyncIterator[api.LiveKitAPI]:
    """What the captions button asks."""
    async with api.LiveKitAPI(livekit.url, KEY, SECRET) as backend:
        yield backend


async def press(backend: api.LiveKitAPI, meeting: str, agent: str = AGENT) -> AgentDispatch:
    """Press the captions button in a meeting."""
    request = api.CreateAgentDispatchRequest(agent_name=agent, room=meeting, metadata="pressed")
    return await backend.agent_dispatch.create_dispatch(request)


async def dispatches_in(backend: api.LiveKitAPI, meeting: str, agent: str = AGENT) -> list[AgentDispatch]:
    """Return the dispatches of an agent in a meeting; LiveKit itself makes one for agents without a name."""
    found = await backend.agent_dispatch.list_dispatch(meeting)
    return sorted((one for one in found if one.agent_name == agent), key=lambda one: one.id)


async def answered(backend: api.LiveKitAPI, meeting: str) -> list[AgentDispatch]:
    """Return the dispatches in a meeting once each has a job, which LiveKit tells seconds later."""

    async def all_have_jobs() -> list[AgentDispatch]:
        found = await dispatches_in(backend, meeting)
        return found if all(one.state.jobs for one in found) else []

    return await until(all_have_jobs)


async def test_a_press_while_the_service_is_down_is_taken_when_it_is_back(
    livekit: LiveKitServer, backend: api.LiveKitAPI, start_worker: StartWorker
) -> None:
    """In each meeting once, with what was asked; what others are asked, or were given, is left alone."""
    async with AsyncExitStack() as stack:
        for meeting in ("council", "committee"):
            await stack.enter_async_context(Guest(livekit, meeting, f"ana-{meeting}"))
        for meeting in ("council", "council", "committee", "over"):
            await press(backend, meeting)
        others = await press(backend, "council", "others")
        await backend.room.delete_room(api.DeleteRoomRequest(room="over"))
        service = await start_worker()
        await until(lambda: len(service.rooms.dispatches) == 2)
        assert sorted(service.rooms.dispatches) == ["committee", "council"]

        (council,) = await answered(backend, "council")
        assert council.metadata == "pressed"
        assert await dispatches_in(backend, "council", "others") == [others]
        before = await answered(backend, "committee")
        service.rooms.end("committee")
        await service.worker.close()
        again = await start_worker()
        await press(backend, "council")
        await until(lambda: again.rooms.dispatches)
        assert again.rooms.dispatches == ["council"]
        assert await dispatches_in(backend, "committee") == before
        assert len(service.rooms.dispatches) == 2


@pytest.mark.parametrize("services", [1, 2])
async def test_a_press_while_the_service_is_full_is_taken_when_it_is_free(
    livekit: LiveKitServer, backend: api.LiveKitAPI, start_worker: StartWorker, services: int
) -> None:
    """By one of several services."""
    running = [await start_worker(power=False) for _ in range(services)]
    async with Guest(livekit, "council", "ana"):
        await press(backend, "council")
        for service in running:
            service.rooms.power = True

        def taken() -> list[str]:
            return [meeting for service in running for meeting in service.rooms.dispatches]

        await until(taken)
        before = await answered(backend, "council")
        for service in running:
            service.unanswered.look_soon()
        await asyncio.sleep(0.5)
        assert taken() == ["council"]
        assert await dispatches_in(backend, "council") == before


async def test_a_job_that_could_not_be_begun_is_begun_later(
    livekit: LiveKitServer, backend: api.LiveKitAPI, start_worker: StartWorker
) -> None:
    """LiveKit tells that it runs, and would leave it at that."""
    service = await start_worker()
    service.rooms.fault = CapacityReached("full")
    async with Guest(livekit, "council", "ana"):
        await press(backend, "council")
        await until(lambda: service.rooms.dispatches == ["council"])
        service.rooms.fault = None
        service.unanswered.look_soon()
        await until(lambda: service.rooms.listens("council"))
        assert service.rooms.dispatches == ["council", "council"]


async def test_a_meeting_that_another_service_listens_to_is_left_to_it(
    livekit: LiveKitServer, backend: api.LiveKitAPI, start_worker: StartWorker
) -> None:
    """It would have to leave for ours. When it is gone without an answer, ours comes."""
    async with Guest(livekit, "council", "ana"), Guest(livekit, "council", f"{AGENT}-council") as another:
        pressed = await press(backend, "council")
        service = await start_worker()
        async with Guest(livekit, "committee", "bob"):
            await press(backend, "committee")
            await until(lambda: service.rooms.listens("committee"))
        assert await dispatches_in(backend, "council") == [pressed]
        await another.leave()
        service.unanswered.look_soon()
        await until(lambda: service.rooms.dispatches[-1] == "council")


async def heard(service: LiveService, meeting: str, guest: Guest) -> None:
    """Wait until the service listens to a meeting, and to somebody there who opens their microphone."""
    await guest.publish()
    await until(lambda: service.get(f"/v1/rooms/{meeting}/listener").json().get("heard") == 1)


@pytest.mark.weights
@pytest.mark.timeout(300)
async def test_captions_come_for_whoever_pressed_too_early(
    livekit: LiveKitServer, backend: api.LiveKitAPI, start_service: StartService, recordings: Recordings
) -> None:
    """Before the service was started, and while it had all the talkers that it may have."""
    said = recordings["fleurs-en-004"].pcm
    async with Guest(livekit, "early", "ana") as ana, Guest(livekit, "full", "bob") as bob:
        await press(backend, "early")
        service = start_service(livekit, max_talkers="1")
        await heard(service, "early", ana)
        for _ in range(2):
            await ana.say(said, then_seconds=0.0)
        await press(backend, "full")
        await ana.say(said)
        assert not bob.chat, "the button was pressed while one person talked, and one may"
        await until(lambda: plain(ana.visio.text_of("ana")).count("feathers") == 3)
        await ana.leave()
        await heard(service, "full", bob)
        await bob.say(said)
        await until(lambda: "feathers" in plain(bob.visio.text_of("bob")))
        assert "Traceback" not in service.log.read_text()
