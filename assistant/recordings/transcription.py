"""One finished recording at work: its utterances are found, recognised a few at a time, and put in order."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from assistant.captioning.endpointing import Endpointer
from assistant.captioning.scheduler import InferenceScheduler
from assistant.captioning.second_pass import SecondPass
from assistant.core.captions.caption import Caption
from assistant.core.captions.speaker_turns import SpokenTurn, split_by_turns
from assistant.core.errors import RecognitionFailed, RecordingTooLong, RecordingWithoutAudio
from assistant.core.glossary.glossary import Glossary
from assistant.core.inference.queue import InferenceRequest
from assistant.core.language import AUTO, pinned_language
from assistant.core.recording_faults import RecordingFault, gathered
from assistant.core.speech.audio import Pcm, Span, seconds_of, to_waveform
from assistant.core.speech.context import MeetingContext
from assistant.core.speech.copies import Copy, left_out, own_voice, silenced, without
from assistant.core.speech.hypothesis import Hypothesis, Word, moved, text_of
from assistant.core.speech.segmentation import SpeechEnded
from assistant.core.speech.spoken_language import LanguageChooser, LanguageMemory, SpokenLanguages
from assistant.ports.media import OpenRecording, RecordingReader
from assistant.ports.speech import TranscriptionRequest, VoiceDetector
from assistant.ports.system import Clock
from assistant.recordings.channel_crosstalk import ChannelCrosstalk
from assistant.tasks.owner import TaskOwner
from assistant.tasks.threads import Threads

SPEAKERS = tuple(f"SPEAKER_{number:02d}" for number in range(64))
"""What the speakers of a recording's channels or tracks are called where nobody says."""

_THREADS = 2
_LISTED_WORDS = 4
_CONTEXT_CHARACTERS = 400
_MOST_PLACES = 5
_KEPT_WORDS = 1024


@dataclass(frozen=True, slots=True)
class RecordingRules:
    """The limits of recordings.

    Attributes:
        at_once: Recordings that are worked on at the same time.
        waiting: Others that may wait.
        most_seconds: The longest one.
        in_flight: Utterances of one recording that are recognised or wait for it, for each worker.
    """

    at_once: int = 2
    waiting: int = 16
    most_seconds: float = 12 * 3600.0
    in_flight: int = 4


@dataclass(frozen=True, slots=True)
class RecordingRequest:
    """What to transcribe.

    Attributes:
        path: A file on this machine.
        language: A pinned BCP-47 code, or `auto`.
        prompt: Names and terms, separated by commas or lines, or a text that leads up to the recording.
        turns: Who speaks when, where that is known.
        by_channel: Whether its tracks, or the channels of its only one, are different speakers.
        speakers: What the speakers of its channels are called; the first one also where there is one.
    """

    path: Path
    language: str = AUTO
    prompt: str = ""
    turns: tuple[SpokenTurn, ...] = ()
    by_channel: bool = False
    speakers: Sequence[str] = SPEAKERS


@dataclass(frozen=True, slots=True)
class RecordingTranscript:
    """What was said.

    Attributes:
        language: The language of most of the speech; empty where nothing was said.
        duration_seconds: How long the recording is.
        captions: Finals by their start; `speaker` is who spoke.
        unread: Where the recogniser failed, in whole or in part.
        faults: Where the recording itself lacks something.
    """

    language: str
    duration_seconds: float
    captions: tuple[Caption, ...]
    unread: tuple[Span, ...] = ()
    faults: tuple[RecordingFault, ...] = ()

    @property
    def warnings(self) -> list[dict[str, object]]:
        """What the recording lacks, as it is told in JSON."""
        return [fault.document for fault in self.faults]

    def heard(self) -> RecordingTranscript:
        """Return the transcript unless nothing is audible; raises `RecordingWithoutAudio`."""
        if not self.captions and any(fault.code == "nothing_audible" for fault in self.faults):
            raise RecordingWithoutAudio("Nothing is audible in the recording.")
        return self

    def whole(self) -> RecordingTranscript:
        """Return the transcript if all of the speech was read.

        Raises:
            RecognitionFailed: Words are missing; it says from which second to which.
        """
        if self.unread:
            places = ", ".join(
                f"{seconds_of(span.start_samples):.1f} to {seconds_of(span.end_samples):.1f}"
                for span in self.unread[:_MOST_PLACES]
            )
            more = ", and more" if len(self.unread) > _MOST_PLACES else ""
            raise RecognitionFailed(
                f"Second {places}{more} of the recording could not be recognised. Try again."
            )
        return self


