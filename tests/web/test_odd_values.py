"""Values that nobody means: each is refused with a code and the name of its field, and nothing fails."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import docx
import httpx
import pytest

from tests.names import MADE_UP_NAMES, REAL_NAMES, UNSEEN_NAMES
from tests.web.whole_service import WholeService, whole_service

ROOM = "/v1/rooms/conseil"
FIRST, SECOND = "conseil-roy.0", "conseil-roy.80000"
LARGEST = (10**30, -(10**30), 2**63, 2**31, -1, 1e300)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeService]:
    """The service after a council has met, with a draft of its minutes."""
    with whole_service(tmp_path_factory.mktemp("odd")) as running:
        yield running


@pytest.fixture(scope="module")
def http(service: WholeService) -> Iterator[httpx.Client]:
    """A client that may do everything."""
    headers = {"Authorization": f"Bearer {service.tokens['officer']}"}
    with httpx.Client(base_url=service.url, headers=headers, timeout=30.0, trust_env=False) as client:
        assert client.post(f"{ROOM}/minutes", json={}).status_code == 200
        yield client


@pytest.fixture(autouse=True)
def nothing_fails(service: WholeService) -> Iterator[None]:
    """Nothing that a test sends leads to a fault in the log."""
    yield
    assert service.faults() == []


def refused(answer: httpx.Response, *codes: str) -> str:
    """Check that a request was refused with 400, or with one of these codes, and return the sentence."""
    error = answer.json()["error"]
    assert 400 <= answer.status_code < 500, answer.text
    assert error["code"] in (codes or ("invalid_input",)), answer.text
    return str(error["message"])


@pytest.mark.parametrize("number", LARGEST)
def test_numbers_that_no_column_holds_name_their_field(number: float, http: httpx.Client) -> None:
    """In addresses and bodies; the sentence says which field, and what it may be at most."""
    for path, field in (
        (f"/minutes?version={number}", "version"),
        (f"/minutes/document?version={number}", "version"),
        (f"/minutes/changes?version={number}", "version"),
        (f"/minutes/changes?since={number}", "since"),
    ):
        assert field in refused(http.get(ROOM + path))
    for method, path, body, field in (
        ("PATCH", "/minutes", {"revision": number, "operations": []}, "revision"),
        ("POST", "/minutes/approve", {"revision": number}, "revision"),
        ("POST", "/minutes/reopen", {"revision": number}, "revision"),
        ("POST", "/minutes/publish", {"revision": number}, "revision"),
        ("POST", f"/captions/{FIRST}/split", {"at": number}, "at"),
        ("POST", "/links", {"hours": number}, "hours"),
    ):
        assert field in refused(http.request(method, ROOM + path, json=body))
    sent = http.get(f"{ROOM}/minutes/changes?since={10**30}").json()["error"]["message"]
    assert str(2**31 - 1) in sent


@pytest.mark.parametrize("number", [10**30, -1, 2**63])
def test_revisions_of_captions_are_bounded(number: int, http: httpx.Client) -> None:
    """And nothing was changed."""
    before = http.get(f"{ROOM}/transcript").json()
    for method, path, body in (
        ("PATCH", FIRST, {"text": "x", "rev": number}),
        ("POST", f"{FIRST}/split", {"at": 3, "rev": number}),
        ("POST", f"{FIRST}/merge", {"with": SECOND, "rev": number}),
        ("POST", f"{FIRST}/merge", {"with": SECOND, "with_rev": number}),
    ):
        assert "rev" in refused(http.request(method, f"{ROOM}/captions/{path}", json=body))
    assert http.get(f"{ROOM}/transcript").json() == before


def test_a_caption_is_not_merged_with_itself(http: httpx.Client) -> None:
    """It stays as it is."""
    answer = http.post(f"{ROOM}/captions/{FIRST}/merge", json={"with": FIRST})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "captions_apart")


def test_audio_of_ended_sessions_is_not_there(http: httpx.Client) -> None:
    """Wherever in it a caption began: 404, and what to make of that."""
    for caption in http.get(f"{ROOM}/transcript").json()["captions"]:
        answer = http.get(f"{ROOM}/captions/{caption['id']}/audio")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "audio_not_kept")


@pytest.mark.parametrize(
    "body",
    [
        b'{"revision": NaN, "operations": []}',
        b'{"revision": Infinity, "operations": []}',
        b'{"revision": 1, "operations": [{"op": "set", "target": "meeting", "fields": {"began_at": NaN}}]}',
        b'{"revision": 1, "operations": [{"op": "set", "target": "meeting", "fields": {"ended_at": 1e400}}]}',
        b'{"revision": 1, "operations": [{"op": "set", "target": "meeting", "fields": {"\\ud800": 1}}]}',
        b'{"revision": 1, "operations": [{"op": "set", "target": "\\ud800:x"}]}',
        b'{"revision": 1, "operations": [], "\\ud800": 1}',
        b'{"revision": 1, "operations": [], "author": "\\ud800"}',
        b'{"revision": ' + b"1" * 5_000 + b"}",
        b"[" * 10_000,
        b"\xff\xfe\x00",
        b"null",
        b"",
    ],
)
def test_json_that_is_none_of_ours_is_refused(body: bytes, http: httpx.Client) -> None:
    """Numbers that are none, halves of characters, depth without end."""
    answer = http.patch(f"{ROOM}/minutes", content=body, headers={"Content-Type": "application/json"})
    refused(answer, "invalid_input", "operation_invalid", "nested_too_deep", "message_invalid")
    assert len(answer.text) < 1_000


def test_half_a_character_in_minutes_becomes_a_space(http: httpx.Client) -> None:
    """What no file can hold is not kept: documents are made all the same."""
    revision = http.get(f"{ROOM}/minutes").json()["revision"]
    fields: dict[str, Any] = {"place": "a\ud800b\x00c\ufffe", "title": "Séance\x0b"}
    body = {"revision": revision, "operations": [{"op": "set", "target": "meeting", "fields": fields}]}
    edited = http.patch(
        f"{ROOM}/minutes",
        content=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    assert edited.json()["minutes"]["meeting"]["place"] == "a b c"
    for kind in ("docx", "odt", "pdf", "html", "md", "txt", "json"):
        assert http.get(f"{ROOM}/minutes/document?format={kind}").status_code == 200


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "\x1b[31mred", "\ufffe", "a\r\nb", "\u2028"])
def test_controls_in_captions_and_titles_are_spaces(text: str, http: httpx.Client) -> None:
    """Captions go into subtitles, office documents and terminals, where controls would do something."""
    caption = http.patch(f"{ROOM}/captions/{FIRST}", json={"text": f"Bonsoir{text} à tous."}).json()
    assert caption["text"].isprintable()
    assert caption["text"].startswith("Bonsoir")
    room = http.post("/v1/rooms", json={"title": f"x{text}y"}).json()
    assert room["title"].isprintable()
    for kind in ("docx", "odt", "pdf", "html", "vtt"):
        assert http.get(f"{ROOM}/transcript?format={kind}").status_code == 200


@pytest.mark.parametrize("origin", ["http://[", "http://[::1", "null", "://", "\xff"])
def test_an_origin_that_is_no_address_is_one_of_others(origin: str, http: httpx.Client) -> None:
    """Browsers do not send such; whoever does is refused."""
    answer = http.post(f"{ROOM}/minutes", headers={b"Origin": origin.encode("latin-1")})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "origin_forbidden")


def test_a_long_name_of_a_field_is_not_sent_back(http: httpx.Client) -> None:
    """The sentence names the field, not all of what somebody made up."""
    answer = http.post(f"{ROOM}/minutes/approve", json={"revision": 0, "x" * 20_000: 1})
    assert "x" * 100 in refused(answer)
    assert len(answer.text) < 1_000


@pytest.mark.parametrize(
    "turns",
    [
        '[{"speaker":"a","start":0,"end":Infinity}]',
        '[{"speaker":"a","start":NaN,"end":1}]',
        '[{"speaker":"a","start":1e300,"end":1e300}]',
        '[{"speaker":"\\ud800","start":0,"end":1}]',
        "[" * 5_000,
    ],
)
def test_turns_of_a_recording_are_bounded(turns: str, http: httpx.Client) -> None:
    """Of a form as of anything else."""
    answer = http.post("/v1/audio/transcriptions", files={"file": b"RIFF"}, data={"turns": turns})
    assert "turns" in refused(answer, "message_invalid")


@pytest.mark.parametrize(
    "kind", ["text/csv; charset=bogus", "text/plain; charset=hex", "text/plain; charset=\xff"]
)
def test_encodings_that_are_none_are_refused(kind: str, http: httpx.Client) -> None:
    """Names of codecs come from outside: what is no encoding of texts is none."""
    headers = {b"Content-Type": kind.encode("latin-1")}
    for path in (f"{ROOM}/agenda", f"{ROOM}/glossary"):
        answer = http.put(path, content=b"\xff1. Budget\n2. Travaux\n", headers=headers)
        assert answer.status_code in {200, 400}, answer.text


@pytest.mark.parametrize(("name", "shown"), [*((name, name) for name in REAL_NAMES), *MADE_UP_NAMES])
def test_names_come_back_as_people_have_them(name: str, shown: str, http: httpx.Client) -> None:
    """In captions, subtitles and documents, down to spaces and joiners that nobody sees."""
    assert http.patch(f"{ROOM}/participants/roy", json={"name": name}).status_code == 200
    captions = http.get(f"{ROOM}/transcript?format=json").json()["captions"]
    assert shown in {caption["speaker"] for caption in captions}
    assert f"<v {shown}>" in http.get(f"{ROOM}/transcript?format=vtt").text.replace("&nbsp;", "\u00a0")
    document = docx.Document(io.BytesIO(http.get(f"{ROOM}/transcript?format=docx").content))
    assert any(shown in paragraph.text for paragraph in document.paragraphs)


def test_names_that_nobody_sees_are_refused(http: httpx.Client) -> None:
    """By that name, with what may be sent instead."""
    for name in UNSEEN_NAMES:
        refused(http.patch(f"{ROOM}/participants/roy", json={"name": name}), "participant_invalid")
