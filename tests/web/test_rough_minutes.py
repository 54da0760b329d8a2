"""Rough translations and minutes: they get there only on a clerk's word, and say what they are."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pypdf
import pytest

from tests.browser.council_service import council_service

ROOM = "/v1/rooms/conseil"
AGENDA = ["Budget de la cantine", "Travaux rue du Moulin", "Divers"]
TOLD = "Rough machine translation: it may be wrong."


@pytest.fixture
def http(tmp_path: Path) -> Iterator[httpx.Client]:
    """A client of a service whose council has met, and whose translations into English are rough."""
    with (
        council_service(tmp_path, rough=True) as council,
        httpx.Client(base_url=council.url, timeout=30.0, trust_env=False) as client,
    ):
        made = client.post(f"{ROOM}/minutes", json={"author": "Mme Greffe", "agenda": AGENDA})
        assert made.status_code == 200, made.text
        yield client


def publish(http: httpx.Client, **further: object) -> dict[str, Any]:
    revision = http.get(f"{ROOM}/minutes").json()["revision"]
    change = {"revision": revision, "author": "M. Maire"}
    approved = http.post(f"{ROOM}/minutes/approve", json=change).json()
    answer = http.post(f"{ROOM}/minutes/publish", json=change | {"revision": approved["revision"]} | further)
    assert answer.status_code == 200, answer.text
    published: dict[str, Any] = answer.json()
    return published


def test_rough_minutes_are_refused_without_the_clerks_word(http: httpx.Client) -> None:
    """As a document of any kind, as JSON, whole or public; in their own language they are what they were."""
    made = http.get(f"{ROOM}/minutes").json()
    assert (made["languages"], made["rough"], made["minutes"]["rough"]) == (["fr", "en"], ["en"], False)
    for path, query in (
        ("minutes", {}),
        ("minutes", {"audience": "public"}),
        ("minutes", {"rough": "false"}),
        ("minutes/document", {"format": "txt"}),
        ("minutes/document", {"format": "pdf"}),
        ("minutes/document", {"format": "json", "audience": "public"}),
    ):
        answer = http.get(f"{ROOM}/{path}", params={"lang": "en"} | query)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "rough_unconfirmed"), path
        assert http.get(f"{ROOM}/{path}", params={"lang": "fr"} | query).status_code == 200


def test_with_the_clerks_word_the_mark_stays_in_them(http: httpx.Client) -> None:
    """At the head, and on each statement, in every format."""
    shown = http.get(f"{ROOM}/minutes", params={"lang": "en", "rough": "true"}).json()
    assert shown["minutes"]["rough"]
    statements = [one for item in shown["minutes"]["items"] for one in item["statements"]]
    assert statements
    assert {(one["lang"], one["rough"]) for one in statements} == {("en", True)}

    def document(kind: str) -> bytes:
        answer = http.get(f"{ROOM}/minutes/document", params={"format": kind, "lang": "en", "rough": "true"})
        assert answer.status_code == 200, answer.text
        return answer.content

    for kind in ("txt", "md", "html"):
        text = document(kind).decode()
        assert TOLD in text
        assert text.replace("\\", "").count("[rough]") >= len(statements)
    pages = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(document("pdf"))).pages)
    assert TOLD in " ".join(pages.split())
    assert "[rough]" in pages
    for kind, member in (("docx", "word/document.xml"), ("odt", "content.xml")):
        with zipfile.ZipFile(io.BytesIO(document(kind))) as archive:
            inside = archive.read(member).decode()
        assert TOLD in inside
        assert "[rough]" in inside
    assert json.loads(document("json"))["minutes"]["rough"]
    # Nothing of it stays in what is kept.
    assert not http.get(f"{ROOM}/minutes").json()["minutes"]["rough"]


def test_readers_get_rough_minutes_only_where_the_clerk_published_them_so(http: httpx.Client) -> None:
    """The word is given for each language, with the publication, and holds for that version alone."""
    publish(http)
    refused = http.get(f"{ROOM}/minutes/published", params={"lang": "en"})
    assert refused.json()["error"]["code"] == "rough_unconfirmed"
    assert http.get(f"{ROOM}/minutes/published").status_code == 200
    http.post(f"{ROOM}/minutes", json={"author": "Mme Greffe", "agenda": AGENDA})
    published = publish(http, rough_languages=["en-GB"])
    assert published["minutes"]["rough_languages"] == ["en"]
    page = http.get(f"{ROOM}/minutes/published", params={"lang": "en"})
    assert page.status_code == 200
    assert TOLD in page.text
    made = http.post(f"{ROOM}/minutes", json={"author": "Mme Greffe", "agenda": AGENDA}).json()
    assert made["minutes"]["rough_languages"] == []


def test_no_language_that_there_is_not_can_be_published_in(http: httpx.Client) -> None:
    """A mistake is refused before anything is published."""
    revision = http.get(f"{ROOM}/minutes").json()["revision"]
    change = {"revision": revision, "author": "M. Maire"}
    approved = http.post(f"{ROOM}/minutes/approve", json=change).json()
    wrong = change | {"revision": approved["revision"], "rough_languages": ["klingon"]}
    assert http.post(f"{ROOM}/minutes/publish", json=wrong).status_code == 400
    assert http.get(f"{ROOM}/minutes").json()["status"] == "approved"


def test_rough_transcripts_say_so(http: httpx.Client) -> None:
    """In every format, at the head where it has one; what was said has no mark."""
    for kind in ("txt", "md", "html", "vtt", "srt"):
        text = http.get(f"{ROOM}/transcript", params={"format": kind, "lang": "en"}).text
        assert (TOLD in text) == (kind != "srt"), kind
        assert "[rough]" in text.replace("\\", "")
        assert "rough" not in http.get(f"{ROOM}/transcript", params={"format": kind}).text
    for kind, member in (("docx", "word/document.xml"), ("odt", "content.xml")):
        answer = http.get(f"{ROOM}/transcript", params={"format": kind, "lang": "en"})
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert "[rough]" in archive.read(member).decode()
    pdf = http.get(f"{ROOM}/transcript", params={"format": "pdf", "lang": "en"}).content
    assert "[rough]" in pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
    captions = http.get(f"{ROOM}/transcript", params={"lang": "en"}).json()["captions"]
    assert captions
    assert all(caption["rough"] for caption in captions)
    beside = http.get(f"{ROOM}/transcript", params={"format": "txt", "beside": "en"}).text
    assert "[approximatif]" in beside
