"""The glossaries of rooms and of the organisation over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.core.glossary.glossary import MOST_TERMS, Glossary
from assistant.core.glossary.terms import Term
from assistant.export.glossary_csv import read_csv, write_csv
from assistant.export.glossary_tbx import read_tbx, write_tbx
from tests.web.serving import Service, serving

BOTH = pytest.mark.parametrize("path", ["/v1/glossary", "/v1/rooms/weekly/glossary"])

_TOKEN = "secret"  # noqa: S105 - of a test

RICH: dict[str, Any] = {
    "term": "town hall",
    "language": "en",
    "sounds_like": ["down hole"],
    "translations": {"fr": "mairie", "pt": "câmara municipal"},
}
GLOSSARY = Glossary.of(
    [
        Term.of(
            "town hall",
            language="en",
            sounds_like=["down hole"],
            translations={"fr": "mairie", "pt": "câmara municipal"},
        ),
        Term.of("Kowalski", keep=True),
        "Digium",
    ]
)


async def put(service: Service, path: str, body: bytes, kind: str) -> tuple[int, Any]:
    response = await service.http.put(path, content=body, headers={"content-type": kind})
    return response.status_code, response.json()


@BOTH
async def test_a_glossary_is_shown_and_replaced(path: str) -> None:
    """JSON says what is known and no more; plain texts are terms; the answer is what is kept."""
    async with serving() as service:
        await service.fake.rooms.create_room("weekly")
        assert (await service.http.get(path)).json() == {"terms": []}
        sent = {
            "terms": [RICH | {"keep": False}, {"term": " Kowalski ", "keep": True}, "Digium", " ", "digium"]
        }
        answer = await service.http.put(path, json=sent)
        kept = {"terms": [RICH, {"term": "Kowalski", "keep": True}, {"term": "Digium"}]}
        assert (answer.status_code, answer.json()) == (200, kept)
        shown = await service.http.get(path)
        assert (shown.json(), shown.headers["content-type"]) == (kept, "application/json")
        assert (await service.http.put(path, json={"terms": []})).json() == {"terms": []}


@BOTH
@pytest.mark.parametrize(
    ("kind", "document"),
    [
        ("text/csv; charset=utf-8", write_csv(GLOSSARY)),
        ("application/x-tbx+xml", write_tbx(GLOSSARY)),
        ("application/xml", write_tbx(GLOSSARY)),
    ],
)
async def test_files_are_taken_by_their_content_type(path: str, kind: str, document: bytes) -> None:
    """CSV and TBX mean the same as JSON."""
    async with serving() as service:
        await service.fake.rooms.create_room("weekly")
        status, kept = await put(service, path, document, kind)
        assert (status, [term["term"] for term in kept["terms"]]) == (200, list(GLOSSARY.spellings))
        assert kept["terms"][0] == RICH


@pytest.mark.parametrize(
    ("path", "name"), [("/v1/glossary", "glossary"), ("/v1/rooms/weekly/glossary", "weekly.glossary")]
)
async def test_files_are_given_with_a_name(path: str, name: str) -> None:
    """Each format has its media type; what is given can be taken again."""
    async with serving() as service:
        await service.fake.rooms.create_room("weekly", glossary=GLOSSARY.terms)
        await service.fake.glossaries.set_of_organisation(GLOSSARY.terms)
        for ending, kind, read in (
            ("csv", "text/csv; charset=utf-8", read_csv),
            ("tbx", "application/x-tbx+xml", read_tbx),
        ):
            response = await service.http.get(path, params={"format": ending})
            assert response.headers["content-type"] == kind
            assert response.headers["content-disposition"] == f'attachment; filename="{name}.{ending}"'
            assert read(response.content) == GLOSSARY


async def test_a_file_can_be_read_without_keeping_it() -> None:
    """So that a person sees what is in it first."""
    async with serving() as service:
        headers = {"content-type": "text/csv"}
        response = await service.http.post("/v1/glossary/read", content=write_csv(GLOSSARY), headers=headers)
        assert response.json()["terms"][0] == RICH
        assert service.fake.organisation == Glossary()


@BOTH
@pytest.mark.parametrize(
    ("kind", "body", "code", "told"),
    [
        ("application/json", b'{"terms": [{"term": "Ana", "language": "xx"}]}', "glossary_invalid", "Ana"),
        ("application/json", b'{"terms": ["a\\u0007b"]}', "glossary_invalid", "Term 1"),
        ("application/json", b'{"terms": [{"keep": true}]}', "invalid_input", "terms"),
        ("application/json", b'{"terms": [7]}', "invalid_input", "terms"),
        ("application/json", b"{", "invalid_input", "JSON"),
        ("application/json", b"\xff", "invalid_input", ""),
        ("text/csv", b"term\nfine\na\x07b", "glossary_invalid", "Line 3"),
        ("application/xml", b"<html/>", "glossary_invalid", "TBX"),
        ("application/x-tbx+xml", b"<tbx>", "glossary_invalid", "Line 1"),
        ("text/plain", b"Digium", "format_unknown", "text/csv"),
        ("application/vnd.ms-excel", b"", "format_unknown", "Content-Type"),
    ],
)
async def test_what_is_no_glossary_is_refused_with_its_place(
    path: str, kind: str, body: bytes, code: str, told: str
) -> None:
    """The code is for programs, the sentence for people; what was kept stays."""
    async with serving() as service:
        await service.fake.rooms.create_room("weekly", glossary=["DINUM"])
        await service.fake.glossaries.set_of_organisation(["DINUM"])
        status, answer = await put(service, path, body, kind)
        assert (status, answer["error"]["code"]) == (400, code)
        assert told in answer["error"]["message"]
        assert (await service.http.get(path)).json() == {"terms": [{"term": "DINUM"}]}


async def test_errors_of_glossaries_have_codes() -> None:
    """An unknown room, a wrong name, an unknown format."""
    async with serving() as service:
        await service.fake.rooms.create_room("weekly")
        for path, status, code in (
            ("/v1/rooms/other/glossary", 404, "room_unknown"),
            ("/v1/rooms/we%20ekly/glossary", 400, "room_name_invalid"),
            ("/v1/rooms/weekly/glossary?format=xlsx", 400, "format_unknown"),
            ("/v1/glossary?format=xlsx", 400, "format_unknown"),
        ):
            response = await service.http.get(path)
            assert (response.status_code, response.json()["error"]["code"]) == (status, code)
        for path, status, code in (
            ("/v1/rooms/other/glossary", 404, "room_unknown"),
            ("/v1/rooms/we%20ekly/glossary", 400, "room_name_invalid"),
        ):
            response = await service.http.put(path, json={"terms": []})
            assert (response.status_code, response.json()["error"]["code"]) == (status, code)


@BOTH
async def test_a_glossary_may_be_larger_than_other_bodies(path: str) -> None:
    """Files of terminology say much about few terms; but there is a bound, announced or not."""
    padded = write_tbx(GLOSSARY).replace(b"<p>", b"<p>" + b"x" * 500_000)
    full = write_csv(Glossary.of(f"{number:060}" for number in range(MOST_TERMS)))

    async def pieces() -> Any:
        for _ in range(12):
            yield b" " * 100_000

    async with serving() as service:
        await service.fake.rooms.create_room("weekly")
        assert (await put(service, path, padded, "application/xml"))[0] == 200
        assert (await put(service, path, full, "text/csv"))[0] == 200
        for body in (b" " * 1_100_000, pieces()):
            response = await service.http.put(path, content=body, headers={"content-type": "text/csv"})
            assert (response.status_code, response.json()["error"]["code"]) == (413, "frame_too_large")
        assert (await put(service, "/v1/rooms/weekly/captions/c1", padded, "text/csv"))[0] == 413


async def test_glossaries_want_the_token_and_their_page_does_not() -> None:
    """The page holds nothing secret."""
    async with serving(token=_TOKEN) as service:
        for path in ("/v1/glossary", "/v1/rooms/weekly/glossary"):
            assert (await service.http.get(path)).status_code == 401
            assert (await service.http.put(path, json={"terms": []})).status_code == 401
        assert (await service.http.post("/v1/glossary/read")).status_code == 401
        assert (await service.http.get("/glossary")).status_code == 200
        assert (await service.http.get("/rooms/weekly/glossary")).status_code == 200


async def test_glossaries_are_described_for_programs() -> None:
    """The description of the interface names their shape where it is used."""
    async with serving() as service:
        described = (await service.http.get("/openapi.json")).json()
        operation = described["paths"]["/v1/glossary"]["put"]
        assert set(operation["requestBody"]["content"]) >= {"application/json", "text/csv"}
        reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        assert reference.rpartition("/")[2] in described["components"]["schemas"]
