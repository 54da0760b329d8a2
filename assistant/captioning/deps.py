"""What every track of the process shares, and the rules they follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from assistant.captioning.crosstalk import Crosstalk
from assistant.captioning.final_audio import FinalAudio
from assistant.captioning.journal_writer import WriteRounds
from assistant.captioning.scheduler import InferenceScheduler
from assistant.ports.speech import VoiceDetector
from assistant.ports.storage import AudioJournal, TranscriptStore
from assistant.ports.system import Clock, Telemetry
from assistant.tasks.threads import Threads

_VOICE_THREADS = 2


@dataclass(frozen=True, slots=True)
class TrackRules:
    """How often a track is looked at.

    Attributes:
        first_partial_seconds: How much audio of an utterance there is before its first partial.
        step_seconds: How much new audio lies between partials when there is little to do; under load more.
        patience_seconds: How long the final of an utterance that was cut may wait for partials.
        idle_seconds: The open utterance ends when no audio has come for so long.
        lost_seconds: The open utterance ends when nobody has been connected for so long; a client that comes
            back before goes on in mid-word.
        look_seconds: How often a track looks whether its audio has stopped.
        silence_seconds: In silence, how often it is stored that nothing was said.
        most_waiting: How many ended utterances may wait for finals; beyond that the sender has to wait.
        attempts: How often it is tried to finalise an utterance before its final is what readers saw.
        most_pending_seconds: How much audio waits in memory for a disk that is full or away, before its
            sender has to wait.
    """

    first_partial_seconds: float = 0.6
    step_seconds: float = 0.3
    patience_seconds: float = 1.5
    idle_seconds: float = 2.0
    lost_seconds: float = 10.0
    look_seconds: float = 0.5
    silence_seconds: float = 30.0
    most_waiting: int = 256
    attempts: int = 3
    most_pending_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class TrackDeps:
    """What every track of the process shares.

    Attributes:
        store: Keeps tracks and captions.
        journal: Keeps audio until it is captioned.
        scheduler: Shares the recogniser out.
        new_detector: Makes the voice activity of one track.
        clock: Tells monotonic time.
        telemetry: Is told what is received, published and rejected.
        languages: Spoken languages to choose among; empty means all.
        rules: How often a track is looked at.
        missing: Sentences that say what is not there, without which nobody can be heard.
        keep_audio: Whether audio stays until its room is deleted.
        rounds: Writes to the journal, in threads of its own.
        voice_threads: Where voice activity judges bursts of audio, and finals are put right.
        final_audio: Keeps the audio of finals for those who translate from it.
        crosstalk: Compares the microphones of a room.
    """

    store: TranscriptStore
    journal: AudioJournal
    scheduler: InferenceScheduler
    new_detector: Callable[[], VoiceDetector]
    clock: Clock
    telemetry: Telemetry
    languages: frozenset[str] = frozenset()
    rules: TrackRules = TrackRules()
    missing: tuple[str, ...] = ()
    keep_audio: bool = False
    rounds: WriteRounds = field(default_factory=WriteRounds)
    voice_threads: Threads = field(default_factory=lambda: Threads("voice-activity", _VOICE_THREADS))
    final_audio: FinalAudio = field(default_factory=FinalAudio)
    crosstalk: Crosstalk = field(default_factory=Crosstalk)
