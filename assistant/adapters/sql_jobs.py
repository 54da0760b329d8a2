"""Jobs in the database of the transcripts."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from assistant.adapters.sql_database import SqlDatabase
from assistant.adapters.sql_schema import jobs, row_of
from assistant.core.jobs import Job


class SqlJobStore:
    """The `JobStore` on SQLAlchemy; the database is closed by whoever opened it."""

    def __init__(self, database: SqlDatabase) -> None:
        self._database = database

    async def save_job(self, job: Job) -> None:
        """Insert a job, or replace all that is known of it."""
        # Of a job that is over, what it was made of is not kept.
        async with self._database.transaction(deletes=job.state != "pending") as connection:
            await connection.execute(self._database.replace(jobs, row_of(jobs, job)))

    async def job(self, id_: str) -> Job | None:
        """Return a job, or None."""
        rows = await self._database.fetch(sa.select(jobs).where(jobs.c.id == id_))
        return Job(*rows[0]) if rows else None

    async def open_jobs(self) -> Sequence[Job]:
        """Return the jobs that are pending or still have to be told of, the oldest first."""
        is_open = sa.or_(jobs.c.state == "pending", jobs.c.deliver_at.is_not(None))
        query = sa.select(jobs).where(is_open).order_by(jobs.c.created_at, jobs.c.id)
        return [Job(*row) for row in await self._database.fetch(query)]

    async def forget_jobs(self, before: float) -> None:
        """Remove jobs that were made before that POSIX time and are over."""
        conditions = (
            jobs.c.created_at < before,
            jobs.c.state != "pending",
            jobs.c.deliver_at.is_(None),
        )
        async with self._database.reading() as connection:
            if (await connection.execute(sa.select(jobs.c.id).where(*conditions).limit(1))).first() is None:
                return
        async with self._database.transaction(deletes=True) as connection:
            await connection.execute(jobs.delete().where(*conditions))
        await self._database.scrub()
