"""Opening databases of every age, and addresses that lead nowhere."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import sys
from asyncio.subprocess import PIPE
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from assistant.adapters import sql_engine
from assistant.adapters import sql_minutes_schema as _minutes_schema  # noqa: F401 - its tables join the others
from assistant.adapters.sql_schema import metadata
from assistant.adapters.sql_store import SqlTranscriptStore
from assistant.core.captions.caption import Caption
from assistant.core.errors import StoreUnavailable
from assistant.core.glossary.terms import Term
from assistant.core.rooms import Room

FIRST_REVISION_ROWS = """
INSERT INTO rooms VALUES ('old', 'Old room', 1.5, NULL, 64);
INSERT INTO tracks VALUES ('s', 'old', 'p', 'P', 'auto', 0.0, 10, 5, 0);
INSERT INTO revisions VALUES
  ('old', 3, 'c', 3, 'p', 'P', 'en', 'en', 'First.', 6, 1, 0.5, 1.0, 0, 0, '[["First.",0,8000,0.5]]');
INSERT INTO captions VALUES ('old', 'c', 3, 3);
"""

OPENER = """
import asyncio, sys
from assistant.adapters.sql_store import SqlTranscriptStore
from assistant.core.rooms import Room
from assistant.core.glossary.terms import Term

async def main():
    store = await SqlTranscriptStore.open(sys.argv[1])
    await store.create_room(Room(sys.argv[2], "", 1.0))
    await store.close()

print("ready", flush=True)
sys.stdin.readline()
asyncio.run(main())
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "transcripts.db"


async def _open_and_close(path: Path) -> None:
    await (await SqlTranscriptStore.open(f"sqlite:///{path}")).close()


def _upgrade(path: Path, revision: str) -> None:
    engine = sa.create_engine(f"sqlite:///{path}")
    config = Config()
    config.set_main_option("script_location", str(sql_engine._MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def test_migrations_make_the_schema_that_the_code_uses(path: Path) -> None:
    """An empty file gets exactly the tables, columns and indexes of the schema module."""
    path.touch()
    asyncio.run(_open_and_close(path))
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        found = sa.inspect(connection).get_columns("revisions")
    engine.dispose()
    assert [column["name"] for column in found] == list(metadata.tables["revisions"].columns.keys())


async def test_database_of_the_first_revision_is_kept(path: Path) -> None:
    """What the first version of the schema holds is there after opening with the newest."""
    _upgrade(path, "0001")
    connection = sqlite3.connect(path)
    connection.executescript(FIRST_REVISION_ROWS)
    connection.close()
    store = await SqlTranscriptStore.open(f"sqlite:///{path}")
    assert await store.rooms() == [Room("old", "Old room", 1.5, None, 64)]
    await store.set_glossary("old", [Term("DINUM")])
    assert (await store.rooms())[0].glossary == (Term("DINUM"),)
    (caption,) = await store.captions("old")
    assert isinstance(caption, Caption)
    assert (caption.text, caption.seq, caption.final, caption.words[0].text) == ("First.", 3, True, "First.")
    (track,) = await store.tracks(open_only=True)
    assert (track.received_samples, track.durable_samples, track.closed) == (10, 5, False)
    await store.close()


async def test_glossaries_of_plain_texts_are_still_read(path: Path) -> None:
    """The second version of the schema kept texts; terms that say more stand beside them."""
    _upgrade(path, "0002")
    connection = sqlite3.connect(path)
    connection.execute("INSERT INTO rooms VALUES ('old', '', 1.5, NULL, 64, '[\"DINUM\",\"Ana Ribeiro\"]')")
    connection.commit()
    connection.close()
    store = await SqlTranscriptStore.open(f"sqlite:///{path}")
    assert (await store.rooms())[0].glossary == (Term("DINUM"), Term("Ana Ribeiro"))
    assert await store.organisation_glossary() == ()
    await store.close()


async def test_translations_from_before_there_were_rough_ones_are_kept(path: Path) -> None:
    """They are none of those; newer ones keep their mark beside them."""
    _upgrade(path, "0001")
    connection = sqlite3.connect(path)
    connection.executescript(FIRST_REVISION_ROWS)
    connection.close()
    _upgrade(path, "0009")
    connection = sqlite3.connect(path)
    connection.execute(
        "INSERT INTO translations (room, id, lang, seq, rev, source_rev, text, via, how, edited, refined)"
        " SELECT room, id, 'en', 8, 8, rev, 'One.', '', 'text', 0, 0 FROM captions"
    )
    connection.commit()
    connection.close()
    store = await SqlTranscriptStore.open(f"sqlite:///{path}")
    (old,) = await store.translations("old", "en")
    assert old.translation is not None
    assert not old.translation.rough
    await store.save_translation(replace(old, seq=9, rev=9, translation=replace(old.translation, rough=True)))
    (new,) = await store.translations("old", "en")
    assert new.translation is not None
    assert new.translation.rough
    await store.close()


def test_database_of_a_newer_version_is_left_alone(path: Path) -> None:
    """A schema that this version does not know is named as such and not touched."""
    asyncio.run(_open_and_close(path))
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreUnavailable, match="newer version"):
        asyncio.run(_open_and_close(path))
    assert path.read_bytes() == before


async def test_failed_migration_changes_nothing(path: Path) -> None:
    """A database with a table in the way is refused, and no half of the schema is left in it."""
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE captions (foreign_thing TEXT)")
    connection.close()
    with pytest.raises(StoreUnavailable):
        await _open_and_close(path)
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT name FROM sqlite_master WHERE type='table'").fetchall() == [
            ("captions",)
        ]
    connection.close()


