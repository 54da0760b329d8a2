"""Finished recordings, worked off beside live meetings: as fast as the machine can, behind who talks."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from assistant.captioning.deps import TrackDeps, started
from assistant.captioning.second_pass import SecondPass, heard_words, run_all
from assistant.core.captions.caption import Caption
from assistant.core.captions.speaker_turns import SpokenTurn, split_by_turns
from assistant.core.errors import CapacityReached, ModelMissing, RecordingTooLong, ShuttingDown
from assistant.core.glossary.glossary import Glossary
from assistant.core.language import AUTO, LanguageMemory
from assistant.core.speech.audio import FRAME_SAMPLES, AudioWindow, Pcm, seconds_of, to_waveform
from assistant.core.speech.context import MeetingContext
from assistant.core.speech.hallucination_filter import rejection
from assistant.core.speech.hypothesis import Hypothesis
from assistant.core.speech.segmentation import Segmenter, SpeechEnded, SpeechEvent, levels_db
from assistant.ports.media import RecordingReader
from assistant.ports.speech import TranscriptionRequest
from assistant.recordings.offline import written

SPEAKERS = ("SPEAKER_00", "SPEAKER_01")
"""What the speakers of a recording's channels are called; the first one also where there is one."""

_COMPARED_BLOCKS = 6
_ALIKE_SHARE = 0.02
_LISTED_WORDS = 4
_CONTEXT_CHARACTERS = 400


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
        by_channel: Whether the channels of a stereo recording are different speakers.
    """

    path: Path
    language: str = AUTO
    prompt: str = ""
    turns: tuple[SpokenTurn, ...] = ()
    by_channel: bool = False


@dataclass(frozen=True, slots=True)
class RecordingTranscript:
    """What was said.

    Attributes:
        language: Of most of the speech; empty where nothing was said.
        duration_seconds: Of the recording.
        captions: Finals by their start; `speaker` is who spoke.
    """

    language: str
    duration_seconds: float
    captions: tuple[Caption, ...]


class RecordingService:
    """Transcribes recordings, a few at a time; live meetings go first.

    `glossary` tells the names and terms that hold everywhere.
    """

    def __init__(self, glossary: Callable[[], Glossary], rules: RecordingRules | None = None) -> None:
        self._started: TrackDeps | None = None
        self._glossary = glossary
        self._rules = rules or RecordingRules()
        self._places = asyncio.Semaphore(self._rules.at_once)
        self._waiting = 0

    def start(self, deps: TrackDeps) -> None:
        """Begin to take recordings."""
        self._started = deps

    @property
    def _tools(self) -> TrackDeps:
        return started(self._started)

    async def transcribe(
        self,
        request: RecordingRequest,
        on_caption: Callable[[Caption], None] = lambda _: None,
        progress: Callable[[float], None] = lambda _: None,
    ) -> RecordingTranscript:
        """Return what was said in a recording.

        Args:
            request: Which one, and how.
            on_caption: Told each final as soon as it is known; those of one channel come in order.
            progress: Told how much is done, 0..1.

        Raises:
            RecordingCorrupt, RecordingWithoutAudio, RecordingTooLong: It cannot be transcribed.
            CapacityReached: Too many wait already.
            ModelMissing: The weights are not on this machine.
        """
        if self._tools.missing:
            raise ModelMissing(" ".join(self._tools.missing))
        async with self._place():
            by_channel = request.by_channel and await self._channels_differ(request.path)
            reader = await self._tools.recordings.run(
                self._tools.open_recording, request.path, by_channel=by_channel
            )
            try:
                self._check_length(reader.duration_seconds or 0.0)
                work = _Transcription(self._tools, self._rules, self._glossary(), request, reader)
                return await work.run(on_caption, progress)
            finally:
                await self._tools.recordings.run(reader.close)

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        if self._waiting >= self._rules.waiting:
            raise CapacityReached("Enough recordings wait already; send this one again later.")
        self._waiting += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._places.release()

    def _check_length(self, seconds: float) -> None:
        if seconds > self._rules.most_seconds:
            hours = self._rules.most_seconds / 3600
            raise RecordingTooLong(f"A recording may last {hours:g} hours at most.")

    async def _channels_differ(self, path: Path) -> bool:
        """Whether the channels of a recording carry different voices, as far as its first minute tells."""

        def differ() -> bool:
            reader = self._tools.open_recording(path, by_channel=True)
            try:
                if reader.channels == 1:
                    return False
                whole = apart = 0.0
                for _ in range(_COMPARED_BLOCKS):
                    block = reader.read()
                    if block is None:
                        break
                    left, right = block[:, 0].astype(np.float64), block[:, 1].astype(np.float64)
                    whole += float(np.sum(left**2) + np.sum(right**2))
                    apart += float(np.sum((left - right) ** 2))
                return apart > _ALIKE_SHARE * whole
            finally:
                reader.close()

        return await self._tools.recordings.run(differ)


class _Channel:
    """Finds the utterances of one channel."""

    def __init__(self, tools: TrackDeps, speaker: str) -> None:
        self.speaker = speaker
        self.memory = LanguageMemory(tools.languages)
        self._detector = tools.new_detector()
        self._segmenter = Segmenter()
        self._window = AudioWindow()
        self._unheard: Pcm = np.zeros(0, dtype=np.int16)

    def hear(self, pcm: Pcm) -> list[tuple[SpeechEnded, Pcm]]:
        """Return the utterances that have ended in the samples that follow, with their audio; blocks."""
        heard = np.concatenate([self._unheard, pcm])
        whole = len(heard) // FRAME_SAMPLES * FRAME_SAMPLES
        frames, self._unheard = heard[:whole], heard[whole:]
        if not whole:
            return []
        self._window.append(frames)
        events = self._segmenter.feed(
            self._detector.probabilities(frames).tolist(), levels_db(frames).tolist()
        )
        found = list(self._ended(events))
        self._window.drop_before(self._segmenter.settled_samples)
        return found

    def finish(self) -> list[tuple[SpeechEnded, Pcm]]:
        """Return the utterances that the end of the recording ends; blocks."""
        found = self.hear(np.zeros(-len(self._unheard) % FRAME_SAMPLES, dtype=np.int16))
        return [*found, *self._ended(self._segmenter.flush())]

    def _ended(self, events: Sequence[SpeechEvent]) -> Iterator[tuple[SpeechEnded, Pcm]]:
        for event in events:
            if isinstance(event, SpeechEnded):
                yield event, self._window.read(event.span).copy()


class _Transcription:
    """One recording at work."""

    def __init__(
        self,
        tools: TrackDeps,
        rules: RecordingRules,
        glossary: Glossary,
        request: RecordingRequest,
        reader: RecordingReader,
    ) -> None:
        self._tools = tools
        self._rules = rules
        self._request = request
        self._reader = reader
        names, self._leading = _prompt(request.prompt)
        self._context = MeetingContext(Glossary.of(names).followed_by(glossary))
        self._channels = [_Channel(tools, speaker) for speaker in SPEAKERS[: reader.channels]]
        self._pending: deque[tuple[_Channel, SpeechEnded, asyncio.Task[Hypothesis | None]]] = deque()
        self._captions: list[Caption] = []
        self._on_caption: Callable[[Caption], None] = lambda _: None
        self._title = request.path.stem

    async def run(
        self, on_caption: Callable[[Caption], None], progress: Callable[[float], None]
    ) -> RecordingTranscript:
        """Work it off."""
        self._on_caption = on_caption
        samples = 0
        try:
            while (block := await self._tools.recordings.run(self._reader.read)) is not None:
                samples += len(block)
                if seconds_of(samples) > self._rules.most_seconds:
                    raise RecordingTooLong("The recording is longer than this service takes.")
                for index, channel in enumerate(self._channels):
                    await self._recognise_all(
                        channel, await self._tools.recordings.run(channel.hear, block[:, index])
                    )
                if self._reader.duration_seconds:
                    progress(min(1.0, seconds_of(samples) / self._reader.duration_seconds))
            for channel in self._channels:
                await self._recognise_all(channel, await self._tools.recordings.run(channel.finish))
            await self._settle_down_to(0)
        finally:
            for _, _, task in self._pending:
                task.cancel()
        progress(1.0)
        captions = sorted(self._captions, key=lambda caption: (caption.start_seconds, caption.seq))
        return RecordingTranscript(_language_of(captions), seconds_of(samples), tuple(captions))

    async def _recognise_all(self, channel: _Channel, found: list[tuple[SpeechEnded, Pcm]]) -> None:
        most = self._rules.in_flight * max(1, self._tools.scheduler.workers)
        for ended, pcm in found:
            await self._settle_down_to(most - 1)
            task = asyncio.create_task(self._recognise(channel, ended, pcm), name="recording-final")
            self._pending.append((channel, ended, task))

    async def _settle_down_to(self, count: int) -> None:
        """Take the oldest results until no more than `count` are open."""
        while len(self._pending) > count:
            channel, ended, task = self._pending[0]
            hypothesis = await asyncio.shield(task)
            self._pending.popleft()
            if hypothesis:
                self._settle(channel, ended, hypothesis)

    async def _recognise(self, channel: _Channel, ended: SpeechEnded, pcm: Pcm) -> Hypothesis | None:
        waveform = to_waveform(pcm)
        pinned = None if self._request.language == AUTO else self._request.language
        heard_seconds = seconds_of(len(pcm))
        language = pinned or (lambda heard: channel.memory.choose(heard, heard_seconds))
        plain = TranscriptionRequest(waveform, language, context=self._leading, quality="final")
        asked = SecondPass(self._context, plain, ())
        if self._context.glossary.terms:
            partial = await self._run(replace(plain, quality="partial"))
            if partial is None:
                return None
            asked = SecondPass.told(
                self._context,
                plain,
                participant=channel.speaker,
                language=partial.language,
                at_seconds=seconds_of(ended.span.start_samples),
                heard_words=heard_words(partial, ended),
            )
        hypothesis = await run_all(asked.readings(ended, ended.span.start_samples), self._run)
        return await self._tools.recordings.run(asked.put_right, hypothesis) if hypothesis else None

    async def _run(self, request: TranscriptionRequest) -> Hypothesis | None:
        if self._tools.scheduler.closed:
            raise ShuttingDown("The service is shutting down.")
        return await self._tools.scheduler.run(
            "final",
            lambda: request,
            track=str(self._request.path),
            due_seconds=self._tools.clock.monotonic(),
            bulk=True,
        )

    def _settle(self, channel: _Channel, ended: SpeechEnded, hypothesis: Hypothesis) -> None:
        if rejection(hypothesis, ended.evidence):
            return
        channel.memory.confirm(hypothesis.language)
        whole = written(hypothesis, ended, len(self._captions) + 1, room=self._title, speaker=channel.speaker)
        self._context.said(
            whole.id,
            whole.participant,
            whole.source_lang,
            whole.text,
            at_seconds=whole.end_seconds,
            sure=self._context.is_sure(whole.words),
        )
        for caption in split_by_turns(whole, self._request.turns):
            self._captions.append(caption)
            self._on_caption(caption)


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
