"""One utterance on its way from the first draft to the final, without input or output."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.core.audio import SAMPLE_RATE, Span, samples_of, seconds_of
from assistant.core.guards import VoiceEvidence, ends_in_loop, judge
from assistant.core.hypothesis import Hypothesis, Word, capitalised, text_of
from assistant.core.language import LanguageMemory
from assistant.core.segmentation import SpeechEnded
from assistant.core.stabilisation import (
    Shown,
    Stabiliser,
    begins_with,
    ends_clause,
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
        language_seconds: Once so much audio agreed on a language, drafts no longer detect it.
        kept_seconds: So much audio of promised words a draft hears before the first open word.
        rare_kept_seconds: The same where drafts are rare, to make them cheaper.
        wide_kept_seconds: The same after a draft that went wrong.
        free_cut_seconds: From this length on, an utterance is cut where the voice rests at the end of a
            sentence, if nothing that readers see moves to the next one.
        sentence_cut_seconds: From this length on, at the end of any sentence.
        clause_cut_seconds: From this length on, where the voice rests at all.
        must_cut_seconds: From this length on, between any two words, also behind words that were not
            promised yet.
        edge_seconds: But not so close to the end of the audio.
        stalled_seconds: So much voice behind the beginning of the last word in two drafts in a row
            means that the recogniser has given up: it may not listen beyond a change of voice.
        stalled_word_seconds: Then the last word is taken to be about this long, and a rest that begins
            within twice that to be its end.
        rest_seconds: So long the voice must rest for a cut before `must_cut_seconds`.
        left_out_words: A better pass that has nothing for so many promised words in a row left them out.
        alignment_seconds: How far a rest may lie from where alignment puts the gap between two words.
    """

    language_seconds: float = 3.0
    kept_seconds: float = 2.5
    rare_kept_seconds: float = 0.8
    wide_kept_seconds: float = 8.0
    free_cut_seconds: float = 8.0
    sentence_cut_seconds: float = 15.0
    clause_cut_seconds: float = 19.0
    must_cut_seconds: float = 25.0
    edge_seconds: float = 1.0
    stalled_seconds: float = 2.5
    stalled_word_seconds: float = 0.6
    rest_seconds: float = 0.15
    left_out_words: int = 6
    alignment_seconds: float = 0.25


@dataclass(frozen=True, slots=True)
class DraftWindow:
    """What a draft hears and is told.

    Attributes:
        start_samples: Where the audio begins, from the start of the utterance.
        prefix: The promised words in it, with times from its own start.
        context: The promised words before it.
    """

    start_samples: int
    prefix: tuple[Word, ...]
    context: str


OVERLAP_SECONDS = 0.35
"""So much audio on the other side of a cut the better pass hears too, so that no word is torn."""

_SHORT_WORD_SECONDS = 0.2
_STALLED_DRAFTS = 2
_TORN_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class FinalText:
    """What an utterance came to.

    Attributes:
        language: BCP-47 code of the words.
        words: The final; it keeps what readers were promised.
        better: The second pass, where it disagrees with a promise.
        rejected: Why the utterance counts as no speech; empty if it does not.
    """

    language: str
    words: tuple[Word, ...]
    better: tuple[Word, ...] | None = None
    rejected: str = ""


