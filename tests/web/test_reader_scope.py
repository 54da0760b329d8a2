"""A reader's link opens the captions of one room, and nothing else."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from assistant.core.identity.reader_tokens import derive_key, make_reader_token
from tests.captions import a_caption
from tests.waiting import PATIENCE_SECONDS
from tests.web.fakes import FakeCaptions
from tests.web.serving import Service, ending, receive, serving

_TOKEN = "s3cret"  # noqa: S105 - guards nothing
_KEY = derive_key(_TOKEN)


def _reader_token(service: Service, *, seconds: float = 600.0, recipient: str = "") -> str:
    expires_at = time.time() + seconds
    return service.fake.links.token(_KEY, expires_at=expires_at, recipient=recipient)


def a_fake() -> FakeCaptions:
    return FakeCaptions(finals={"weekly": [a_caption(3, "Bonjour.")]})


async def _raw(service: Service, method: str, target: str, token: str) -> tuple[int, str]:
    """Return status and body of a request whose target goes out exactly as it is written."""
    reader, writer = await asyncio.open_connection("127.0.0.1", service.server.port)
    lines = [
        f"{method} {target} HTTP/1.1",
        f"Host: {service.host}",
        f"Authorization: Bearer {token}",
        "Connection: close",
    ]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    async with asyncio.timeout(PATIENCE_SECONDS):
        answer = (await reader.read()).decode()
    writer.close()
    return int(answer.split()[1]), answer.partition("\r\n\r\n")[2]


async def test_a_reader_reads_its_room() -> None:
    """The room, its transcript, the languages and both ways of captions, by header or address."""
    async with serving(a_fake(), token=_TOKEN) as service:
        await service.fake.rooms.create_room("weekly", glossary=["DINUM"])
        token = _reader_token(service)
        for path in ("/v1/rooms/weekly", "/v1/rooms/weekly/transcript?format=txt", "/v1/languages"):
            joint = "&" if "?" in path else "?"
            assert (await service.http.get(f"{path}{joint}token={token}")).status_code == 200
            headers = {"Authorization": f"Bearer {token}"}
            assert (await service.http.get(path, headers=headers)).status_code == 200
        async with service.http.stream("GET", f"/v1/rooms/weekly/captions/events?token={token}") as stream:
            assert stream.status_code == 200
        async with service.captions(f"?token={token}") as socket:
            assert (await receive(socket))["type"] == "hello"
        async with service.captions(f"?token={_TOKEN}") as socket:
            assert (await receive(socket))["type"] == "hello"
        assert service.fake.public == [True, True, False]


async def test_a_reader_sees_a_room_without_its_names_and_terms() -> None:
    """They are for those who prepare the meeting, who see them as before."""
    async with serving(token=_TOKEN) as service:
        await service.fake.rooms.create_room("weekly", glossary=["DINUM"], languages=["pt"])
        seen = (await service.http.get(f"/v1/rooms/weekly?token={_reader_token(service)}")).json()
        whole = (await service.http.get(f"/v1/rooms/weekly?token={_TOKEN}")).json()
        assert whole.pop("glossary") == ["DINUM"]
        assert whole.pop("spoken") == []
        assert seen == whole
        assert seen["languages"] == ["pt"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/rooms"),
        ("POST", "/v1/rooms"),
        ("DELETE", "/v1/rooms/weekly"),
        ("HEAD", "/v1/rooms/weekly"),
        ("POST", "/v1/rooms/weekly/links"),
        ("GET", "/v1/rooms/weekly/glossary"),
        ("PUT", "/v1/rooms/weekly/glossary"),
        ("GET", "/v1/rooms/weekly/attendance"),
        ("GET", "/v1/rooms/weekly/listener"),
        ("POST", "/v1/rooms/weekly/listener"),
        ("PATCH", "/v1/rooms/weekly/captions/c1"),
        ("POST", "/v1/rooms/weekly/transcript"),
        ("GET", "/v1/rooms/weekly/captions"),
        ("GET", "/v1/rooms/weekly/audio"),
        ("GET", "/v1/glossary"),
        ("POST", "/v1/glossary/read"),
        ("GET", "/v1/listeners"),
        ("GET", "/metrics"),
        ("GET", "/openapi.json"),
        ("GET", "/v1/rooms/weekly2"),
        ("GET", "/v1/rooms/week"),
        ("GET", "/v1/rooms/weekly2/transcript"),
        ("GET", "/v1/rooms/other/captions/events"),
    ],
)
async def test_a_reader_gets_nothing_else(method: str, path: str) -> None:
    """Neither what else there is of its room, nor another room, nor one whose name begins alike."""
    async with serving(token=_TOKEN) as service:
        for room in ("weekly", "weekly2", "week", "other"):
            await service.fake.rooms.create_room(room)
        response = await service.http.request(
            method, path, headers={"Authorization": f"Bearer {_reader_token(service)}"}
        )
        assert response.status_code == 403
        if method != "HEAD":
            assert response.json()["error"]["code"] == "scope_insufficient"
        assert {room.name for room in await service.fake.rooms.every_room()} == {
            "weekly",
            "weekly2",
            "week",
            "other",
        }


@pytest.mark.parametrize(
    "path",
    [
        "/v1/rooms/weekly/",
        "/v1/rooms/weekly//transcript",
        "/v1//rooms/weekly",
        "//v1/rooms/weekly",
        "/v1/rooms/./weekly",
        "/v1/rooms/weekly/../other",
        "/v1/rooms/weekly/%2e%2e/other",
        "/v1/rooms/weekly/..%2fother",
        "/v1/rooms/weekly%2f..%2fother",
        "/v1/rooms/weekly%252ftranscript",
        "/v1/rooms/weekly%00",
        "/v1/rooms/weekly%20",
        "/v1/rooms/weekly%0a",
        "/v1/rooms/weekly;x",
        "/v1/rooms/Weekly",
        "/V1/rooms/weekly",
        "/v1/rooms/weekly/Transcript",
        "/v1/rooms/weekly%3f/transcript",
        "/v1/rooms/other?room=weekly",
        "/v1/rooms/other#/v1/rooms/weekly",
        "/v1/rooms/weekly/transcript/../../other/transcript",
        "/rooms/../v1/rooms/other",
        "/static/../v1/rooms/other",
        "/static/%2e%2e/v1/rooms/other",
        "/health/../v1/rooms/other",
        "/health/%2e%2e/v1/rooms/other",
    ],
)
async def test_no_spelling_of_a_path_leads_further(path: str) -> None:
    """What is not the plain address of something readable shows nothing, however it is written."""
    async with serving(token=_TOKEN) as service:
        for room in ("weekly", "Weekly", "other"):
            await service.fake.rooms.create_room(room, f"Title of {room}")
        status, body = await _raw(service, "GET", path, _reader_token(service))
        assert status in {400, 403, 404}
        assert "Title of" not in body


async def test_an_escaped_letter_is_the_letter() -> None:
    """The service decodes an address once, before it looks: then it is the reader's own room."""
    async with serving(token=_TOKEN) as service:
        for room in ("weekly", "other"):
            await service.fake.rooms.create_room(room)
        assert (await _raw(service, "GET", "/v1/rooms/%77eekly", _reader_token(service)))[0] == 200
        assert (await _raw(service, "GET", "/v1/rooms/%6fther", _reader_token(service)))[0] == 403


