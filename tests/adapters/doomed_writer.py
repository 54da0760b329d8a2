"""A program that writes until it is killed: `python doomed_writer.py journal|store FOLDER`.

It prints a line when something is acknowledged: for the journal the length in samples that is safe,
for the store the number of captions that are stored.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import numpy as np

from assistant.adapters.audio_journal import FileAudioJournal
from assistant.adapters.sql_store import SqlTranscriptStore
from assistant.core.captions.caption import Caption
from assistant.core.rooms import Room, Track
from assistant.core.speech.audio import Span
from assistant.core.speech.hypothesis import Word


def write_audio(folder: Path) -> None:
    """Append ramps of samples in chunks of odd sizes, each third one forced to disk."""
    journal = FileAudioJournal(folder, segment_samples=5000)
    length = 0
    for number in range(1_000_000):
        count = 1 + (number * 7919) % 1601
        journal.append("s", np.arange(length, length + count).astype(np.int16))
        length += count
        if number % 3 == 0:
            acknowledge(journal.sync("s"))


async def write_captions(folder: Path) -> None:
    """Append captions, each settling 100 samples more."""
    store = await SqlTranscriptStore.open(f"sqlite:///{folder / 'transcripts.db'}")
    await store.create_room(Room("r", "Room", 1.0))
    await store.save_track(Track("s", "r", "p", "P", "auto", 0.0))
    for number in range(1, 1_000_000):
        await store.append(caption(number), session="s", durable_samples=number * 100)
        acknowledge(number)


def acknowledge(number: int) -> None:
    """Tell the parent, at once."""
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def caption(number: int) -> Caption:
    """Return the caption that the writer stores as the `number`th."""
    return Caption(
        room="r",
        seq=number,
        id=f"c{number}",
        rev=number,
        participant="p",
        speaker="P",
        lang="en",
        source_lang="en",
        text=f"caption {number}",
        stable=9,
        final=True,
        start_seconds=float(number),
        end_seconds=number + 0.5,
        words=(Word(" caption", Span(0, 4000), 0.9), Word(f" {number}", Span(4000, 8000), 0.8)),
    )


if __name__ == "__main__":
    if sys.argv[1] == "journal":
        write_audio(Path(sys.argv[2]))
    else:
        asyncio.run(write_captions(Path(sys.argv[2])))
