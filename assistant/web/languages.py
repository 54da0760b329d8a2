"""Which languages can be spoken and read: `GET /v1/languages`."""

from __future__ import annotations

from fastapi import APIRouter, Request

from assistant.web.messages import LanguagesMessage, ReadableMessage
from assistant.web.services import services_of


def languages_router() -> APIRouter:
    """Return the route of languages."""
    router = APIRouter()

    @router.get("/v1/languages")
    async def languages(request: Request) -> LanguagesMessage:
        """Return what can be spoken, and what can be read through which route."""
        service = services_of(request).captions
        spoken = service.rooms.spoken()
        return LanguagesMessage(
            spoken=spoken,
            read=tuple(ReadableMessage.of(readable, spoken) for readable in service.rooms.readable()),
        )

    return router
