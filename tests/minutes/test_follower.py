"""Drafts that follow corrections."""

from __future__ import annotations

from assistant.core.captions.events import DraftingFailed, TranscriptCorrected
from assistant.minutes.follower import CorrectionFollower
from tests.waiting import until


async def test_corrections_in_a_row_make_one_draft_of_each_room() -> None:
    """What is no correction makes none."""
    drafted: list[str] = []

    async def redraft(room: str) -> None:
        drafted.append(room)

    follower = CorrectionFollower(redraft, quiet_seconds=0.01)
    for room in ("conseil", "conseil", "comite", "conseil"):
        await follower.take(room, TranscriptCorrected())
    await follower.take("bureau", DraftingFailed("agenda_invalid"))
    await until(lambda: len(drafted) == 2)
    assert sorted(drafted) == ["comite", "conseil"]
    await follower.take("conseil", TranscriptCorrected())
    await until(lambda: drafted.count("conseil") == 2)
    await follower.close()
