"""The mode `--outages`: the disk is full for some seconds, again and again, while one talks.

The data folder of the service lies on a small file system in memory, which is filled to its last byte at
random moments and emptied again. The same talk without that is played first: what stands in the end has to
be the same. Only the superuser mounts; for others a user namespace does where the system lets it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx
import jiwer

from assistant.client import Endpoint
from assistant.core.speech.audio import seconds_of
from benchmark.bench import Bench
from benchmark.result import settled_words
from benchmark.scoring import histories_of
from benchmark.service import Running, ServiceFailed
from benchmark.sheets import Report, Sheet
from benchmark.streams import Stream, streams_of
from benchmark.talk_result import TalkRun
from benchmark.talkers import measured_talk, summary_of
from benchmark.targets import OUTAGE_WORDS

_MINUTES = 3.0
_DISK_MEBIBYTES = 24
_SHORTEST_SECONDS = 1.0
_LONGEST_SECONDS = 5.0
_SHARE_OF_TURN = 0.5
"""Of the time until the next outage, at most so much is one."""
_BLOCK_BYTES = 1 << 16
_LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Outage:
    """When the disk becomes full, since the first sample, and for how long."""

    at_seconds: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Differences:
    """How the words of a talk with outages differ from those without.

    Attributes:
        words: Of the talk without.
        lost: Words that are missing.
        doubled: Words that are there once more.
        other: Words that are others.
        examples: What differs, in both.
    """

    words: int
    lost: int
    doubled: int
    other: int
    examples: tuple[tuple[str, str], ...]


def run_outages(bench: Bench) -> Report:
    """Play a talk without outages, then with them, and compare what stands in the end."""
    _become_superuser()
    options = bench.options
    minutes = options.minutes or _MINUTES
    (stream,) = streams_of(bench.pieces(), [60 * minutes])
    outages = outages_in(seconds_of(stream.length_samples), options.outages, options.seed)
    runs: list[TalkRun] = []
    told: set[str] = set()
    for planned in ((), outages):
        bench.say(f"One talks for {minutes:g} minutes with {len(planned)} outages …")
        with small_disk() as folder:
            settings = {"ASSISTANT_DATA_DIR": str(folder / "data"), "ASSISTANT_DISK_RESERVE_MB": "0"}
            with bench.service(settings=settings) as running:
                runs.append(asyncio.run(_disturbed(bench, running, stream, planned, folder, told)))
        bench.say(summary_of(runs[-1]))
    differences = differences_of(*(_words(run) for run in runs))
    heading = f"1 talker for {minutes:g} minutes, {len(outages)} outages of the disk, seed {options.seed}"
    return outages_report(runs, outages, differences, sorted(told), bench.heading(heading))


def outages_in(seconds: float, count: int, seed: int) -> list[Outage]:
    """Return so many outages at random moments, one in each of equal parts of a talk."""
    chance = random.Random(seed)  # noqa: S311 - moments that can be had again
    turn = seconds / count
    outages = []
    for number in range(count):
        longest = max(_SHORTEST_SECONDS, min(_LONGEST_SECONDS, turn * _SHARE_OF_TURN))
        lasts = chance.uniform(_SHORTEST_SECONDS, longest)
        outages.append(Outage(number * turn + chance.uniform(0.0, max(0.0, turn - lasts)), lasts))
    return outages


def differences_of(before: Sequence[str], after: Sequence[str]) -> Differences:
    """Return how the words of `after` differ from those of `before`."""
    compared = jiwer.process_words(" ".join(before), " ".join(after))
    examples = tuple(
        (
            " ".join(before[chunk.ref_start_idx : chunk.ref_end_idx]),
            " ".join(after[chunk.hyp_start_idx : chunk.hyp_end_idx]),
        )
        for chunk in compared.alignments[0]
        if chunk.type != "equal"
    )
    counts = compared.deletions, compared.insertions, compared.substitutions
    return Differences(len(before), *counts, examples)


@contextmanager
def small_disk(mebibytes: int = _DISK_MEBIBYTES) -> Iterator[Path]:
    """Mount a small file system in memory; yield its folder.

    Raises:
        ServiceFailed: This system does not let us.
    """
    with tempfile.TemporaryDirectory(prefix="bench-disk-") as name:
        command = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", name]
        mounted = subprocess.run(command, capture_output=True, text=True, check=False)
        if mounted.returncode:
            raise ServiceFailed(f"No small disk can be mounted: {mounted.stderr.strip()}")
        try:
            yield Path(name)
        finally:
            subprocess.run(["umount", "--lazy", name], check=False)


def fill(file: Path) -> None:
    """Write until the disk takes nothing more."""
    with file.open("ab", buffering=0) as filler:
        for size in (_BLOCK_BYTES, 1):
            with contextlib.suppress(OSError):
                while filler.write(bytes(size)) == size:
                    pass


def outages_report(
    runs: Sequence[TalkRun],
    outages: Sequence[Outage],
    differences: Differences,
    told: Sequence[str],
    heading: str,
) -> Report:
    """Return what came of a talk with outages beside the same without."""
    rows = [
        (name, str(run.missing.words), str(len(run.troubles)), f"{run.behind_seconds:.1f}")
        for name, run in zip(("without outages", f"{len(outages)} outages"), runs, strict=True)
    ]
    compared = (
        ("words without outages", str(differences.words)),
        ("lost", str(differences.lost)),
        ("doubled", str(differences.doubled)),
        ("other words", str(differences.other)),
        ("seconds without a disk", f"{sum(outage.seconds for outage in outages):.1f}"),
    )
    sheets = [
        Sheet("Runs", ("", "words said that stand nowhere", "troubles", "behind at most, s"), tuple(rows)),
        Sheet("What stands in the end, beside the same talk without outages", ("", "value"), compared),
    ]
    if differences.examples:
        sheets.append(Sheet("What differs", ("without", "with"), differences.examples))
    sheets.append(Sheet("Told at /health/ready", ("problem",), tuple((problem,) for problem in told)))
    targets = (OUTAGE_WORDS.held(differences.lost + differences.doubled),)
    document: dict[str, object] = {
        "outages": [asdict(outage) for outage in outages],
        "differences": asdict(differences),
        "told": list(told),
    }
    return Report(heading, tuple(sheets), targets, document)


def _words(run: TalkRun) -> list[str]:
    return [
        word
        for score in run.scores
        for history in histories_of(score.talk.events)
        for word in settled_words(history, score.lang)
    ]


async def _disturbed(
    bench: Bench,
    running: Running,
    stream: Stream,
    outages: Sequence[Outage],
    folder: Path,
    told: set[str],
) -> TalkRun:
    """Play a talk, while the disk is filled now and then."""
    disturbing = asyncio.create_task(_disturb(running.endpoint, outages, folder, told))
    try:
        return await measured_talk(bench, running, [stream], {})
    finally:
        disturbing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await disturbing


def _become_superuser() -> None:
    """Start again where file systems may be mounted, unless that is so already."""
    if os.geteuid() == 0 or not shutil.which("unshare"):
        return
    arguments = ["unshare", "--map-root-user", "--mount", sys.executable, "-m", "benchmark", *sys.argv[1:]]
    os.execvp("unshare", arguments)  # noqa: S606 - ourselves, in a namespace of our own


async def _disturb(endpoint: Endpoint, outages: Sequence[Outage], folder: Path, told: set[str]) -> None:
    """Fill the disk when it is time, and ask meanwhile what the service says of it."""
    began = asyncio.get_running_loop().time()
    filler = folder / "filler"
    async with httpx.AsyncClient(timeout=5.0, trust_env=False) as http:
        for outage in outages:
            await asyncio.sleep(began + outage.at_seconds - asyncio.get_running_loop().time())
            await asyncio.to_thread(fill, filler)
            ends_at = began + outage.at_seconds + outage.seconds
            try:
                while (left := ends_at - asyncio.get_running_loop().time()) > 0:
                    await asyncio.to_thread(fill, filler)  # also what was freed meanwhile
                    with contextlib.suppress(httpx.HTTPError):
                        answer = await http.get(f"{endpoint.url}/health/ready")
                        told.update(answer.json().get("problems", ()))
                    await asyncio.sleep(min(left, _LOOK_SECONDS))
            finally:
                await asyncio.to_thread(filler.unlink)
