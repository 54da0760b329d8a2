"""Which words of a growing hypothesis may be promised to readers.

Two successive hypotheses that agree on a word are the evidence (LocalAgreement, Liu et al. 2020,
"Low-Latency Sequence-to-Sequence Speech Recognition and Translation by Partial Hypothesis
Selection"); the newest word and words at the very edge of the audio wait, because the recogniser
has not heard what follows them.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace

from assistant.core.audio import samples_of
from assistant.core.hypothesis import Hypothesis, Word, text_of

_SENTENCE_ENDS = (".", "?", "!", "…", "。", "？", "！")
_CLAUSE_ENDS = (*_SENTENCE_ENDS, ",", ";", ":", "，", "、")


@dataclass(frozen=True, slots=True)
class StabilisationRules:
    """How much evidence a word needs.

    Attributes:
        edge_seconds: Words that end closer to the end of the audio wait.
        quiet_edge_seconds: The same after the speaker has paused.
        pause_seconds: A silence of this length is a pause.
        sure_probability: From here on the recogniser counts as sure of a word.
        agreements: So many hypotheses in a row must agree on a word it is sure of.
        unsure_agreements: The same for other words.
        followed_seconds: A word with so much audio behind it counts as sure.
        shown_probability: While somebody speaks, the newest word is shown only if it is this likely,
            since it is often half of another word.
    """

    edge_seconds: float = 0.2
    quiet_edge_seconds: float = 0.0
    pause_seconds: float = 0.3
    sure_probability: float = 0.8
    agreements: int = 2
    unsure_agreements: int = 3
    followed_seconds: float = 1.0
    shown_probability: float = 0.6


@dataclass(frozen=True, slots=True)
class Shown:
    """What readers see of an utterance: `text`, whose first `stable` characters are promised."""

    text: str
    stable: int


@dataclass(frozen=True, slots=True)
class Settled:
    """The end of an utterance.

    Attributes:
        words: The final that keeps every promise.
        better: The second pass, where it disagrees with a promise; else None.
    """

    words: tuple[Word, ...]
    better: tuple[Word, ...] | None


def normalised(word: Word) -> str:
    """Return the word without case, punctuation and outer space, for comparing."""
    kept = (
        character
        for character in unicodedata.normalize("NFKC", word.text).casefold()
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
    """Follows the hypotheses of one utterance and promises words as the evidence allows."""

    def __init__(self, rules: StabilisationRules | None = None) -> None:
        self._rules = rules or StabilisationRules()
        self._agreements: list[tuple[str, int]] = []
        self.committed: tuple[Word, ...] = ()
        self.shown: tuple[Word, ...] = ()

    def update(
        self, hypothesis: Hypothesis, *, quiet_seconds: float, stop_at_sentence: bool = False
    ) -> Shown:
        """Take in a hypothesis that begins with `committed`; return what to show.

        A hypothesis that loops, or lost the committed words, changes nothing.

        Args:
            hypothesis: The newest reading of the whole utterance.
            quiet_seconds: For how long the speaker has been silent.
            stop_at_sentence: Promise no word past the next end of a sentence, so that a long
                utterance can be cut there.
        """
        words = hypothesis.words
        if hypothesis.looped or not _begins_with(words, self.committed):
            return self._view()
        self._count_agreements(words)
        paused = quiet_seconds >= self._rules.pause_seconds
        agreed = self._agreed(words, hypothesis.heard_samples, paused=paused)
        if stop_at_sentence:
            agreed = _up_to_sentence(agreed, len(self.committed))
        # Committed words keep their spelling; only their times are measured anew.
        self.committed = agreed
        self.shown = words if paused else self._presentable(words)
        return self._view()

    def commit(self, words: tuple[Word, ...]) -> None:
        """Promise these words, which begin with those promised before, without more evidence."""
        self.committed = words

    def finish(self, final: Hypothesis) -> Settled:
        """Return the final for the better pass `final`, keeping what was promised."""
        if not self.committed:
            return Settled(final.words, None)
        split = _best_split(self.committed, final.words)
        kept = self.committed + final.words[split:]
        if text_of(kept) == text_of(final.words):
            return Settled(final.words, None)
        return Settled(kept, final.words)

    def _view(self) -> Shown:
        return Shown(text_of(self.shown), len(text_of(self.committed)))

    def _count_agreements(self, words: tuple[Word, ...]) -> None:
        """Note for each word in how many hypotheses in a row it has stood where it stands."""
        counted: list[tuple[str, int]] = []
        same = True
        for index, word in enumerate(words):
            before = self._agreements[index] if index < len(self._agreements) else ("", 0)
            same = same and before[0] == word.text
            counted.append((word.text, before[1] + 1 if same else 1))
        self._agreements = counted

    def _agreed(self, words: tuple[Word, ...], heard_samples: int, *, paused: bool) -> tuple[Word, ...]:
        rules = self._rules
        edge = samples_of(rules.quiet_edge_seconds if paused else rules.edge_seconds)
        count = len(self.committed)
        last = len(words) if paused else len(words) - 1
        while count < last:
            word = words[count]
            followed = word.span.end_samples <= heard_samples - samples_of(rules.followed_seconds)
            sure = followed or word.probability >= rules.sure_probability
            needed = rules.agreements if sure else rules.unsure_agreements
            if self._agreements[count][1] < needed or word.span.end_samples > heard_samples - edge:
                break
            count += 1
        return words[:count]

    def _presentable(self, words: tuple[Word, ...]) -> tuple[Word, ...]:
        """Return the words without a doubtful newest one, and without the full stop it is given."""
        kept = words[:-1] if words and words[-1].probability < self._rules.shown_probability else words
        if len(kept) <= len(self.committed):
            return self.committed
        newest = kept[-1]
        return (*kept[:-1], replace(newest, text=newest.text.rstrip(".?!…,;:") or newest.text))


def _begins_with(words: tuple[Word, ...], prefix: tuple[Word, ...]) -> bool:
    return tuple(word.text for word in words[: len(prefix)]) == tuple(word.text for word in prefix)


def _up_to_sentence(words: tuple[Word, ...], since: int) -> tuple[Word, ...]:
    for index in range(since, len(words)):
        if ends_sentence(words[index]):
            return words[: index + 1]
    return words


def _best_split(committed: tuple[Word, ...], words: tuple[Word, ...]) -> int:
    """Return how many leading `words` say the same as `committed`, by the least edit distance."""
    row = list(range(len(words) + 1))
    for promised in committed:
        above = row
        row = [above[0] + 1]
        for index, word in enumerate(words):
            same = normalised(promised) == normalised(word)
            row.append(min(above[index] + (not same), above[index + 1] + 1, row[index] + 1))
    return min(range(len(row)), key=lambda split: (row[split], abs(split - len(committed))))