async def test_sockets_open_for_reading_only() -> None:
    """A reader can neither speak nor read another room, and is told so in a frame."""
    async with serving(token=_TOKEN) as service:
        token = _reader_token(service)
        for path in (
            "/v1/rooms/weekly/audio?participant=a&",
            "/v1/rooms/weekly2/captions?",
            "/v1/rooms/Weekly/captions?",
            "/v1/rooms/weekly/../other/captions?",
            "/v1/rooms/weekly/x/captions?",
            "/v1/rooms/weekly%2Fcaptions/captions?",
            "/v1/rooms/weekly/captions/?",
            "/elsewhere?",
        ):
            async with service.socket(f"{path}token={token}") as socket:
                assert await ending(socket) == ("scope_insufficient", 4403)
        assert not service.fake.connections


async def test_wrong_tokens_of_every_kind_get_the_same_answer() -> None:
    """Unknown, changed, expired, taken back, of another service or of an older form: nobody learns which."""
    async with serving(token=_TOKEN) as service:
        await service.fake.rooms.create_room("weekly")
        expires_at = time.time() + 600
        revoked = _reader_token(service)
        await service.fake.links.revoke_link("weekly", revoked.split(".")[2])
        wrong = (
            "guessed",
            _reader_token(service, seconds=-1),
            revoked,
            make_reader_token("weekly", derive_key("another"), link="00000000", expires_at=expires_at),
            _reader_token(service)[:-1],
            f"{_reader_token(service)}%FF",
            f"reader1.weekly.{int(expires_at)}.tVtR",
            "reader2.",
        )
        answers = set()
        for token in wrong:
            for path in ("/v1/rooms/weekly", "/v1/rooms"):
                response = await service.http.get(f"{path}?token={token}")
                answers.add((response.status_code, response.text, response.headers["www-authenticate"]))
        ((status, body, challenge),) = answers
        assert (status, challenge, json.loads(body)["error"]["code"]) == (401, "Bearer", "token_invalid")
        async with service.captions(f"?token={revoked}") as socket:
            assert await ending(socket) == ("token_invalid", 4401)


