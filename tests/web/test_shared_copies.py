"""What many readers share is nobody's own copy."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

from assistant.core.captions.caption import Caption
from assistant.core.errors import RecipientMissing
from assistant.core.minutes.levels import Level
from assistant.core.rooms import Room
from assistant.tasks.shared_runs import SharedRuns
from assistant.tasks.threads import ThreadWorkers
from assistant.web.printing import Print, Printer, print_transcript
from assistant.web.services import Services
from tests.captions import a_caption


class RisingMinutes:
    """Minutes of a room whose level becomes a numbered one while somebody asks for a copy."""

    def __init__(self, asked_before: int) -> None:
        self.recipients: list[str] = []
        self.rules = SimpleNamespace(scale=SimpleNamespace(of=self._level))
        self._asked_before = asked_before

    async def transcript_level(self, _room: str) -> str:
        """Return the level: another one after so many questions."""
        self._asked_before -= 1
        return "open" if self._asked_before >= 0 else "secret"

    async def transcript(self, *_what: object, **_how: object) -> Sequence[Caption]:
        """Return what was said."""
        return [a_caption(1)]

    async def give_copy(self, _room: str, _version: int, recipient: str, _kind: str) -> Any:
        """Write down who gets a copy."""
        self.recipients.append(recipient)
        return SimpleNamespace(number=len(self.recipients), recipient=recipient)

    @staticmethod
    def _level(name: str) -> Level:
        return Level(name, numbered=name == "secret")


async def test_a_copy_that_becomes_numbered_meanwhile_goes_to_nobody_under_anothers_name() -> None:
    """Two ask for the same; before it is made, copies are numbered: it names neither, so neither gets it."""
    rising = RisingMinutes(asked_before=2)
    minutes = SimpleNamespace(rules=rising.rules, records=rising, views=rising)
    services = SimpleNamespace(minutes=minutes, documents=SharedRuns(), workers=ThreadWorkers())
    printer = Printer(cast("Services", services), "somebody")
    wanted = [Print("txt", recipient=name) for name in ("Ana", "Ben")]
    copies = await asyncio.gather(
        *(print_transcript(printer, Room("r", "Room", 1.0), one) for one in wanted), return_exceptions=True
    )
    assert [type(copy) for copy in copies] == [RecipientMissing, RecipientMissing]
    assert rising.recipients == []