async def test_processes_that_start_at_once_share_a_new_database(path: Path) -> None:
    """Processes that open a database that does not exist yet all succeed."""
    children = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", OPENER, f"sqlite:///{path}", f"r{number}", stdin=PIPE, stdout=PIPE
        )
        for number in range(2)
    ]
    for child in children:
        assert child.stdout is not None
        assert await child.stdout.readline() == b"ready\n"
    await asyncio.gather(*(child.communicate(b"go\n") for child in children))
    assert [child.returncode for child in children] == [0, 0]
    store = await SqlTranscriptStore.open(f"sqlite:///{path}")
    assert {room.name for room in await store.rooms()} == {"r0", "r1"}
    await store.close()


async def test_stores_that_open_at_once_in_one_process(path: Path) -> None:
    """Opening the same new file several times at once works in one process, too."""
    stores = await asyncio.gather(*(SqlTranscriptStore.open(f"sqlite:///{path}") for _ in range(5)))
    await stores[0].create_room(Room("r", "", 1.0))
    assert [len(await store.rooms()) for store in stores] == [1] * 5
    for store in stores:
        await store.close()


async def test_migrating_leaves_logging_alone(path: Path) -> None:
    """Opening a database changes no logger's level, handlers or state."""
    own = logging.getLogger("assistant.test")
    before = (
        logging.root.level,
        list(logging.root.handlers),
        own.disabled,
        logging.getLogger("alembic").level,
    )
    await _open_and_close(path)
    after = (
        logging.root.level,
        list(logging.root.handlers),
        own.disabled,
        logging.getLogger("alembic").level,
    )
    assert before == after


def test_damaged_file_is_told(path: Path) -> None:
    """A file that is no database gives a sentence, without its path."""
    path.write_bytes(b"this is no database" * 1000)
    with pytest.raises(StoreUnavailable) as caught:
        asyncio.run(_open_and_close(path))
    assert str(path) not in caught.value.message
    assert path.read_bytes() == b"this is no database" * 1000


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("not an address", "must look like"),
        ("nosuchdatabase://host/name", "must look like"),
        ("sqlite://", "must be a file"),
        ("sqlite:///:memory:", "must be a file"),
        ("sqlite:///file:x?mode=memory&uri=true", "must be a file"),
        ("postgresql+nosuchdriver://host/name", "must look like"),
    ],
)
async def test_unusable_addresses_are_told(url: str, told: str) -> None:
    """An address that can never work is refused with a hint."""
    with pytest.raises(StoreUnavailable, match=told):
        await SqlTranscriptStore.open(url)


async def test_unwritable_folder_is_told(tmp_path: Path) -> None:
    """A folder that cannot be made gives a sentence."""
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match="cannot be opened"):
        await SqlTranscriptStore.open(f"sqlite:///{tmp_path / 'file' / 'transcripts.db'}")
