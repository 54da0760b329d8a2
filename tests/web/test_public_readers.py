"""What readers' links show and what they can make happen, over the wire of the real service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.browser.council_service import Council, council_service
from tests.waiting import PATIENCE_SECONDS
from tests.web.test_minutes_api import unpacked

_TOKEN = "the-token-of-the-service"  # noqa: S105 - guards nothing
_FORMATS = ("docx", "odt", "pdf", "html", "md", "txt", "json", "vtt", "srt")
_SECRET_WORDS = ("neuf euros", "tableau des coûts", "Blin")
"""Of a marked passage, and of a person who is confidential."""


@pytest.fixture
def council(tmp_path: Path) -> Iterator[Council]:
    """The real service after a council has met."""
    with council_service(tmp_path, token=_TOKEN, officers=("the-token-of-an-officer",)) as running:
        yield running


@pytest.fixture
def clerk(council: Council) -> Iterator[httpx.Client]:
    """Who holds the token of the service."""
    headers = {"Authorization": f"Bearer {_TOKEN}"}
    with httpx.Client(base_url=council.url, headers=headers, trust_env=False, timeout=30) as http:
        yield http


def link_of(clerk: httpx.Client, room: str = "conseil", **wish: object) -> tuple[str, str]:
    """Make a link for readers; return its token and its id."""
    made = clerk.post(f"/v1/rooms/{room}/links", json=wish)
    assert made.status_code == 201, made.text
    return made.json()["url"].partition("?token=")[2], made.json()["id"]


def reader(council: Council, token: str) -> httpx.Client:
    """Return a client that holds a reader's link."""
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=council.url, headers=headers, trust_env=False, timeout=30)


def socket(council: Council, token: str, query: str = "since=0", room: str = "conseil") -> ClientConnection:
    """Open a reader's socket."""
    address = council.url.replace("http", "ws")
    address = f"{address}/v1/rooms/{room}/captions?{query}&token={token}"
    return connect(address, proxy=None, open_timeout=PATIENCE_SECONDS)


def received(open_socket: ClientConnection, count: int) -> list[dict[str, Any]]:
    """Return the next captions of a socket."""
    found: list[dict[str, Any]] = []
    while len(found) < count:
        message = json.loads(open_socket.recv(timeout=PATIENCE_SECONDS))
        if message["type"] == "caption":
            found.append(message)
    return found


def mark(clerk: httpx.Client) -> str:
    """Mark a passage and a person as confidential; return the id of the passage's caption."""
    made = clerk.post("/v1/rooms/conseil/minutes", json={"author": "Greffe"}).json()
    captions = clerk.get("/v1/rooms/conseil/transcript").json()["captions"]
    secret: str = next(one["id"] for one in captions if "neuf euros" in one["text"])
    person = next(one["id"] for one in made["minutes"]["attendees"] if "Blin" in one["name"])
    operations = [
        {"op": "add", "target": "passage:", "fields": {"captions": [secret], "confidential": True}},
        {"op": "set", "target": f"attendee:{person}", "fields": {"confidential": True}},
    ]
    body = {"revision": made["revision"], "author": "Greffe", "operations": operations}
    assert clerk.patch("/v1/rooms/conseil/minutes", json=body).status_code == 200
    return secret


def test_a_link_shows_nothing_confidential_in_any_format_and_language(
    council: Council, clerk: httpx.Client
) -> None:
    """Neither transcripts nor live captions, whatever the reader asks for; the clerk sees all."""
    token, _ = link_of(clerk)
    mark(clerk)
    assert "neuf euros" in clerk.get("/v1/rooms/conseil/transcript?format=txt").text
    with reader(council, token) as http:
        for name in _FORMATS:
            for lang in ("source", "en"):
                answer = http.get("/v1/rooms/conseil/transcript", params={"format": name, "lang": lang})
                assert answer.status_code == 200, (name, lang, answer.text)
                text = unpacked(answer.content, name)
                for word in _SECRET_WORDS:
                    assert word not in text, (name, lang, word)
                    assert word.replace(" ", "·en ") not in text, (name, lang, word)
        beside = http.get("/v1/rooms/conseil/transcript?format=txt&beside=en").text
        assert "Bonsoir" in beside
        assert not any(word in beside for word in _SECRET_WORDS)
        refused = http.get("/v1/rooms/conseil/transcript?audience=full")
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "scope_insufficient")
        with http.stream("GET", "/v1/rooms/conseil/captions/events?since=0&lang=source,en") as stream:
            lines = stream.iter_lines()
            said = [next(line for line in lines if line.startswith("data: ")) for _ in range(12)]
        assert not any(word in line for line in said for word in _SECRET_WORDS)
    with socket(council, token) as open_socket:
        told = json.dumps(received(open_socket, 11), ensure_ascii=False)
        assert not any(word in told for word in _SECRET_WORDS)


