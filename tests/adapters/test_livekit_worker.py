"""The agent worker against a scripted server that speaks LiveKit's agent protocol."""

from __future__ import annotations

import asyncio
import http
from collections.abc import AsyncIterator
from typing import Any

import pytest
import websockets
from livekit import api
from livekit.protocol import agent, models
from websockets.asyncio.server import Server, ServerConnection, serve

from assistant.adapters.livekit_platform import LiveKitAccess
from assistant.adapters.livekit_worker import AgentWorker
from assistant.core.errors import CapacityReached, RoomNameInvalid
from assistant.tasks.retries import Backoff
from tests.adapters.scripted_rooms import ScriptedRooms
from tests.waiting import until

KEY, SECRET = "devkey", "a-secret-for-tests-that-is-long-enough"  # gitleaks:allow


class ScriptedServer:
    """Lets workers register that have the right key, and keeps what they say."""

    def __init__(self) -> None:
        self.port = 0
        self.tokens: list[str] = []
        self.registered: list[agent.RegisterWorkerRequest] = []
        self.said: list[agent.WorkerMessage] = []
        self.sockets: list[ServerConnection] = []
        self._server: Server | None = None

    async def start(self) -> None:
        """Serve, on the same port each time."""
        self._server = await serve(self._hear, "127.0.0.1", self.port, process_request=self._check)
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def stop(self) -> None:
        """Go away at once."""
        if self._server:
            self._server.close()
            await self._server.wait_closed()

    async def tell(self, **message: Any) -> None:
        """Send a message to the newest worker."""
        await self.sockets[-1].send(agent.ServerMessage(**message).SerializeToString())

    async def assign(self, job: str, meeting: str = "council") -> None:
        """Give a job to the worker."""
        await self.tell(assignment=agent.JobAssignment(job=_job(job, meeting)))

    def statuses(self, job: str) -> list[int]:
        """Return what was reported of a job."""
        return [
            said.update_job.status
            for said in self.said
            if said.WhichOneof("message") == "update_job" and said.update_job.job_id == job
        ]

    def answers(self) -> list[agent.AvailabilityResponse]:
        """Return what workers said when they were asked whether they are available."""
        return [said.availability for said in self.said if said.WhichOneof("message") == "availability"]

    async def until_answered(self, times: int) -> None:
        """Wait for so many answers."""
        await until(lambda: len(self.answers()) >= times)

    async def until_reported(self, job: str) -> None:
        """Wait until something was reported of a job."""
        await until(lambda: self.statuses(job))

    async def _check(self, socket: ServerConnection, request: Any) -> Any:
        token = request.headers["Authorization"].removeprefix("Bearer ")
        try:
            claims = api.TokenVerifier(KEY, SECRET).verify(token)
        except Exception:  # noqa: BLE001 - whatever is wrong with it
            return socket.respond(http.HTTPStatus.UNAUTHORIZED, "")
        assert claims.video
        assert claims.video.agent
        self.tokens.append(token)
        return None

    async def _hear(self, socket: ServerConnection) -> None:
        self.sockets.append(socket)
        async for data in socket:
            assert isinstance(data, bytes)
            message = agent.WorkerMessage.FromString(data)
            if message.WhichOneof("message") == "register":
                self.registered.append(message.register)
                await self.tell(register=agent.RegisterWorkerResponse(worker_id="AW_1"))
            else:
                self.said.append(message)


class ScriptedUnanswered:
    """Notes what it is told.

    Attributes:
        watched: How often it began to look, and how often that was ended.
        looked: How often it was to look soon.
        refused: Dispatches whose jobs could not be begun, and their meetings.
    """

    def __init__(self) -> None:
        self.watched = [0, 0]
        self.looked = 0
        self.refused: list[tuple[str, str]] = []

    async def watch(self) -> None:
        """Do nothing until this is ended."""
        self.watched[0] += 1
        try:
            await asyncio.Event().wait()
        finally:
            self.watched[1] += 1

    def look_soon(self) -> None:
        """Note it."""
        self.looked += 1

    def refuse(self, dispatch: str, meeting: str) -> None:
        """Note it."""
        self.refused.append((dispatch, meeting))


def _job(job: str, meeting: str = "council") -> agent.Job:
    return agent.Job(
        id=job, dispatch_id=f"of-{job}", room=models.Room(name=meeting), type=agent.JobType.JT_ROOM
    )


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    """A running server."""
    server = ScriptedServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def rooms() -> ScriptedRooms:
    """Rooms that nobody listens to yet."""
    return ScriptedRooms()


@pytest.fixture
def unanswered() -> ScriptedUnanswered:
    """Dispatches that LiveKit could not offer."""
    return ScriptedUnanswered()


