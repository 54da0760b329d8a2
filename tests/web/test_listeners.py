"""Listeners over HTTP, attendance, and webhooks with real signatures."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from livekit import api

from assistant.adapters.livekit_platform import LiveKitAccess
from assistant.adapters.livekit_webhooks import LiveKitWebhooks
from assistant.adapters.system_clock import SystemClock
from assistant.bots.bot_manager import BotManager
from assistant.bots.consent_links import ConsentLinks
from assistant.bots.deps import BotDeps
from assistant.core.errors import CapacityReached, MeetingUnreachable
from assistant.core.meetings.attendance import Stay
from assistant.core.meetings.meeting import AudioOffer, ListenerRecord, MeetingParticipant
from tests.bots.scripted_meeting import ScriptedPlatform
from tests.waiting import until
from tests.web.fakes import FakeCaptions
from tests.web.serving import Service, serving

KEY, SECRET = "devkey", "a-secret-for-tests-that-is-long-enough"  # gitleaks:allow
WEBHOOK = "/v1/livekit/webhook"


@dataclass
class Meetings:
    """A store of meetings in memory."""

    kept: dict[str, ListenerRecord] = field(default_factory=dict)
    there: list[Stay] = field(default_factory=list)

    async def save_listener(self, record: ListenerRecord) -> None:
        """Keep a listener."""
        self.kept[record.meeting] = record

    async def listeners(self) -> list[ListenerRecord]:
        """Return what is kept."""
        return list(self.kept.values())

    async def close_listener(self, meeting: str) -> None:
        """Forget a listener."""
        self.kept.pop(meeting, None)

    async def save_stay(self, stay: Stay) -> None:
        """Keep a stay."""
        self.there.append(stay)

    async def stays(self, room: str, *, open_only: bool = False) -> list[Stay]:
        """Return the stays in a room."""
        return [stay for stay in self.there if stay.room == room and not (open_only and stay.left_at)]

    async def see(self, room: str, at: float) -> None:
        """Keep nothing of it."""


class MeetingHall(FakeCaptions):
    """A scripted captions that knows meetings."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.meetings = Meetings()
        self.full = False

    def check_power(self) -> None:
        """Refuse, as scripted."""
        if self.full:
            raise CapacityReached("full")


async def address_of(room: str) -> str:
    """Return where a room is read."""
    return f"https://here.example/rooms/{room}"


@asynccontextmanager
async def listening(
    *platforms: ScriptedPlatform, consent: ConsentLinks | None = None, **settings: Any
) -> AsyncIterator[Service]:
    """Run the service with platforms of scripted meetings."""
    fake = MeetingHall()
    rooms = (fake, fake, fake, fake.meetings)
    tools = BotDeps(*rooms, platforms, SystemClock(), address_of, consent=consent)  # type: ignore[arg-type] # scripted
    bots = BotManager(tools, ["council-*"])
    webhooks = LiveKitWebhooks(LiveKitAccess("ws://127.0.0.1:9", KEY, SECRET))
    async with serving(fake, bots, webhooks, **settings) as service:
        yield service


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    """Return the headers with which LiveKit signs a webhook."""
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    return {"authorization": api.AccessToken(KEY, secret).with_sha256(digest).to_jwt()}


def event(name: str, room: str, **participant: Any) -> bytes:
    document = {"event": name, "room": {"name": room}, "id": "EV_1", "createdAt": "1700000000"}
    return json.dumps(document | ({"participant": participant} if participant else {})).encode()


