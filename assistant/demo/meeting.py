"""Streams the demo meeting in real time, over and over, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import Awaitable, Iterator, Mapping, Sequence

import httpx

from assistant.adapters.http_client import open_http_client
from assistant.client import AudioStream, ContractBroken, Endpoint, Pace, Retry, StreamLimits
from assistant.core.errors import AssistantError, Refused
from assistant.core.speech.audio import SAMPLE_RATE, Pcm
from assistant.demo.script import Script, Speaker, read_script, tracks_of

_ROOM = "demo"
_CHUNK_SAMPLES = SAMPLE_RATE // 20
_LATE_SECONDS = 5.0
_REST_SECONDS = 2.0
_FAREWELL_SECONDS = 2.0
_REQUEST_SECONDS = 10.0
_LIMITS = StreamLimits(backlog_samples=20 * SAMPLE_RATE)


def play(url: str, token: str = "", *, room: str = _ROOM, script: Script | None = None) -> None:
    """Stream the meeting until SIGINT or SIGTERM; what was said to the end still gets its caption.

    The service may start later, and may restart in between.

    Args:
        url: The service's base address.
        token: The service's bearer token, if it asks for one.
        room: The room; it is emptied first.
        script: Another meeting than the one that ships.

    Raises:
        AssistantError: The service refuses the token.
    """
    asyncio.run(_play_until_signal(Endpoint(url, token), room, script or read_script()))


async def stream_meeting(
    endpoint: Endpoint,
    room: str,
    script: Script,
    stop: asyncio.Event,
    *,
    rest_seconds: float = _REST_SECONDS,
) -> None:
    """Stream a meeting into a fresh room, over and over, until `stop` is set.

    Args:
        endpoint: Where the service is.
        room: The room; it is emptied first.
        script: The meeting.
        stop: Ends it.
        rest_seconds: How long the people wait before they join anew.

    Raises:
        AssistantError: The service refuses the token.
    """
    tracks = await asyncio.to_thread(tracks_of, script)
    await _unless(stop, _fresh_room(endpoint, room))
    while not stop.is_set():
        try:
            await _meet(endpoint, room, script.speakers, tracks, stop)
        except (Refused, ContractBroken):
            raise
        except AssistantError:
            # The room was deleted, a track is unknown after a reset, or the service was away for
            # long: the people of the meeting join anew.
            await _unless(stop, asyncio.sleep(rest_seconds))


async def _play_until_signal(endpoint: Endpoint, room: str, script: Script) -> None:
    stop = asyncio.Event()
    with _stopping_by_signal(stop):
        await stream_meeting(endpoint, room, script, stop)


@contextlib.contextmanager
def _stopping_by_signal(stop: asyncio.Event) -> Iterator[None]:
    """Set `stop` at SIGINT and SIGTERM; only a main thread can have signals."""
    signals = [signal.SIGINT, signal.SIGTERM] if threading.current_thread() is threading.main_thread() else []
    loop = asyncio.get_running_loop()
    for number in signals:
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


async def _fresh_room(endpoint: Endpoint, room: str) -> None:
    """Make the room anew, so that whoever is told its link finds it; wait for the service as it takes."""
    async with open_http_client(
        _REQUEST_SECONDS, headers=endpoint.headers, proxies=not endpoint.local
    ) as http:
        while True:
            with contextlib.suppress(httpx.TransportError):
                answer = await http.delete(endpoint.http_url("rooms", room))
                if not answer.is_server_error:
                    # Where that is refused, the first who speaks makes it, or is told why not.
                    await http.post(endpoint.http_url("rooms"), json={"name": room})
                    return
            await asyncio.sleep(_REST_SECONDS / 4)


async def _meet(
    endpoint: Endpoint, room: str, speakers: Sequence[Speaker], tracks: Mapping[str, Pcm], stop: asyncio.Event
) -> None:
    """Join with all speakers and stream until `stop`; raise what the service has against it."""
    async with contextlib.AsyncExitStack() as stack:
        streams = {speaker.participant: _stream_of(endpoint, room, speaker) for speaker in speakers}
        for stream in streams.values():
            await _unless(stop, stack.enter_async_context(stream))
        if stop.is_set():
            return
        await _unless(stop, _speak(streams, tracks))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FAREWELL_SECONDS):
                await asyncio.gather(*(stream.stop() for stream in streams.values()))


async def _speak(streams: Mapping[str, AudioStream], tracks: Mapping[str, Pcm]) -> None:
    """Send all tracks side by side at real pace, round after round, without end.

    After a long hold-up (a sleeping machine, a service that was away) the meeting goes on from where
    it was instead of hurrying after the clock.
    """
    length = next(iter(tracks.values())).size
    pace = Pace(asyncio.get_running_loop().time())
    played = 0
    while True:
        start = played % length
        end = min(length, start + _CHUNK_SAMPLES)
        played += end - start
        late_seconds = await pace.reach(played)
        if late_seconds > _LATE_SECONDS:
            pace.postpone(late_seconds)
        for participant, stream in streams.items():
            await stream.send(tracks[participant][start:end])


def _stream_of(endpoint: Endpoint, room: str, speaker: Speaker) -> AudioStream:
    return AudioStream(
        endpoint,
        room,
        speaker.participant,
        name=speaker.name,
        language=speaker.language,
        limits=_LIMITS,
        retry=Retry(most_seconds=1.0),
    )


async def _unless(stop: asyncio.Event, work: Awaitable[object]) -> None:
    """Do `work`, but leave it as soon as `stop` is set."""
    working = asyncio.ensure_future(work)
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    finally:
        for task in (working, stopping):
            task.cancel()
        await asyncio.gather(working, stopping, return_exceptions=True)
