"""The mode `--short-language`: in which language are the first words of somebody new shown?"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import cycle
from statistics import median

import numpy as np

from assistant.client import Pace, read_pcm
from assistant.core.speech.audio import samples_of
from benchmark.bench import Bench
from benchmark.doors import Linger, Notes, OurDoor
from benchmark.material import read_manifest
from benchmark.options import ANY_ROOM
from benchmark.scoring import Shown
from benchmark.service import Running
from benchmark.sheets import Report, Sheet, percent_text, seconds_text
from benchmark.short_pieces import ShortPiece, half_of, short_pieces
from benchmark.streams import NothingFits, speakable
from benchmark.targets import SHORT_LANGUAGE

MAIN_LANGUAGE = "en"
"""Every other language shares a room with this one, unless rooms are named."""

_CHUNK_SECONDS = 0.04
_TAIL_SECONDS = 1.2
_LINGER = Linger(quiet_seconds=0.5)
_PATIENCE_SECONDS = 60.0
_TOLD_PIECES = 25
"""So often a run says how far it is."""


@dataclass(frozen=True, slots=True)
class ShortTake:
    """A piece and what was shown of it.

    Attributes:
        id: Of the piece.
        lang: BCP-47 code of what is spoken.
        room: The languages that the room names; none where it names none.
        shown: The language of each revision that had text, in order.
        final: The language of what stood in the end; empty where nothing did.
        text: What stood in the end.
        first_seconds: From the beginning of the piece to its first words on a page; None without any.
    """

    id: str
    lang: str
    room: tuple[str, ...]
    shown: tuple[str, ...]
    final: str
    text: str
    first_seconds: float | None

    @classmethod
    def of(
        cls, piece: ShortPiece, room: tuple[str, ...], began_at: float, events: Sequence[Shown]
    ) -> ShortTake:
        """Return what the captions of one participant amount to."""
        written = [shown for shown in events if shown.caption.text]
        last = {shown.caption.id: shown.caption for shown in events}
        standing = [caption for caption in last.values() if caption.final and caption.text]
        return cls(
            piece.id,
            piece.lang,
            room,
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
    """Let somebody new say each piece in a room of its own, and report on the languages shown.

    Raises:
        NothingFits: No recording can be cut into pieces, or none is in a language of these rooms.
    """
    options = bench.options
    recordings = half_of(speakable(read_manifest(options.short_language)), options.half)
    chosen = [each for each in recordings if not options.languages or each.lang in options.languages]
    pieces = [
        piece
        for recording in chosen
        for piece in short_pieces(recording, read_pcm(recording.path), options.pieces)
    ]
    visits = visits_of(pieces, options.rooms)
    if not visits:
        raise NothingFits("No two languages can be cut into pieces of one or two seconds.")
    with bench.service() as running:
        takes = asyncio.run(_listen(bench, running, visits))
    half = f", half {options.half}" if options.half else ""
    return short_language_report(takes, f"{options.model}, {len(takes)} pieces of 1-2 s{half}, new speakers")


def visits_of(
    pieces: Sequence[ShortPiece], rooms: Sequence[tuple[str, ...]] = ()
) -> list[tuple[ShortPiece, tuple[str, ...]]]:
    """Return which piece is said in a room of which languages, each piece once.

    Args:
        pieces: All there are.
        rooms: The languages of each kind of room; one without any names none, so that everything may be
            said in it. Without rooms every language has one with English.
    """
    others = sorted({piece.lang for piece in pieces} - {MAIN_LANGUAGE})
    rooms = rooms or [(lang, MAIN_LANGUAGE) for lang in others]
    turns = {lang: cycle([room for room in rooms if not room or lang in room]) for lang in _languages(pieces)}
    dealt = ((piece, next(turns[piece.lang], None)) for piece in pieces)
    return [(piece, room) for piece, room in dealt if room is not None]


def short_language_report(takes: Sequence[ShortTake], heading: str) -> Report:
    """Return the report of a run."""
    groups = {lang: [take for take in takes if take.lang == lang] for lang in _languages(takes)}
    columns = (
        "spoken",
        "pieces",
        "wrong, %",
        "wrong in the end, %",
        "without a caption",
        "first shown p50",
        "p90",
    )
    rows = tuple(_row(name, group) for name, group in (groups | {"all": takes}).items())
    sheets = [Sheet("Language of the first words", columns, rows)]
    if faults := tuple(_fault(take) for take in takes if take.wrong or not take.final):
        told = ("piece", "spoken", "room", "shown in", "what stood there in the end")
        sheets.append(Sheet("Shown in a wrong language, or not at all", told, faults))
    wrong = sum(take.wrong for take in takes)
    target = SHORT_LANGUAGE.held(100 * wrong / len(takes), f" ({wrong} of {len(takes)})")
    document: dict[str, object] = {"takes": [asdict(take) for take in takes]}
    return Report(heading, tuple(sheets), (target,), document)


def _languages(spoken: Sequence[ShortPiece] | Sequence[ShortTake]) -> list[str]:
    return sorted({each.lang for each in spoken})


def _row(name: str, takes: Sequence[ShortTake]) -> tuple[str, ...]:
    shown = [take.first_seconds for take in takes if take.first_seconds is not None]
    return (
        name,
        str(len(takes)),
        percent_text(sum(take.wrong for take in takes) / len(takes)),
        percent_text(sum(take.wrong_in_the_end for take in takes) / len(takes)),
        str(sum(not take.final for take in takes)),
        seconds_text(median(shown) if shown else None),
        seconds_text(float(np.percentile(shown, 90)) if shown else None),
    )


def _fault(take: ShortTake) -> tuple[str, ...]:
    shown = ", ".join(dict.fromkeys(take.shown))
    return take.id, take.lang, "+".join(take.room) or ANY_ROOM, shown, take.text


async def _listen(
    bench: Bench, running: Running, visits: Sequence[tuple[ShortPiece, tuple[str, ...]]]
) -> list[ShortTake]:
    """Say all pieces, so many at a time as there are speakers."""
    bench.say(f"{len(visits)} pieces …")
    pile, takes = list(visits)[::-1], list[ShortTake]()

    async def speak() -> None:
        while pile:
            takes.append(await _said(bench.room(), running, *pile.pop()))
            if len(takes) % _TOLD_PIECES == 0:
                wrong = sum(take.wrong for take in takes)
                bench.say(f"{len(takes)} of {len(visits)} pieces, {wrong} wrong …")

    async with asyncio.TaskGroup() as group:
        for _ in range(bench.options.speakers):
            group.create_task(speak())
    return sorted(takes, key=lambda take: (take.lang, take.id))


async def _said(name: str, running: Running, piece: ShortPiece, room: tuple[str, ...]) -> ShortTake:
    """Say a piece in real time as somebody new in a new room; return what was shown of it.

    What others said in the room would be a hint, and two who say the same count as one voice.
    """
    notes, chunk = Notes(), samples_of(_CHUNK_SECONDS)
    door = OurDoor(running.endpoint, spoken=room, patience_seconds=_PATIENCE_SECONDS)
    pcm = np.concatenate([piece.pcm, np.zeros(samples_of(_TAIL_SECONDS), np.int16)])
    async with door.meeting(name, notes, _LINGER) as meeting, meeting.join(piece.id, "auto") as track:
        pace = Pace(asyncio.get_running_loop().time())
        for start in range(0, pcm.size, chunk):
            await pace.reach(min(pcm.size, start + chunk))
            await track.send(pcm[start : start + chunk])
        last_seq = await track.stop()
        await meeting.drain(-1 if last_seq is None else last_seq)
    return ShortTake.of(piece, room, pace.began_at, notes.of(piece.id))
