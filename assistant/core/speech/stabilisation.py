"""Which words of a growing hypothesis readers see, and which of them will not change any more.

Stable prefix: two successive hypotheses that agree on a word are the evidence (LocalAgreement, Liu et al.
2020, "Low-Latency Sequence-to-Sequence Speech Recognition and Translation by Partial Hypothesis
Selection"); words at the very edge of the audio wait, because the recogniser has not heard what
follows them. A word the recogniser is confident of needs no second hypothesis once enough audio follows
it, as in policies that look at where attention rests (AlignAtt, Papi et al. 2023).

Shown words: re-translation flickers (Arivazhagan et al. 2020, "Re-translation versus Streaming for
Simultaneous Translation"), so a doubtful newest word is not shown yet, and a word that is shown is
only replaced by a likely one, or one that two hypotheses agree on.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from assistant.core.alignment import beginning_distances
from assistant.core.speech.audio import samples_of, seconds_of
from assistant.core.speech.hypothesis import Hypothesis, Word, text_of

_SENTENCE_ENDS = (".", "?", "!", "…", "。", "？", "！")
_NEVER = 1_000_000
_CLAUSE_ENDS = (*_SENTENCE_ENDS, ",", ";", ":", "，", "、")


@dataclass(frozen=True, slots=True)
class StabilisationRules:
    """How much evidence a word needs.

    Attributes:
        edge_seconds: Words that end closer to the end of the audio are not stable yet.
        pause_seconds: After a silence of this length also the last words may be stable.
        confident_probability: From here on the recogniser counts as confident of a word.
        followed_seconds: The recogniser counts as confident of any word with so much audio behind it.
        agreements: How many hypotheses in a row must agree on a word that the recogniser is confident of.
        other_agreements: How many hypotheses in a row must agree on any other word.
        clear_probability: One hypothesis is enough for a word this likely that has `clear_seconds` behind it.
        clear_seconds: The audio behind a word that is as likely as `clear_probability`.
        likely_probability: One is also enough for a word this likely that has `followed_seconds` behind it.
        rare_seconds: Hypotheses so far apart are rare: a second one would come too late for a word.
        late_seconds: Where they are rare, one is enough for a word with so much audio behind it.
        late_probability: A word that has only `late_seconds` behind it must be at least this likely.
        doubtful_probability: A word less likely than this waits until it has `doubtful_seconds` behind it.
        doubtful_seconds: The audio behind a doubtful word before it may be stable.
        newest_probability: While somebody speaks, the newest word is shown only if it is this likely,
            since it is often half of another word.
        edge_shown_probability: Words that end within `edge_shown_seconds` of the end must be this
            likely to be shown.
        edge_shown_seconds: Words that end so close to the end of the audio are shown only if they are likely.
        replacing_probability: A word this likely replaces one that is shown; others must be agreed on.
        held_hypotheses: So many hypotheses in a row may disagree before what is shown gives way.
    """

    edge_seconds: float = 0.2
    pause_seconds: float = 0.3
    confident_probability: float = 0.7
    followed_seconds: float = 1.0
    agreements: int = 2
    other_agreements: int = 3
    clear_probability: float = 0.85
    clear_seconds: float = 0.5
    likely_probability: float = 0.6
    rare_seconds: float = 0.8
    late_seconds: float = 1.2
    late_probability: float = 0.3
    doubtful_probability: float = 0.4
    doubtful_seconds: float = 1.5
    newest_probability: float = 0.6
    edge_shown_probability: float = 0.8
    edge_shown_seconds: float = 0.4
    replacing_probability: float = 0.85
    held_hypotheses: int = 3


@dataclass(frozen=True, slots=True)
class Shown:
    """What readers see of an utterance.

    Attributes:
        text: What is shown.
        stable: How many leading characters of `text` will not change any more.
    """

    text: str
    stable: int


def normalised(word: Word) -> str:
    """Return the word without case, punctuation and outer space, for comparing."""
    return normalised_text(word.text)


def normalised_text(text: str) -> str:
    """Return letters and digits of a text in lower case, for comparing."""
    kept = (
        character
        for character in unicodedata.normalize("NFKC", text).casefold()
        if character.isalnum() or unicodedata.category(character).startswith("M")
    )
    return "".join(kept)


def ends_sentence(word: Word) -> bool:
    """Whether the word closes a sentence."""
    return word.text.rstrip("»”\"' ").endswith(_SENTENCE_ENDS)


def ends_clause(word: Word) -> bool:
    """Whether the word closes a clause or a sentence."""
    return word.text.rstrip("»”\"' ").endswith(_CLAUSE_ENDS)


class Stabiliser:
    """Follows the hypotheses of one utterance.

    Attributes:
        stable_prefix: The first words, which will not change any more.
        shown: The words that readers see, the stable prefix first.
        read: The words of the newest hypothesis that does not loop.
        rare: Whether hypotheses are far apart.
    """

    def __init__(self, rules: StabilisationRules | None = None) -> None:
        self._rules = rules or StabilisationRules()
        self._agreements: list[tuple[str, int]] = []
        self._held = 0
        self._audio_length = 0
        self.rare = False
        self.stable_prefix: tuple[Word, ...] = ()
        self.shown: tuple[Word, ...] = ()
        self.read: tuple[Word, ...] = ()

    def update(
        self,
        hypothesis: Hypothesis,
        *,
        quiet_seconds: float,
        stop_at_sentence: bool = False,
        may_extend: bool = True,
        most_stable: int | None = None,
    ) -> Shown:
        """Take in a hypothesis that begins with `stable_prefix`; return what to show.

        A hypothesis that does not begin with the stable prefix changes nothing; one that loops is shown, and
        no word of it joins the stable prefix.

        Args:
            hypothesis: The newest reading of the whole utterance.
            quiet_seconds: For how long the speaker has been silent.
            stop_at_sentence: Whether the stable prefix ends at the next end of a sentence, so that a long
                utterance can be cut there.
            may_extend: Whether more words may join the stable prefix.
            most_stable: So many words at most may; None for any number.
        """
        words = hypothesis.words
        if not begins_with(words, self.stable_prefix):
            return self._view()
        if not hypothesis.looped:
            self.read = words
        step_samples = hypothesis.audio_length - self._audio_length if self._audio_length else 0
        self._audio_length = hypothesis.audio_length
        self.rare = step_samples >= samples_of(self._rules.rare_seconds)
        self._count_agreements(words)
        paused = quiet_seconds >= self._rules.pause_seconds
        agreed = words[: len(self.stable_prefix)]
        if may_extend and not hypothesis.looped:
            agreed = self._agreed(words, hypothesis.audio_length, paused=paused)
            if most_stable is not None:
                agreed = agreed[: max(len(self.stable_prefix), most_stable)]
        if stop_at_sentence:
            agreed = _up_to_sentence(agreed, len(self.stable_prefix))
        # Stable words keep their spelling; only their times are measured anew.
        self.stable_prefix = agreed
        self.shown = self._steady(words, hypothesis.audio_length, paused=paused)
        return self._view()

    def extend_stable_prefix(self, words: tuple[Word, ...]) -> None:
        """Let these words, which begin with the stable prefix, be the stable prefix without more evidence."""
        self.stable_prefix = words

    def finish(self, final: Hypothesis) -> tuple[tuple[Word, ...], tuple[Word, ...] | None]:
        """Return the words of the final, which keep the stable prefix, for the better pass `final`.

        Where that disagrees with the stable prefix its own words come second, else None.
        """
        split = _best_split(self.stable_prefix, final.words)
        kept = self.stable_prefix + final.words[split:]
        if text_of(kept) == text_of(final.words):
            return final.words, None
        return with_marks_joined(kept), final.words

    def _view(self) -> Shown:
        return Shown(text_of(self.shown), len(text_of(self.stable_prefix)))

    def _count_agreements(self, words: tuple[Word, ...]) -> None:
        """Note for each word in how many hypotheses in a row it has stood where it stands."""
        counted: list[tuple[str, int]] = []
        same = True
        for index, word in enumerate(words):
            before = self._agreements[index] if index < len(self._agreements) else ("", 0)
            same = same and before[0] == word.text
            counted.append((word.text, before[1] + 1 if same else 1))
        self._agreements = counted

    def _agreed(self, words: tuple[Word, ...], audio_length: int, *, paused: bool) -> tuple[Word, ...]:
        edge_seconds = 0.0 if paused else self._rules.edge_seconds
        count = len(self.stable_prefix)
        last = len(words) if paused else len(words) - 1
        while count < last:
            followed_seconds = seconds_of(audio_length - words[count].span.end_samples)
            needed = self._needed(words[count].probability, followed_seconds)
            if followed_seconds < edge_seconds or self._agreements[count][1] < needed:
                break
            count += 1
        return words[:count]

    def _needed(self, probability: float, followed_seconds: float) -> int:
        """Return how many hypotheses in a row must agree on a word before it is stable."""
        rules = self._rules
        followed = followed_seconds >= rules.followed_seconds
        if probability < rules.doubtful_probability and followed_seconds < rules.doubtful_seconds:
            return _NEVER
        if probability >= rules.clear_probability and followed_seconds >= rules.clear_seconds:
            return 1
        if probability >= rules.likely_probability and followed:
            return 1
        late = followed_seconds >= rules.late_seconds and probability >= rules.late_probability
        if self.rare and late:
            return 1
        confident = followed or probability >= rules.confident_probability
        return rules.agreements if confident else rules.other_agreements

    def _steady(self, words: tuple[Word, ...], audio_length: int, *, paused: bool) -> tuple[Word, ...]:
        """Return what readers see: the hypothesis, unless it takes words back without good reason."""
        stable = len(self.stable_prefix)
        seen = self.shown if _says(self.shown, self.stable_prefix) else self.stable_prefix
        same = stable
        while same < min(len(seen), len(words)) and normalised(seen[same]) == normalised(words[same]):
            same += 1
        if same < len(seen) and self._held < self._rules.held_hypotheses and not self._convinces(words, same):
            self._held += 1
            return self.stable_prefix + seen[stable:]
        self._held = 0
        if paused:
            return words
        kept = self._presentable(words, audio_length, least=max(same, stable))
        if len(kept) <= stable:
            return self.stable_prefix
        newest = kept[-1]
        return (*kept[:-1], replace(newest, text=newest.text.rstrip(".?!…,;:") or newest.text))

    def _convinces(self, words: tuple[Word, ...], index: int) -> bool:
        """Whether the word at `index` may replace another one that readers see there."""
        if index >= len(words):
            return False
        likely = words[index].probability >= self._rules.replacing_probability
        return likely or self._agreements[index][1] >= self._rules.agreements

    def _presentable(self, words: tuple[Word, ...], audio_length: int, *, least: int) -> tuple[Word, ...]:
        """Return the words without doubtful ones at the end, but at least the first `least`."""
        rules = self._rules
        edge_samples = audio_length - samples_of(rules.edge_shown_seconds)
        count = len(words)
        while count > least:
            word = words[count - 1]
            newest = count == len(words) and word.probability < rules.newest_probability
            at_edge = word.span.end_samples > edge_samples
            if not newest and not (at_edge and word.probability < rules.edge_shown_probability):
                break
            count -= 1
        return words[:count]


def begins_with(words: tuple[Word, ...], prefix: tuple[Word, ...]) -> bool:
    """Whether the first words are written as `prefix` is."""
    return tuple(word.text for word in words[: len(prefix)]) == tuple(word.text for word in prefix)


def with_marks_joined(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """Return the words with marks that stand alone joined to the word before them."""
    joined: list[Word] = []
    for word in words:
        if joined and not normalised(word) and not word.text.startswith(" "):
            before = joined[-1]
            joined[-1] = replace(before, text=before.text + word.text, tokens=before.tokens + word.tokens)
        else:
            joined.append(word)
    return tuple(joined)


def longest_omission(stable_prefix: tuple[Word, ...], words: tuple[Word, ...]) -> int:
    """Return the longest run of words in the stable prefix that the other words have nothing for."""
    before, after = [normalised(word) for word in stable_prefix], [normalised(word) for word in words]
    changes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    return max(
        ((end - start) - (other_end - other_start) for _, start, end, other_start, other_end in changes),
        default=0,
    )


def _says(words: tuple[Word, ...], prefix: tuple[Word, ...]) -> bool:
    """Whether the first words are the same as `prefix` but for case and marks."""
    first = words[: len(prefix)]
    return [normalised(word) for word in first] == [normalised(word) for word in prefix]


def _up_to_sentence(words: tuple[Word, ...], since: int) -> tuple[Word, ...]:
    for index in range(since, len(words)):
        if ends_sentence(words[index]):
            return words[: index + 1]
    return words


def _best_split(stable_prefix: tuple[Word, ...], words: tuple[Word, ...]) -> int:
    """Return how many leading `words` say the same as `stable_prefix`, by the least edit distance."""
    stable = [normalised(word) for word in with_marks_joined(stable_prefix)]
    distances = beginning_distances(stable, [normalised(word) for word in words])
    return min(range(len(distances)), key=lambda split: (distances[split], abs(split - len(stable_prefix))))
