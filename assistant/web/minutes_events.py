"""What happens to the minutes of a room, as server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing

from fastapi import APIRouter, Request
from starlette.responses import StreamingResponse

from assistant.core.rooms import check_room_name
from assistant.web.services import Services, services_of
from assistant.web.streams import OwningStream

_LOOK_SECONDS = 1.0
"""How often it is looked whether the service closes."""


def minutes_events_router() -> APIRouter:
    """Return the route of the stream."""
    router = APIRouter(prefix="/v1/rooms/{room}")

    @router.get("/minutes/events", response_class=StreamingResponse)
    async def events(room: str, request: Request) -> OwningStream:
        """Stream what happens to the minutes, as server-sent events: `minutes`, `drafting`, `captions`."""
        services, name = services_of(request), check_room_name(room)
        await services.captions.rooms.room(name)
        return OwningStream(_events(services, name))

    return router


async def _events(services: Services, room: str) -> AsyncGenerator[str, None]:
    """Yield events as they are sent, and signs of life between them."""
    yield "retry: 2000\n\n"
    with services.lifetime.connection():
        async with aclosing(services.minutes.views.watch(room)) as happening:
            upcoming = asyncio.ensure_future(anext(happening))
            try:
                while not services.lifetime.closing:
                    done, _ = await asyncio.wait({upcoming}, timeout=_LOOK_SECONDS)
                    if not done:
                        yield ": still here\n\n"
                        continue
                    try:
                        event = upcoming.result()
                    except StopAsyncIteration:  # the room was deleted
                        return
                    yield f"event: {event.kind}\ndata: {json.dumps(event.values)}\n\n"
                    upcoming = asyncio.ensure_future(anext(happening))
            finally:
                upcoming.cancel()
                await asyncio.gather(upcoming, return_exceptions=True)