@pytest.fixture
async def worker(
    server: ScriptedServer, rooms: ScriptedRooms, unanswered: ScriptedUnanswered
) -> AsyncIterator[AgentWorker]:
    """A worker that is registered, comes back soon, and tells often how it is."""
    access = LiveKitAccess(f"http://127.0.0.1:{server.port}/", KEY, SECRET, name="clerk")
    worker = AgentWorker(
        access, rooms, unanswered, version="1.2.3", pauses=Backoff(0.02, 0.05), load_seconds=0.02
    )
    assert worker.problem
    await worker.start()
    await until(lambda: worker.problem is None)
    yield worker
    await worker.close()


@pytest.mark.usefixtures("worker")
async def test_it_registers_under_its_name(server: ScriptedServer, rooms: ScriptedRooms) -> None:
    """As a hidden listener to whole rooms; then it tells now and then whether it can take more."""
    request = server.registered[0]
    assert (request.agent_name, request.version, request.type) == ("clerk", "1.2.3", agent.JobType.JT_ROOM)
    permissions = request.allowed_permissions
    assert permissions.hidden
    assert not permissions.can_publish
    await until(lambda: {"ping", "update_worker"} <= {said.WhichOneof("message") for said in server.said})
    rooms.power = False
    await until(lambda: server.said[-1].update_worker.status == agent.WorkerStatus.WS_FULL)
    assert server.said[-1].update_worker.load == 1.0


@pytest.mark.usefixtures("worker")
async def test_it_says_whether_it_takes_a_meeting(server: ScriptedServer, rooms: ScriptedRooms) -> None:
    """Yes; no, for want of power; and that nobody is needed where it listens already."""
    for number in range(3):
        await server.tell(availability=agent.AvailabilityRequest(job=_job(f"J{number}")))
        await server.until_answered(number + 1)
        rooms.power = False
        if number == 1:
            rooms.listening["council"] = asyncio.Event()
    answers = [(answer.job_id, answer.available, answer.terminate) for answer in server.answers()]
    assert answers == [("J0", True, False), ("J1", False, False), ("J2", False, True)]
    first = server.answers()[0]
    assert (first.participant_identity, first.participant_name) == ("clerk-council", "clerk")


@pytest.mark.usefixtures("worker")
async def test_a_job_runs_until_its_meeting_is_over(server: ScriptedServer, rooms: ScriptedRooms) -> None:
    """Then it has succeeded, and counts no more."""
    await server.assign("J1")
    await until(lambda: server.statuses("J1") == [agent.JobStatus.JS_RUNNING])
    await until(lambda: server.said[-1].update_worker.job_count == 1)
    rooms.end("council")
    await until(lambda: server.statuses("J1")[-1] == agent.JobStatus.JS_SUCCESS)
    await until(lambda: server.said[-1].update_worker.job_count == 0)
    assert server.statuses("J1") == [agent.JobStatus.JS_RUNNING, agent.JobStatus.JS_SUCCESS]
    assert rooms.left == []


@pytest.mark.usefixtures("worker")
async def test_a_job_that_cannot_be_done_fails(server: ScriptedServer, rooms: ScriptedRooms) -> None:
    """With the code of what is wrong."""
    rooms.fault = CapacityReached("full")
    await server.assign("J1")
    await until(lambda: server.statuses("J1") == [agent.JobStatus.JS_FAILED])
    failed = next(said for said in server.said if said.WhichOneof("message") == "update_job")
    assert failed.update_job.error == "capacity_reached"
    await until(lambda: server.said[-1].update_worker.job_count == 0)


@pytest.mark.usefixtures("worker")
async def test_a_job_that_may_be_done_later_is_looked_for_again(
    server: ScriptedServer, rooms: ScriptedRooms, unanswered: ScriptedUnanswered
) -> None:
    """LiveKit goes on to tell that it runs. What can never be done is not looked for."""
    for number, fault in enumerate((CapacityReached("full"), RoomNameInvalid("empty"))):
        rooms.fault = fault
        await server.assign(f"J{number}")
        await server.until_reported(f"J{number}")
    assert unanswered.refused == [("of-J0", "council")]


async def test_unanswered_dispatches_are_looked_for_while_it_is_registered(
    server: ScriptedServer, worker: AgentWorker, unanswered: ScriptedUnanswered
) -> None:
    """After each time that it has registered."""
    await until(lambda: unanswered.watched == [1, 0])
    await server.stop()
    await until(lambda: unanswered.watched == [1, 1])
    await server.start()
    await until(lambda: unanswered.watched == [2, 1])
    await worker.close()
    assert unanswered.watched == [2, 2]


