"""The audio stream against a scripted service on loopback."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from assistant.client import (
    AudioStream,
    Endpoint,
    Retry,
    ServiceError,
    ServiceUnreachable,
    StreamLimits,
)
from assistant.core.errors import ParticipantReplaced, RoomNameInvalid, SessionUnknown, TokenInvalid
from tests.client.scripted_service import ScriptedService, running
from tests.waiting import until

QUICK = Retry(first_seconds=0.01, most_seconds=0.05, patience_seconds=5)
SPEECH = np.random.default_rng(3).integers(-32768, 32767, 50_000).astype(np.int16)


def stream_to(service: ScriptedService, **options: object) -> AudioStream:
    options.setdefault("retry", QUICK)
    return AudioStream(Endpoint(service.url, "secret"), "r 1", "alice", name="Alice", **options)  # type: ignore[arg-type]  # test options


async def test_everything_arrives_in_order() -> None:
    """All samples reach the service unchanged, and `stop` returns the last caption's seq."""
    service = ScriptedService()
    async with running(service), stream_to(service, language="fr") as stream:
        for part in np.array_split(SPEECH, 17):
            await stream.send(part)
        assert await stream.stop() == 7
    assert np.array_equal(service.samples("s0"), SPEECH)
    assert service.connections[0]["path"] == "/v1/rooms/r%201/audio"
    assert service.connections[0]["language"] == "fr"
    assert service.connections[0]["name"] == "Alice"
    assert service.tokens == ["Bearer secret"]


async def test_a_broken_connection_loses_and_doubles_nothing() -> None:
    """After breaks in which unacknowledged audio was lost, the service holds every sample once."""
    service = ScriptedService(break_after_samples=[9000, 30_000], forget_samples=3000)
    async with running(service), stream_to(service, limits=StreamLimits(frame_samples=1000)) as stream:
        for part in np.array_split(SPEECH, 23):
            await stream.send(part)
        assert await stream.stop() == 7
    assert np.array_equal(service.samples("s0"), SPEECH)
    assert [connection.get("session") for connection in service.connections] == [None, "s0", "s0"]


async def test_a_restarted_service_gets_the_rest() -> None:
    """A service that was away for a while finds the stream waiting with all that it missed."""
    service = ScriptedService()
    async with running(service):
        stream = await stream_to(service).__aenter__()
        await stream.send(SPEECH[:20_000])
    await stream.send(SPEECH[20_000:])
    async with running(service):
        assert await stream.stop() == 7
    await stream.close()
    assert np.array_equal(service.samples("s0"), SPEECH)


async def test_a_full_backlog_makes_send_wait() -> None:
    """`send` waits while the limit on unacknowledged audio is reached, and goes on afterwards."""
    service = ScriptedService(held=True)
    limits = StreamLimits(backlog_samples=16_000, frame_samples=4000)
    async with running(service), stream_to(service, limits=limits) as stream:
        await stream.send(SPEECH[:16_000])
        blocked = asyncio.create_task(stream.send(SPEECH[16_000:20_000]))
        await until(lambda: stream.sent_samples == 16_000)
        assert not blocked.done()
        await service.acknowledge("s0")
        await blocked
        assert stream.acknowledged_samples == 16_000, "it has waited for that"


async def test_the_error_of_the_service_is_raised_as_its_class() -> None:
    """A refusal that cannot be retried ends the stream with the error that its code names."""
    service = ScriptedService(refuse_with=("room_name_invalid", 1))
    async with running(service):
        with pytest.raises(RoomNameInvalid, match=r"Not now\."):
            await stream_to(service).__aenter__()
    assert len(service.connections) == 1


async def test_an_unknown_code_is_kept() -> None:
    """A code from a newer service is reported as it came."""
    service = ScriptedService(refuse_with=("moon_phase", 1))
    async with running(service):
        with pytest.raises(ServiceError) as raised:
            await stream_to(service).__aenter__()
    assert raised.value.reported_code == "moon_phase"


async def test_a_refused_handshake_is_raised_as_its_class() -> None:
    """A service that answers the handshake with an HTTP error is understood too."""
    service = ScriptedService(refuse_status=(401, "token_invalid"))
    async with running(service):
        with pytest.raises(TokenInvalid):
            await stream_to(service).__aenter__()


async def test_a_retryable_error_is_retried() -> None:
    """A service at its limit is asked again until it has room."""
    service = ScriptedService(refuse_with=("capacity_reached", 2))
    async with running(service), stream_to(service) as stream:
        await stream.send(SPEECH)
        assert await stream.stop() == 7
    assert np.array_equal(service.samples("s0"), SPEECH)
    assert len(service.connections) == 3


async def test_being_replaced_ends_the_stream() -> None:
    """When a newer connection took over, the older one does not fight for its place."""
    service = ScriptedService(break_after_samples=[1])
    async with running(service), stream_to(service) as stream:
        service.refuse_with = ("participant_replaced", 1)
        await stream.send(SPEECH)
        with pytest.raises(ParticipantReplaced):
            await stream.stop()
        with pytest.raises(ValueError, match="stopped"):
            await stream.send(SPEECH)


async def test_nobody_there() -> None:
    """Without a service, patience ends in `ServiceUnreachable`."""
    service = ScriptedService()
    async with running(service):
        pass
    with pytest.raises(ServiceUnreachable):
        await stream_to(service, retry=Retry(0.01, 0.02, 0.1)).__aenter__()


async def test_a_lost_farewell_is_no_error() -> None:
    """If the connection breaks after `stop` and the track is closed by then, the stream has ended well."""
    service = ScriptedService(break_at_stop=True)
    async with running(service), stream_to(service) as stream:
        await stream.send(SPEECH)
        assert await stream.stop() is None
    assert np.array_equal(service.samples("s0"), SPEECH)


async def test_an_unknown_session_is_reported() -> None:
    """Resuming what the service does not know fails at once."""
    service = ScriptedService()
    async with running(service):
        with pytest.raises(SessionUnknown):
            await stream_to(service, session="gone").__aenter__()


async def test_resuming_a_known_session_starts_at_its_offset() -> None:
    """A new stream with an old session continues behind what the service has."""
    service = ScriptedService(tracks={"s0": bytearray(SPEECH[:1000].tobytes())})
    async with running(service), stream_to(service, session="s0") as stream:
        assert stream.acknowledged_samples == 1000
        await stream.send(SPEECH[1000:])
        await stream.stop()
    assert np.array_equal(service.samples("s0"), SPEECH)


async def test_leaving_without_stop_keeps_the_track_open() -> None:
    """Closing is not stopping: the service may wait for the participant to come back."""
    service = ScriptedService()
    async with running(service), stream_to(service) as stream:
        await stream.send(SPEECH)
        await until(lambda: stream.acknowledged_samples == SPEECH.size)
        await stream.close()
        with pytest.raises(RuntimeError, match="closed"):
            await stream.send(SPEECH)
    assert service.closed == set()
