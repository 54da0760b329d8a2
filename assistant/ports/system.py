"""The clock, what is counted, and processes that work beside this one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

from assistant.ports.translation import TranslationKind

T = TypeVar("T")


class Clock(Protocol):
    """The only reader of time."""

    def now(self) -> float:
        """Return POSIX seconds (wall clock, may jump)."""

    def monotonic(self) -> float:
        """Return seconds of a clock that never goes back."""


@dataclass(frozen=True, slots=True)
class ServiceStatistics:
    """How busy the process is.

    Attributes:
        rooms: How many rooms are in use.
        tracks: How many tracks somebody is connected to.
        talking: On how many tracks somebody speaks.
        readers: How many readers there are.
        queued_finals: How many finals wait for a recogniser.
        queued_partials: How many partials wait for a recogniser.
        behind_seconds: The age of the oldest speech that no caption shows.
        capacity: How many people may talk at the same time; 0 while nothing is known.
        step_seconds: How much new audio lies between the partials of a track.
    """

    rooms: int = 0
    tracks: int = 0
    talking: int = 0
    readers: int = 0
    queued_finals: int = 0
    queued_partials: int = 0
    behind_seconds: float = 0.0
    capacity: int = 0
    step_seconds: float = 0.0


class Telemetry(Protocol):
    """Counts and times of the running service; knows no spoken text."""

    def inference_done(
        self, kind: Literal["partial", "final"], audio_seconds: float, compute_seconds: float
    ) -> None:
        """One recognition ran."""

    def caption_published(self, *, final: bool, lag_seconds: float) -> None:
        """A caption went out, `lag_seconds` after it was due.

        A partial is due when enough new audio has come, a final when the utterance has ended.
        """

    def utterance_rejected(self, reason: str) -> None:
        """Something that was taken for speech turned out not to be."""

    def audio_received(self, samples: int) -> None:
        """Samples were accepted."""

    def translated(self, kind: TranslationKind, sentences: int, seconds: float) -> None:
        """A text was translated; `seconds` from the moment it was asked for, waiting included."""


class Workers(Protocol):
    """Does work for readers and clerks, such as making documents, where it cannot hold up captions.

    Work is called once, in another process: it and what it returns can be pickled. Of one credential as
    of all only so much waits, and what takes too much time or memory is given up.

    Raises of both methods:
        WorkersBusy: Too much waits already, or the machine is too busy.
        WorkTooLarge: The work, or what comes of it, takes more than it may.
        ShuttingDown: The service ends.
    """

    async def run(self, work: Callable[[], T], *, credential: str = "") -> T:
        """Return what `work` returns, or raise what it raises.

        Args:
            work: What is done.
            credential: Whose work it is.
        """

    async def run_told(
        self, work: Callable[[Callable[..., None]], T], told: Callable[..., None], *, credential: str = ""
    ) -> T:
        """Do the same with work that tells how far it is.

        Args:
            work: Gets what it tells with.
            told: Called with what it tells, from another thread.
            credential: Whose work it is.
        """
