"""Minutes over HTTP, on the real service after a council has met."""

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

from tests.browser.council_service import Council, council_service
from tests.waiting import PATIENCE_SECONDS

ROOM = "/v1/rooms/conseil"
SERVICE = "a token of the service"
AGENDA = ["Budget de la cantine", "Travaux rue du Moulin", "Divers"]


@pytest.fixture
def council(tmp_path: Path) -> Iterator[Council]:
    """A council that has met."""
    with council_service(tmp_path) as running:
        yield running


@pytest.fixture
def http(council: Council) -> Iterator[httpx.Client]:
    """A client of its service."""
    with httpx.Client(base_url=council.url, timeout=30.0, trust_env=False) as client:
        yield client


def draft(http: httpx.Client, **wish: object) -> dict[str, Any]:
    answer = http.post(f"{ROOM}/minutes", json={"author": "Mme Greffe", "agenda": AGENDA} | wish)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


def edit(http: httpx.Client, revision: int, *operations: object, **further: object) -> httpx.Response:
    body = {"revision": revision, "author": "Mme Greffe", "operations": list(operations)} | further
    return http.patch(f"{ROOM}/minutes", json=body)


def test_a_draft_is_made_read_and_edited(http: httpx.Client) -> None:
    """The whole way over HTTP: nothing, a draft, an edit with its undo, and the history of both."""
    none = http.get(f"{ROOM}/minutes")
    assert (none.status_code, none.json()["error"]["code"]) == (404, "minutes_unknown")
    made = draft(http)
    assert [item["title"] for item in made["minutes"]["items"]] == AGENDA
    assert made["level"] == "public"
    assert made["languages"] == ["fr", "en"]
    place = {"op": "set", "target": "meeting", "fields": {"place": "Mairie"}}
    edited = edit(http, made["revision"], place).json()
    assert edited["minutes"]["meeting"]["place"] == "Mairie"
    back = edit(http, edited["revision"], *edited["undo"]).json()
    assert back["minutes"] == made["minutes"]
    changes = http.get(f"{ROOM}/minutes/changes").json()["changes"]
    assert [change["action"] for change in changes] == ["drafted", "edited", "edited"]
    assert changes[1]["operations"] == [place]


def test_an_old_revision_gets_what_was_changed(http: httpx.Client) -> None:
    """409 with the present revision and the operations in between."""
    made = draft(http)
    place = {"op": "set", "target": "meeting", "fields": {"place": "Mairie"}}
    edit(http, made["revision"], place)
    late = edit(http, made["revision"], place)
    body = late.json()
    assert (late.status_code, body["error"]["code"], body["revision"]) == (409, "revision_conflict", 2)
    assert body["changes"][0]["operations"] == [place]
    caption = http.get(f"{ROOM}/transcript").json()["captions"][0]
    path = f"{ROOM}/captions/{caption['id']}"
    assert http.patch(path, json={"text": "Un.", "rev": caption["rev"]}).status_code == 200
    conflict = http.patch(path, json={"text": "Deux.", "rev": caption["rev"]})
    assert (conflict.status_code, conflict.json()["changes"][0]["text"]) == (409, "Un.")


