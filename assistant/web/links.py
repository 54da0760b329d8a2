"""Links for readers over HTTP: `POST /v1/rooms/{room}/links`."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from assistant.web.errors import ErrorBody
from assistant.web.services import services_of

_MOST_HOURS = 24 * 366


class LinkRequest(BaseModel):
    """What a link is to be.

    Attributes:
        hours: How long it opens the room; left out: as the service is set.
    """

    hours: float | None = Field(None, gt=0, le=_MOST_HOURS, allow_inf_nan=False)


class LinkMessage(BaseModel):
    """A link; `expires_at` is in POSIX seconds, or null where it opens the room for good."""

    url: str
    expires_at: int | None


def links_router() -> APIRouter:
    """Return the route of links."""
    router = APIRouter(responses={400: {"model": ErrorBody}})

    @router.post("/v1/rooms/{room}/links", status_code=HTTPStatus.CREATED)
    async def create_link(room: str, request: Request, wanted: LinkRequest | None = None) -> LinkMessage:
        """Return a link that opens the captions of a room for reading, and nothing else."""
        link = services_of(request).links.offer(room, wanted.hours if wanted else None)
        return LinkMessage(url=link.url, expires_at=link.expires_at)

    return router
