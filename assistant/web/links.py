"""Links for readers over HTTP: made, listed and taken back under `/v1/rooms/{room}/links`."""

from __future__ import annotations

from http import HTTPStatus
from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from assistant.core.rooms import check_room_name
from assistant.web.bounds import Line
from assistant.web.services import services_of

_MOST_HOURS = 24 * 366


class LinkRequest(BaseModel):
    """What a link is to be.

    Attributes:
        hours: How long it opens the room; left out: as the service is set.
        recipient: Who gets numbered copies through it; left out: nobody, so that there are none.
        audience: What it shows; there is nothing else yet.
    """

    hours: float | None = Field(None, gt=0, le=_MOST_HOURS, allow_inf_nan=False)
    recipient: Line = Field("", max_length=200)
    audience: Literal["public"] = "public"


class LinkMessage(BaseModel):
    """A link; `expires_at` is in POSIX seconds, or null where it opens the room for good, without an `id`."""

    url: str
    expires_at: int | None
    id: str
    audience: Literal["public"] = "public"
    recipient: str = ""


class KnownLinkMessage(BaseModel):
    """A link that opens its room now; `shared`: everybody in a meeting was told it. It is not told again."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    audience: Literal["public"] = "public"
    recipient: str
    shared: bool
    created_at: float
    expires_at: int


class LinkList(BaseModel):
    """The links to a room, the newest first."""

    links: list[KnownLinkMessage]


def links_router() -> APIRouter:
    """Return the routes of links."""
    router = APIRouter()

    @router.post("/v1/rooms/{room}/links", status_code=HTTPStatus.CREATED)
    async def create_link(room: str, request: Request, wanted: LinkRequest | None = None) -> LinkMessage:
        """Return a link that opens the public version of a room for reading, and nothing else."""
        wanted, services = wanted or LinkRequest(hours=None, recipient=""), services_of(request)
        await services.captions.rooms.room(check_room_name(room))
        link = await services.links.offer(room, wanted.hours, recipient=wanted.recipient)
        return LinkMessage(url=link.url, expires_at=link.expires_at, id=link.id, recipient=wanted.recipient)

    @router.get("/v1/rooms/{room}/links")
    async def list_links(room: str, request: Request) -> LinkList:
        """Return the links that open a room now."""
        services = services_of(request)
        await services.captions.rooms.room(check_room_name(room))
        links = await services.links.links(room)
        return LinkList(links=[KnownLinkMessage.model_validate(link) for link in links])

    @router.delete("/v1/rooms/{room}/links/{link}", status_code=HTTPStatus.NO_CONTENT)
    async def revoke_link(room: str, link: str, request: Request) -> None:
        """Take a link back; whoever reads through it is let go at once."""
        services = services_of(request)
        await services.captions.rooms.room(check_room_name(room))
        await services.links.revoke(room, link)

    return router
