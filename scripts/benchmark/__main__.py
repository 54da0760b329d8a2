"""The command line of the bench; see `scripts/bench --help`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import secrets
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from assistant.cli.console import read_settings
from assistant.client import Endpoint
from assistant.core.errors import AssistantError
from benchmark.material import Recording, read_manifest, select
from benchmark.reference import Reading, Reference
from benchmark.report import json_of, markdown_of, print_run
from benchmark.result import Cost, Run, score_of
from benchmark.service import Load, LoadMeter, Running, ServiceFailed, started
from benchmark.streaming import Plan, Session, Take
from benchmark.tables import targets_of

Done = Callable[[Recording], None]
ProgressOf = Callable[[str, Sequence[Recording]], Done]

_ROOT = Path(__file__).resolve().parents[2]
_PLAIN_WIDTH = 110
_DESCRIPTION = """
Stream recordings in real time through the public audio door of the service and measure what readers
see: word error rate of the finals, lag of each word (first shown, stable, final), flicker, CPU and
memory, and words shown where nobody speaks. The reference beside it is plain faster-whisper on the
same recordings: utterance by utterance, padded windows, beam 5.
"""
_EPILOG = """
Without --url a service is started for the run, on a free port with an empty data directory. It takes
as long as the recordings last: bound it with --minutes.
"""


@dataclass(frozen=True, slots=True)
class Part:
    """Recordings that were streamed together, and what that cost; None where it is not known."""

    takes: list[Take]
    load: Load | None


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the options of a run."""
    parser = argparse.ArgumentParser("scripts/bench", description=_DESCRIPTION, epilog=_EPILOG)
    material = parser.add_argument_group("material")
    material.add_argument(
        "--material",
        type=Path,
        default=_ROOT / "tests" / "fixtures" / "speech",
        metavar="DIR",
        help="folder with manifest.jsonl and recordings (default: those of the tests)",
    )
    material.add_argument("--languages", type=_list, default=[], metavar="en,fr", help="only speech in these")
    material.add_argument("--kinds", type=_list, default=[], metavar="read,prompt", help="only these kinds")
    material.add_argument("--minutes", type=float, help="at most so much speech, evenly from all groups")
    material.add_argument(
        "--invented",
        choices=["with", "without", "only"],
        default="with",
        help="noise, music and silence, where no word may be shown (default: with)",
    )
    service = parser.add_argument_group("service")
    service.add_argument("--url", help="a running service instead of one of our own")
    service.add_argument("--token", default="", help="its bearer token")
    service.add_argument("--pid", type=int, help="its process, to measure CPU and memory")
    service.add_argument("--model", default="whisper-base", help="weights to use (default: %(default)s)")
    service.add_argument("--speakers", type=int, default=1, help="recordings at the same time (default: 1)")
    service.add_argument(
        "--auto-language", action="store_true", help="let the language be detected instead of pinned"
    )
    output = parser.add_argument_group("output")
    output.add_argument("--no-reference", action="store_true", help="no reference: no lags either")
    output.add_argument(
        "--fresh-reference", action="store_true", help="forget what the reference read before"
    )
    output.add_argument("--results", type=Path, default=_ROOT / "bench-results", metavar="DIR")
    output.add_argument("--json", type=Path, metavar="FILE", help="everything that was measured")
    output.add_argument("--markdown", type=Path, metavar="FILE", help="the tables")
    output.add_argument("--check", action="store_true", help="fail when a target is missed")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the bench and return the exit status."""
    options = parse_arguments(arguments)
    console = Console(width=None if sys.stdout.isatty() else _PLAIN_WIDTH)
    recordings = _material(options)
    if not recordings:
        console.print("No recording matches.")
        return 2
    options.results.mkdir(parents=True, exist_ok=True)
    try:
        run = _measure(options, recordings, console)
    except (AssistantError, ServiceFailed) as error:
        console.print(f"The bench stopped: {error}", markup=False)
        return 1
    print_run(run, console)
    if options.json:
        options.json.write_text(json.dumps(json_of(run), ensure_ascii=False, indent=1), encoding="utf-8")
    if options.markdown:
        options.markdown.write_text(markdown_of(run, _heading(options)), encoding="utf-8")
    return 1 if options.check and any(target.kept is False for target in targets_of(run)) else 0


def _material(options: argparse.Namespace) -> list[Recording]:
    chosen = select(
        read_manifest(options.material),
        languages=options.languages,
        kinds=options.kinds,
        minutes=options.minutes,
        invented=options.invented != "without",
    )
    return [recording for recording in chosen if options.invented != "only" or recording.speechless]


def _measure(options: argparse.Namespace, recordings: Sequence[Recording], console: Console) -> Run:
    """Stream, then read the reference, so that the two don't take each other's time."""
    speech = [recording for recording in recordings if not recording.speechless]
    speechless = [recording for recording in recordings if recording.speechless]
    with _progress(console) as advance:
        parts = _stream(options, [part for part in (speech, speechless) if part], advance)
        readings: dict[str, Reading] = {}
        if speech and not options.no_reference:
            readings = _reference(options).read_all(speech, advance("reference", speech))
    computing_seconds = sum(reading.compute_seconds for reading in readings.values())
    heard_seconds = sum(recording.seconds for recording in speech)
    return Run(
        scores=tuple(
            score_of(take, readings.get(take.recording.id)) for part in parts for take in part.takes
        ),
        speakers=options.speakers,
        speech=_cost_of(parts[0]) if speech else None,
        speechless=_cost_of(parts[-1]) if speechless else None,
        reference_real_time_factor=computing_seconds / heard_seconds if readings else None,
    )


def _stream(
    options: argparse.Namespace, parts: Sequence[Sequence[Recording]], advance: ProgressOf
) -> list[Part]:
    """Stream what has speech and what has none one after the other: they cost differently."""
    with contextlib.ExitStack() as stack:
        if options.url:
            running = Running(Endpoint(options.url, options.token), options.pid)
        else:
            running = stack.enter_context(started(options.model, options.results / "service.log"))
        return [
            asyncio.run(_stream_part(running, _plan(options), part, advance("streaming", part)))
            for part in parts
        ]


def _plan(options: argparse.Namespace) -> Plan:
    room = f"bench-{secrets.token_hex(4)}"
    return Plan(room, speakers=options.speakers, pin_language=not options.auto_language)


async def _stream_part(running: Running, plan: Plan, recordings: Sequence[Recording], done: Done) -> Part:
    session = Session(running.endpoint, plan, recordings, done)
    if running.pid is None:
        return Part(await session.run(), None)
    async with LoadMeter(running.pid).measured() as load:
        takes = await session.run()
    return Part(takes, load())


def _cost_of(part: Part) -> Cost:
    began = min(take.began_at for take in part.takes)
    ends = [take.began_at + take.streamed_seconds for take in part.takes]
    ends += [take.events[-1].at_seconds for take in part.takes if take.events]
    streamed_seconds = sum(take.streamed_seconds for take in part.takes)
    return Cost(streamed_seconds, wall_seconds=max(ends) - began, load=part.load)


def _reference(options: argparse.Namespace) -> Reference:
    memory = options.results / f"reference-{options.model}.json"
    if options.fresh_reference:
        memory.unlink(missing_ok=True)
    weights = read_settings().weights_dir / options.model
    return Reference(weights, pin_language=not options.auto_language, memory=memory)


@contextlib.contextmanager
def _progress(
    console: Console,
) -> Iterator[Callable[[str, Sequence[Recording]], Callable[[Recording], None]]]:
    """Yield what makes a progress bar; where there is no terminal, each recording gets a line."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:

        def advance(name: str, recordings: Sequence[Recording]) -> Done:
            task = progress.add_task(name, total=sum(recording.seconds for recording in recordings))

            def done(recording: Recording) -> None:
                progress.advance(task, recording.seconds)
                if not console.is_terminal:
                    console.print(f"{name}: {recording.id}", markup=False)

            return done

        yield advance


def _heading(options: argparse.Namespace) -> str:
    language = "language detected" if options.auto_language else "language pinned"
    speakers = "1 speaker" if options.speakers == 1 else f"{options.speakers} speakers"
    return f"{options.model}, {speakers}, {language}, {options.material.resolve().name}"


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


if __name__ == "__main__":
    sys.exit(main())
