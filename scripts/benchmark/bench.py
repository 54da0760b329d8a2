"""What every mode needs: options, the service, material, the reference, and a progress bar."""

from __future__ import annotations

import argparse
import contextlib
import re
import secrets
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from assistant.cli.console import read_settings
from assistant.client import Endpoint, read_pcm
from benchmark.doors import Door, OurDoor
from benchmark.material import Recording, read_manifest, select
from benchmark.peers import PeerDoor, dialogue_maker
from benchmark.reference import Reading, Reference
from benchmark.service import Running, ServiceFailed, started
from benchmark.stand_ins import Weights, standing_in
from benchmark.streams import Piece, piece_of, speakable

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")

Done = Callable[[Recording], None]
ProgressOf = Callable[[str, Sequence[Recording]], Done]


@dataclass(frozen=True, slots=True)
class Bench:
    """A run's options and where it speaks."""

    options: argparse.Namespace
    console: Console

    @contextmanager
    def service(self, *, max_tracks: int = 0, settings: Mapping[str, str] | None = None) -> Iterator[Running]:
        """Yield the service to measure: a fresh one, or the one that `--url` names.

        With `--stand-ins` a fresh one has them.

        Args:
            max_tracks: Connected tracks that a fresh one must allow; 0 leaves it as it is.
            settings: More of a fresh one's environment.
        """
        options = self.options
        if options.peer:
            yield Running(Endpoint(options.peer_url), options.pid)
            return
        if options.url:
            yield Running(Endpoint(options.url, options.token), options.pid)
            return
        self.say("Starting a service …")
        log = options.results / "service.log"
        with (
            self.weights_to_use() as weights,
            started(options.model, log, weights, max_tracks=max_tracks, settings=settings) as it,
        ):
            yield it
        errors = errors_in(log.read_text(encoding="utf-8", errors="replace"))
        if errors:
            self.say(f"The service logged {errors} errors, so these numbers say little: {log}")

    def weights_to_use(self) -> AbstractContextManager[Weights]:
        """Yield what a service of our own finds installed."""
        options = self.options
        settings = read_settings()
        if not options.stand_ins:
            return nullcontext(Weights(settings.weights_dir, settings.catalog))
        return standing_in(settings, options.stand_ins, options.read)

    def door(self, running: Running, read: Sequence[str] = ()) -> Door:
        """Return the way into the service, with readers of the languages `read`."""
        options = self.options
        if options.peer:
            return PeerDoor(options.peer_url, dialogue_maker(options.peer, options.model))
        return OurDoor(running.endpoint, read)

    def material(self, *, minutes: float | None = None, invented: bool = True) -> list[Recording]:
        """Return the recordings that the options choose."""
        options = self.options
        return select(
            read_manifest(options.material),
            languages=options.languages,
            kinds=options.kinds,
            minutes=minutes,
            invented=invented,
        )

    def pieces(self) -> list[Piece]:
        """Return all speech in one language, decoded and trimmed; blocks."""
        recordings = speakable(self.material(invented=False))
        return [piece_of(recording, read_pcm(recording.path)) for recording in recordings]

    def readings(self, recordings: Sequence[Recording]) -> dict[str, Reading]:
        """Return what the reference hears, or nothing with `--no-reference`; blocks."""
        if self.options.no_reference or not recordings:
            return {}
        with self.progress() as advance:
            return self.reference().read_all(recordings, advance("reference", recordings))

    def reference(self) -> Reference:
        """Return the reference with its memory beside the results."""
        options = self.options
        device = options.reference_device
        name = f"{options.model}.json" if device == "cpu" else f"{options.model}-{device}.json"
        memory = options.results / f"reference-{name}"
        if options.fresh_reference:
            memory.unlink(missing_ok=True)
        pin_language = not options.auto_language
        return Reference(self.weights(), pin_language=pin_language, memory=memory, device=device)

    def weights(self) -> Path:
        """Return the folder of the weights.

        Raises:
            ServiceFailed: They are not installed.
        """
        folder: Path = read_settings().weights_dir / self.options.model
        if not (folder / "model.bin").exists():
            raise ServiceFailed(
                f"The weights {self.options.model} are not installed in {folder.parent}: "
                f"run “assistant models pull {self.options.model}”, or name another --model."
            )
        return folder

    def room(self) -> str:
        """Return a name that no other run uses."""
        return f"bench-{secrets.token_hex(4)}"

    def heading(self, what: str) -> str:
        """Return what was run, with which weights on which material."""
        options = self.options
        language = "language detected" if options.auto_language else "language pinned"
        service = f"{options.peer}, " if options.peer else ""
        if options.read:
            what += f", read in {', '.join(options.read)}"
        if options.stand_ins:
            what += f" (stand-ins: English to {options.stand_ins})"
        return f"{service}{options.model}, {what}, {language}, {options.material.resolve().name}"

    def say(self, text: str) -> None:
        """Print a line."""
        self.console.print(text, markup=False, highlight=False)

    @contextmanager
    def progress(self) -> Iterator[ProgressOf]:
        """Yield what makes a progress bar; where there is no terminal, each recording gets a line."""
        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
        with Progress(*columns, console=self.console, disable=not self.console.is_terminal) as progress:

            def advance(name: str, recordings: Sequence[Recording]) -> Done:
                task = progress.add_task(name, total=sum(recording.seconds for recording in recordings))

                def done(recording: Recording) -> None:
                    progress.advance(task, recording.seconds)
                    if not self.console.is_terminal:
                        self.say(f"{name}: {recording.id}")

                return done

            yield advance


def errors_in(log: str) -> int:
    """Return how many errors a log of the service holds; most have a line and a traceback."""
    lines = _COLOUR.sub("", log)
    levels = re.findall(r"^\S+ \[(?:error|critical) *\]", lines, re.MULTILINE)
    return max(len(levels), lines.count("Traceback (most recent call last)"))


def console_of(plain_width: int) -> Console:
    """Return a console; not so wide as a terminal where there is none."""
    console = Console(width=None if sys.stdout.isatty() else plain_width)
    with contextlib.suppress(AttributeError):
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a plain file has it
    return console
