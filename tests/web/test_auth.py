"""The gate: token, origin and host."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assistant.web.services import WebSettings
from tests.web.serving import Service, ending, receive, serving

_TOKEN = "s3cret-tökén"  # noqa: S105 - guards nothing
_ENCODED = "s3cret-t%C3%B6k%C3%A9n"


async def _code(service: Service, method: str, path: str, **headers: str) -> str:
    response = await service.http.request(method, path, headers=headers)
    return str(response.json()["error"]["code"]) if response.is_error else str(response.status_code)


async def test_everything_but_health_and_pages_wants_the_token() -> None:
    """Without the token nothing of a meeting is given; with it, by header or query, everything."""
    async with serving(token=_TOKEN) as service:
        await service.fake.rooms.create_room("weekly")
        for path in (
            "/v1/rooms",
            "/v1/rooms/weekly",
            "/v1/rooms/weekly/captions/events",
            "/metrics",
            "/openapi.json",
        ):
            assert await _code(service, "GET", path) == "token_missing"
            assert await _code(service, "GET", f"{path}?token=wrong") == "token_invalid"
        for path in ("/v1/rooms/weekly", "/metrics"):
            assert await _code(service, "GET", f"{path}?token={_ENCODED}") == "200"
            assert await _code(service, "GET", path, Authorization=f"Bearer {_TOKEN[:3]}") == "token_invalid"
            response = await service.http.get(path, headers=[(b"authorization", f"Bearer {_TOKEN}".encode())])
            assert response.status_code == 200
        assert await _code(service, "DELETE", "/v1/rooms/weekly") == "token_missing"
        assert await _code(service, "GET", "/health/ready") == "200"
        response = await service.http.get("/v1/rooms")
        assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")


async def test_sockets_want_the_token() -> None:
    """A socket without the right token is told so in a frame that browsers can read."""
    async with serving(token=_TOKEN) as service:
        for path in ("audio?participant=a&", "captions?"):
            async with service.socket(f"/v1/rooms/weekly/{path}") as socket:
                assert await ending(socket) == ("token_missing", 4401)
            async with service.socket(f"/v1/rooms/weekly/{path}token=wrong") as socket:
                assert await ending(socket) == ("token_invalid", 4401)
            async with service.socket(f"/v1/rooms/weekly/{path}token={_ENCODED}") as socket:
                assert (await receive(socket))["type"] in {"ready", "hello"}
        assert len(service.fake.connections) == 1


async def test_pages_of_other_origins_may_not_use_the_service() -> None:
    """A foreign origin is refused on sockets and where something would change; allowed ones are not."""
    async with serving(allowed_origins=("https://meet.example.org/",)) as service:
        own = f"http://{service.host}"
        for origin, answer in {
            "https://evil.example": 403,
            "null": 403,
            own: 201,
            "https://meet.example.org": 201,
        }.items():
            response = await service.http.post("/v1/rooms", headers={"origin": origin})
            assert response.status_code == answer
            async with service.captions(origin=origin) as socket:
                if answer == 403:
                    assert await ending(socket) == ("origin_forbidden", 4403)
                else:
                    assert (await receive(socket))["type"] == "hello"


async def test_allowed_origins_may_read_answers() -> None:
    """Browsers let pages of allowed origins read answers, errors included, and no others."""
    async with serving(allowed_origins=("https://meet.example.org",), token=_TOKEN) as service:
        response = await service.http.get("/v1/rooms", headers={"origin": "https://meet.example.org"})
        assert response.status_code == 401
        assert response.headers["access-control-allow-origin"] == "https://meet.example.org"
        response = await service.http.get("/v1/rooms", headers={"origin": "https://evil.example"})
        assert "access-control-allow-origin" not in response.headers
        asked = {"origin": "https://meet.example.org", "access-control-request-headers": "authorization"}
        for method, path in (("PATCH", "/v1/rooms/weekly/captions/c1"), ("PUT", "/v1/rooms/weekly/glossary")):
            headers = asked | {"access-control-request-method": method}
            assert (await service.http.options(path, headers=headers)).status_code == 200


@pytest.mark.parametrize(
    ("host", "settings", "allowed"),
    [
        ("localhost:{port}", {}, True),
        ("captions.localhost", {}, True),
        ("[::1]:{port}", {}, True),
        ("127.8.9.1", {}, True),
        ("evil.example:{port}", {}, False),
        ("127.0.0.1.evil.example", {}, False),
        ("[bad", {}, False),
        ("meet.example.org", {"allowed_origins": ("https://meet.example.org",)}, True),
        ("captions.example.org", {"token": "t"}, True),
        ("captions.example.org", {"loopback": False}, True),
    ],
)
async def test_foreign_host_names_are_refused_on_loopback(
    host: str,
    settings: dict[str, Any],
    allowed: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """Without a token, only names of this machine lead in: a rebound name of a foreign page does not."""
    async with serving(**settings) as service:
        header = host.format(port=service.server.port)
        response = await service.http.get("/v1/rooms?token=t", headers={"host": header})
        assert response.status_code == (200 if allowed else 403)
        if not allowed:
            assert response.json()["error"]["code"] == "origin_forbidden"


async def test_a_stop_sent_with_a_token_changes_nothing_else() -> None:
    """With the token a whole conversation works as without one."""
    async with serving(token=_TOKEN) as service, service.audio(token=_ENCODED) as socket:
        await receive(socket)
        await socket.send(bytes(640))
        await socket.send(json.dumps({"type": "stop"}))
        assert await ending(socket) == (None, 1000)


async def test_no_page_is_framed_by_another_site_however_it_is_reached() -> None:
    """Under its own address or as a file; only the captions may be, by sites that are named."""
    site = "https://portal.example.org"
    async with serving(allowed_origins=(site,)) as service:
        pages = [f"/static/{page.name}" for page in WebSettings().pages_dir.glob("*.html")]
        assert len(pages) >= 5
        own = ["/", "/rooms/weekly/speak", "/rooms/weekly/minutes", "/rooms/weekly/glossary", "/glossary"]
        for path in (*pages, *own):
            policy = (await service.http.get(path)).headers["content-security-policy"]
            assert policy.endswith("frame-ancestors 'self'"), path
            assert "default-src 'self'" in policy
        read = (await service.http.get("/rooms/weekly")).headers["content-security-policy"]
        assert read.endswith(f"frame-ancestors 'self' {site}")


async def test_an_address_with_a_slash_too_many_is_not_sent_on() -> None:
    """A redirect would carry the token of the address on, to logs and other servers."""
    async with serving(token=_TOKEN) as service:
        for path in ("/v1/rooms/", "/rooms/weekly/", "/static", "/health/live/"):
            answer = await service.http.get(f"{path}?token={_TOKEN}")
            assert answer.status_code == 404, path
            assert "location" not in answer.headers