class Utterance:
    """Follows one utterance; sample positions are counted from its start.

    Args:
        start_samples: Where it begins in the track.
        memory: What the speaker spoke before.
        pinned: The language, if it is known.
        continues: Whether it goes on with the sentence of the one before.
        before: What was said without a pause before it; None where a pause was.
        torn: Whether it was cut from that where the voice did not rest.
    """

    def __init__(
        self,
        start_samples: int,
        memory: LanguageMemory,
        *,
        pinned: str | None,
        continues: bool = False,
        before: str | None = None,
        torn: bool = False,
    ) -> None:
        self.start_samples = start_samples
        self.shown: Shown | None = None
        self.language = pinned or memory.current or ""
        self.ended: SpeechEnded | None = None
        self.drafted_samples = 0
        self.read_samples = 0
        self.settled = False
        self.torn = True
        self._rules = UtteranceRules()
        self._memory = memory
        self._pinned = pinned
        self._settled_language = pinned
        self._stabiliser = Stabiliser()
        self._continues = continues
        self._before = before or ""
        self._began_torn = torn
        self._window = DraftWindow(0, (), self._before)
        self._went_wrong = False
        self._stalled_drafts = 0
        self._seen_words = 0

    @property
    def must_cut_samples(self) -> int:
        """From this length on, a draft is needed before more audio is taken in."""
        return samples_of(self._rules.must_cut_seconds)

    @property
    def prefix(self) -> tuple[Word, ...]:
        """The words that readers were promised."""
        return self._stabiliser.committed

    def language_for(self, heard_samples: int, *, final: bool) -> str | _Chooser:
        """Return the language to assume for so much audio, or the rule that chooses it."""
        if self._pinned:
            return self._pinned
        if self._settled_language and not final:
            return self._settled_language
        return _Chooser(self._memory, seconds_of(heard_samples))

    def window(self) -> DraftWindow:
        """Return what the next draft hears: the open words, and a little of what is promised.

        Promised words need no further listening, so most of their audio is left out and their text
        stands as context. After a draft that went wrong the next one hears more.
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
        start = _between(words[first - 1].span, words[first].span) if first else 0
        self._window = DraftWindow(
            start,
            tuple(replace(word, span=_moved(word.span, -start)) for word in words[first:]),
            f"{self._before} {text_of(words[:first])}".strip(),
        )
        return self._window

    def draft(self, hypothesis: Hypothesis, voice: VoiceEvidence, *, quiet_seconds: float) -> Shown | None:
        """Take in the draft of the last `window`; return what readers should see, None if nothing new."""
        self.read_samples = self.drafted_samples
        if self.ended:
            voice = _voice_of(self.ended)
        if judge(hypothesis, voice) and not self.shown:
            return None
        hypothesis = self._whole(hypothesis)
        self._went_wrong = hypothesis.looped or not begins_with(hypothesis.words, self.prefix)
        self._follow_language(hypothesis)
        long = seconds_of(hypothesis.heard_samples) >= self._rules.sentence_cut_seconds
        self._seen_words = len(self._stabiliser.shown)
        shown = self._stabiliser.update(hypothesis, quiet_seconds=quiet_seconds, stop_at_sentence=long)
        self._note_stall(hypothesis, quiet_seconds)
        if not shown.text or shown == self.shown:
            return None
        self.shown = shown
        return shown

    def _whole(self, hypothesis: Hypothesis) -> Hypothesis:
        """Return a hypothesis of the last window as one of the whole utterance."""
        window, promised = self._window, self.prefix
        left_out = promised[: len(promised) - len(window.prefix)]
        heard = hypothesis.words if left_out else self._written(hypothesis.words)
        heard = tuple(replace(word, span=_moved(word.span, window.start_samples)) for word in heard)
        heard_samples = hypothesis.heard_samples + window.start_samples
        words = left_out + heard
        # A window may be too short to show that its words go on a loop that began before it.
        looped = hypothesis.looped or ends_in_loop(words)
        return replace(hypothesis, words=words, heard_samples=heard_samples, looped=looped)

    @property
    def stalled(self) -> bool:
        """Whether drafts have stopped writing although the voice goes on."""
        return self._stalled_drafts >= _STALLED_DRAFTS

    def _note_stall(self, hypothesis: Hypothesis, quiet_seconds: float) -> None:
        read = self._stabiliser.read
        if self._went_wrong or not read:
            self._stalled_drafts = 0
            return
        # The last word's end says nothing: alignment gives it whatever audio is left.
        unread = seconds_of(hypothesis.heard_samples - read[-1].span.start_samples) - quiet_seconds
        stalled = unread >= self._rules.stalled_seconds
        self._stalled_drafts = self._stalled_drafts + 1 if stalled else 0

    @property
    def heard_words(self) -> tuple[str, ...]:
        """The words of the newest draft."""
        return tuple(word.text for word in self._stabiliser.read)

    @property
    def ends_sentence(self) -> bool:
        """Whether the promised words end a sentence."""
        return bool(self.prefix) and ends_sentence(self.prefix[-1])

    def cut_between(self, rests: Sequence[Span]) -> Span | None:
        """Return where the utterance should be cut, around the end of the promised words, else None.

        A cut through a word loses it, and alignment is good to about a quarter of a second; so only
        where voice activity hears a rest, until there is no more time to wait for one. Where promises
        do not come in time (drafts are rare under load), the best place among all words is taken. An
        utterance that is `stalled` is cut behind its last word, however short it is.

        Args:
            rests: Where the voice rests within the utterance.
        """
        if self.stalled:
            return self._behind_last_word(rests)
        heard_seconds = seconds_of(self.drafted_samples)
        if heard_seconds >= self._rules.must_cut_seconds:
            self._stabiliser.commit(self._best_border(rests))
        committed, read = self._stabiliser.committed, self._stabiliser.read
        if not committed or len(read) <= len(committed):
            return None
        last, following = committed[-1], read[len(committed)]
        rest = self._longest_rest(rests, last, following)
        least_seconds = self._least_rest_seconds(last, heard_seconds)
        must = heard_seconds >= self._rules.must_cut_seconds
        if must or (rest and rest.length_seconds >= least_seconds):
            self.torn = rest is None or rest.length_seconds < self._rules.rest_seconds
            return rest or _gap(last, following, samples_of(self._rules.alignment_seconds) // 2)
        return None

    def _behind_last_word(self, rests: Sequence[Span]) -> Span:
        """Promise all that was read; return where it ends, so that what follows is heard by itself."""
        *words, last = self._stabiliser.read
        start, word_samples = last.span.start_samples, samples_of(self._rules.stalled_word_seconds)
        near = Span(start + samples_of(_SHORT_WORD_SECONDS), start + 2 * word_samples)
        rest = next((rest for rest in rests if self._rests_in(rest, near)), None)
        self.torn = rest is None
        behind = rest or Span(start + word_samples // 2, start + word_samples * 3 // 2)
        end = min(last.span.end_samples, max(behind.start_samples, start + word_samples))
        self._stabiliser.commit((*words, replace(last, span=Span(start, end))))
        return behind

    def _rests_in(self, rest: Span, near: Span) -> bool:
        begins_there = near.start_samples <= rest.start_samples <= near.end_samples
        return begins_there and rest.length_seconds >= self._rules.rest_seconds

    def _least_rest_seconds(self, last: Word, heard_seconds: float) -> float:
        """Return how long the voice must rest behind the word for a cut at this length."""
        rules = self._rules
        if heard_seconds >= rules.clause_cut_seconds:
            return rules.rest_seconds
        # A reader who sees words go from one caption and come up in the next has to look twice.
        stays = self._seen_words <= len(self._stabiliser.committed)
        least_seconds = rules.free_cut_seconds if stays else rules.sentence_cut_seconds
        complete = ends_sentence(last) and not last.text.rstrip().endswith(("...", "…"))
        return rules.rest_seconds if complete and heard_seconds >= least_seconds else math.inf

    def _longest_rest(self, rests: Sequence[Span], last: Word, following: Word) -> Span | None:
        gap = _gap(last, following, samples_of(self._rules.alignment_seconds))
        within = [
            Span(max(rest.start_samples, gap.start_samples), min(rest.end_samples, gap.end_samples))
            for rest in rests
            if rest.start_samples < gap.end_samples and rest.end_samples > gap.start_samples
        ]
        return max(within, key=lambda rest: rest.length_samples, default=None)

    def _best_border(self, rests: Sequence[Span]) -> tuple[Word, ...]:
        """Return the words up to the best place for a cut: a rest, a sentence's end, any border."""
        words, least = self._stabiliser.read, len(self._stabiliser.committed)
        edge = self.drafted_samples - samples_of(self._rules.edge_seconds)
        counts = [
            count for count in range(max(1, least), len(words)) if words[count - 1].span.end_samples <= edge
        ]

        def rank(count: int) -> tuple[bool, int, bool, int]:
            last = words[count - 1]
            late = last.span.end_samples >= self.drafted_samples // 2
            rest = self._longest_rest(rests, last, words[count])
            return (late, rest.length_samples if rest else 0, ends_clause(last), count)

        return words[: max(counts, key=rank, default=least)]

    def split(self, at_samples: int) -> tuple[Shown, tuple[Word, ...]]:
        """Give up the words after `at_samples`; return what is left to show, and those words.

        The words come back with times counted from `at_samples`, to seed the next utterance.
        """
        kept = self._stabiliser.committed
        tail = self._stabiliser.shown[len(kept) :]
        self._stabiliser.shown = kept
        text = text_of(kept)
        self.shown = Shown(text, len(text))
        moved = tuple(replace(word, span=_moved(word.span, -at_samples)) for word in tail)
        return self.shown, moved

    def seed(self, words: tuple[Word, ...], language: str) -> Shown | None:
        """Start with words that an earlier utterance gave up; none of them is promised."""
        self.language = language
        self._settled_language = language
        self._stabiliser.shown = words
        self.shown = Shown(text_of(words), 0) if text_of(words) else None
        return self.shown

    def final_span(self, ended: SpeechEnded) -> Span:
        """Return the audio that the better pass hears, in track samples: a little past cuts."""
        overlap = samples_of(OVERLAP_SECONDS)
        lead = min(overlap, ended.span.start_samples) if self._began_torn else 0
        tail = overlap if ended.forced and self.torn else 0
        return Span(ended.span.start_samples - lead, ended.span.end_samples + tail)

    def finish(self, hypothesis: Hypothesis, ended: SpeechEnded) -> FinalText:
        """Take in the better pass over `final_span`; return what the utterance came to.

        Words that readers were promised are kept even where the better pass finds no speech.
        """
        self.settled = True
        hypothesis = self._within(hypothesis, ended)
        reason = judge(hypothesis, _voice_of(ended))
        if reason and not self._stabiliser.committed:
            return FinalText(hypothesis.language, (), rejected=reason)
        if reason:
            return FinalText(self.language, with_marks_joined(self._stabiliser.committed))
        written = self._written(hypothesis.words)
        settled = self._stabiliser.finish(replace(hypothesis, words=written))
        if (
            settled.better
            and longest_omission(self._stabiliser.committed, settled.better) >= self._rules.left_out_words
        ):
            settled = replace(settled, better=None)
        if text_of(settled.words):
            self._memory.confirm(hypothesis.language)
        return FinalText(hypothesis.language, settled.words, settled.better)

    def _within(self, hypothesis: Hypothesis, ended: SpeechEnded) -> Hypothesis:
        """Return the hypothesis without words that lie mostly on the other side of a cut."""
        lead = ended.span.start_samples - self.final_span(ended).start_samples
        length = ended.span.length_samples
        last = lead + length if ended.forced and self.torn else sys.maxsize // 2
        words = tuple(
            replace(word, span=_moved(word.span, -lead, most_samples=length))
            for word in hypothesis.words
            if (lead <= _middle(word.span) or not lead) and _middle(word.span) < last
        )
        if words and self._said_before(words[0]):
            words = words[1:]
        return replace(hypothesis, words=words, heard_samples=length)

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

    def _follow_language(self, hypothesis: Hypothesis) -> None:
        self.language = hypothesis.language
        if seconds_of(hypothesis.heard_samples) >= self._rules.language_seconds or self._stabiliser.committed:
            self._settled_language = hypothesis.language


