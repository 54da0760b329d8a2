"""LiveKit as a platform of meetings: tokens, joining, and which meetings there are."""

from __future__ import annotations

import asyncio
import datetime
import logging
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp
from livekit import api, rtc

from assistant.adapters.livekit_meeting import LiveKitMeeting
from assistant.core.errors import MeetingRefused, MeetingUnreachable
from assistant.ports.meetings import Answer
from assistant.tasks.owner import TaskOwner

_CONNECT_SECONDS = 10.0
_TOKEN_HOURS = 24.0
_UNAUTHORIZED = 401
_STUN_PORT = 3478
_AS_THE_SERVER_SAYS = ("server",)


@dataclass(frozen=True, slots=True)
class LiveKitAccess:
    """How to reach a LiveKit server, and as whom.

    Attributes:
        url: `ws://`, `wss://`, `http://` or `https://`.
        api_key: Its name at the server.
        api_secret: Signs our tokens.
        name: Under which the listener is known; part of its identity in each meeting.
        shown_name: Under which people see it, where they do.
        visible: Whether they see it among the participants.
        recording_indicator: Whether people's clients show that the meeting is recorded.
        encryption_key: Shared key of meetings that are encrypted from end to end; empty for none.
        ice_servers: STUN and TURN servers (`stun:host:port`); empty: the LiveKit host alone; `server`: those
            that LiveKit names, which by its own default are foreign ones.
    """

    url: str
    api_key: str
    api_secret: str
    name: str = "multi-user-transcriber"
    shown_name: str = ""
    visible: bool = False
    recording_indicator: bool = True
    encryption_key: str = ""
    ice_servers: tuple[str, ...] = ()

    def room_options(self, key: str) -> rtc.RoomOptions:
        """Return how a meeting is joined, with its key where it has one."""
        options = rtc.RoomOptions(auto_subscribe=False, connect_timeout=_CONNECT_SECONDS)
        if key:
            provider = rtc.KeyProviderOptions(shared_key=key.encode())
            options.encryption = rtc.E2EEOptions(key_provider_options=provider)
        if self.ice_servers != _AS_THE_SERVER_SAYS:
            host = urlsplit(self.socket_url).hostname or ""
            urls = list(self.ice_servers) or [f"stun:{f'[{host}]' if ':' in host else host}:{_STUN_PORT}"]
            # With no list the library takes LiveKit's, and that names foreign servers unless told otherwise.
            options.rtc_config = rtc.RtcConfiguration(ice_servers=[rtc.IceServer(urls=urls)])
        return options

    @property
    def socket_url(self) -> str:
        """The address with a WebSocket scheme."""
        scheme, _, rest = self.url.rstrip("/").partition("://")
        return f"{'wss' if scheme in {'https', 'wss'} else 'ws'}://{rest}"

    def identity(self, meeting: str) -> str:
        """Return our identity in a meeting: always the same, so that the server lets in one of us."""
        return f"{self.name}-{meeting}"

    def meeting_token(self, meeting: str) -> str:
        """Return a token with which a listener joins."""
        grants = api.VideoGrants(
            room_join=True,
            room=meeting,
            hidden=not self.visible,
            can_publish=False,
            can_subscribe=True,
            can_publish_data=True,
            can_update_own_metadata=True,
            recorder=self.recording_indicator or None,
        )
        return (
            self._token()
            .with_identity(self.identity(meeting))
            .with_name(self.shown_name or self.name)
            .with_kind("agent")
            .with_grants(grants)
            .with_ttl(datetime.timedelta(hours=_TOKEN_HOURS))
            .to_jwt()
        )

    def client(self) -> api.LiveKitAPI:
        """Return a client of the server's API, which has to be closed."""
        return api.LiveKitAPI(
            self.url,
            self.api_key,
            self.api_secret,
            timeout=aiohttp.ClientTimeout(total=_CONNECT_SECONDS),
            # Else it asks LiveKit's cloud for other regions, and calls hosts that nobody named.
            failover=False,
        )

    def worker_token(self) -> str:
        """Return a token with which an agent worker registers."""
        return self._token().with_grants(api.VideoGrants(agent=True)).to_jwt()

    def _token(self) -> api.AccessToken:
        return api.AccessToken(self.api_key, self.api_secret)


class LiveKitPlatform:
    """The `MeetingPlatform` on a LiveKit server."""

    def __init__(self, access: LiveKitAccess) -> None:
        self._access = access
        # The library writes whole access tokens into its messages.
        logging.getLogger("livekit").setLevel(logging.CRITICAL + 1)
        self._api: api.LiveKitAPI | None = None
        self._tasks = TaskOwner()

    def has(self, meeting: str) -> bool:
        """Return that every name is one of a meeting here."""
        del meeting
        return True

    async def join(self, meeting: str, answer: Answer, *, key: str = "") -> LiveKitMeeting:
        """Join a meeting; raises `MeetingUnreachable`, `MeetingRefused`."""
        room = rtc.Room()
        key = key or self._access.encryption_key
        joined = LiveKitMeeting(room, answer, has_key=bool(key))
        options = self._access.room_options(key)
        connection = room.connect(self._access.socket_url, self._access.meeting_token(meeting), options)
        connecting = self._tasks.start(connection, "livekit-connection", awaited=True)
        try:
            await asyncio.shield(connecting)
        except rtc.ConnectError as error:
            raise _unreachable(str(error)) from error
        except asyncio.CancelledError:
            # The library would go on connecting, and stay in the meeting with nobody to speak for it.
            await _give_up(room, connecting)
            raise
        joined.begin()
        return joined

    async def exists(self, meeting: str) -> bool:
        """Return whether there is such a meeting now; raises as `join` does."""
        if self._api is None:
            self._api = self._access.client()
        try:
            answer = await self._api.room.list_rooms(api.ListRoomsRequest(names=[meeting]))
        except api.TwirpError as error:
            raise _unreachable(str(error.status)) from error
        except (TimeoutError, aiohttp.ClientError) as error:
            raise _unreachable("") from error
        return any(room.num_participants for room in answer.rooms)

    async def close(self) -> None:
        """Let go of the platform."""
        await self._tasks.close(_CONNECT_SECONDS)
        opened, self._api = self._api, None
        if opened is not None:
            await opened.aclose()


async def _give_up(room: rtc.Room, connecting: asyncio.Task[None]) -> None:
    await asyncio.wait([connecting])
    if not connecting.exception():
        await room.disconnect()


def refused() -> MeetingRefused:
    """Return what is wrong where LiveKit does not accept our key."""
    return MeetingRefused(
        "LiveKit refuses this service: check ASSISTANT_LIVEKIT_API_KEY and ASSISTANT_LIVEKIT_API_SECRET."
    )


def unreachable() -> MeetingUnreachable:
    """Return what is wrong where LiveKit does not answer."""
    return MeetingUnreachable("LiveKit does not answer at ASSISTANT_LIVEKIT_URL; it is tried again.")


def _unreachable(reason: str) -> MeetingRefused | MeetingUnreachable:
    # The library's own sentences hold the token, so they go no further.
    return refused() if str(_UNAUTHORIZED) in reason.split("invalid", maxsplit=1)[0] else unreachable()
