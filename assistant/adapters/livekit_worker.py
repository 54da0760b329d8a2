"""An agent worker as LiveKit dispatches it: registers under a name and is told which rooms want it.

The protocol is LiveKit's agent protocol: protobuf messages over one WebSocket at `/agent`. It is spoken here
and not through `livekit-agents`, which starts a process for each job, where our recogniser would be loaded
once more, and which brings a client of a foreign cloud along (decision 0011).
"""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

import structlog
import websockets
from google.protobuf.message import DecodeError
from livekit.protocol import agent, models

from assistant.adapters.livekit_platform import LiveKitAccess, refused, unreachable
from assistant.core.errors import AssistantError
from assistant.tasks.owner import TaskOwner
from assistant.tasks.retries import Backoff

_log = structlog.get_logger(__name__)
_PING_SECONDS = 20.0
_LOAD_SECONDS = 5.0
_ANSWER_SECONDS = 10.0
_PAUSES = Backoff(1.0, 30.0)
_UNAUTHORIZED = frozenset((401, 403))
_PROTOCOL = 1


class Rooms(Protocol):
    """What a worker is told to listen to."""

    def listens(self, meeting: str) -> bool:
        """Return whether a meeting is listened to."""

    def has_power(self) -> bool:
        """Return whether one more meeting can be taken."""

    async def dispatched(self, meeting: str) -> None:
        """Listen to a meeting."""

    async def leave(self, meeting: str) -> None:
        """Stop listening to a meeting."""

    async def over(self, meeting: str) -> None:
        """Wait until nobody listens to a meeting any more."""


class Unanswered(Protocol):
    """Dispatches that LiveKit could not offer to anybody."""

    async def watch(self) -> None:
        """Have them offered anew, as long as this runs."""

    def look_soon(self) -> None:
        """Look for them now: there is power again."""

    def refuse(self, dispatch: str, meeting: str) -> None:
        """Note that the job of one could not be begun."""


