"""Whether one person in a meeting is heard, over HTTP: their personal link opens this, and nothing else."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel, StrictBool
from starlette.types import Scope

from assistant.bots.status import Hearing
from assistant.core.errors import MeetingsNotConfigured
from assistant.core.identity.consent_tokens import ConsentGrant
from assistant.web.listeners import bots_of

CONSENT = "/v1/consent"
_KEY = "assistant.consent"


class ConsentChoice(BaseModel):
    """Whether whose link it is wants to be heard."""

    heard: StrictBool


class ConsentMessage(BaseModel):
    """How it stands.

    Attributes:
        room: The room of the meeting's captions.
        listening: Whether somebody listens in the meeting now.
        heard: Whether whose link it is is heard while somebody listens.
        expires_at: POSIX seconds from which on the link opens nothing.
    """

    room: str
    listening: bool
    heard: bool
    expires_at: int

    @classmethod
    def of(cls, grant: ConsentGrant, hearing: Hearing) -> ConsentMessage:
        """Return the message of a link and of how it stands."""
        return cls(
            room=grant.room,
            listening=hearing.listening,
            heard=hearing.heard,
            expires_at=grant.expires_at,
        )


def with_consent(scope: Scope, grant: ConsentGrant) -> Scope:
    """Return `scope` with a mark of whose personal link it came with."""
    return {**scope, _KEY: grant}


def consent_router() -> APIRouter:
    """Return the routes of personal links."""
    router = APIRouter()

    @router.get(CONSENT)
    async def get_consent(request: Request) -> ConsentMessage:
        """Say whether somebody listens, and whether whose link it is is heard."""
        grant = _grant(request)
        return ConsentMessage.of(grant, bots_of(request).hearing(grant.room, grant.identity))

    @router.put(CONSENT)
    async def put_consent(request: Request, choice: ConsentChoice) -> ConsentMessage:
        """Hear whose link it is no more from now on in this meeting, or again."""
        grant, bots = _grant(request), bots_of(request)
        return ConsentMessage.of(grant, await bots.choose(grant.room, grant.identity, heard=choice.heard))

    return router


def _grant(request: Request) -> ConsentGrant:
    grant = request.scope.get(_KEY)
    if not isinstance(grant, ConsentGrant):  # the gate lets nobody else in where there are such links
        raise MeetingsNotConfigured(
            "Nobody has a personal link here: ASSISTANT_LIVEKIT_URL and ASSISTANT_PUBLIC_URL have to be set."
        )
    return grant