async def test_a_listener_is_sent_in_shown_and_taken_out() -> None:
    """The life of a listener over HTTP."""
    platform = ScriptedPlatform()
    platform.come(MeetingParticipant("ana", "Ana"))
    async with listening(platform) as service:
        opened = await service.http.post("/v1/rooms/weekly/listener")
        assert opened.status_code == 202
        assert opened.json()["state"] == "joining"
        await until(lambda: platform.meetings)
        platform.publish(AudioOffer("ana", "TR_1", encrypted=True))
        shown: dict[str, Any] = {}
        while not shown.get("unheard"):
            shown = (await service.http.get("/v1/rooms/weekly/listener")).json()
        assert shown == {
            "meeting": "weekly",
            "room": "weekly",
            "state": "listening",
            "problem": "",
            "code": "",
            "participants": 1,
            "heard": 0,
            "unheard": [{"participant": "ana", "reason": "encrypted"}],
            "url": "https://here.example/rooms/weekly",
        }
        assert (await service.http.get("/v1/listeners")).json() == {"listeners": [shown]}
        again = await service.http.post("/v1/rooms/weekly/listener", json={})
        assert (again.status_code, len(platform.meetings)) == (202, 1)
        assert (await service.http.delete("/v1/rooms/weekly/listener")).status_code == 204
        assert (await service.http.get("/v1/listeners")).json() == {"listeners": []}
        assert platform.meeting.closed


async def test_a_meeting_may_have_a_name_that_no_room_has() -> None:
    """Its room has a name of its own, under which the listener is found."""
    async with listening(ScriptedPlatform()) as service:
        new = {"meeting": "Réunion du conseil", "key": "a secret"}
        opened = (await service.http.post("/v1/rooms/any/listener", json=new)).json()
        assert opened["meeting"] == "Réunion du conseil"
        assert (await service.http.get(f"/v1/rooms/{opened['room']}/listener")).status_code == 200
        assert "secret" not in json.dumps(opened)


async def test_a_meeting_is_on_the_first_platform_that_knows_its_name() -> None:
    """Whoever asks for it names no platform; a name that none knows is refused."""
    first, second = ScriptedPlatform(prefix="jitsi:"), ScriptedPlatform(prefix="council-")
    async with listening(first, second) as service:
        for meeting, platform in (("council-1", second), ("jitsi:weekly", first)):
            new = {"meeting": meeting}
            assert (await service.http.post("/v1/rooms/any/listener", json=new)).status_code == 202
            await until(partial(len, platform.meetings))
        assert len(first.meetings) == len(second.meetings) == 1
        unknown = await service.http.post("/v1/rooms/any/listener", json={"meeting": "weekly"})
        assert (unknown.status_code, unknown.json()["error"]["code"]) == (503, "meetings_not_configured")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/rooms/other/listener"),
        ("DELETE", "/v1/rooms/other/listener"),
        ("GET", "/v1/rooms/other/attendance"),
    ],
)
async def test_what_nobody_listens_to_is_unknown(method: str, path: str) -> None:
    """Neither listener nor room."""
    async with listening(ScriptedPlatform()) as service:
        answer = await service.http.request(method, path)
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] in {"listener_unknown", "room_unknown"}


async def test_without_a_platform_there_are_no_listeners() -> None:
    """Each route says what to set."""
    async with serving() as service:
        for method, path in (
            ("POST", "/v1/rooms/weekly/listener"),
            ("GET", "/v1/rooms/weekly/listener"),
            ("DELETE", "/v1/rooms/weekly/listener"),
            ("GET", "/v1/listeners"),
            ("POST", WEBHOOK),
        ):
            answer = await service.http.request(method, path)
            error = answer.json()["error"]
            assert (answer.status_code, error["code"], error["retryable"]) == (
                503,
                "meetings_not_configured",
                False,
            )
            assert "ASSISTANT_LIVEKIT_URL" in error["message"]


@pytest.mark.parametrize("document", [{"meeting": "x" * 300}, {"key": 4}, [], {"meeting": "a\nb"}])
async def test_requests_that_cannot_be_right_are_refused(document: object) -> None:
    """Before anybody is sent anywhere."""
    platform = ScriptedPlatform()
    async with listening(platform) as service:
        assert (await service.http.post("/v1/rooms/weekly/listener", json=document)).status_code == 400
        assert platform.meetings == []


