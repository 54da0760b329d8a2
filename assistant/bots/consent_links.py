"""Links with which each person in a meeting says on a page of their own whether they are heard."""

from __future__ import annotations

from assistant.core.identity.consent_tokens import (
    ConsentGrant,
    derive_key,
    make_consent_token,
    read_consent_token,
)
from assistant.ports.system import Clock

PAGE = "/consent"
_HOUR_SECONDS = 3_600


class ConsentLinks:
    """Makes such links, and says whose they are."""

    def __init__(self, base_url: str, secret: str, hours: float, clock: Clock) -> None:
        """Derive the key of the tokens (takes about 50 ms).

        Args:
            base_url: Under which people reach the service, without a slash at the end.
            secret: That of the meetings' platform: who has it can speak for everybody there anyway.
            hours: How long a link is good.
            clock: Says when links expire.
        """
        self._base_url = base_url
        self._key = derive_key(secret)
        self._hours = hours
        self._clock = clock

    def url(self, room: str, identity: str) -> str:
        """Return the address of somebody's page.

        The token stands behind “#”, which browsers keep to themselves: no server's log has it.
        """
        expires_at = self._clock.now() + self._hours * _HOUR_SECONDS
        token = make_consent_token(ConsentGrant(room, identity, int(-(-expires_at // 1))), self._key)
        return f"{self._base_url}{PAGE}#{token}"

    def grant(self, token: str) -> ConsentGrant:
        """Return whose choice a token is.

        Raises:
            TokenInvalid: It is none of this service, or has expired.
        """
        return read_consent_token(token, self._key, self._clock.now())
