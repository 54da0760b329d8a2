"""The second pass over an utterance: told how names are written, and put right where they were misheard.

Live tracks and recordings share it; they differ in where the words come from that were heard before, and in
who runs the requests.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from assistant.captioning.audio_front_end import AudioFrontEnd
from assistant.core.speech.audio import Span, seconds_of, to_waveform
from assistant.core.speech.context import MeetingContext
from assistant.core.speech.copies import silenced, without
from assistant.core.speech.folding import KEPT_COPIES, Folded, counted, folded, recounted, with_copies
from assistant.core.speech.hallucination_filter import is_row_of_phantoms, rejection
from assistant.core.speech.hypothesis import Hypothesis, moved
from assistant.core.speech.repetition import as_often_as_heard
from assistant.core.speech.segmentation import SpeechEnded
from assistant.core.speech.spoken_language import LanguageChooser
from assistant.core.speech.unread import Reading, UnreadRules
from assistant.core.speech.utterance import Utterance
from assistant.ports.speech import TranscriptionRequest
from assistant.tasks.threads import Threads

_BESIDE_SECONDS = 0.25
"""Beside words that are read by themselves so much voice is a word."""

Recognise = Callable[[TranscriptionRequest], Awaitable[Hypothesis | None]]
"""Runs one request; None where nothing could be made of it."""


@dataclass(frozen=True, slots=True)
class SecondPass:
    """Reads utterances that have ended.

    Attributes:
        context: The names and terms, and what was said before.
        participant: Who speaks.
        recognise: Runs the requests.
        threads: Where misheard names are put right.
    """

    context: MeetingContext
    participant: str
    recognise: Recognise
    threads: Threads

    async def of_track(
        self,
        utterance: Utterance,
        ended: SpeechEnded,
        front_end: AudioFrontEnd,
        elsewhere: Sequence[Span] = (),
    ) -> Hypothesis | None:
        """Return the better reading of a live utterance; None where none could be made.

        Args:
            utterance: What partials made of it.
            ended: Its audio, and what voice activity says of that.
            front_end: The track's audio.
            elsewhere: Stretches of it that are left to other tracks.
        """
        span = utterance.final_span(ended)
        span = Span(span.start_samples, min(span.end_samples, front_end.segmenter.vad_offset))
        pcm = await front_end.journal.load(span)
        if elsewhere:
            pcm = silenced(pcm, elsewhere, span.start_samples)
            ended = replace(ended, voice=tuple(without(ended.voice, elsewhere)))
        waveform = to_waveform(pcm)
        at_seconds = front_end.timeline.began_seconds(ended.span)
        heard_words = utterance.heard_words
        told = self.context.context_for(self.participant, utterance.language, at_seconds, heard_words)
        language = utterance.language_for(len(waveform), final=True)
        request = TranscriptionRequest(waveform, language, context=told, quality="final")
        return await self._whole(request, ended, span.start_samples, heard_words)

    async def of_recording(self, request: TranscriptionRequest, ended: SpeechEnded) -> Hypothesis | None:
        """Return what was said in an utterance of a recording; None where nothing was, or it cannot be read.

        It has no words where another language than the pinned one is likely, and neither makes sense.
        Where there are names and terms, a partial is made first, to know what the final is told.

        Args:
            request: A final of all its audio.
            ended: The utterance.
        """
        begin, heard_words = ended.span.start_samples, list[str]()
        if self.context.glossary.terms:
            partial = await self.recognise(replace(request, quality="partial"))
            if partial is None:
                return None
            heard_words = [] if rejection(partial, ended.evidence) else partial.text.split()
            at_seconds = seconds_of(begin)
            told = self.context.context_for(self.participant, partial.language, at_seconds, heard_words)
            request = replace(request, context=told)
        hypothesis, chooser = await self._whole(request, ended, begin, heard_words), request.language
        if hypothesis is None or not rejection(hypothesis, ended.evidence):
            return hypothesis
        heard = hypothesis.language_probabilities
        spoken = heard and isinstance(chooser, LanguageChooser) and chooser.memory.instead(heard)
        return replace(hypothesis, words=()) if spoken else None

    async def _whole(
        self,
        request: TranscriptionRequest,
        ended: SpeechEnded,
        start_samples: int,
        heard_words: Sequence[str],
    ) -> Hypothesis | None:
        """Return what was said, with misheard names as the glossary writes them; None where that fails.

        What only echoes what was told is made again without that; then what was left unread is read, and what
        was said several times is counted.

        Args:
            request: A final of all the audio.
            ended: The utterance.
            start_samples: Where the audio of the request begins in the track.
            heard_words: What partials heard in it.
        """
        voice = tuple(each.moved(-start_samples) for each in ended.voice if each.end_samples > start_samples)
        request = replace(request, voice=voice)
        hypothesis = await self._unprompted(request, ended, heard_words)
        whole = await self._completed(request, ended, hypothesis) if hypothesis else None
        if fold := await self.threads.run(folded, request.waveform):
            whole = await self._as_often_as_said(request, ended, heard_words, whole, fold)
        elif whole:
            told = await self.threads.run(counted, whole, request.waveform)
            whole = told or _as_heard(whole, voice)
        if whole is None:
            return None
        # With a long glossary this takes a while.
        return await self.threads.run(self.context.put_right, whole)

    async def _completed(
        self,
        request: TranscriptionRequest,
        ended: SpeechEnded,
        hypothesis: Hypothesis,
        rules: UnreadRules | None = None,
    ) -> Hypothesis:
        """Return a reading together with what it left unread, read by itself."""
        reading = Reading(hypothesis, request.voice, evidence=ended.evidence, rules=rules)
        for stretch in reading.stretches():
            waveform = request.waveform[stretch.start_samples : stretch.end_samples]
            part = replace(request, waveform=waveform, context="", language=hypothesis.language, voice=())
            if read := await self.recognise(part):
                reading.add(read, stretch.start_samples)
        return reading.hypothesis

    async def _as_often_as_said(
        self,
        request: TranscriptionRequest,
        ended: SpeechEnded,
        heard_words: Sequence[str],
        whole: Hypothesis | None,
        fold: Folded,
    ) -> Hypothesis | None:
        """Return what was said with as many copies as the audio has of what it says again and again.

        What was read counts where it has about as many.
        """
        heard = _as_heard(whole, request.voice) if whole else None
        if heard and fold.agrees(heard):
            return fold.recounted(heard)
        if read := await self._folded(request, ended, heard_words, fold):
            return await self._completed(request, ended, read)
        if whole is None:
            return None
        if told := fold.recounted(whole):
            return told
        if read := await self._copies(request, ended, whole, fold):
            return await self._completed(request, ended, read, UnreadRules(voiced_seconds=_BESIDE_SECONDS))
        return heard

    async def _folded(
        self, request: TranscriptionRequest, ended: SpeechEnded, heard_words: Sequence[str], fold: Folded
    ) -> Hypothesis | None:
        """Return what was said, made of audio without most copies; None where it does not repeat."""
        request = replace(request, waveform=fold.waveform, voice=fold.voice(request.voice))
        read = await self._unprompted(request, ended, heard_words)
        return None if read is None or rejection(read, ended.evidence) else fold.unfolded(read)

    async def _copies(
        self, request: TranscriptionRequest, ended: SpeechEnded, hypothesis: Hypothesis, fold: Folded
    ) -> Hypothesis | None:
        """Return a reading with what is said again and again read by itself; None if that does not repeat."""
        words = hypothesis.words[: len(hypothesis.words) - hypothesis.loop_words]
        words = () if rejection(hypothesis, ended.evidence) else words
        for each in fold.recurrences:
            stretch = each.first(KEPT_COPIES)
            waveform = request.waveform[stretch.start_samples : stretch.end_samples]
            part = replace(request, waveform=waveform, context="", language=hypothesis.language, voice=())
            read = await self.recognise(part)
            said = read and recounted(
                [moved(word, stretch.start_samples) for word in read.words], each, expected=KEPT_COPIES
            )
            if not said:
                return None
            words = with_copies(words, said, each)
        return replace(hypothesis, words=words, looped=False, loop_words=0)

    async def _unprompted(
        self, request: TranscriptionRequest, ended: SpeechEnded, heard_words: Sequence[str]
    ) -> Hypothesis | None:
        """Return what was said; what only echoes what was told is made again without that."""
        hypothesis = await self._likeliest(request, ended)
        if hypothesis and request.context and self.context.is_echo(hypothesis, heard_words):
            return await self._likeliest(replace(request, context=""), ended)
        return hypothesis

    async def _likeliest(self, request: TranscriptionRequest, ended: SpeechEnded) -> Hypothesis | None:
        """Return what was said; what may be in several languages is read in each, and the words decide.

        Only short audio is in doubt (`LanguageRules`), so that costs little.
        """
        hypothesis, chooser = await self.recognise(request), request.language
        if hypothesis is None or not isinstance(chooser, LanguageChooser):
            return hypothesis
        heard = hypothesis.language_probabilities
        if not heard:
            return hypothesis
        spoken, judged = chooser.memory.instead(heard), chooser.judge(heard)
        if spoken and hypothesis.language != spoken and chooser.memory.allows(spoken):
            instead = await self.recognise(replace(request, language=spoken))
            if instead is None or rejection(instead, ended.evidence):
                return hypothesis
            made_up = rejection(hypothesis, ended.evidence) is not None
            followed = (
                made_up
                or chooser.memory.outweighs(instead, hypothesis, heard)
                or chooser.memory.written_instead(hypothesis, judged) == spoken
            )
            return replace(instead, language_probabilities=heard) if followed else hypothesis
        told = set(judged.candidates) == {hypothesis.language}
        if not told or chooser.memory.written_instead(hypothesis, judged):
            return await self._closest(request, hypothesis, ended, chooser)
        return chooser.likeliest(heard, judged.candidates, [hypothesis])

    async def _closest(
        self,
        request: TranscriptionRequest,
        hypothesis: Hypothesis,
        ended: SpeechEnded,
        chooser: LanguageChooser,
    ) -> Hypothesis:
        """Return what was said where its language is open, by a closer look and the words in each language.

        Args:
            request: A final of all the audio.
            hypothesis: What came of it.
            ended: The utterance.
            chooser: What is known of the language.
        """
        closely = replace(request, quality="closest")
        first = await self.recognise(replace(closely, language=chooser.closest))
        if first is None:
            return hypothesis
        heard, memory = first.language_probabilities, chooser.memory
        judged = chooser.judge(heard, closest=True)
        asked, readings = {first.language}, [first]
        # Whoever is asked for words in one language and writes another one is asked for that as well.
        while open_languages := sorted(
            {*judged.candidates, *(memory.written_instead(each, judged) for each in readings)} - asked - {""}
        ):
            asked.update(open_languages)
            read = [await self.recognise(replace(closely, language=lang)) for lang in open_languages]
            readings += filter(None, read)
        unsound = {
            each.language for each in readings if rejection(each, ended.evidence) or is_row_of_phantoms(each)
        }
        best = chooser.likeliest(heard, asked, readings, unsound, closest=True)
        # Short windows read better.
        if best.language == hypothesis.language:
            short: Hypothesis | None = hypothesis
        elif rejection(best, ended.evidence) or chooser.is_long:
            short = await self.recognise(replace(request, language=best.language))
        else:
            short = None
        if short and not rejection(short, ended.evidence) and not memory.written_instead(short, judged):
            best = short
        return replace(best, language_probabilities=heard)


def _as_heard(read: Hypothesis, voice: Sequence[Span]) -> Hypothesis:
    """Return a reading that repeats as often as there are bursts of voice for it."""
    return replace(read, words=as_often_as_heard(read.words, voice))