class AgentWorker:
    """Keeps registered at a LiveKit server, and comes back with growing pauses after anything.

    Attributes:
        problem: Why it is not registered; None while it is.
    """

    def __init__(
        self,
        access: LiveKitAccess,
        rooms: Rooms,
        unanswered: Unanswered,
        *,
        version: str,
        pauses: Backoff = _PAUSES,
        load_seconds: float = _LOAD_SECONDS,
    ) -> None:
        """Create a worker that is not registered yet.

        Args:
            access: How the server is reached.
            rooms: What it is told to listen to.
            unanswered: Looks for presses on the captions button that nobody was offered.
            version: The version of this service, for the server's log.
            pauses: How long is waited before it registers again.
            load_seconds: How often it tells whether it can take more.
        """
        self.problem: AssistantError | None = unreachable()
        self._access = access
        self._rooms = rooms
        self._unanswered = unanswered
        self._was_full = False
        self._version = version
        self._pauses = pauses
        self._load_seconds = load_seconds
        self._jobs: dict[str, str] = {}  # job id to meeting
        self._tasks = TaskOwner()
        self._socket: websockets.ClientConnection | None = None
        self._failures = 0

    async def start(self) -> None:
        """Begin to register."""
        self._tasks.start(self._run(), "livekit-worker")

    async def close(self) -> None:
        """Sign off."""
        await self._tasks.close()

    async def _run(self) -> None:
        while True:
            try:
                async with websockets.connect(
                    f"{self._access.socket_url}/agent?protocol={_PROTOCOL}",
                    additional_headers={"Authorization": f"Bearer {self._access.worker_token()}"},
                    open_timeout=_ANSWER_SECONDS,
                    proxy=None,
                ) as socket:
                    await self._serve(socket)
                self.problem = unreachable()
            except websockets.InvalidStatus as error:
                forbidden = error.response.status_code in _UNAUTHORIZED
                self.problem = refused() if forbidden else unreachable()
            except (OSError, TimeoutError, websockets.WebSocketException, DecodeError):
                self.problem = unreachable()
            finally:
                self._socket = None
            _log.warning("livekit_worker_offline", code=self.problem.code)
            self._failures += 1
            await asyncio.sleep(self._pauses.pause_seconds(self._failures))

    async def _serve(self, socket: websockets.ClientConnection) -> None:
        """Register, then answer what the server asks until the connection ends."""
        register = agent.RegisterWorkerRequest(
            type=agent.JobType.JT_ROOM,
            agent_name=self._access.name,
            version=self._version,
            allowed_permissions=models.ParticipantPermission(
                can_subscribe=True, can_publish_data=True, hidden=not self._access.visible
            ),
        )
        await _tell(socket, agent.WorkerMessage(register=register))
        async with TaskOwner() as tasks:
            tasks.start(self._tend(socket), "livekit-worker-tending", awaited=True)
            async for data in socket:
                if isinstance(data, bytes):
                    message = agent.ServerMessage.FromString(data)
                    if message.HasField("register"):
                        self._registered(socket)
                        tasks.start(self._unanswered.watch(), "livekit-dispatches")
                    else:
                        await self._hear(socket, message)

    async def _tend(self, socket: websockets.ClientConnection) -> None:
        """Tell the server now and then that we are here, and whether we can take more."""
        pinged = 0.0
        while True:
            full = not self._rooms.has_power()
            status = agent.WorkerStatus.WS_FULL if full else agent.WorkerStatus.WS_AVAILABLE
            load = agent.UpdateWorkerStatus(
                status=status, load=1.0 if full else 0.0, job_count=len(self._jobs)
            )
            await _tell(socket, agent.WorkerMessage(update_worker=load))
            if self._was_full and not full:
                self._unanswered.look_soon()
            self._was_full = full
            if time.monotonic() - pinged >= _PING_SECONDS:
                pinged = time.monotonic()
                ping = agent.WorkerPing(timestamp=round(time.time() * 1000))
                await _tell(socket, agent.WorkerMessage(ping=ping))
            await asyncio.sleep(self._load_seconds)

    def _registered(self, socket: websockets.ClientConnection) -> None:
        self._socket, self.problem = socket, None
        self._failures = 0
        _log.info("livekit_worker_registered", name=self._access.name)

    async def _hear(self, socket: websockets.ClientConnection, message: agent.ServerMessage) -> None:
        match message.WhichOneof("message"):
            case "availability":
                await _tell(
                    socket, agent.WorkerMessage(availability=self._available(message.availability.job))
                )
            case "assignment":
                self._tasks.start(self._take(message.assignment.job), "livekit-job")
            case "termination":
                self._tasks.start(self._terminate(message.termination.job_id), "livekit-termination")

    def _available(self, job: agent.Job) -> agent.AvailabilityResponse:
        """Say whether we take a job: a room that is listened to needs nobody else."""
        listens, has_power = self._rooms.listens(job.room.name), self._rooms.has_power()
        self._was_full |= not has_power  # it may have been for this moment only, and nobody has the job
        return agent.AvailabilityResponse(
            job_id=job.id,
            available=not listens and has_power,
            terminate=listens,
            participant_name=self._access.shown_name or self._access.name,
            participant_identity=self._access.identity(job.room.name),
        )

    async def _take(self, job: agent.Job) -> None:
        """Listen to a meeting, until that is over or the job is terminated."""
        meeting = job.room.name
        self._jobs[job.id] = meeting
        try:
            await self._rooms.dispatched(meeting)
        except AssistantError as error:
            _log.warning("dispatch_refused", code=error.code)
            if error.retryable:
                self._unanswered.refuse(job.dispatch_id, meeting)
            self._jobs.pop(job.id, None)
            await self._report(job.id, agent.JobStatus.JS_FAILED, error.code)
            return
        if job.id not in self._jobs:  # it was terminated meanwhile
            await self._leave(meeting)
            return
        await self._report(job.id, agent.JobStatus.JS_RUNNING)
        await self._follow(job.id, meeting)

    async def _terminate(self, job_id: str) -> None:
        meeting = self._jobs.pop(job_id, None)
        if meeting:
            await self._leave(meeting)

    async def _leave(self, meeting: str) -> None:
        """Stop listening to a meeting, unless another job wants it."""
        if meeting in self._jobs.values() or not self._rooms.listens(meeting):
            return
        try:
            await self._rooms.leave(meeting)
        except AssistantError as error:
            _log.info("meeting_not_left", code=error.code)

    async def _follow(self, job_id: str, meeting: str) -> None:
        """Report the end of a job when its meeting is over."""
        await self._rooms.over(meeting)
        if self._jobs.pop(job_id, None):
            await self._report(job_id, agent.JobStatus.JS_SUCCESS)

    async def _report(self, job_id: str, status: agent.JobStatus, error: str = "") -> None:
        if self._socket is None:
            return
        update = agent.UpdateJobStatus(job_id=job_id, status=status, error=error)
        try:
            await _tell(self._socket, agent.WorkerMessage(update_job=update))
        except websockets.WebSocketException:
            _log.info("job_not_reported", status=int(status))


async def _tell(socket: websockets.ClientConnection, message: agent.WorkerMessage) -> None:
    await socket.send(message.SerializeToString())