def test_bad_input_gets_a_code(http: httpx.Client) -> None:
    """And never a fault of the service's."""
    made = draft(http)
    assert edit(http, made["revision"], {"op": "x"}).json()["error"]["code"] == "operation_invalid"
    for path, code in (
        ("/minutes?version=9", "minutes_unknown"),
        ("/minutes?lang=xx-invalid-", "language_unknown"),
        ("/minutes?lang=de", "language_unavailable"),
        ("/minutes?audience=friends", "invalid_input"),
        ("/minutes/document?format=exe", "format_unknown"),
        ("/minutes/document?lang=de", "language_unavailable"),
        ("/minutes/published", "minutes_unknown"),
        ("/transcript?format=srt&beside=en", "format_unknown"),
        ("/captions/nothing/audio", "caption_unknown"),
    ):
        assert http.get(ROOM + path).json()["error"]["code"] == code, path
    for body in ({"timezone": "Mars/Olympus"}, {"language": "no language"}, {"unknown": 1}):
        assert http.post(f"{ROOM}/minutes", json=body).status_code == 400
    assert http.patch(f"{ROOM}/captions/x", json={}).json()["error"]["code"] == "invalid_input"
    assert http.post("/v1/rooms/nowhere/minutes", json={}).json()["error"]["code"] == "room_unknown"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("1. Budget\n2. Travaux\n".encode("utf-16"), "text/plain"),
        (b"\xef\xbb\xbfOrdre du jour\n- Budget\n- Travaux\n", "text/plain; charset=utf-8"),
        ("Numéro;Titre\n1;Budget\n2;Travaux\n".encode(), "text/csv"),
        ("sep=;\r\nN°;Libellé\r\n1;Budget\r\n2;Travaux\r\n".encode("cp1252"), "application/vnd.ms-excel"),
        (b"1. Budget\n2. Travaux\n\nhttps://visio.ville.fr/abc-defg-hij\n", "text/plain"),
        (
            (
                b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20261125T100000Z\r\n"
                b"DESCRIPTION:Bonjour\\n1. Budget\\n2. Travaux\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
            ),
            "text/calendar",
        ),
        (b'{"items": ["Budget", "Travaux"]}', "application/json"),
        (b'{"items": ["Budget", "Travaux", "Meeting ID: 812 3456 7890"]}', "application/json"),
    ],
)
def test_agendas_come_as_files(http: httpx.Client, body: bytes, kind: str) -> None:
    """A list, a table or an event of a calendar; the next draft follows it."""
    answer = http.put(f"{ROOM}/agenda", content=body, headers={"Content-Type": kind})
    assert answer.json() == {"items": ["Budget", "Travaux"]}
    made = http.post(f"{ROOM}/minutes").json()
    assert [item["title"] for item in made["minutes"]["items"]][-2:] == ["Budget", "Travaux"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("予算\n学校".encode("shift-jis"), "text/plain"),
        (b"", "text/plain"),
        (b"\x00\x01", "text/plain"),
        (b"BEGIN:VCALENDAR\r\nnonsense", "text/calendar"),
        (b"x\n" * 300, "text/plain"),
        (b"x" * 400, "text/plain"),
        (b"[]", "application/json"),
    ],
)
def test_what_is_no_agenda_is_refused(http: httpx.Client, body: bytes, kind: str) -> None:
    """A wrong encoding, nothing, too much, no file of its kind."""
    answer = http.put(f"{ROOM}/agenda", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] in {"agenda_invalid", "invalid_input"}


def unpacked(data: bytes, name: str) -> str:
    """Return everything that is in a file, unpacked."""
    if name in {"docx", "odt"}:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return "\n".join(archive.read(part).decode("utf-8", "replace") for part in archive.namelist())
    if name == "pdf":
        reader = pypdf.PdfReader(io.BytesIO(data))
        objects = [
            str(reader.get_object(number + 1)) for number in range(len(reader.xref[0]) if reader.xref else 0)
        ]
        streams = [page.extract_text() for page in reader.pages]
        return "\n".join([*streams, *objects, str(reader.metadata), data.decode("latin-1")])
    return data.decode()


