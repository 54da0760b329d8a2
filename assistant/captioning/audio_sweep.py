"""Deletes, at the start, the audio that a process before this one left behind and nobody needs."""

from __future__ import annotations

from collections.abc import Container

import structlog

from assistant.captioning.deps import TrackDeps
from assistant.core.errors import AssistantError

_log = structlog.get_logger(__name__)


async def sweep_journal(deps: TrackDeps, heard_again: Container[str]) -> None:
    """Delete the records of tracks that have ended, are captioned to their end, or are not known.

    How long a track is stays in the store, so that it can be resumed. A journal beside a database without any
    room is left as it is: that database is a new or a wrong one, and the audio may not be captioned yet.

    Args:
        deps: Journal and store.
        heard_again: Sessions whose audio is being captioned.
    """
    sessions = await deps.rounds.threads.run(deps.journal.sessions)
    left = [session for session in sessions if session not in heard_again]
    if left and not await deps.store.rooms():
        _log.warning("journal_of_another_database", records=len(left))
        return
    swept = 0
    for session in left:
        try:
            swept += await _sweep(deps, session)
        except AssistantError as error:  # what stays is looked at again at the next start
            _log.warning("audio_not_removed", code=error.code)
    if swept:
        _log.info("audio_swept", records=swept)


async def _sweep(deps: TrackDeps, session: str) -> bool:
    track = await deps.store.track(session)
    if track and not track.closed:
        length_samples = await deps.rounds.threads.run(deps.journal.length_samples, session)
        if length_samples > track.durable_samples:
            return False
        await deps.store.advance_track(
            session, received_samples=length_samples, durable_samples=track.durable_samples
        )
    await deps.rounds.threads.run(deps.journal.delete, session)
    return True
