"""What every track of the process shares, and the rules they follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from assistant.captioning.final_audio import FinalAudio
from assistant.captioning.journal_writer import WriteRounds
from assistant.captioning.scheduler import InferenceScheduler
from assistant.core.errors import Unavailable
from assistant.ports.media import OpenRecording
from assistant.ports.speech import VoiceDetector
from assistant.ports.storage import AudioJournal, TranscriptStore
from assistant.ports.system import Clock, Telemetry
from assistant.tasks.threads import Threads
from assistant.translation.translator import TranslationService

T = TypeVar("T")
_HEARING_THREADS = 2


@dataclass(frozen=True, slots=True)
class TrackRules:
    """How often a track is looked at.

    Attributes:
        first_partial_seconds: Audio of an utterance before its first partial.
        step_seconds: New audio between partials when there is little to do; under load it widens.
        patience_seconds: How long the final of an utterance that was cut may wait for partials.
        idle_seconds: So long without any audio ends the open utterance.
        lost_seconds: The same without a connection: a client that comes back soon goes on in mid-word.
        look_seconds: How often it is looked whether audio has stopped.
        settle_seconds: In silence, how often it is recorded that nothing was said.
        most_waiting: Ended utterances that may wait; then the sender has to.
        attempts: How often an utterance that cannot be finished is tried.
    """

    first_partial_seconds: float = 0.6
    step_seconds: float = 0.3
    patience_seconds: float = 1.5
    idle_seconds: float = 2.0
    lost_seconds: float = 10.0
    look_seconds: float = 0.5
    settle_seconds: float = 30.0
    most_waiting: int = 256
    attempts: int = 3


@dataclass(frozen=True, slots=True)
class TrackDeps:
    """What every track of the process shares.

    Attributes:
        translations: What translates.
        open_recording: Reads finished recordings.
        languages: Spoken languages to choose among; empty means all.
        keep_audio: Whether audio stays until its room is deleted.
        rounds: Writes to the journal, in threads of its own.
        hearing: Where voice activity hears bursts of audio, and finals are put right.
        final_audio: The audio of finals, for who translates from it.
        missing: Sentences that say what is not there, without which nobody can be heard.
    """

    store: TranscriptStore
    journal: AudioJournal
    scheduler: InferenceScheduler
    new_detector: Callable[[], VoiceDetector]
    clock: Clock
    telemetry: Telemetry
    translations: TranslationService
    open_recording: OpenRecording
    languages: frozenset[str] = frozenset()
    rules: TrackRules = TrackRules()
    missing: tuple[str, ...] = ()
    keep_audio: bool = False
    rounds: WriteRounds = field(default_factory=WriteRounds)
    hearing: Threads = field(default_factory=lambda: Threads("hearing", _HEARING_THREADS))
    final_audio: FinalAudio = field(default_factory=FinalAudio)


def started(deps: T | None) -> T:
    """Return what there is once the service has started; raises `Unavailable` before."""
    if deps is None:
        raise Unavailable("The service is starting; try again in a moment.")
    return deps
