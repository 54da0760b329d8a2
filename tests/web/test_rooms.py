"""Rooms, transcripts, health, measurements and pages over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from assistant.core.errors import LanguageUnknown
from assistant.core.language import ReaderLanguages
from tests.captions import a_caption
from tests.web.fakes import FakeCaptions
from tests.web.serving import serving


def a_fake() -> FakeCaptions:
    return FakeCaptions(
        finals={"weekly": [a_caption(3, "Bonjour."), a_caption(5, "Salut.", start_seconds=3.0)]}
    )


async def test_rooms_are_made_listed_shown_and_deleted() -> None:
    """The life of a room over HTTP."""
    async with serving() as service:
        made = await service.http.post("/v1/rooms", json={"name": "weekly", "title": "Weekly meeting"})
        room = {
            "name": "weekly",
            "title": "Weekly meeting",
            "created_at": 1_800_000_000.5,
            "began_at": None,
            "level": "",
            "glossary": [],
            "languages": [],
            "spoken": [],
            "minutes": 0,
            "level_names": {},
        }
        assert (made.status_code, made.json()) == (201, room)
        assert made.headers["location"] == "/v1/rooms/weekly"
        assert (await service.http.get("/v1/rooms/weekly")).json() == room
        assert (await service.http.post("/v1/rooms")).json()["name"] == "random"
        listed = (await service.http.get("/v1/rooms")).json()
        assert [entry["name"] for entry in listed["rooms"]] == ["random", "weekly"]
        assert (await service.http.delete("/v1/rooms/weekly")).status_code == 204
        gone = await service.http.get("/v1/rooms/weekly")
        assert gone.status_code == 404
        assert gone.json() == {
            "error": {"code": "room_unknown", "message": "There is no room weekly.", "retryable": False}
        }


async def test_a_room_is_made_with_a_glossary_and_shows_its_terms() -> None:
    """As they are written, whatever else is known of them; the list of rooms does without."""
    async with serving() as service:
        rich = {"term": "town hall", "language": "en", "translations": {"fr": "mairie"}}
        new = {"name": "weekly", "glossary": ["DINUM", " dinum ", rich]}
        made = await service.http.post("/v1/rooms", json=new)
        assert (made.status_code, made.json()["glossary"]) == (201, ["DINUM", "town hall"])
        assert (await service.http.get("/v1/rooms/weekly")).json() == made.json()
        assert "glossary" not in (await service.http.get("/v1/rooms")).json()["rooms"][0]
        kept = (await service.http.get("/v1/rooms/weekly/glossary")).json()
        assert kept == {"terms": [{"term": "DINUM"}, rich]}


async def test_a_room_says_which_languages_are_spoken_in_it() -> None:
    """When it is made, and later; what is no language, and a change that names nothing, change nothing."""
    async with serving() as service:
        made = await service.http.post("/v1/rooms", json={"name": "weekly", "spoken": ["fr-CA", "en"]})
        assert (made.status_code, made.json()["spoken"]) == (201, ["fr", "en"])
        changed = await service.http.patch("/v1/rooms/weekly", json={"spoken": ["pt-BR"]})
        assert (changed.status_code, changed.json()["spoken"]) == (200, ["pt"])
        unknown = await service.http.patch("/v1/rooms/weekly", json={"spoken": ["klingon"]})
        assert unknown.json()["error"]["code"] == "language_unknown"
        assert (await service.http.patch("/v1/rooms/weekly", json={})).json()["spoken"] == ["pt"]
        assert (await service.http.get("/v1/rooms/weekly")).json()["spoken"] == ["pt"]
        assert (await service.http.patch("/v1/rooms/weekly", json={"spoken": []})).json()["spoken"] == []
        nowhere = await service.http.patch("/v1/rooms/none", json={"spoken": ["pt"]})
        assert (nowhere.status_code, nowhere.json()["error"]["code"]) == (404, "room_unknown")


async def test_a_transcript_comes_in_another_language() -> None:
    """Translated captions make the document; its name says in which language it is."""
    fake = a_fake()
    fake.translated["weekly"] = [a_caption(3, "Bom dia.", lang="pt")]
    async with serving(fake) as service:
        await service.fake.rooms.create_room("weekly", "Weekly meeting", (), ["pt"])
        response = await service.http.get("/v1/rooms/weekly/transcript?lang=pt-BR&format=txt")
        assert "Bom dia." in response.text
        assert 'filename="weekly.pt.txt"' in response.headers["content-disposition"]
        assert (await service.http.get("/v1/rooms/weekly")).json()["languages"] == ["pt"]


@pytest.mark.parametrize("lang", ["", "source", "source,source"])
async def test_a_transcript_is_as_it_was_said_unless_asked_otherwise(lang: str) -> None:
    """An empty language is none, as on the sockets."""
    async with serving(a_fake()) as service:
        await service.fake.rooms.create_room("weekly")
        response = await service.http.get(f"/v1/rooms/weekly/transcript?format=txt&lang={lang}")
        assert "Bonjour." in response.text
        assert 'filename="weekly.txt"' in response.headers["content-disposition"]


async def test_a_transcript_is_in_one_language() -> None:
    """Two translations are refused as on the sockets, and what readers may have besides with a sentence."""
    async with serving(a_fake()) as service:
        await service.fake.rooms.create_room("weekly")
        both = await service.http.get("/v1/rooms/weekly/transcript?lang=source,pt")
        told = both.json()["error"]
        assert (told["code"], told["message"]) == (
            "language_unknown",
            "A transcript is in one language: lang=source or lang=pt.",
        )
        two = await service.http.get("/v1/rooms/weekly/transcript?lang=pt,en")
        with pytest.raises(LanguageUnknown) as caught:
            ReaderLanguages.parse("pt,en")
        assert two.json()["error"]["message"] == caught.value.message


async def test_languages_say_through_which_route() -> None:
    """What can be spoken, what can be read, and whether text or speech is translated."""
    async with serving() as service:
        answer = (await service.http.get("/v1/languages")).json()
        assert answer["spoken"] == ["en", "eu", "fr"]
        assert answer["read"] == [
            {
                "lang": "en",
                "from": [
                    {"lang": "fr", "via": [], "how": "text", "models": ["fr-en"], "rough": False},
                    {"lang": "eu", "via": [], "how": "speech", "models": [], "rough": False},
                ],
            },
            {
                "lang": "pt",
                "from": [
                    {"lang": "en", "via": [], "how": "text", "models": ["en-pt"], "rough": False},
                    {
                        "lang": "fr",
                        "via": ["en"],
                        "how": "text",
                        "models": ["fr-en", "en-pt"],
                        "rough": False,
                    },
                ],
            },
        ]


async def test_transcripts_come_in_every_format() -> None:
    """Each format has its media type and file name and holds what was said."""
    async with serving(a_fake()) as service:
        await service.fake.rooms.create_room("weekly", "Weekly meeting")
        for name, media_type in {
            "json": "application/json",
            "txt": "text/plain; charset=utf-8",
            "md": "text/markdown; charset=utf-8",
            "vtt": "text/vtt; charset=utf-8",
            "srt": "application/x-subrip; charset=utf-8",
        }.items():
            response = await service.http.get(f"/v1/rooms/weekly/transcript?format={name}&lang=source")
            assert response.status_code == 200
            assert response.headers["content-type"] == media_type
            assert response.headers["content-disposition"] == f'inline; filename="weekly.{name}"'
            assert "Bonjour." in response.text
        captions = (await service.http.get("/v1/rooms/weekly/transcript")).json()["captions"]
        assert [caption["text"] for caption in captions] == ["Bonjour.", "Salut."]


async def test_a_clerk_corrects_a_caption() -> None:
    """PATCH answers with the new revision."""
    async with serving(a_fake()) as service:
        await service.fake.rooms.create_room("weekly")
        response = await service.http.patch("/v1/rooms/weekly/captions/c3", json={"text": "Bonsoir."})
        assert response.status_code == 200
        caption = response.json()
        assert (caption["text"], caption["rev"], caption["edited"]) == ("Bonsoir.", 4, True)
        assert "refined" not in caption


_BAD_REQUESTS = [
    ("POST", "/v1/rooms", b'{"name": "we ekly"}', 400, "room_name_invalid"),
    ("POST", "/v1/rooms", b'{"name": 7}', 400, "invalid_input"),
    ("POST", "/v1/rooms", b"{", 400, "invalid_input"),
    ("POST", "/v1/rooms", b'{"title": "' + b"x" * 100_000 + b'"}', 413, "frame_too_large"),
    ("GET", "/v1/rooms/we%20ekly", b"", 400, "room_name_invalid"),
    ("GET", "/v1/rooms/other/transcript", b"", 404, "room_unknown"),
    ("GET", "/v1/rooms/weekly/transcript?format=exe", b"", 400, "format_unknown"),
    ("GET", "/v1/rooms/weekly/transcript?lang=klingon", b"", 400, "language_unknown"),
    ("GET", "/v1/rooms/weekly/transcript?lang=de", b"", 400, "language_unavailable"),
    ("GET", "/v1/rooms/weekly/transcript?lang=source,pt", b"", 400, "language_unknown"),
    ("POST", "/v1/rooms", b'{"languages": ["de"]}', 400, "language_unavailable"),
    ("POST", "/v1/rooms", b'{"languages": ["klingon"]}', 400, "language_unknown"),
    ("PATCH", "/v1/rooms/weekly/captions/c99", b'{"text": "x"}', 404, "caption_unknown"),
    ("PATCH", "/v1/rooms/weekly/captions/c3", b"{}", 400, "invalid_input"),
    ("POST", "/v1/rooms", b'{"glossary": "DINUM"}', 400, "invalid_input"),
    ("POST", "/v1/rooms", b'{"glossary": ["' + b"x" * 61 + b'"]}', 400, "glossary_invalid"),
    ("PUT", "/v1/rooms/weekly/glossary", b'{"terms": ["a\\u0007b"]}', 400, "glossary_invalid"),
    ("PUT", "/v1/rooms/weekly/glossary", b'{"terms": [7]}', 400, "invalid_input"),
    ("PUT", "/v1/rooms/weekly/glossary", b"[]", 400, "invalid_input"),
    ("PUT", "/v1/rooms/other/glossary", b'{"terms": []}', 404, "room_unknown"),
    ("DELETE", "/v1/rooms/other", b"", 404, "room_unknown"),
    ("GET", "/v1/nothing", b"", 404, "not_found"),
    ("GET", "/docs", b"", 404, "not_found"),
    ("GET", "/redoc", b"", 404, "not_found"),
    ("PUT", "/v1/rooms", b"", 405, "method_not_allowed"),
]


async def test_bad_requests_are_named() -> None:
    """Every error of HTTP has one shape: a code, a sentence and whether to try again."""
    async with serving(a_fake()) as service:
        await service.fake.rooms.create_room("weekly")
        for method, path, body, status, code in _BAD_REQUESTS:
            headers = {"content-type": "application/json"}
            response = await service.http.request(method, path, content=body, headers=headers)
            error = response.json()["error"]
            assert (path, response.status_code, error["code"]) == (path, status, code)
            assert set(error) == {"code", "message", "retryable"}
            assert error["message"].endswith(".")


async def test_a_body_without_a_size_is_bounded_too() -> None:
    """A body sent in chunks ends with an error as soon as it is too large."""

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * 10_000

    async with serving() as service:
        response = await service.http.post(
            "/v1/rooms", content=pieces(), headers={"content-type": "application/json"}
        )
        assert (response.status_code, response.json()["error"]["code"]) == (413, "frame_too_large")


async def test_a_fault_shows_nothing_of_its_inside() -> None:
    """An exception nobody foresaw is answered with `internal` and without its text."""
    fake = a_fake()
    async with serving(fake) as service:
        await fake.rooms.create_room("weekly")
        fake.finals["weekly"] = None  # type: ignore[assignment] # breaks the transcript
        response = await service.http.get("/v1/rooms/weekly/transcript")
        assert response.status_code == 500
        assert response.json()["error"]["code"] == "internal"
        assert "NoneType" not in response.text


async def test_health_says_what_is_missing() -> None:
    """Alive is always told; ready only when captions can be made, else with the reasons."""
    fake = FakeCaptions()
    async with serving(fake) as service:
        assert (await service.http.get("/health/live")).json() == {"status": "alive"}
        ready = await service.http.get("/health/ready")
        assert (ready.status_code, ready.json()) == (200, {"ready": True, "missing": [], "problems": []})
        fake.lacks.append("The weights are not installed.")
        ready = await service.http.get("/health/ready")
        assert ready.status_code == 503
        assert ready.json() == {
            "ready": False,
            "missing": ["The weights are not installed."],
            "problems": [],
        }


async def test_measurements_show_the_service_now() -> None:
    """The gauges are those of the service at the moment of asking."""
    async with serving() as service:
        for name in ("a", "b"):
            await service.fake.rooms.create_room(name)
        response = await service.http.get("/metrics")
        assert response.headers["content-type"].startswith("text/plain; version=")
        assert "assistant_rooms 2.0" in response.text
        assert "assistant_behind_seconds 0.5" in response.text


async def test_the_interface_is_described_without_reaching_out() -> None:
    """The OpenAPI document is there and names what exists."""
    async with serving() as service:
        paths = (await service.http.get("/openapi.json")).json()["paths"]
        assert {"/v1/rooms", "/v1/rooms/{room}/transcript", "/health/ready"} <= set(paths)


async def test_pages_load_nothing_from_elsewhere(tmp_path: Path) -> None:
    """Each page has a policy that allows its own origin only; a reader may be embedded where allowed."""
    for name in ("index.html", "read.html", "speak.html", "glossary.html", "consent.html", "app.js"):
        (tmp_path / name).write_text(f"<p>{name}</p>")
    settings: dict[str, Any] = {"pages_dir": tmp_path, "allowed_origins": ("https://meet.example.org",)}
    async with serving(**settings) as service:
        policies = {}
        for path, name in {
            "/": "index.html",
            "/rooms/weekly": "read.html",
            "/rooms/weekly/speak": "speak.html",
            "/rooms/weekly/glossary": "glossary.html",
            "/glossary": "glossary.html",
            "/consent": "consent.html",
        }.items():
            page = await service.http.get(path)
            assert page.text == f"<p>{name}</p>"
            assert page.headers["content-type"].startswith("text/html")
            assert page.headers["x-content-type-options"] == "nosniff"
            assert page.headers["referrer-policy"] == "no-referrer"
            assert "microphone=(self)" in page.headers["permissions-policy"]
            policies[path] = page.headers["content-security-policy"]
            assert policies[path].startswith("default-src 'self';")
            assert "unsafe" not in policies[path]
        assert policies["/rooms/weekly"].endswith("frame-ancestors 'self' https://meet.example.org")
        assert policies["/rooms/weekly/speak"].endswith("frame-ancestors 'self'")
        script = await service.http.get("/static/app.js")
        assert script.headers["cache-control"] == "no-cache"
        assert (await service.http.get("/static/../serving.py")).status_code == 404
        assert (await service.http.get("/static/none.js")).json()["error"]["code"] == "not_found"
