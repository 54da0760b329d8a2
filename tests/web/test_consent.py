"""Whether somebody is heard, over HTTP: their personal link opens it, and nothing else that there is."""

from __future__ import annotations

import time

import httpx
import pytest

from assistant.adapters.system_clock import SystemClock
from assistant.bots.consent_links import ConsentLinks
from assistant.core.identity import reader_tokens
from assistant.core.meetings.meeting import AudioOffer, MeetingParticipant
from tests.bots.scripted_meeting import ScriptedPlatform
from tests.fakes import ManualClock
from tests.waiting import until
from tests.web.serving import Service, serving
from tests.web.test_listeners import listening

CONSENT = "/v1/consent"
TOKEN = "the-token-of-the-service"  # noqa: S105 - guards nothing
OFFICER, METRICS, LASUITE = (f"a-token-{name}" for name in ("officer", "metrics", "lasuite"))
LINKS = ConsentLinks("https://here.example", "a secret of the platform", 24.0, SystemClock())


def token_of(identity: str, room: str = "weekly", links: ConsentLinks = LINKS) -> str:
    return links.url(room, identity).partition("#")[2]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def a_meeting() -> ScriptedPlatform:
    platform = ScriptedPlatform()
    for identity in ("ana", "bob"):
        platform.come(MeetingParticipant(identity, identity.title()))
        platform.publish(AudioOffer(identity, f"TR_{identity}"))
    return platform


async def listen(service: Service, platform: ScriptedPlatform, token: str = "") -> None:
    """Send a listener into the meeting, and wait until it hears."""
    opened = await service.http.post("/v1/rooms/weekly/listener", headers=bearer(token))
    assert opened.status_code == 202
    await until(lambda: platform.meetings and len(platform.meeting.taps) == 2)


async def choose(service: Service, token: str, *, heard: object) -> httpx.Response:
    return await service.http.put(CONSENT, json={"heard": heard}, headers=bearer(token))


@pytest.mark.parametrize("service_token", ["", TOKEN])
async def test_a_personal_link_says_no_and_yes_again(service_token: str) -> None:
    """For whose it is and for nobody else, whether or not the service asks for a token of its own."""
    platform = a_meeting()
    async with listening(platform, consent=LINKS, token=service_token) as service:
        await listen(service, platform, service_token)
        ana = token_of("ana")
        stands = (await service.http.get(CONSENT, headers=bearer(ana))).json()
        assert stands.pop("expires_at") == pytest.approx(time.time() + 24 * 3600, abs=600)
        assert stands == {"room": "weekly", "listening": True, "heard": True}
        for heard in (False, True, False):
            answer = await choose(service, ana, heard=heard)
            assert (answer.status_code, answer.json()["heard"]) == (200, heard)
            assert platform.meeting.hears("TR_ana") is heard
            assert platform.meeting.hears("TR_bob")
        assert (await service.http.get(CONSENT, headers=bearer(token_of("bob")))).json()["heard"]


async def test_no_other_token_makes_that_choice() -> None:
    """Not even that of the service or an officer's; and a link of another service, room or day is none."""
    platform = a_meeting()
    other = ConsentLinks("https://here.example", "another secret", 24.0, SystemClock())
    past = ConsentLinks("https://here.example", "a secret of the platform", 24.0, ManualClock())
    settings = {"officer_tokens": (OFFICER,), "metrics_token": METRICS, "lasuite_tokens": (LASUITE,)}
    async with listening(platform, consent=LINKS, token=TOKEN, **settings) as service:
        await listen(service, platform, TOKEN)
        key = reader_tokens.derive_key(TOKEN)
        expires_at = time.time() + 60
        reader = reader_tokens.make_reader_token("weekly", key, link="l1", expires_at=expires_at)
        ana = token_of("ana")
        forged = token_of("bob").rpartition(".")[0] + "." + ana.rpartition(".")[2]
        for token, status, code in (
            ("", 401, "token_missing"),
            *((one, 403, "scope_insufficient") for one in (TOKEN, OFFICER, METRICS, LASUITE, reader, "x")),
            (token_of("ana", links=other), 401, "token_invalid"),
            (token_of("ana", links=past), 401, "token_invalid"),
            (forged, 401, "token_invalid"),
            (ana[:-1], 401, "token_invalid"),
            (token_of("ana", "other"), 404, "listener_unknown"),
        ):
            for answer in (
                await service.http.get(CONSENT, headers=bearer(token)),
                await choose(service, token, heard=False),
            ):
                assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), token
        assert platform.meeting.hears("TR_ana")
        assert platform.meeting.hears("TR_bob")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/rooms"),
        ("GET", "/v1/rooms/weekly"),
        ("GET", "/v1/rooms/weekly/transcript"),
        ("GET", "/v1/rooms/weekly/captions/events"),
        ("GET", "/v1/rooms/weekly/listener"),
        ("DELETE", "/v1/rooms/weekly/listener"),
        ("GET", "/v1/rooms/weekly/attendance"),
        ("POST", "/v1/rooms/weekly/links"),
        ("GET", "/v1/listeners"),
        ("GET", "/v1/consent/"),
        ("GET", "/v1/consents"),
        ("GET", "/metrics"),
    ],
)
async def test_a_personal_link_opens_nothing_else(method: str, path: str) -> None:
    """Of its own room either: it is no link for readers."""
    platform = a_meeting()
    async with listening(platform, consent=LINKS, token=TOKEN) as service:
        await listen(service, platform, TOKEN)
        answer = await service.http.request(method, path, headers=bearer(token_of("ana")))
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "scope_insufficient")
        spoilt = await service.http.request(method, path, headers=bearer(token_of("ana")[:-1]))
        assert (spoilt.status_code, spoilt.json()["error"]["code"]) == (401, "token_invalid")


@pytest.mark.parametrize("heard", ["no", 0, None, "false", [False]])
async def test_a_choice_is_true_or_false(heard: object) -> None:
    """What could be meant either way is refused, and changes nothing."""
    platform = a_meeting()
    async with listening(platform, consent=LINKS) as service:
        await listen(service, platform)
        assert (await choose(service, token_of("ana"), heard=heard)).status_code == 400
        assert platform.meeting.hears("TR_ana")


async def test_pages_of_other_sites_choose_for_nobody() -> None:
    """Not even with the token."""
    platform = a_meeting()
    async with listening(platform, consent=LINKS) as service:
        await listen(service, platform)
        headers = bearer(token_of("ana")) | {"Origin": "https://elsewhere.example"}
        answer = await service.http.put(CONSENT, json={"heard": False}, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "origin_forbidden")
        assert platform.meeting.hears("TR_ana")


async def test_where_nobody_has_a_link_the_answer_says_what_to_set() -> None:
    """Without a platform, and without a public address."""
    async with serving(token=TOKEN) as alone, listening(a_meeting()) as without:
        for service in (alone, without):
            answer = await service.http.get(CONSENT, headers=bearer(token_of("ana")))
            assert (answer.status_code, answer.json()["error"]["code"]) == (503, "meetings_not_configured")
            assert "ASSISTANT_PUBLIC_URL" in answer.json()["error"]["message"]


async def test_the_page_is_open_and_keeps_to_itself() -> None:
    """It holds nothing secret, loads nothing from elsewhere, and other pages may not frame it."""
    async with serving(token=TOKEN) as service:
        page = await service.http.get("/consent")
        assert page.status_code == 200
        policy = page.headers["content-security-policy"]
        assert policy == (await service.http.get("/")).headers["content-security-policy"]
        assert "frame-ancestors 'self'" in policy
        assert page.headers["referrer-policy"] == "no-referrer"
