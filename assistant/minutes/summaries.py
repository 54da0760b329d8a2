"""Summaries of transcripts that come as text, for the jobs of others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from assistant.minutes.drafting.summary import Summary, summarise
from assistant.minutes.drafts import MinutesRooms
from assistant.ports.system import Clock, Workers

_TEXT_TO_IDENTIFY = 4_000
"""So many characters tell the language of a text."""

_JOBS = "jobs"
"""Whose work jobs are; they are done one after the other."""


class Summaries:
    """Makes summaries by method.

    Args:
        rooms: Know what tells the language of a text.
        workers: Do what takes long.
        clock: Says which day it is.
        timezone: IANA name of the place where it is that day.
        write: Makes a document of a summary.
    """

    def __init__(
        self,
        rooms: MinutesRooms,
        workers: Workers,
        clock: Clock,
        timezone: str,
        write: Callable[[Summary], str],
    ) -> None:
        self._rooms = rooms
        self._workers = workers
        self._clock = clock
        self._zone = ZoneInfo(timezone)
        self._write = write

    async def of(self, text: str) -> str:
        """Return the summary of a transcript in the language that it seems to be in, as a document."""
        guess = await self._rooms.translations.identify(text[:_TEXT_TO_IDENTIFY])
        lang = guess.language if guess else "en"
        today = datetime.fromtimestamp(self._clock.now(), tz=self._zone).date()
        return self._write(await self._workers.run(partial(summarise, text, lang, today), credential=_JOBS))
