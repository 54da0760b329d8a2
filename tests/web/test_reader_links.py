"""Links for readers over HTTP: what they open, and that they open nothing else."""

from __future__ import annotations

import time
from urllib.parse import parse_qs, urlsplit

import pytest

from assistant.core.reader_tokens import make_reader_token
from tests.web.fakes import FakeHub
from tests.web.serving import Service, ending, receive, serving

SECRET = "the-whole-service"  # noqa: S105 - of these tests


async def token_for(service: Service, room: str = "weekly") -> str:
    await service.hub.create_room(room)
    headers = {"Authorization": f"Bearer {SECRET}"}
    made = await service.http.post(f"/v1/rooms/{room}/links", headers=headers)
    assert made.status_code == 201
    assert made.json()["expires_at"] > time.time()
    return parse_qs(urlsplit(made.json()["url"]).query)["token"][0]


async def test_a_link_opens_the_captions_of_its_room() -> None:
    """The room without its glossary, its transcript, its captions, and the languages."""
    async with serving(token=SECRET) as service:
        token = await token_for(service)
        for path in ("/v1/rooms/weekly", "/v1/rooms/weekly/transcript?format=txt", "/v1/languages"):
            answer = await service.http.get(path, headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == 200, path
        async with service.captions(f"?token={token}") as socket:
            assert (await receive(socket))["type"] == "hello"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/rooms"),
        ("GET", "/v1/rooms/other"),
        ("GET", "/v1/rooms/weekly2"),
        ("GET", "/v1/rooms/weekly/glossary"),
        ("GET", "/v1/rooms/weekly/attendance"),
        ("GET", "/v1/rooms/weekly/listener"),
        ("GET", "/v1/rooms/other/../weekly/transcript/../../other/transcript"),
        ("GET", "/v1/rooms/weekly/../other/transcript"),
        ("GET", "/v1/rooms/weekly%2F..%2Fother/transcript"),
        ("GET", "/v1//rooms/weekly/transcript"),
        ("GET", "/V1/rooms/weekly/transcript"),
        ("GET", "/metrics"),
        ("GET", "/openapi.json"),
        ("DELETE", "/v1/rooms/weekly"),
        ("POST", "/v1/rooms/weekly/links"),
        ("POST", "/v1/rooms/weekly/listener"),
        ("PATCH", "/v1/rooms/weekly/captions/c1"),
        ("PUT", "/v1/glossary"),
    ],
)
async def test_a_link_opens_nothing_else(method: str, path: str) -> None:
    """Whatever is tried, also with tricks of spelling, is refused with a code."""
    async with serving(token=SECRET) as service:
        token = await token_for(service)
        await service.hub.create_room("other")
        address = f"http://{service.host}{path}"
        answer = await service.http.request(method, address, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 403
        assert answer.json()["error"]["code"] == "scope_insufficient"


async def test_sockets_of_other_rooms_and_audio_stay_shut() -> None:
    async with serving(token=SECRET) as service:
        token = await token_for(service)
        async with service.socket(f"/v1/rooms/other/captions?token={token}") as socket:
            assert await ending(socket) == ("scope_insufficient", 4403)
        async with service.audio(token=token) as socket:
            assert await ending(socket) == ("scope_insufficient", 4403)


async def test_an_expired_link_says_so() -> None:
    async with serving(token=SECRET) as service:
        old = make_reader_token("weekly", time.time() - 1, secret=SECRET)
        answer = await service.http.get("/v1/rooms/weekly", headers={"Authorization": f"Bearer {old}"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "token_expired")


async def test_without_a_token_links_have_none() -> None:
    hub = FakeHub()
    async with serving(hub) as service:
        await hub.create_room("weekly")
        made = (await service.http.post("/v1/rooms/weekly/links")).json()
        assert made == {"url": f"http://{service.host}/rooms/weekly", "expires_at": None}