def test_what_is_marked_goes_from_an_open_socket(council: Council, clerk: httpx.Client) -> None:
    """As a caption that turned out to be no speech: pages of before understand it."""
    token, _ = link_of(clerk)
    with socket(council, token, "") as open_socket:
        assert json.loads(open_socket.recv(timeout=PATIENCE_SECONDS))["type"] == "hello"
        secret = mark(clerk)
        gone = {one["id"]: one for one in received(open_socket, 3)}
    assert gone[secret]["text"] == ""
    assert gone[secret]["final"] is True
    assert not any("Blin" in json.dumps(one) for one in gone.values())


def test_a_link_that_is_taken_back_ends_at_once(council: Council, clerk: httpx.Client) -> None:
    """For open sockets, streams and requests; another link of the room goes on."""
    token, id_ = link_of(clerk, recipient="Mme Roy")
    other, other_id = link_of(clerk)
    listed = clerk.get("/v1/rooms/conseil/links").json()["links"]
    assert [(one["id"], one["recipient"]) for one in listed] == [(other_id, ""), (id_, "Mme Roy")]
    assert token not in json.dumps(listed)
    with (
        reader(council, token) as http,
        http.stream("GET", "/v1/rooms/conseil/captions/events") as stream,
        socket(council, token, "") as open_socket,
        socket(council, other, "") as kept,
    ):
        lines = stream.iter_lines()
        next(line for line in lines if line.startswith("data: "))
        for opened in (open_socket, kept):
            assert json.loads(opened.recv(timeout=PATIENCE_SECONDS))["type"] == "hello"
        assert clerk.delete(f"/v1/rooms/conseil/links/{id_}").status_code == 204
        error = json.loads(open_socket.recv(timeout=PATIENCE_SECONDS))
        assert (error["type"], error["code"]) == ("error", "token_invalid")
        with pytest.raises(ConnectionClosed) as closed:
            open_socket.recv(timeout=PATIENCE_SECONDS)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401
        told = next(line for line in lines if line.startswith("data: "))
        assert json.loads(told.removeprefix("data: "))["code"] == "token_invalid"
        assert http.get("/v1/rooms/conseil").status_code == 401
        clerk.patch(f"/v1/rooms/conseil/captions/{first_of(clerk)}", json={"text": "Bonsoir."})
        assert received(kept, 1)[0]["text"] == "Bonsoir."
    again = clerk.delete(f"/v1/rooms/conseil/links/{id_}")
    assert (again.status_code, again.json()["error"]["code"]) == (404, "link_unknown")


def first_of(clerk: httpx.Client) -> str:
    """Return the id of the first caption."""
    id_: str = clerk.get("/v1/rooms/conseil/transcript").json()["captions"][0]["id"]
    return id_


def test_nobody_chooses_whose_numbered_copy_it_is(council: Council, clerk: httpx.Client) -> None:
    """The register names whom a link was made for; one for nobody by name gets no copy at all."""
    clerk.put("/v1/rooms/conseil/level", json={"level": "confidential", "author": "Greffe"})
    named, _ = link_of(clerk, recipient="Mme Roy")
    nameless, _ = link_of(clerk)
    with reader(council, named) as http:
        forged = http.get("/v1/rooms/conseil/transcript?format=txt&recipient=M.+Petit")
        assert (forged.status_code, forged.json()["error"]["code"]) == (403, "scope_insufficient")
        assert http.get("/v1/rooms/conseil/transcript?format=txt").status_code == 200
    with reader(council, nameless) as http:
        none = http.get("/v1/rooms/conseil/transcript?format=txt")
        assert (none.status_code, none.json()["error"]["code"]) == (400, "recipient_missing")
    copies = clerk.get("/v1/rooms/conseil/minutes/copies").json()["copies"]
    assert [one["recipient"] for one in copies] == ["Mme Roy"]


def test_reading_makes_no_room_and_a_deleted_one_stays_deleted(council: Council, clerk: httpx.Client) -> None:
    """Whoever reads, in whatever way, is told that there is none; the link that led there is dead."""
    token, _ = link_of(clerk)
    assert clerk.delete("/v1/rooms/conseil").status_code == 204
    for room in ("conseil", "nowhere"):
        base = f"/v1/rooms/{room}"
        for path in (
            "",
            "/captions/events",
            "/transcript",
            "/transcript?lang=en",
            "/glossary",
            "/minutes",
            "/minutes/published",
            "/minutes/events",
            "/agenda",
            "/level",
            "/links",
            "/attendance",
        ):
            answer = clerk.get(base + path)
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "room_unknown"), path
        assert clerk.post(f"{base}/links").json()["error"]["code"] == "room_unknown"
        with socket(council, _TOKEN, room=room) as open_socket:
            assert json.loads(open_socket.recv(timeout=PATIENCE_SECONDS))["code"] == "room_unknown"
            with pytest.raises(ConnectionClosed) as closed:
                open_socket.recv(timeout=PATIENCE_SECONDS)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4404
    with socket(council, token) as open_socket:
        assert json.loads(open_socket.recv(timeout=PATIENCE_SECONDS))["code"] == "token_invalid"
    assert clerk.get("/v1/rooms").json() == {"rooms": []}
    assert clerk.post("/v1/rooms", json={"name": "conseil"}).status_code == 201
    with reader(council, token) as http:
        assert http.get("/v1/rooms/conseil").status_code == 401