@pytest.mark.usefixtures("worker")
async def test_where_there_is_power_again_it_looks_for_what_it_could_not_take(
    server: ScriptedServer, rooms: ScriptedRooms, unanswered: ScriptedUnanswered
) -> None:
    """Once, after LiveKit was told; also where there was none for the moment of an offer only."""
    rooms.power = False
    await until(lambda: server.said and server.said[-1].update_worker.load == 1.0)
    assert unanswered.looked == 0
    rooms.power = True
    await until(lambda: unanswered.looked == 1)
    await until(lambda: server.said[-1].update_worker.load == 0.0)
    rooms.moments_without_power = 1
    await server.tell(availability=agent.AvailabilityRequest(job=_job("J1")))
    await server.until_answered(1)
    await until(lambda: unanswered.looked == 2)


@pytest.mark.usefixtures("worker")
async def test_a_terminated_job_ends_the_listening(server: ScriptedServer, rooms: ScriptedRooms) -> None:
    """Once; what it does not know of is no error."""
    await server.assign("J1")
    await until(lambda: server.statuses("J1"))
    for job in ("J1", "J1", "J9"):
        await server.tell(termination=agent.JobTermination(job_id=job))
    await until(lambda: not rooms.listening)
    await server.assign("J2", "other")
    await until(lambda: rooms.listens("other"))
    assert rooms.left == ["council"]


@pytest.mark.usefixtures("worker")
async def test_of_two_jobs_in_one_meeting_one_may_be_terminated(
    server: ScriptedServer, rooms: ScriptedRooms
) -> None:
    """It listens as long as one of them is left."""
    for job in ("J1", "J2"):
        await server.assign(job)
        await server.until_reported(job)
    await server.tell(termination=agent.JobTermination(job_id="J1"))
    await server.tell(availability=agent.AvailabilityRequest(job=_job("J3")))
    await until(server.answers)
    assert rooms.listens("council")
    await server.tell(termination=agent.JobTermination(job_id="J2"))
    await until(lambda: not rooms.listens("council"))


@pytest.mark.usefixtures("worker")
async def test_a_job_terminated_while_it_begins(server: ScriptedServer, rooms: ScriptedRooms) -> None:
    """Leaves nobody listening; meanwhile other questions are answered."""
    rooms.gate.clear()
    await server.assign("J1")
    await until(lambda: rooms.dispatches)
    await server.tell(termination=agent.JobTermination(job_id="J1"))
    await server.tell(availability=agent.AvailabilityRequest(job=_job("J2", "other")))
    await until(server.answers)
    rooms.gate.set()
    await until(lambda: rooms.left == ["council"])
    assert not rooms.listens("council")
    assert server.statuses("J1") == []


async def test_a_server_that_goes_away_is_found_again(
    server: ScriptedServer, rooms: ScriptedRooms, worker: AgentWorker
) -> None:
    """Meetings go on meanwhile, and a job that the new connection does not know is reported all the same."""
    await server.assign("J1")
    await until(lambda: server.statuses("J1"))
    await server.stop()
    await until(lambda: worker.problem)
    assert worker.problem
    assert worker.problem.code == "meeting_unreachable"
    assert rooms.listens("council")
    await server.start()
    await until(lambda: worker.problem is None)
    assert len(server.registered) == 2
    await server.tell(availability=agent.AvailabilityRequest(job=_job("J2")))
    await until(server.answers)
    assert server.answers()[0].terminate


async def test_nonsense_is_survived(server: ScriptedServer, worker: AgentWorker) -> None:
    """It registers anew, whatever the server said."""
    await server.sockets[-1].send(b"\xff\xff\xff nonsense")
    await until(lambda: len(server.registered) == 2)
    await until(lambda: worker.problem is None)


async def test_a_wrong_key_is_told_by_name(server: ScriptedServer, rooms: ScriptedRooms) -> None:
    """An operator has to set the right one; until then it is tried again."""
    access = LiveKitAccess(f"ws://127.0.0.1:{server.port}", KEY, "x" * 40)
    worker = AgentWorker(access, rooms, ScriptedUnanswered(), version="1")
    await worker.start()
    await until(lambda: worker.problem and worker.problem.code == "meeting_refused")
    assert worker.problem
    assert "ASSISTANT_LIVEKIT_API_SECRET" in worker.problem.message
    assert server.registered == []
    await worker.close()
    await worker.close()


async def test_closing_signs_off(server: ScriptedServer, worker: AgentWorker) -> None:
    """The server sees the connection end."""
    await worker.close()
    await until(lambda: server.sockets[-1].state is websockets.State.CLOSED)