def test_the_public_version_holds_nothing_confidential(http: httpx.Client) -> None:
    """In no format of minutes or transcript, in no language, in no part of a file."""
    made = draft(http)
    captions = http.get(f"{ROOM}/transcript").json()["captions"]
    secret = next(caption for caption in captions if "neuf euros" in caption["text"])
    answer = edit(
        http,
        made["revision"],
        {"op": "add", "target": "passage:", "fields": {"captions": [secret["id"]], "confidential": True}},
        {"op": "set", "target": "attendee:conseil-blin", "fields": {"confidential": True}}
        if any(person["id"] == "conseil-blin" for person in made["minutes"]["attendees"])
        else {"op": "set", "target": "attendee:blin", "fields": {"confidential": True}},
    )
    assert answer.status_code == 200
    words = ("neuf euros", "Blin", "tableau des coûts", "riverains")
    full = http.get(f"{ROOM}/minutes/document?format=txt").text
    assert "Blin" in full
    wanted = [
        (f"{ROOM}/minutes/document", name) for name in ("docx", "odt", "pdf", "html", "md", "txt", "json")
    ]
    wanted += [
        (f"{ROOM}/transcript", name)
        for name in ("docx", "odt", "pdf", "html", "md", "txt", "json", "vtt", "srt")
    ]
    for path, name in wanted:
        for lang in ("", "en"):
            query = {"format": name, "audience": "public"} | ({"lang": lang} if lang else {})
            answer = http.get(path, params=query)
            assert answer.status_code == 200, (path, name, answer.text)
            text = unpacked(answer.content, name)
            for word in words:
                for spelling in (word, word.replace(" ", "·en ")):
                    assert spelling not in text, (path, name, lang, word)
    shown = http.get(f"{ROOM}/minutes", params={"audience": "public", "lang": "en"}).text
    assert not any(word in shown for word in words)


def test_two_languages_stand_side_by_side(http: httpx.Client) -> None:
    """In the formats that have room for it."""
    for name in ("txt", "md", "html"):
        text = http.get(f"{ROOM}/transcript", params={"format": name, "beside": "en"}).text
        assert "Trois." in text
        assert "Trois·en." in text
    for name in ("docx", "odt", "pdf"):
        assert http.get(f"{ROOM}/transcript", params={"format": name, "beside": "en"}).status_code == 200


def test_minutes_are_published_for_readers(http: httpx.Client) -> None:
    """Approved, published, readable as a page without scripts, and named in the room."""
    made = draft(http)
    change = {"revision": made["revision"], "author": "M. Maire"}
    assert http.post(f"{ROOM}/minutes/publish", json=change).json()["error"]["code"] == "minutes_frozen"
    approved = http.post(f"{ROOM}/minutes/approve", json=change).json()
    published = http.post(f"{ROOM}/minutes/publish", json=change | {"revision": approved["revision"]}).json()
    assert published["status"] == "published"
    page = http.get(f"{ROOM}/minutes/published")
    assert "Compte rendu" in page.text
    assert "script-src" not in page.headers["content-security-policy"]
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert http.get(ROOM).json()["minutes"] == 1
    second = draft(http)
    assert (second["number"], http.get(ROOM).json()["minutes"]) == (2, 1)
    versions = http.get(f"{ROOM}/minutes/versions").json()["versions"]
    assert [(one["number"], one["status"]) for one in versions] == [(1, "published"), (2, "draft")]


def test_numbered_copies_say_who_got_them(http: httpx.Client) -> None:
    """Without a recipient there is none; each has the next number, in the file and in the register."""
    made = draft(http)
    edit(http, made["revision"], {"op": "set", "target": "meeting", "fields": {"level": "confidential"}})
    path = f"{ROOM}/minutes/document"
    assert http.get(path, params={"format": "txt"}).json()["error"]["code"] == "recipient_missing"
    for number, who in ((1, "Mme A"), (2, "M. B")):
        text = http.get(path, params={"format": "txt", "recipient": who}).text
        assert f"CONFIDENTIEL · Exemplaire n° {number} – {who}" in text
    http.get(f"{ROOM}/transcript", params={"format": "pdf", "recipient": "Mme C"})
    copies = http.get(f"{ROOM}/minutes/copies").json()["copies"]
    assert [(one["number"], one["version"], one["recipient"]) for one in copies] == [
        (1, 1, "Mme A"),
        (2, 1, "M. B"),
        (3, 0, "Mme C"),
    ]


