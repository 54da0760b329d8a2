"""The caption reader against a scripted service on loopback."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from assistant.client import CaptionEvent, CaptionReader, ContractBroken, Endpoint, Hello, Retry, StatusEvent
from assistant.client.captions import ReaderEvent
from assistant.core.errors import SinceInFuture
from tests.client.scripted_service import ScriptedService, caption, running
from tests.waiting import PATIENCE_SECONDS

QUICK = Retry(first_seconds=0.01, most_seconds=0.05, patience_seconds=5)
EVENTS = [caption(seq, "word " * seq) for seq in range(1, 9)]


def reader_of(service: ScriptedService, since: int | None = None) -> CaptionReader:
    return CaptionReader(Endpoint(service.url), "r", since=since, retry=QUICK)


async def read(reader: CaptionReader, until_seq: int) -> list[ReaderEvent]:
    """Read events up to a seq."""
    events: list[ReaderEvent] = []
    async with asyncio.timeout(PATIENCE_SECONDS), aclosing(reader.events()) as stream:
        async for event in stream:
            events.append(event)
            if isinstance(event, CaptionEvent) and event.seq == until_seq:
                break
    return events


async def test_events_come_typed_and_in_order() -> None:
    """The hello comes first, then each caption as the service sent it."""
    service = ScriptedService(events=[*EVENTS[:1], {"type": "news"}, *EVENTS[1:]])
    service.events[1]["seq"] = 2
    async with running(service):
        events = await read(reader_of(service), until_seq=8)
    assert events[0] == Hello("r", 2, ("source",), ("c1",))
    assert [event.seq for event in events if isinstance(event, CaptionEvent)] == list(range(1, 9))
    assert service.connections[0] == {"path": "/v1/rooms/r/captions", "lang": "source"}
    second = events[2]
    assert isinstance(second, CaptionEvent)
    assert (second.text, second.start_seconds, second.end_seconds) == ("word word ", 0.5, 1.0)


async def test_a_broken_connection_continues_behind_what_was_read() -> None:
    """After a break the reader asks for what it has not seen, and sees every event."""
    service = ScriptedService(events=EVENTS, break_after_events=[5])
    async with running(service):
        events = await read(reader_of(service), until_seq=8)
    assert service.connections[1]["since"] == "5"
    assert [event.seq for event in events if isinstance(event, CaptionEvent)] == list(range(1, 9))


async def test_a_break_while_catching_up_starts_over() -> None:
    """Catch-up comes in no certain order, so a reader that did not finish it asks for all of it again."""
    service = ScriptedService(events=EVENTS, break_after_events=[2])
    async with running(service):
        events = await read(reader_of(service, since=0), until_seq=8)
    assert service.connections[1]["since"] == "0"
    seen = [event.seq for event in events if isinstance(event, CaptionEvent)]
    assert seen == [1, 2, *range(1, 9)]


async def test_status_is_passed_on() -> None:
    """A service that runs late says so to the reader."""
    status = {"type": "status", "behind_seconds": 2.5, "degraded": True, "seq": 0}
    service = ScriptedService(events=[status, *EVENTS])
    async with running(service):
        events = await read(reader_of(service), until_seq=8)
    assert StatusEvent(2.5, degraded=True) in events


async def test_a_refusal_is_raised() -> None:
    """An error message ends the reader with the class of its code."""
    error = {"type": "error", "code": "since_in_future", "message": "Later.", "seq": 99}
    service = ScriptedService(events=[error])
    async with running(service):
        with pytest.raises(SinceInFuture):
            await read(reader_of(service, since=9), until_seq=8)


@pytest.mark.parametrize("broken", [{"type": "caption", "seq": 4}, caption(3, "a") | {"text": 5}])
async def test_a_malformed_message_is_reported(broken: dict[str, object]) -> None:
    """A service that breaks the contract is named as such, not followed."""
    service = ScriptedService(events=[caption(1, "a"), caption(2, "b"), broken])
    async with running(service):
        with pytest.raises(ContractBroken):
            await read(reader_of(service), until_seq=8)
