"""Everything that is kept in the service's database, one store for each kind of thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from assistant.adapters.sql_database import SqlDatabase
from assistant.adapters.sql_jobs import SqlJobStore
from assistant.adapters.sql_links import SqlLinkStore
from assistant.adapters.sql_meetings import SqlMeetingStore
from assistant.adapters.sql_minutes import SqlMinutesStore
from assistant.adapters.sql_store import SqlTranscriptStore


@dataclass(frozen=True, slots=True)
class SqlStores:
    """The stores of one database; until that is started they raise `Unavailable`.

    Attributes:
        database: Is opened, watched and closed for all of them.
        transcripts: Keeps rooms, tracks, captions and their translations.
        meetings: Keeps listeners and attendance.
        jobs: Keeps La Suite's jobs.
        minutes: Keeps minutes, agendas and numbered copies.
        links: Keeps the links of readers.
    """

    database: SqlDatabase
    transcripts: SqlTranscriptStore
    meetings: SqlMeetingStore
    jobs: SqlJobStore
    minutes: SqlMinutesStore
    links: SqlLinkStore

    @classmethod
    def at(cls, url: str) -> Self:
        """Return the stores of the database at `url`, which nobody has opened yet."""
        database = SqlDatabase(url)
        return cls(
            database,
            SqlTranscriptStore(database),
            SqlMeetingStore(database),
            SqlJobStore(database),
            SqlMinutesStore(database),
            SqlLinkStore(database),
        )
