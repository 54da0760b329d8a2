"""Dispatches of our agent that no worker has got: they are found again, and offered anew.

LiveKit offers a dispatch once, to the workers that are there and free in that moment. Where none is, it keeps
the dispatch without a job and never comes back to it: whoever pressed a captions button while this service
was down or full would wait for ever. So the dispatches of meetings are looked through, and those without a
job are deleted and created anew, which makes LiveKit offer them again (decision 0027). LiveKit deletes a
dispatch once: of several services only the one that deleted it creates it anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Container
from contextlib import suppress
from typing import Protocol

import aiohttp
import structlog
from livekit import api
from livekit.protocol.agent_dispatch import AgentDispatch

from assistant.adapters.livekit_platform import LiveKitAccess
from assistant.core.meetings.meeting import room_name_for

_log = structlog.get_logger(__name__)
_SETTLE_SECONDS = 10.0
"""A dispatch is being offered for less: LiveKit looks for workers (5 s), chooses one (1 s), asks it (3 s)."""
_LOOK_SECONDS = 60.0
"""So often it is looked without a reason, for what could not be offered, as when a message is lost."""

Dispatches = dict[str, dict[str, AgentDispatch]]
"""Those of our agent in each meeting whose dispatches could be listed, by their ids."""


class Listening(Protocol):
    """Which meetings are listened to."""

    def listens(self, meeting: str) -> bool:
        """Return whether a meeting is listened to."""

    def has_power(self) -> bool:
        """Return whether one more meeting can be taken."""


class UnansweredDispatches:
    """Looks for dispatches that no worker has got, and has them offered anew while there is power."""

    def __init__(self, access: LiveKitAccess, rooms: Listening) -> None:
        self._access = access
        self._rooms = rooms
        self._seen: dict[str, float] = {}  # without a job, since when
        self._refused: dict[str, str] = {}  # in which meeting
        self._claimed: dict[str, AgentDispatch] = {}  # deleted, and perhaps not created yet
        self._wake = asyncio.Event()

    def look_soon(self) -> None:
        """Look now: there is power again."""
        self._wake.set()

    def refuse(self, dispatch: str, meeting: str) -> None:
        """Note that the job of a dispatch could not be begun: LiveKit goes on to tell that it runs."""
        self._refused[dispatch] = meeting

    async def watch(self) -> None:
        """Look at once, again when what was seen has settled, and from then on now and then."""
        pause_seconds = _SETTLE_SECONDS
        while True:
            self._wake.clear()
            try:
                unsettled = await self.look()
            except (api.TwirpError, aiohttp.ClientError, TimeoutError) as error:
                _log.warning("dispatches_not_listed", error=type(error).__name__)
                unsettled = True
            with suppress(TimeoutError):
                async with asyncio.timeout(_SETTLE_SECONDS if unsettled else pause_seconds):
                    await self._wake.wait()
            pause_seconds = _LOOK_SECONDS

    async def look(self) -> bool:
        """Have dispatches offered anew; return whether it has to be looked again soon."""
        async with self._access.client() as client:
            answer = await client.room.list_rooms(api.ListRoomsRequest())
            people = {room.name: room.num_participants for room in answer.rooms}
            listed: Dispatches = {}
            for meeting in people:
                with suppress(api.TwirpError):  # a meeting that is over, which LiveKit tells in several ways
                    listed[meeting] = await self._list(client, meeting)
            await self._create_what_is_claimed(client, people, listed)
            settled, unsettled = self._unanswered(people, listed)
            # Where there is nobody, nobody waits. Who has just come is told seconds later.
            for dispatches in [each for each in settled if people[each[0].room]]:
                try:
                    unsettled |= await self._offer(client, dispatches)
                except api.TwirpError:  # what it came to is seen at the next look
                    unsettled = True
        return unsettled

    async def _list(self, client: api.LiveKitAPI, meeting: str) -> dict[str, AgentDispatch]:
        dispatches = await client.agent_dispatch.list_dispatch(meeting)
        name = self._access.name
        return {one.id: one for one in dispatches if one.agent_name == name and not one.deployment}

    def _unanswered(
        self, meetings: Container[str], listed: Dispatches
    ) -> tuple[list[list[AgentDispatch]], bool]:
        """Return the dispatches that nobody has got, by meetings, and whether there may be others.

        The oldest come first. LiveKit never updates what it tells of a job: one that has begun is told as
        running for ever.
        """
        self._refused = {
            id_: meeting
            for id_, meeting in self._refused.items()
            if meeting in meetings and id_ in listed.get(meeting, (id_,))
        }
        unanswered = [
            [one for one in dispatches.values() if not one.state.jobs or one.id in self._refused]
            for dispatches in listed.values()
        ]
        found = sorted(
            (sorted(each, key=_age) for each in unanswered if each), key=lambda each: _age(each[0])
        )
        now_seconds = asyncio.get_running_loop().time()
        self._seen = {one.id: self._seen.get(one.id, now_seconds) for each in found for one in each}
        settled_seconds = now_seconds - _SETTLE_SECONDS
        settled = [each for each in found if all(self._seen[one.id] <= settled_seconds for one in each)]
        return settled, len(settled) < len(found)

    async def _offer(self, client: api.LiveKitAPI, dispatches: list[AgentDispatch]) -> bool:
        """Have those of a meeting offered anew as one, if need be and if we can; return whether it was."""
        first, *others = dispatches
        needed = not self._rooms.listens(first.room)
        if needed and (not self._rooms.has_power() or await self._is_heard(client, first.room)):
            return False
        if needed:
            self._claimed[first.id] = first
        if not await _delete(client, first):  # another service has it, or the meeting is over
            self._claimed.pop(first.id, None)
            return False
        for other in others:
            await _delete(client, other)
        if needed:
            await self._create(client, first)
        return True

    async def _is_heard(self, client: api.LiveKitAPI, meeting: str) -> bool:
        """Whether another service of our name listens to a meeting."""
        identity = api.RoomParticipantIdentity(room=meeting, identity=self._access.identity(meeting))
        try:
            await client.room.get_participant(identity)
        except api.TwirpError as error:
            if error.code == api.TwirpErrorCode.NOT_FOUND:
                return False
            raise
        return True

    async def _create_what_is_claimed(
        self, client: api.LiveKitAPI, meetings: Container[str], listed: Dispatches
    ) -> None:
        """Create what an earlier look has deleted and could not create, where its meeting goes on."""
        for id_, dispatch in list(self._claimed.items()):
            if dispatch.room in listed and id_ not in listed[dispatch.room]:
                await self._create(client, dispatch)
            elif dispatch.room in listed or dispatch.room not in meetings:
                del self._claimed[id_]

    async def _create(self, client: api.LiveKitAPI, dispatch: AgentDispatch) -> None:
        request = api.CreateAgentDispatchRequest(
            agent_name=dispatch.agent_name,
            room=dispatch.room,
            metadata=dispatch.metadata,
            restart_policy=dispatch.restart_policy,
            attributes=dispatch.attributes,
        )
        await client.agent_dispatch.create_dispatch(request)
        self._claimed.pop(dispatch.id, None)
        _log.info("dispatch_offered_anew", room=room_name_for(dispatch.room))


async def _delete(client: api.LiveKitAPI, dispatch: AgentDispatch) -> bool:
    """Delete a dispatch; return whether it was there."""
    try:
        await client.agent_dispatch.delete_dispatch(dispatch.id, dispatch.room)
    except api.TwirpError as error:
        if error.code == api.TwirpErrorCode.NOT_FOUND:
            return False
        raise
    return True


def _age(dispatch: AgentDispatch) -> int:
    return dispatch.state.created_at
