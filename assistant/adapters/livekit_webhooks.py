"""LiveKit's webhooks: who signed one, and which meeting it speaks of."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from google.protobuf.json_format import Parse, ParseError
from livekit import api
from livekit.protocol.webhook import WebhookEvent

from assistant.adapters.livekit_platform import LiveKitAccess
from assistant.core.errors import MessageInvalid, SignatureInvalid

_BEGINNINGS = frozenset(("room_started", "participant_joined", "track_published"))
_PEOPLE = frozenset((0, 1, 3))
"""Kinds of participants that are people: from a browser, an ingress or a telephone."""


class LiveKitWebhooks:
    """Reads webhooks of one LiveKit server."""

    def __init__(self, access: LiveKitAccess) -> None:
        self._verifier = api.TokenVerifier(access.api_key, access.api_secret)

    def meeting_begun(self, body: bytes, authorization: str) -> str | None:
        """Return the meeting in which a webhook says that something has begun; None for other events.

        Args:
            body: The body of the request as it came.
            authorization: The header of that name: a token that holds the hash of the body.

        Raises:
            SignatureInvalid: It is not signed with our key, or the body was changed.
            MessageInvalid: It is signed, but no webhook.
        """
        token = authorization.removeprefix("Bearer ").strip()
        try:
            claimed = base64.b64decode(self._verifier.verify(token).sha256 or "", validate=True)
        except (binascii.Error, ValueError) as error:
            raise _unsigned() from error
        except Exception as error:
            # The verifier raises what its JWT library raises, for each kind of fault another class.
            raise _unsigned() from error
        if not hmac.compare_digest(claimed, hashlib.sha256(body).digest()):
            raise _unsigned()
        try:
            event = Parse(body.decode(), WebhookEvent(), ignore_unknown_fields=True)
        except (ParseError, UnicodeDecodeError) as error:
            raise MessageInvalid("The body is no webhook of LiveKit.") from error
        return event.room.name if _begins(event) else None


def _begins(event: WebhookEvent) -> bool:
    if event.event not in _BEGINNINGS or not event.room.name:
        return False
    return event.event == "room_started" or event.participant.kind in _PEOPLE


def _unsigned() -> SignatureInvalid:
    return SignatureInvalid("The webhook is not signed with this service's LiveKit key.")
