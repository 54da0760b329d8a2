"""The mode `--short-language`: in which language are the first words of somebody new shown?"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median

import numpy as np

from assistant.client import Pace, read_pcm
from assistant.core.speech.audio import samples_of
from benchmark.bench import Bench
from benchmark.doors import Linger, Meeting, Notes, OurDoor
from benchmark.material import read_manifest
from benchmark.scoring import Shown
from benchmark.service import Running
from benchmark.sheets import Report, Sheet, percent_text, seconds_text
from benchmark.short_pieces import ShortPiece, half_of, short_pieces
from benchmark.streams import NothingFits, speakable
from benchmark.targets import SHORT_LANGUAGE

MAIN_LANGUAGE = "en"
"""Every other language shares a room with this one."""

_CHUNK_SECONDS = 0.04
_TAIL_SECONDS = 1.2
_LINGER = Linger(quiet_seconds=1.0)


@dataclass(frozen=True, slots=True)
class ShortTake:
    """A piece and what was shown of it.

    Attributes:
        id: Of the piece.
        lang: BCP-47 code of what is spoken.
        shown: The language of each revision that had text, in order.
        final: The language of what stood in the end; empty where nothing did.
        text: What stood in the end.
        first_seconds: From the beginning of the piece to its first words on a page; None without any.
    """

    id: str
    lang: str
    shown: tuple[str, ...]
    final: str
    text: str
    first_seconds: float | None

    @classmethod
    def of(cls, piece: ShortPiece, began_at: float, events: Sequence[Shown]) -> ShortTake:
        """Return what the captions of one participant amount to."""
        written = [shown for shown in events if shown.caption.text]
        last = {shown.caption.id: shown.caption for shown in events}
        standing = [caption for caption in last.values() if caption.final and caption.text]
        return cls(
            piece.id,
            piece.lang,
            tuple(shown.caption.source_lang for shown in written),
            next((caption.source_lang for caption in standing), ""),
            " ".join(caption.text for caption in standing),
            written[0].at_seconds - began_at if written else None,
        )

    @property
    def wrong(self) -> bool:
        """Whether any of it was shown in another language."""
        return any(lang != self.lang for lang in self.shown)

    @property
    def wrong_in_the_end(self) -> bool:
        """Whether what stood in the end was in another language."""
        return bool(self.final) and self.final != self.lang


def run_short_language(bench: Bench) -> Report:
    """Let somebody new say each piece in a room of two languages, and report on the languages shown.

    Raises:
        NothingFits: No recording can be cut into pieces, or all are in one language.
    """
    options = bench.options
    recordings = half_of(speakable(read_manifest(options.short_language)), options.half)
    chosen = [each for each in recordings if not options.languages or each.lang in options.languages]
    pieces = [
        piece
        for recording in chosen
        for piece in short_pieces(recording, read_pcm(recording.path), options.pieces)
    ]
    rooms = rooms_of(pieces)
    if not rooms:
        raise NothingFits("No two languages can be cut into pieces of one or two seconds.")
    with bench.service() as running:
        takes = asyncio.run(_listen(bench, running, rooms))
    half = f", half {options.half}" if options.half else ""
    return short_language_report(takes, f"{options.model}, {len(takes)} pieces of 1-2 s{half}, new speakers")


def rooms_of(pieces: Sequence[ShortPiece]) -> dict[tuple[str, str], list[ShortPiece]]:
    """Return who speaks in which room, by its two languages: each with English, which is spoken in all."""
    others = sorted({piece.lang for piece in pieces} - {MAIN_LANGUAGE})
    pairs = [(lang, MAIN_LANGUAGE) for lang in others]
    return {pair: [piece for piece in pieces if piece.lang in pair] for pair in pairs}


def short_language_report(takes: Sequence[ShortTake], heading: str) -> Report:
    """Return the report of a run."""
    languages = sorted({take.lang for take in takes})
    groups = {lang: [take for take in takes if take.lang == lang] for lang in languages} | {"all": takes}
    columns = ("spoken", "pieces", "wrong, %", "wrong in the end, %", "without a caption", "first shown p50")
    rows = tuple(_row(name, group) for name, group in groups.items())
    wrong = sum(take.wrong for take in takes)
    target = SHORT_LANGUAGE.held(100 * wrong / len(takes))
    document: dict[str, object] = {"takes": [asdict(take) for take in takes]}
    return Report(heading, (Sheet("Language of the first words", columns, rows),), (target,), document)


def _row(name: str, takes: Sequence[ShortTake]) -> tuple[str, ...]:
    shown = [take.first_seconds for take in takes if take.first_seconds is not None]
    return (
        name,
        str(len(takes)),
        percent_text(sum(take.wrong for take in takes) / len(takes)),
        percent_text(sum(take.wrong_in_the_end for take in takes) / len(takes)),
        str(sum(not take.final for take in takes)),
        seconds_text(median(shown) if shown else None),
    )


async def _listen(
    bench: Bench, running: Running, rooms: Mapping[tuple[str, str], Sequence[ShortPiece]]
) -> list[ShortTake]:
    takes = []
    for languages, pieces in rooms.items():
        bench.say(f"{len(pieces)} pieces in a room of {' and '.join(languages)} …")
        notes, began = Notes(), dict[str, float]()
        door = OurDoor(running.endpoint, spoken=languages)
        async with door.meeting(bench.room(), notes, _LINGER) as meeting:
            await meeting.guard(_speak_all(meeting, list(pieces)[::-1], bench.options.speakers, began))
            await meeting.drain(-1)
        takes += [ShortTake.of(piece, began[piece.id], notes.of(piece.id)) for piece in pieces]
    return takes


async def _speak_all(
    meeting: Meeting, pile: list[ShortPiece], speakers: int, began: dict[str, float]
) -> None:
    async with asyncio.TaskGroup() as group:
        for _ in range(speakers):
            group.create_task(_speak(meeting, pile, began))


async def _speak(meeting: Meeting, pile: list[ShortPiece], began: dict[str, float]) -> None:
    """Say one piece after the other in real time, each as somebody new; note when each began."""
    chunk = samples_of(_CHUNK_SECONDS)
    while pile:
        piece = pile.pop()
        pcm = np.concatenate([piece.pcm, np.zeros(samples_of(_TAIL_SECONDS), np.int16)])
        async with meeting.join(piece.id, "auto") as track:
            pace = Pace(asyncio.get_running_loop().time())
            began[piece.id] = pace.began_at
            for start in range(0, pcm.size, chunk):
                await pace.reach(min(pcm.size, start + chunk))
                await track.send(pcm[start : start + chunk])
            await track.stop()
