"""No token gets out of the service by a way that nobody thinks of: logs, redirects, what is passed on."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidHandshake, WebSocketException
from websockets.sync.client import connect

from tests.cli.test_cli import await_status, serving
from tests.free_ports import free_port

_TOKEN = "s3cret-of-the-service"  # noqa: S105 - guards nothing
_WRONG = "s3cret-of-another-service"
_NAMES = (
    "token",
    "Token",
    "access_token",
    "api_key",
    "key",
    "password",
    "t%6fken",
    "jeton",
    "recipient",
    "lang",
)
_HEADERS = ("Authorization", "X-Officer-Token", "X-Api-Key", "Cookie", "Referer", "Origin")
_PATHS = (
    "/",
    "/static",
    "/static/read.html",
    "/rooms/weekly/",
    "/rooms/weekly//minutes",
    "/v1/rooms",
    "/v1/rooms/",
    "/v1/rooms/weekly/transcript/",
    "/v1/rooms/-weekly",
    "/v1/languages/",
    "/metrics/",
    "/health/live/",
    "/nowhere/",
)


@pytest.mark.parametrize(("log_format", "log_level"), [("json", "debug"), ("console", "info")])
def test_a_token_is_in_no_log_and_no_answer(tmp_path: Path, log_format: str, log_level: str) -> None:
    """Under whatever name and in whatever header it is sent, right or wrong; whatever is answered."""
    port = free_port()
    environment = {
        "ASSISTANT_TOKEN": _TOKEN,
        "ASSISTANT_LOG_FORMAT": log_format,
        "ASSISTANT_LOG_LEVEL": log_level,
    }
    options = ("--port", port, "--data-dir", tmp_path, "--models-dir", tmp_path / "models")
    with serving(*options, **environment) as process:
        await_status(port, "/health/live", 200)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as http:
            for answer in _answers(http):
                told = json.dumps(dict(answer.headers)) + answer.text
                assert "s3cret" not in told, answer.request.url
                assert answer.headers["referrer-policy"] == "no-referrer"
                assert "location" not in answer.headers
        for name in _NAMES:
            for path in ("/v1/rooms/weekly/captions", "/v1/rooms/weekly/audio", "/nowhere"):
                _knock(f"ws://127.0.0.1:{port}{path}?{name}={_TOKEN}")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "WebSocket" in err  # the requests were logged, so this looked at something
    assert "s3cret" not in out + err


def _answers(http: httpx.Client) -> Iterator[httpx.Response]:
    """Yield answers to requests with a token in each place; few are wrong, which are answered ever later."""
    for path in _PATHS:
        for name in _NAMES:
            yield http.get(f"{path}?{name}={_TOKEN}")
        for header in _HEADERS:
            prefix = "Bearer " if header == "Authorization" else ""
            if (header, path) != ("X-Officer-Token", "/v1/rooms"):
                yield http.get(path, headers={header: f"{prefix}{_TOKEN}"})
    own = {"Authorization": f"Bearer {_TOKEN}"}
    yield http.get(f"/v1/rooms?token={_WRONG}")
    yield http.get(f"/api/v2/results/none/{_TOKEN}")
    yield http.post("/v1/rooms", headers=own, content=f'{{"name": "{_TOKEN}", "title": 5}}')
    yield http.post("/v1/rooms", headers=own, content=f'{{"{_TOKEN}')
    yield http.post(f"/v1/audio/transcriptions?token={_TOKEN}", files={"file": b"x"}, data={"key": _TOKEN})


def _knock(address: str) -> None:
    """Open a socket, and leave."""
    try:
        with connect(address, proxy=None) as socket:
            socket.recv(timeout=10)
    except (InvalidHandshake, WebSocketException, TimeoutError):
        return