def test_a_rooms_level_is_inherited(http: httpx.Client) -> None:
    """By minutes and transcript; where no token is asked for, the one who works here may lower it."""
    draft(http)
    raised = http.put(f"{ROOM}/level", json={"level": "restricted", "author": "M. Maire"}).json()
    assert raised["level"] == "restricted"
    assert http.get(f"{ROOM}/minutes").json()["level"] == "restricted"
    for name in ("txt", "md", "html", "vtt"):
        assert "DIFFUSION RESTREINTE" in http.get(f"{ROOM}/transcript", params={"format": name}).text
    assert http.get(f"{ROOM}/transcript").json()["level"] == "restricted"
    refused = http.put(f"{ROOM}/level", json={"level": "public"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "lowering_refused")
    lowered = http.put(
        f"{ROOM}/level", json={"level": "public", "reason": "fin", "author": "M. Maire"}
    ).json()
    assert [(one["after"], one["reason"]) for one in lowered["changes"]] == [
        ("restricted", ""),
        ("public", "fin"),
    ]
    assert http.put(f"{ROOM}/level", json={"level": "cosmic"}).json()["error"]["code"] == "level_unknown"


def test_only_officers_lower_levels(tmp_path: Path) -> None:
    """With the token of the service alone nobody does; a reader's link opens no minutes in the making."""
    with council_service(tmp_path, token=SERVICE, officers=("officer",)) as running:
        headers = {"Authorization": f"Bearer {SERVICE}"}
        with httpx.Client(base_url=running.url, headers=headers, trust_env=False, timeout=30.0) as http:
            http.put(f"{ROOM}/level", json={"level": "restricted"})
            wish = {"level": "public", "reason": "fin"}
            assert http.put(f"{ROOM}/level", json=wish).status_code == 403
            wrong = http.put(f"{ROOM}/level", json=wish, headers={"X-Officer-Token": SERVICE})
            assert wrong.status_code == 403
            right = http.put(f"{ROOM}/level", json=wish, headers={"X-Officer-Token": "officer"})
            assert right.status_code == 200
            link = http.post(f"{ROOM}/links").json()["url"]
        reader = {"Authorization": f"Bearer {link.partition('token=')[2]}"}
        with httpx.Client(base_url=running.url, headers=reader, trust_env=False, timeout=30.0) as http:
            for method, path in (
                ("GET", "/minutes"),
                ("POST", "/minutes"),
                ("GET", "/minutes/document"),
                ("GET", "/minutes/events"),
                ("PUT", "/agenda"),
                ("PUT", "/level"),
                ("POST", "/captions/replace"),
                ("PATCH", "/participants/roy"),
            ):
                answer = http.request(method, ROOM + path)
                assert (answer.status_code, answer.json()["error"]["code"]) == (403, "scope_insufficient"), (
                    path
                )
            assert http.get(f"{ROOM}/minutes/published").json()["error"]["code"] == "minutes_unknown"


def test_events_tell_of_every_change(http: httpx.Client) -> None:
    """A stream of what happens, as it happens."""
    made = draft(http)
    with http.stream("GET", f"{ROOM}/minutes/events") as events:
        lines = events.iter_lines()
        assert next(lines).startswith("retry:")
        place = {"op": "set", "target": "meeting", "fields": {"place": "Mairie"}}
        with httpx.Client(base_url=http.base_url, trust_env=False, timeout=PATIENCE_SECONDS) as other:
            edit(other, made["revision"], place)
        for line in lines:
            if line.startswith("data:"):
                told = json.loads(line.removeprefix("data:"))
                break
    assert (told["revision"], told["author"], told["action"]) == (2, "Mme Greffe", "edited")


def test_a_draft_in_the_background_is_accepted(http: httpx.Client) -> None:
    """202 at once; the minutes come."""
    answer = http.post(f"{ROOM}/minutes", json={"wait": False, "agenda": AGENDA})
    assert (answer.status_code, answer.json()["number"]) == (202, 0)
    assert answer.json()["drafting"]
    for _ in range(200):
        found = http.get(f"{ROOM}/minutes")
        if found.status_code == 200:
            break
    assert found.json()["revision"] == 1