@dataclass(frozen=True, slots=True)
class RecordingDeps:
    """What all recordings share.

    Attributes:
        scheduler: Runs the recognitions.
        new_detector: Makes the voice detector of a channel.
        open_recording: Reads files.
        clock: Says since when a recognition is wanted.
        languages: Spoken languages to choose among; empty means all.
        missing: Sentences that say what is not there, without which nothing can be transcribed.
        crosstalk: Whether a voice that several channels have is written once.
        threads: Where recordings are read and heard.
    """

    scheduler: InferenceScheduler
    new_detector: Callable[[], VoiceDetector]
    open_recording: OpenRecording
    clock: Clock
    languages: frozenset[str] = frozenset()
    missing: tuple[str, ...] = ()
    crosstalk: bool = True
    threads: Threads = field(default_factory=lambda: Threads("recordings", _THREADS))


class _Channel:
    """One channel of a recording: who speaks there, in which language lately, and when."""

    def __init__(self, deps: RecordingDeps, speaker: str, memory: LanguageMemory) -> None:
        self.speaker = speaker
        self.memory = memory
        self.endpointer = Endpointer(deps.new_detector())
        self.words: deque[Word] = deque(maxlen=_KEPT_WORDS)
        """The newest ones that were read, with times of the recording."""


@dataclass(frozen=True, slots=True)
class _Found:
    """An utterance of a channel with its audio, whose text is wanted since `due_seconds` (monotonic time)."""

    channel: _Channel
    ended: SpeechEnded
    pcm: Pcm
    due_seconds: float


@dataclass(frozen=True, slots=True)
class _Aside:
    """A stretch of an utterance that is left to other channels, until these were read."""

    channel: _Channel
    ended: SpeechEnded
    pcm: Pcm
    copies: dict[str, list[Copy]]


@dataclass(frozen=True, slots=True)
class _Pending:
    """An utterance that is recognised, or waits for it; `chosen` says whether its language still holds."""

    found: _Found
    chosen: LanguageChooser
    task: asyncio.Task[Hypothesis | None]


