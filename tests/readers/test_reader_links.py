"""Links for people who only read, kept in a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from assistant.adapters.sql_database import SqlDatabase
from assistant.adapters.sql_links import SqlLinkStore
from assistant.adapters.sql_store import SqlTranscriptStore
from assistant.core.errors import (
    AssistantError,
    LinkUnknown,
    RoomNameInvalid,
    RoomUnknown,
    TokenInvalid,
)
from assistant.core.rooms import Room
from assistant.readers.links import ReaderLinks
from tests.fakes import ManualClock

_BASE = "https://captions.example.org"


def _token_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["token"][0]


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqlDatabase]:
    """A database with the rooms “council” and “board”."""
    database = await SqlDatabase.open(f"sqlite+aiosqlite:///{tmp_path / 't.db'}")
    for name in ("council", "board"):
        await SqlTranscriptStore(database).create_room(Room(name, name, 0.0))
    yield database
    await database.close()


def _links(database: SqlDatabase, clock: ManualClock, token: str = "s3cret") -> ReaderLinks:  # noqa: S107
    return ReaderLinks(_BASE, token, 24.0, clock, SqlLinkStore(database))


async def test_a_link_opens_its_room_for_the_hours_that_are_set_or_wanted(database: SqlDatabase) -> None:
    """The usual time, or another; then it has expired, and is listed no more."""
    clock = ManualClock()
    links = _links(database, clock)
    usual, short = await links.offer("council"), await links.offer("council", 0.5, recipient="Mme Roy\n")
    assert usual.url.startswith(f"{_BASE}/rooms/council?token=reader2.council.{usual.id}.")
    assert "s3cret" not in usual.url
    assert short.expires_at == clock.now() + 1_800
    clock.seconds += 1_799
    grant = await links.grant(_token_of(short.url))
    assert (grant.room, grant.link, grant.recipient) == ("council", short.id, "Mme Roy")
    assert {link.id for link in await links.links("council")} == {usual.id, short.id}
    clock.seconds += 1
    with pytest.raises(TokenInvalid):
        await links.grant(_token_of(short.url))
    assert [link.id for link in await links.links("council")] == [usual.id]
    clock.seconds += 24 * 3_600 - 1_801
    assert (await links.grant(_token_of(usual.url))).room == "council"
    clock.seconds += 1
    with pytest.raises(TokenInvalid):
        await links.grant(_token_of(usual.url))


async def test_a_link_is_taken_back_at_once_and_its_readers_are_let_go(database: SqlDatabase) -> None:
    """That one alone; a link of another room cannot be taken back under this one's name."""
    links = _links(database, ManualClock())
    one, other = await links.offer("council"), await links.offer("council")
    let_go: list[AssistantError] = []
    stays: list[AssistantError] = []
    grant = await links.grant(_token_of(one.url))
    with (
        links.reading(grant, let_go.append),
        links.reading(await links.grant(_token_of(other.url)), stays.append),
    ):
        with pytest.raises(LinkUnknown):
            await links.revoke("board", one.id)
        assert not let_go
        await links.revoke("council", one.id)
    assert [error.code for error in let_go] == ["token_invalid"]
    assert not stays
    for checked in (links.grant(_token_of(one.url)), links.check(grant)):
        with pytest.raises(TokenInvalid):
            await checked
    assert (await links.grant(_token_of(other.url))).link == other.id
    with pytest.raises(LinkUnknown):
        await links.revoke("council", one.id)


async def test_with_a_room_its_links_go(database: SqlDatabase) -> None:
    """Also where a room of that name is made again: that is another meeting."""
    links = _links(database, ManualClock())
    old = await links.offer("council")
    store = SqlTranscriptStore(database)
    await store.delete_room("council")
    with pytest.raises(TokenInvalid):
        await links.grant(_token_of(old.url))
    with pytest.raises(RoomUnknown):
        await links.offer("council")
    await store.create_room(Room("council", "Another", 1.0))
    with pytest.raises(TokenInvalid):
        await links.grant(_token_of(old.url))


async def test_a_meeting_is_told_one_link_while_that_is_good_for_long(database: SqlDatabase) -> None:
    """However often it is asked for; one that was taken back, or has not long to go, is replaced."""
    clock = ManualClock()
    links = _links(database, clock)
    first = await links.shared("council")
    clock.seconds += 11 * 3_600
    assert await links.shared("council") == first
    (known,) = await links.links("council")
    assert known.shared
    clock.seconds += 2 * 3_600
    second = await links.shared("council")
    assert second != first
    await links.revoke("council", (await links.grant(_token_of(second))).link)
    third = await links.shared("council")
    assert third not in {first, second}
    own = await links.offer("council")
    assert await links.shared("council") == third
    assert own.url != third


async def test_a_service_without_a_token_makes_links_without_one(database: SqlDatabase) -> None:
    """There, a link never expires, none is kept, and no token is one of its."""
    links = _links(database, ManualClock(), "")
    offer = await links.offer("council", 1)
    assert (offer.url, offer.expires_at) == (f"{_BASE}/rooms/council", None)
    assert await links.shared("council") == offer.url
    assert await links.links("council") == []
    guarded = await _links(database, ManualClock()).shared("council")
    with pytest.raises(TokenInvalid):
        await links.grant(_token_of(guarded))


@pytest.mark.parametrize("token", ["", "s3cret"])
async def test_there_is_no_link_to_what_cannot_be_a_room(database: SqlDatabase, token: str) -> None:
    """Nothing of a name gets into an address that it could change."""
    with pytest.raises(RoomNameInvalid):
        await _links(database, ManualClock(), token).offer("../admin?x=")
