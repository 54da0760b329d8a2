"""What the house needs from libraries and outside systems, as protocols.

Engines (`assistant.engines`) compute and block; adapters (`assistant.adapters`) talk to outside
systems and are awaited. Nothing here is concrete: `assistant.bootstrap` chooses.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from assistant.core.audio import Pcm, Span, Waveform
from assistant.core.captions import Caption
from assistant.core.errors import AssistantError
from assistant.core.hypothesis import Hypothesis, Word
from assistant.core.rooms import Room, Track
from assistant.core.terms import Term
from assistant.core.translation import TextModel

T = TypeVar("T")

LanguageChoice = str | Callable[[Mapping[str, float]], str]
"""A pinned BCP-47 code, or a rule that picks one from what language detection heard."""


TranslationKind = Literal["final", "partial", "history"]
"""Of a caption that has ended, one that grows, and one that somebody asks for later."""


class Clock(Protocol):
    """The only reader of time."""

    def now(self) -> float:
        """Return POSIX seconds (wall clock, may jump)."""

    def monotonic(self) -> float:
        """Return seconds of a clock that never goes back."""


# --- engines -------------------------------------------------------------------------------------


class VoiceDetector(Protocol):
    """Voice activity of one track; keeps state from call to call, so each track has its own."""

    def probabilities(self, pcm: Pcm) -> NDArray[np.float32]:
        """Return the speech probability (0..1) of each 512-sample frame of `pcm`, in order.

        Args:
            pcm: A whole number of frames, the continuation of the previous call.
        """

    def reset(self) -> None:
        """Forget everything heard so far."""


@dataclass(frozen=True, slots=True)
class TranscriberCapabilities:
    """What a transcriber can do.

    Attributes:
        model: The catalogue's name of the weights.
        languages: BCP-47 codes it recognises.
        device: `cpu` or `cuda`.
        compute_type: CTranslate2's name of the arithmetic, such as `int8` or `float16`.
        max_seconds: The longest audio of one request.
        workers: How many calls may run at the same time.
        batch: How many requests of one call share decoding steps with a gain; 1: none.
        translates: Whether it can write English, whatever is spoken.
    """

    model: str
    languages: frozenset[str]
    device: str
    compute_type: str
    max_seconds: float
    workers: int
    batch: int = 1
    translates: bool = False


@dataclass(frozen=True, slots=True)
class TranscriptionRequest:
    """One stretch of audio to recognise.

    Attributes:
        waveform: Float32 mono at 16 kHz, at most `max_seconds` long.
        language: A pinned code, or a rule that chooses after detection.
        prefix: Words that are settled already; the result begins with them.
        context: Text that was said before this audio, for spelling and casing.
        quality: `draft` for a partial (fast), `final` for the better pass.
        translate: Write English instead of what is spoken.
    """

    waveform: Waveform
    language: LanguageChoice
    prefix: tuple[Word, ...] = ()
    context: str = ""
    quality: Literal["draft", "final"] = "draft"
    translate: bool = False


class Transcriber(Protocol):
    """A speech recogniser. Thread-safe up to `capabilities.workers` calls at a time; blocks."""

    @property
    def capabilities(self) -> TranscriberCapabilities:
        """What it can do."""

    def transcribe(self, request: TranscriptionRequest) -> Hypothesis:
        """Return the words of `request.waveform`, with times and evidence."""

    def transcribe_all(self, requests: Sequence[TranscriptionRequest]) -> list[Hypothesis]:
        """Return what `transcribe` returns for each request, decoding them together where that wins.

        `compute_seconds` of each is its share of the call.
        """


class Translator(Protocol):
    """One text model. Blocks; used only from the thread that made it."""

    def translate(self, sentences: Sequence[str]) -> list[str]:
        """Return the translation of each sentence, in order.

        Text of any length and kind gets an answer. What is too long for the model goes in parts; a
        sentence without a letter (digits, signs, emoji, nothing) comes back as it is, and so does a
        word too long to be one. Control characters count as white space.
        """


SentenceSplitter = Callable[[str, str], list[str]]
"""Cuts a text (second) in a language (first) into sentences that, put together again, are the text."""


@dataclass(frozen=True, slots=True)
class LanguageGuess:
    """What a text seems to be written in.

    Attributes:
        language: BCP-47 primary subtag.
        probability: 0..1, of all languages that the identifier knows.
    """

    language: str
    probability: float


class TextEngine(Protocol):
    """All text models of this machine; computes somewhere else, so that nobody waits meanwhile."""

    @property
    def models(self) -> Sequence[TextModel]:
        """What is installed and whole."""

    async def translate(self, model: str, sentences: Sequence[str]) -> list[str]:
        """Return the translation of each sentence by the model of that name, as `Translator` does.

        Raises:
            TranslationFailed: There is no such model, it cannot be loaded, it took too long over this
                text or broke down over it twice.
        """

    async def identify(self, text: str) -> LanguageGuess | None:
        """Return the language a text is written in; None where it is too short to tell.

        Raises:
            TranslationFailed: The identifier broke down.
        """

    async def close(self) -> None:
        """Let go of the models."""


class AudioDecoder(Protocol):
    """Turns the bytes of one connection into samples as they arrive; blocks for milliseconds."""

    def feed(self, data: bytes) -> Pcm:
        """Return the samples that `data` completes, mono at 16 kHz (often none).

        Raises:
            AudioMalformed: The bytes are not audio of the announced encoding.
        """

    def finish(self) -> Pcm:
        """Return the samples still inside, after the last byte."""


class RecordingReader(Protocol):
    """A finished recording, decoded block by block; blocks.

    Raises:
        RecordingCorrupt: From any method, when nothing can be decoded.
    """

    @property
    def channels(self) -> int:
        """Of what `read` returns: 1, or 2 where speakers are told apart by channel."""

    @property
    def duration_seconds(self) -> float | None:
        """As the file says; None where it does not."""

    def read(self) -> Pcm | None:
        """Return the samples that follow (int16, 16 kHz, shape (samples, channels)); None at the end."""

    def close(self) -> None:
        """Let go of the file."""


class OpenRecording(Protocol):
    """Opens recordings."""

    def __call__(self, path: Path, *, by_channel: bool = False) -> RecordingReader:
        """Return a recording, to be read once; blocks.

        Raises:
            RecordingCorrupt: It is no recording.
            RecordingWithoutAudio: It has pictures only.
        """


# --- adapters ------------------------------------------------------------------------------------


class TranscriptStore(Protocol):
    """Rooms, tracks and finals on disk. What a method wrote survives the process when it returns.

    Raises:
        StoreUnavailable: From any method, when the database cannot be used.
    """

    @property
    def problem(self) -> AssistantError | None:
        """Why nothing could be stored when that was tried last; None while all is well."""

    async def probe(self) -> None:
        """Write something that nobody reads, to see whether a store that was away is back."""

    async def create_room(self, room: Room) -> Room:
        """Store `room` and return it, or return the room of that name that exists already."""

    async def room(self, name: str) -> Room | None:
        """Return a room, or None."""

    async def rooms(self) -> Sequence[Room]:
        """Return all rooms, newest first."""

    async def begin_room(self, name: str, began_at: float) -> None:
        """Record the POSIX time of the first audio, once; later calls change nothing."""

    async def reserve_seq(self, name: str, below: int) -> None:
        """Record that every `seq` lower than `below` may have been handed out; never lowers it."""

    async def set_glossary(self, name: str, terms: Sequence[Term]) -> None:
        """Replace the glossary of a room; raises `RoomUnknown`."""

    async def house_glossary(self) -> Sequence[Term]:
        """Return the terms of the organisation, for all rooms; none where none were ever set."""

    async def set_house_glossary(self, terms: Sequence[Term]) -> None:
        """Replace the terms of the organisation."""

    async def delete_room(self, name: str) -> None:
        """Delete a room with its tracks and captions, from the files as well; unknown rooms are no error."""

    async def scrub(self, *, quiet: bool) -> None:
        """Take what was deleted or replaced from the files, as far as that is not done.

        Args:
            quiet: Nobody talks: the moment for what holds up writers.
        """

    async def save_track(self, track: Track) -> None:
        """Insert a track, or replace all that is known of it."""

    async def track(self, session: str) -> Track | None:
        """Return a track, or None."""

    async def tracks(self, room: str | None = None, *, unsettled: bool = False) -> Sequence[Track]:
        """Return tracks of one room or of all; with `unsettled`, those not closed yet."""

    async def append(self, caption: Caption, *, session: str, settled_samples: int) -> None:
        """Store a final or refined revision and how far its track is settled, in one transaction."""

    async def settle(self, session: str, *, received_samples: int, settled_samples: int) -> None:
        """Record how far a track is received and settled; neither number ever goes down."""

    async def edit(self, captions: Sequence[Caption]) -> None:
        """Store a clerk's revisions, and captions that were split off others, in one transaction.

        Raises:
            RoomUnknown: A room does not exist (any more).
        """

    async def history(self, room: str, caption_id: str) -> Sequence[Caption]:
        """Return all revisions of one caption, oldest first."""

    async def captions(self, room: str, *, since: int = -1) -> Sequence[Caption]:
        """Return the latest revision of each caption of `room` whose `seq` > `since`.

        In the order of `start_seconds`, then `seq`; captions with empty text are included.
        """

    async def caption(self, room: str, caption_id: str) -> Caption | None:
        """Return the latest revision of one caption, or None."""

    async def captions_by_id(self, room: str, ids: Sequence[str]) -> Mapping[str, Caption]:
        """Return the latest revisions of captions by their ids, of those that there are."""

    async def save_translation(self, caption: Caption) -> None:
        """Store the translation of a final, in place of an older revision of it.

        Raises:
            CaptionUnknown: The room has no such final (any more).
        """

    async def translations(self, room: str, lang: str, *, since: int = -1) -> Sequence[Caption]:
        """Return the translations into `lang` of a room's finals whose `seq` > `since`.

        In the order of `start_seconds`, then `seq`; some may render an older revision of their final.
        """

    async def translated_languages(self, room: str) -> Sequence[str]:
        """Return the languages that there are translations of a room in, in the order of their codes."""

    async def close(self) -> None:
        """Let go of the database."""


class AudioJournal(Protocol):
    """Received audio on disk until it is settled, one growing record per session.

    All methods block briefly and are called off the event loop, one at a time per session.

    Raises:
        StoreUnavailable: From any method, when the disk cannot be used.
    """

    def append(self, session: str, pcm: Pcm) -> None:
        """Add samples at the end of the record; either all of them or, with an error, none."""

    def sync(self, session: str) -> int:
        """Force the record to disk and return its length in samples since the track began."""

    def read(self, session: str, span: Span) -> Pcm:
        """Return the samples of `span`; raises ValueError where they were dropped or never came."""

    def length_samples(self, session: str) -> int:
        """Return the length in samples since the track began, dropped ones counted; 0 if unknown."""

    def kept(self, session: str) -> Span:
        """Return the samples from the first that is there to the last; may be called at any time."""

    def sessions(self) -> Sequence[str]:
        """Return the sessions that there are records of."""

    def skip_to(self, session: str, samples: int) -> int:
        """Let a record that ends before that sample go on there; return its length."""

    def restart_at(self, session: str, samples: int, pcm: Pcm) -> None:
        """Let the record go on at that sample with `pcm`, after a failure; or, with an error, leave it.

        What it holds from there on is forgotten; what it lacks before counts as dropped.
        """

    def drop_before(self, session: str, settled_samples: int) -> None:
        """Free the space of samples before `settled_samples`; the record keeps its length."""

    def release(self, session: str) -> None:
        """Keep nothing open for a record to which nothing is added for now."""

    def delete(self, session: str) -> None:
        """Remove the whole record; unknown sessions are no error."""


class CaptionSubscription(Protocol):
    """One reader's view of a room; never holds up the publisher."""

    def __aiter__(self) -> AsyncIterator[Caption]:
        """Yield captions; of a caption that changed while the reader was busy, only the latest."""

    def close(self) -> None:
        """Stop; the iterator ends."""


class CaptionBus(Protocol):
    """Carries captions from rooms to readers."""

    def publish(self, caption: Caption) -> None:
        """Hand a caption to all subscribers of its room; never blocks."""

    def subscribe(self, room: str, wanted: Callable[[Caption], bool] | None = None) -> CaptionSubscription:
        """Return a subscription that holds what is published from this moment on.

        Args:
            room: The room's name.
            wanted: Which captions; None for all.
        """

    def readers(self, room: str | None = None) -> int:
        """Return how many subscriptions are open."""


class Telemetry(Protocol):
    """Counts and times of the running service; knows no spoken text."""

    def inference_done(
        self, kind: Literal["draft", "final"], audio_seconds: float, compute_seconds: float
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