async def test_a_full_machine_says_so() -> None:
    """And a platform that is away is told in readiness, which stays ready."""
    platform = ScriptedPlatform(refusals=[MeetingUnreachable("It is away.")] * 99)
    async with listening(platform) as service:
        await service.http.post("/v1/rooms/weekly/listener")
        ready = await service.http.get("/health/ready")
        while not ready.json()["problems"]:
            ready = await service.http.get("/health/ready")
        assert (ready.status_code, ready.json()["problems"]) == (200, ["It is away."])
        assert isinstance(service.fake, MeetingHall)
        service.fake.full = True
        refused = await service.http.post("/v1/rooms/other/listener")
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "capacity_reached")


async def test_attendance_shows_stays() -> None:
    """By arrival; a break of seconds is none."""
    async with listening(ScriptedPlatform()) as service:
        assert isinstance(service.fake, MeetingHall)
        await service.fake.rooms.create_room("weekly")
        service.fake.meetings.there = [
            Stay("weekly", "ana", "Ana", 100.0, 200.0, 200.0),
            Stay("weekly", "bob", "Bob", 150.0, 160.0),
            Stay("weekly", "ana", "Ana Souza", 205.0, 300.0, 300.0),
        ]
        assert (await service.http.get("/v1/rooms/weekly/attendance")).json() == {
            "room": "weekly",
            "stays": [
                {"participant": "ana", "name": "Ana Souza", "arrived_at": 100.0, "left_at": 300.0},
                {"participant": "bob", "name": "Bob", "arrived_at": 150.0, "left_at": None},
            ],
        }


# --- webhooks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "listens"),
    [
        (event("room_started", "council-7"), True),
        (event("participant_joined", "council-7", kind="STANDARD"), True),
        (event("participant_joined", "council-7", identity="ana"), True),
        (event("track_published", "council-7", kind="SIP"), True),
        (event("participant_joined", "council-7", kind="AGENT"), False),
        (event("participant_joined", "council-7", kind="EGRESS"), False),
        (event("room_started", "private"), False),
        (event("room_started", ""), False),
        (event("room_finished", "council-7"), False),
        (event("something_new", "council-7"), False),
    ],
)
async def test_a_webhook_sends_a_listener(body: bytes, *, listens: bool) -> None:
    """Where a meeting whose name fits begins, or people come; without the token of the service."""
    platform = ScriptedPlatform()
    async with listening(platform, token="t" * 20) as service:
        answer = await service.http.post(WEBHOOK, content=body, headers=signed(body))
        assert (answer.status_code, answer.json()) == (200, {"listening": listens})
        if listens:
            await until(lambda: platform.meetings)
        assert isinstance(service.fake, MeetingHall)
        assert [record.door for record in service.fake.meetings.kept.values()] == ["webhook"] * listens


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer nonsense"},
        signed(event("room_started", "council-7"), "another-secret-that-is-long-enough-too"),
        signed(event("room_started", "council-8")),
        {"authorization": api.AccessToken(KEY, SECRET).to_jwt()},
        {"authorization": api.AccessToken(KEY, SECRET).with_sha256("§§").to_jwt()},
    ],
)
async def test_a_webhook_that_is_not_signed_is_refused(headers: dict[str, str]) -> None:
    """No token, another secret, another body, or a token that signs none."""
    platform = ScriptedPlatform()
    async with listening(platform) as service:
        answer = await service.http.post(WEBHOOK, content=event("room_started", "council-7"), headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "signature_invalid")
        assert platform.meetings == []


@pytest.mark.parametrize("body", [b"", b"[1]", b"4", b"null", b"\xff", b'{"event": {}}', b"[" * 9999])
async def test_what_is_signed_but_no_webhook_is_refused(body: bytes) -> None:
    """As input that cannot be right."""
    async with listening(ScriptedPlatform()) as service:
        answer = await service.http.post(WEBHOOK, content=body, headers=signed(body))
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "message_invalid")