class Transcription:
    """One recording at work.

    Several utterances are recognised at a time, yet each comes to what it would if they were recognised one
    after the other: where an earlier one changed the language that is assumed, a later one is made again.
    What was said before is not told to the recogniser, since that would depend on what is known by then.
    """

    def __init__(
        self,
        deps: RecordingDeps,
        rules: RecordingRules,
        glossary: Glossary,
        request: RecordingRequest,
        reader: RecordingReader,
        on_caption: Callable[[Caption], None],
        progress: Callable[[float], None],
    ) -> None:
        self._deps = deps
        self._rules = rules
        self._request = request
        self._reader = reader
        names, self._leading = _prompt(request.prompt)
        self._context = MeetingContext(Glossary.of(names).followed_by(glossary))
        spoken, pinned = SpokenLanguages(deps.languages), pinned_language(request.language)
        self._channels = [
            _Channel(deps, speaker, LanguageMemory(spoken, speaker, pinned=pinned))
            for speaker in request.speakers[: reader.channels]
        ]
        self._pending: deque[_Pending] = deque()
        several = request.by_channel and len(self._channels) > 1 and deps.crosstalk
        self._crosstalk = ChannelCrosstalk(len(self._channels)) if several else None
        self._aside: list[_Aside] = []
        self._tasks = TaskOwner()
        self._captions: list[Caption] = []
        self._unread: set[tuple[str, Span]] = set()
        self._faults: list[RecordingFault] = []
        self._on_caption, self._progress = on_caption, progress
        self._title = request.path.stem

    async def run(self) -> RecordingTranscript:
        """Work it off."""
        samples = 0
        try:
            while (block := await self._deps.threads.run(self._reader.read)) is not None:
                samples += len(block)
                if seconds_of(samples) > self._rules.most_seconds:
                    raise RecordingTooLong("The recording is longer than this service takes.")
                if self._crosstalk:
                    self._crosstalk.hear(block)
                for index, channel in enumerate(self._channels):
                    hear = channel.endpointer.utterances
                    await self._recognise_all(channel, await self._deps.threads.run(hear, block[:, index]))
                self._read_what_is_nowhere()
                if not self._pending:
                    self._tell(samples)
            for channel in self._channels:
                finish = channel.endpointer.last_utterances
                await self._recognise_all(channel, await self._deps.threads.run(finish))
            await self._drain_to(0)
            self._read_what_is_nowhere(all_read=True)
            await self._drain_to(0)
        finally:
            await self._tasks.close()
        self._progress(1.0)
        captions = sorted(self._captions, key=lambda caption: (caption.start_seconds, caption.seq))
        unread = tuple(sorted(span for _, span in self._unread))
        faults = gathered([*self._reader.faults, *self._faults])
        return RecordingTranscript(
            _language_of(captions), seconds_of(samples), tuple(captions), unread, faults
        )

    async def _recognise_all(self, channel: _Channel, utterances: list[tuple[SpeechEnded, Pcm]]) -> None:
        most = self._rules.in_flight * max(1, self._deps.scheduler.capabilities.workers)
        for ended, pcm in utterances:
            await self._drain_to(most - 1)
            if own := await self._own(channel, ended, pcm):
                self._find(channel, *own)

    async def _own(self, channel: _Channel, ended: SpeechEnded, pcm: Pcm) -> tuple[SpeechEnded, Pcm] | None:
        """Return what of an utterance no other channel has better, if anything; set the rest aside."""
        if self._crosstalk is None:
            return ended, pcm
        index = self._channels.index(channel)
        copies = await self._deps.threads.run(self._crosstalk.copies, index, ended.span)
        elsewhere = copies.stretches(ended.span, ended.voice)
        for stretch in elsewhere:
            left, audio = _only(ended, pcm, [stretch])
            self._aside.append(_Aside(channel, left, audio, copies.by_source(stretch)))
        if not elsewhere:
            return ended, pcm
        if not own_voice(ended.voice, elsewhere):
            return None
        return _only(ended, pcm, without([ended.span], elsewhere))

    def _find(self, channel: _Channel, ended: SpeechEnded, pcm: Pcm) -> None:
        found = _Found(channel, ended, pcm, self._deps.clock.monotonic())
        self._pending.append(self._begin(found))

    def _read_what_is_nowhere(self, *, all_read: bool = False) -> None:
        """Read stretches for which the better channel has no words, where it has been read."""
        for aside in list(self._aside):
            sources = [
                (self._channels[int(source)], [copy.at_source for copy in copies])
                for source, copies in aside.copies.items()
            ]
            if not all_read and any(
                self._may_read(source, there[-1].end_samples) for source, there in sources
            ):
                continue
            self._aside.remove(aside)
            if any(left_out(list(source.words), there) for source, there in sources):
                self._find(aside.channel, aside.ended, aside.pcm)

    def _may_read(self, channel: _Channel, samples: int) -> bool:
        """Whether something that was said in a channel before a sample is still to be read."""
        waiting = (each.found for each in self._pending if each.found.channel is channel)
        open_from = channel.endpointer.segmenter.open_from_samples
        return open_from < samples or any(each.ended.span.start_samples < samples for each in waiting)

    def _begin(self, found: _Found) -> _Pending:
        chosen = LanguageChooser(found.channel.memory, seconds_of(len(found.pcm)))
        recognition = self._recognise(found, chosen)
        return _Pending(found, chosen, self._tasks.start(recognition, "recording-final", awaited=True))

    async def _drain_to(self, count: int) -> None:
        """Finalise the oldest utterances until no more than `count` are open."""
        while len(self._pending) > count:
            oldest = self._pending[0]
            hypothesis = await asyncio.shield(oldest.task)
            if not oldest.chosen.holds():
                self._pending[0] = self._begin(oldest.found)
                continue
            self._pending.popleft()
            if hypothesis:
                self._finalise(oldest, hypothesis)
            self._tell(oldest.found.ended.span.end_samples)

    async def _recognise(self, found: _Found, chosen: LanguageChooser) -> Hypothesis | None:
        speaker, ended, scheduler = found.channel.speaker, found.ended, self._deps.scheduler
        # Calls that are shared read a little differently, and a processor gains nothing by them.
        alone = scheduler.capabilities.device == "cpu"
        wanted = InferenceRequest("final", found.due_seconds, bulk=True, alone=alone)

        async def recognise(request: TranscriptionRequest) -> Hypothesis | None:
            hypothesis = await scheduler.run(wanted, lambda: request, track=str(self._request.path))
            if hypothesis is None:
                self._unread.add((speaker, ended.span))
            return hypothesis

        waveform = to_waveform(found.pcm)
        request = TranscriptionRequest(waveform, chosen, context=self._leading, quality="final")
        second_pass = SecondPass(self._context, speaker, recognise, self._deps.threads)
        return await second_pass.of_recording(request, ended)

    def _finalise(self, done: _Pending, hypothesis: Hypothesis) -> None:
        channel, ended = done.found.channel, done.found.ended
        heard = hypothesis.language_probabilities
        other = done.chosen.judge(heard).other if heard else ""
        if not hypothesis.words:
            other = channel.memory.instead(heard)
        channel.memory.note(heard, ended.span.length_seconds)
        if other:
            self._faults.append(self._fault(channel, ended.span))
        else:
            channel.memory.confirm(hypothesis.language)
        if not hypothesis.words:
            return
        begin = ended.span.start_samples
        channel.words.extend(moved(word, begin) for word in hypothesis.words)
        whole = self._written(hypothesis, ended, channel.speaker, other)
        for caption in split_by_turns(whole, self._request.turns):
            self._captions.append(caption)
            self._on_caption(caption)

    def _fault(self, channel: _Channel, span: Span) -> RecordingFault:
        track = self._channels.index(channel) + 1 if len(self._channels) > 1 else 0
        start, end = seconds_of(span.start_samples), seconds_of(span.end_samples)
        return RecordingFault(start, end, "other_language", track)

    def _written(self, hypothesis: Hypothesis, ended: SpeechEnded, speaker: str, other: str) -> Caption:
        """Return the final of an utterance."""
        text, seq = text_of(hypothesis.words), len(self._captions) + 1
        return Caption(
            room=self._title,
            seq=seq,
            id=f"recording.{ended.span.start_samples}",
            rev=seq,
            participant=speaker,
            speaker=speaker,
            lang=hypothesis.language,
            source_lang=other or hypothesis.language,
            text=text,
            stable=len(text),
            final=True,
            start_seconds=seconds_of(ended.span.start_samples),
            end_seconds=seconds_of(ended.span.end_samples),
            words=hypothesis.words,
        )

    def _tell(self, done_samples: int) -> None:
        """Say how far the recording is worked off, where its length is known."""
        if self._reader.duration_seconds:
            self._progress(min(1.0, seconds_of(done_samples) / self._reader.duration_seconds))


def _only(ended: SpeechEnded, pcm: Pcm, stretches: Sequence[Span]) -> tuple[SpeechEnded, Pcm]:
    """Return an utterance and its audio from the first to the last of some stretches, silent in between."""
    span = Span(stretches[0].start_samples, stretches[-1].end_samples)
    others = without([ended.span], stretches)
    start = ended.span.start_samples
    audio = silenced(pcm, others, start)[span.start_samples - start : span.end_samples - start]
    return replace(ended, span=span, voice=tuple(without(ended.voice, others))), audio


def _prompt(prompt: str) -> tuple[list[str], str]:
    """Return the names that a prompt lists, or else the text that leads up to the recording."""
    parts = [part.strip(" .") for part in prompt.replace("\n", ",").replace(";", ",").split(",")]
    listed = [part for part in parts if part]
    if listed and all(len(part.split()) <= _LISTED_WORDS for part in listed):
        return listed, ""
    return [], prompt.strip()[-_CONTEXT_CHARACTERS:]


def _language_of(captions: list[Caption]) -> str:
    """Return the language in which most is said."""
    characters: Counter[str] = Counter()
    for caption in captions:
        characters[caption.source_lang] += len(caption.text)
    return characters.most_common(1)[0][0] if characters else ""