def _voice_of(ended: SpeechEnded) -> VoiceEvidence:
    return VoiceEvidence(ended.voiced_seconds, ended.speech_probability)


def _moved(span: Span, by_samples: int, *, most_samples: int = sys.maxsize) -> Span:
    start = max(0, span.start_samples + by_samples)
    end = max(0, span.end_samples + by_samples)
    return Span(min(start, most_samples), min(end, most_samples))


def _gap(last: Word, following: Word, around_samples: int) -> Span:
    """Return the gap between two words and so much on both sides."""
    start = max(0, last.span.end_samples - around_samples)
    return Span(start, max(following.span.start_samples + around_samples, start + SAMPLE_RATE // 50))


def _middle(span: Span) -> int:
    """Return the middle of a word; one that begins with the audio is given all silence before it."""
    if span.start_samples == 0:
        return span.end_samples - samples_of(_SHORT_WORD_SECONDS) // 2
    return (span.start_samples + span.end_samples) // 2


def _between(before: Span, after: Span) -> int:
    """Return the middle of the gap between two words, or the start of the second without a gap."""
    return (min(before.end_samples, after.start_samples) + after.start_samples) // 2


class _Chooser:
    """The language memory's rule for audio of a given length."""

    def __init__(self, memory: LanguageMemory, heard_seconds: float) -> None:
        self._memory = memory
        self._heard_seconds = heard_seconds

    def __call__(self, probabilities: Mapping[str, float]) -> str:
        return self._memory.choose(probabilities, self._heard_seconds)
