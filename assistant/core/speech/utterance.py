"""One utterance on its way from the first partial to the final, without input or output."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.core.speech.audio import Span, samples_of, seconds_of
from assistant.core.speech.cutting import SHORT_WORD_SECONDS, CutRules, Cutter, NewestPartial
from assistant.core.speech.hallucination_filter import VoiceEvidence, rejection
from assistant.core.speech.hypothesis import Hypothesis, Word, capitalised, text_of
from assistant.core.speech.repetition import runs
from assistant.core.speech.segmentation import SegmentationRules, SpeechEnded
from assistant.core.speech.spoken_language import Judgement, LanguageChooser, LanguageMemory
from assistant.core.speech.stabilisation import (
    Shown,
    Stabiliser,
    begins_with,
    ends_sentence,
    longest_omission,
    normalised,
    normalised_text,
    with_marks_joined,
)


@dataclass(frozen=True, slots=True)
class UtteranceRules:
    """How an utterance is followed.

    Attributes:
        language_seconds: Once so much audio agreed on a language, partials no longer detect it.
        kept_seconds: How much audio of the stable prefix a partial hears before the first open word.
        rare_kept_seconds: How much of it a partial hears where partials are rare, to make them cheaper.
        wide_kept_seconds: How much of it a partial hears after one that went wrong.
        left_out_words: A better pass that has nothing for so many stable words in a row left them out.
        counted_copies: The last copy of a phrase that stands so often in a row at the end is not stable.
    """

    language_seconds: float = 3.0
    kept_seconds: float = 2.5
    rare_kept_seconds: float = 0.8
    wide_kept_seconds: float = 8.0
    left_out_words: int = 6
    counted_copies: int = 3


@dataclass(frozen=True, slots=True)
class PartialWindow:
    """What a partial hears and is told.

    Attributes:
        start_samples: Where the audio begins, from the start of the utterance.
        prefix: The words of the stable prefix that are in it, with times from its own start.
        context: The words of the stable prefix before it.
    """

    start_samples: int
    prefix: tuple[Word, ...]
    context: str


OVERLAP_SECONDS = 0.35
"""So much audio on the other side of a cut the better pass hears too, so that no word is torn."""

_TORN_SECONDS = 0.2
_FIRST_CUT_SECONDS = SegmentationRules().limit_seconds - SegmentationRules().cut_search_seconds
"""Voice activity cuts no utterance before this length."""


@dataclass(frozen=True, slots=True)
class FinalText:
    """What an utterance came to.

    Attributes:
        language: BCP-47 code of the words.
        words: The final; it begins with the stable prefix.
        better: The second pass, where it does not begin with the stable prefix.
        rejected: Why the utterance counts as no speech, or as none of its own; empty if it does not.
        other: The language that is plainly spoken though the words are in `language`; empty for none.
    """

    language: str
    words: tuple[Word, ...]
    better: tuple[Word, ...] | None = None
    rejected: str = ""
    other: str = ""


class Utterance:
    """Follows one utterance; sample positions are counted from its start.

    Args:
        start_samples: Where it begins in the track.
        memory: What is known of the speaker's language.
        continues: Whether it goes on with the sentence of the utterance before it.
        before: The words that were said right before it; None where the speaker paused in between.
        torn: Whether it was cut from the utterance before it at a place where the voice did not rest.
        word_times: Whether the recogniser tells when each word was said. If it does not, partials hear all of
            the utterance, no cut is looked for between words, the better pass does not hear past cuts, and
            the stable prefix ends where voice activity may have to cut.

    Attributes:
        start_samples: Where it begins in the track.
        shown: What readers see of it; None before they see anything.
        language: BCP-47 code of its language, as far as is known; empty at first.
        other: The language that is plainly spoken though its words are in `language`; empty for none.
        ended: Its end; None while it is going on.
        partial_samples: How much audio there was when the newest partial was asked for.
        read_samples: How much audio there was for the newest partial whose result is known.
        finalised: Whether its final is known, so that no partial counts any more.
        torn: Whether the voice does not rest at its end, where it was cut.
        turned: Whether it was cut where another voice begins, so that what follows does not go on with it.
    """

    def __init__(
        self,
        start_samples: int,
        memory: LanguageMemory,
        *,
        continues: bool = False,
        before: str | None = None,
        torn: bool = False,
        word_times: bool = True,
    ) -> None:
        self.start_samples = start_samples
        self.shown: Shown | None = None
        self.language = memory.pinned or memory.current or ""
        self.other = ""
        self.ended: SpeechEnded | None = None
        self.partial_samples = 0
        self.read_samples = 0
        self.finalised = False
        self.torn = True
        self.turned = False
        self._rules = UtteranceRules()
        self._memory = memory
        self._known_language: str | None = None
        self._told_samples = 0
        self._stabiliser = Stabiliser()
        self._continues = continues
        self._before = before or ""
        self._began_torn = torn
        self._word_times = word_times
        self._window = PartialWindow(0, (), self._before)
        self._went_wrong = False
        self._cut_rules = CutRules()
        self._cutter = Cutter(self._cut_rules)
        self._seen_words = 0

    @property
    def must_cut_samples(self) -> int:
        """From this length on, a partial is needed before more audio is taken in."""
        return samples_of(self._cut_rules.must_cut_seconds) if self._word_times else sys.maxsize

    @property
    def prefix(self) -> tuple[Word, ...]:
        """The stable prefix: the first words, which will not change any more."""
        return self._stabiliser.stable_prefix

    @property
    def shown_words(self) -> tuple[Word, ...]:
        """The words that readers see, the stable prefix first."""
        return with_marks_joined(self._stabiliser.shown)

    def language_for(self, audio_length: int, *, final: bool) -> str | LanguageChooser:
        """Return the language to assume for so much audio, or the rule that chooses it."""
        if self._known_language and not final:
            return self._known_language
        heard_seconds = seconds_of(audio_length)
        # Detection costs a part of each partial; of a final it says what it said of most of its audio before.
        known = heard_seconds < self._rules.language_seconds
        if final:
            known = 2 * self._told_samples >= audio_length
        if self._memory.settled and known:
            return self._memory.settled
        return LanguageChooser(self._memory, heard_seconds)

    def window(self) -> PartialWindow:
        """Return what the next partial hears: the open words, and a little of the stable prefix.

        Stable words need no further listening, so most of their audio is left out and their text
        stands as context. After a partial that went wrong the next one hears more.
        """
        words, rules = self.prefix, self._rules
        kept_seconds = rules.rare_kept_seconds if self._stabiliser.rare else rules.kept_seconds
        if self._went_wrong:
            kept_seconds = rules.wide_kept_seconds
        kept = [
            index
            for index, word in enumerate(words)
            if seconds_of(words[-1].span.end_samples - word.span.start_samples) <= kept_seconds
        ]
        first = kept[0] if kept else max(0, len(words) - 1)
        if not self._word_times:
            first = 0
        start = _between(words[first - 1].span, words[first].span) if first else 0
        self._window = PartialWindow(
            start,
            tuple(replace(word, span=word.span.moved(-start)) for word in words[first:]),
            f"{self._before} {text_of(words[:first])}".strip(),
        )
        return self._window

    def partial(self, hypothesis: Hypothesis, voice: VoiceEvidence, *, quiet_seconds: float) -> Shown | None:
        """Take in the partial of the last `window`; return what readers should see, None if nothing new."""
        self.read_samples = self.partial_samples
        if self.ended:
            voice = self.ended.evidence
        if rejection(hypothesis, voice) and not self.shown:
            return None
        judged = self._judged(hypothesis)
        if not judged.sure or self._memory.is_in_doubt(hypothesis, judged):
            return None  # in which language it is, more audio will tell
        hypothesis = self._whole(hypothesis)
        self._went_wrong = hypothesis.looped or not begins_with(hypothesis.words, self.prefix)
        self._follow_language(hypothesis, judged)
        long = seconds_of(hypothesis.audio_length) >= self._cut_rules.sentence_cut_seconds
        self._seen_words = len(self._stabiliser.shown)
        shown = self._stabiliser.update(
            hypothesis,
            quiet_seconds=quiet_seconds,
            stop_at_sentence=long and self._word_times,
            # Voice activity may cut before words that lie further back, and then they stand behind the cut.
            may_extend=self._word_times or seconds_of(hypothesis.audio_length) < _FIRST_CUT_SECONDS,
            most_stable=self._counted(hypothesis.words),
        )
        read = () if self._went_wrong else self._stabiliser.read
        self._cutter.note(read, hypothesis.audio_length, quiet_seconds=quiet_seconds)
        if not shown.text or shown == self.shown:
            return None
        self.shown = shown
        return shown

    def _counted(self, words: tuple[Word, ...]) -> int:
        """Return how many words stand before the last copy of a repetition that may go on."""
        for run in runs(words, self._rules.counted_copies):
            if run.end == len(words):
                return run.end - run.length
        return len(words)

    def _whole(self, hypothesis: Hypothesis) -> Hypothesis:
        """Return a hypothesis of the last window as one of the whole utterance."""
        window = self._window
        left_out = self.prefix[: len(self.prefix) - len(window.prefix)]
        heard = hypothesis.words if left_out else self._written(hypothesis.words)
        heard = tuple(replace(word, span=word.span.moved(window.start_samples)) for word in heard)
        audio_length = hypothesis.audio_length + window.start_samples
        return replace(hypothesis, words=left_out + heard, audio_length=audio_length)

    @property
    def stalled(self) -> bool:
        """Whether partials have stopped writing although the voice goes on."""
        return self._cutter.stalled

    @property
    def heard_words(self) -> tuple[str, ...]:
        """The words of the newest partial."""
        return tuple(word.text for word in self._stabiliser.read)

    @property
    def ends_sentence(self) -> bool:
        """Whether the stable prefix ends a sentence."""
        return bool(self.prefix) and ends_sentence(self.prefix[-1])

    def cut_between(self, rests: Sequence[Span]) -> Span | None:
        """Return where the utterance should be cut, if anywhere; what is before that becomes stable.

        Args:
            rests: Where the voice rests within the utterance.
        """
        newest = NewestPartial(
            words=self._stabiliser.read,
            stable=len(self.prefix),
            seen=self._seen_words,
            audio_length=self.partial_samples,
        )
        cut = self._cutter.cut(newest, rests) if self._word_times else None
        if cut is None:
            return None
        self._stabiliser.extend_stable_prefix(cut.words)
        self.torn = cut.torn
        return cut.between

    def split(self, at_samples: int) -> tuple[Shown, tuple[Word, ...]]:
        """Give up the words after `at_samples`; return what is left to show, and those words.

        The words come back with times counted from `at_samples`, to seed the next utterance.
        """
        kept = self.prefix
        tail = self._stabiliser.shown[len(kept) :]
        self._stabiliser.shown = kept
        text = text_of(kept)
        self.shown = Shown(text, len(text))
        moved = tuple(replace(word, span=word.span.moved(-at_samples)) for word in tail)
        return self.shown, moved

    def seed(self, words: tuple[Word, ...], language: str, other: str = "") -> Shown | None:
        """Start with words that an earlier utterance gave up, in its languages; none of them is stable."""
        self.language = self._known_language = language
        self.other = other
        self._stabiliser.shown = words
        self.shown = Shown(text_of(words), 0) if text_of(words) else None
        return self.shown

    def final_span(self, ended: SpeechEnded) -> Span:
        """Return the audio that the better pass hears, in track samples: a little past cuts."""
        overlap = samples_of(OVERLAP_SECONDS) if self._word_times else 0
        lead = min(overlap, ended.span.start_samples) if self._began_torn else 0
        tail = overlap if ended.forced and self.torn else 0
        return Span(ended.span.start_samples - lead, ended.span.end_samples + tail)

    def finish(self, hypothesis: Hypothesis, ended: SpeechEnded) -> FinalText:
        """Take in the better pass over `final_span`; return what the utterance came to.

        The stable prefix is kept even where the better pass finds no speech.
        """
        self.finalised = True
        hypothesis = self._within(hypothesis, ended)
        reason = rejection(hypothesis, ended.evidence)
        if reason and not self.prefix:
            return FinalText(hypothesis.language, (), rejected=reason)
        if reason:
            return FinalText(self.language, with_marks_joined(self.prefix), other=self.other)
        other = self._judged(hypothesis).other
        self._memory.note(hypothesis.language_probabilities, ended.span.length_seconds)
        written = self._written(hypothesis.words)
        words, better = self._stabiliser.finish(replace(hypothesis, words=written))
        same = hypothesis.language == self.language
        if better and same and longest_omission(self.prefix, better) >= self._rules.left_out_words:
            better = None
        if text_of(words) and not other:
            self._memory.confirm(hypothesis.language)
        return FinalText(hypothesis.language, words, better, other=other)

    def finish_copied(self) -> FinalText:
        """Return what an utterance came to of which captions of another track have every word.

        What readers were promised stays.
        """
        self.finalised = True
        words = with_marks_joined(self.prefix)
        return FinalText(self.language, words, rejected="" if words else "copied")

    def _within(self, hypothesis: Hypothesis, ended: SpeechEnded) -> Hypothesis:
        """Return the hypothesis without words that lie mostly on the other side of a cut."""
        lead = ended.span.start_samples - self.final_span(ended).start_samples
        length = ended.span.length_samples
        last = lead + length if ended.forced and self.torn else sys.maxsize // 2
        words = tuple(
            replace(word, span=word.span.moved(-lead).cut_to(Span(0, length)))
            for word in hypothesis.words
            if (lead <= _middle(word.span) or not lead) and _middle(word.span) < last
        )
        if words and self._said_before(words[0]):
            words = words[1:]
        return replace(hypothesis, words=words, audio_length=length)

    def _said_before(self, word: Word) -> bool:
        """Whether a word at the very beginning is the end of the last one before the cut."""
        if not self._began_torn:
            return False
        torn = word.span.end_samples <= samples_of(_TORN_SECONDS)
        last = self._before.split()[-1:]
        return torn and [normalised(word)] == [normalised_text(text) for text in last]

    def _written(self, words: tuple[Word, ...]) -> tuple[Word, ...]:
        """Return the words as a sentence is written: with a capital, unless it goes on."""
        if self._continues or not words:
            return words
        return (replace(words[0], text=capitalised(words[0].text)), *words[1:])

    def _judged(self, hypothesis: Hypothesis) -> Judgement:
        """Return what is known of the language of a hypothesis, by all the audio that it heard."""
        heard = hypothesis.language_probabilities
        if not heard:
            return Judgement(hypothesis.language, other=self.other)
        return self._memory.judge(heard, seconds_of(hypothesis.audio_length))

    def _follow_language(self, hypothesis: Hypothesis, judged: Judgement) -> None:
        self.language, self.other = hypothesis.language, judged.other
        if self._memory.is_plainly_pinned(hypothesis.language_probabilities):
            self._told_samples = hypothesis.audio_length
        # Whoever speaks another language than was said is heard out until that is plain.
        settled = bool(self.prefix) and not self._memory.pinned
        if settled or seconds_of(hypothesis.audio_length) >= self._rules.language_seconds:
            self._known_language = hypothesis.language


def _middle(span: Span) -> int:
    """Return the middle of a word; one that begins with the audio is given all silence before it."""
    if span.start_samples == 0:
        return span.end_samples - samples_of(SHORT_WORD_SECONDS) // 2
    return (span.start_samples + span.end_samples) // 2


def _between(before: Span, after: Span) -> int:
    """Return the middle of the gap between two words, or the start of the second without a gap."""
    return (min(before.end_samples, after.start_samples) + after.start_samples) // 2