async def test_a_service_token_that_looks_like_a_readers_opens_everything() -> None:
    """What the operator chose is the token of the service, whatever it begins with."""
    async with serving(token="reader2.weekly.1.x") as service:  # noqa: S106 - guards nothing
        assert (await service.http.get("/v1/rooms?token=reader2.weekly.1.x")).status_code == 200


async def test_links_are_made_with_the_token_of_the_service() -> None:
    """The answer has the address, with a token that opens the room, and when that ends."""
    async with serving(token=_TOKEN) as service:
        await service.fake.rooms.create_room("weekly")
        headers = {"Authorization": f"Bearer {_TOKEN}"}
        made = await service.http.post("/v1/rooms/weekly/links", headers=headers)
        assert made.status_code == 201
        url, _, token = made.json()["url"].partition("?token=")
        assert url == "https://captions.example.org/rooms/weekly"
        assert (await service.http.get(f"/v1/rooms/weekly?token={token}")).status_code == 200
        assert made.json()["expires_at"] == pytest.approx(time.time() + 24 * 3600, abs=60)
        made = await service.http.post("/v1/rooms/weekly/links", headers=headers, json={"hours": 0.5})
        assert made.json()["expires_at"] == pytest.approx(time.time() + 1800, abs=60)
        for hours in (0, -1, 24 * 366 + 1, "soon"):
            refused = await service.http.post(
                "/v1/rooms/weekly/links", headers=headers, json={"hours": hours}
            )
            assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_input")
        refused = await service.http.post("/v1/rooms/-weekly/links", headers=headers)
        assert refused.json()["error"]["code"] == "room_name_invalid"
        assert (await service.http.post("/v1/rooms/weekly/links")).status_code == 401


async def test_who_a_link_is_for_is_told_as_it_is_kept() -> None:
    """On one line, without control characters: this stands on numbered copies."""
    async with serving(token=_TOKEN) as service:
        await service.fake.rooms.create_room("weekly")
        address, headers = "/v1/rooms/weekly/links", {"Authorization": f"Bearer {_TOKEN}"}
        made = await service.http.post(address, headers=headers, json={"recipient": "Mme\u0000\nRoy"})
        listed = (await service.http.get(address, headers=headers)).json()["links"]
        assert made.json()["recipient"] == listed[0]["recipient"] == "Mme Roy"


async def test_without_a_token_links_are_plain() -> None:
    """A service that asks for no token makes links that need none and do not expire."""
    async with serving() as service:
        await service.fake.rooms.create_room("weekly")
        made = await service.http.post("/v1/rooms/weekly/links", json={"hours": 1})
        told = {"url": "https://captions.example.org/rooms/weekly", "expires_at": None, "id": ""}
        assert made.json() == told | {"audience": "public", "recipient": ""}
        assert (await service.http.get(f"/v1/rooms?token={_reader_token(service)}")).status_code == 200
