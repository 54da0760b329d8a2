"""What a final is told beforehand (how names are written, what was said just now), and put right after.

Whisper carries on in the style, spelling and subject of the text before it. It carries on with
mistakes and repetitions, too: only text of which the recogniser was confident counts, and only for a while.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.core.glossary.correction import corrected
from assistant.core.glossary.glossary import Glossary
from assistant.core.speech.hypothesis import Hypothesis, Word
from assistant.core.speech.repetition import repeats


@dataclass(frozen=True, slots=True)
class ContextRules:
    """What a final is told.

    What was said before is left out unless asked for: with Whisper base it made finals worse (see
    `docs/decisions/0006`), while terms made them better.

    Attributes:
        glossary_bytes: Longest line of terms in UTF-8; 0 leaves it out.
        speech_bytes: Longest end of what was said before in UTF-8; 0 leaves it out.
        recent_seconds: What was said longer ago has no say.
        most_remembered: So many utterances are kept.
        confident_log_probability: Mean token log probability from which text counts.
    """

    glossary_bytes: int = 160
    speech_bytes: int = 0
    recent_seconds: float = 60.0
    most_remembered: int = 32
    confident_log_probability: float = -0.35


@dataclass(frozen=True, slots=True)
class _Said:
    participant: str
    language: str
    text: str
    at_seconds: float


class MeetingContext:
    """What one meeting said lately, and its names and terms."""

    def __init__(self, glossary: Glossary | None = None, rules: ContextRules | None = None) -> None:
        self.glossary = glossary or Glossary()
        self._rules = rules or ContextRules()
        self._said: dict[str, _Said] = {}

    def said(
        self, id_: str, participant: str, language: str, text: str, *, at_seconds: float, confident: bool
    ) -> None:
        """Note the text of an utterance, or its better one.

        Args:
            id_: Names the utterance; what was known of it before is forgotten.
            participant: Who spoke.
            language: BCP-47 code of the text.
            text: What was said.
            at_seconds: When it ended, in seconds of the meeting.
            confident: Whether the recogniser was; other text is not kept.
        """
        self._said.pop(id_, None)
        text = " ".join(text.split())
        if confident and text:
            self._said[id_] = _Said(participant, language, text, at_seconds)
        while len(self._said) > self._rules.most_remembered:
            del self._said[min(self._said, key=lambda name: self._said[name].at_seconds)]

    def context_for(
        self, participant: str, language: str, at_seconds: float, heard_words: Sequence[str]
    ) -> str:
        """Return what to tell the recogniser before an utterance; empty where there is nothing.

        First the line of terms, then the end of what this speaker said last, or else of what anybody
        did, in the same language and lately. Nothing where no words were heard: over noise Whisper
        would write what it was told.

        Args:
            participant: Who speaks.
            language: BCP-47 code of the utterance; empty where it is not known yet.
            at_seconds: When the utterance begins, in seconds of the meeting.
            heard_words: What partials heard of it, without a context; chooses among terms where not
                all fit.
        """
        if not any(character.isalnum() for word in heard_words for character in word):
            return ""
        terms = self.glossary.line(heard_words, self._rules.glossary_bytes, language)
        before = self._before(participant, language, at_seconds)
        return " ".join(part for part in (terms, _end_of(before, self._rules.speech_bytes)) if part)

    def is_echo(self, hypothesis: Hypothesis, heard_words: Sequence[str]) -> bool:
        """Whether a final only repeats terms it was told, so that it is better made without a context."""
        return self.glossary.is_echo(hypothesis.text, heard_words, hypothesis.language)

    def put_right(self, hypothesis: Hypothesis) -> Hypothesis:
        """Return a final with misheard names as the glossary writes them."""
        words = corrected(hypothesis.words, self.glossary, hypothesis.language)
        return replace(hypothesis, words=words)

    def is_confident(self, words: tuple[Word, ...]) -> bool:
        """Whether a recogniser that wrote `words` was confident of them, and did not go round in circles."""
        tokens = sum(max(1, len(word.tokens)) for word in words)
        if not tokens or repeats(words, times=2):
            return False
        total = sum(max(1, len(word.tokens)) * math.log(max(word.probability, 1e-9)) for word in words)
        return total / tokens >= self._rules.confident_log_probability

    def _before(self, participant: str, language: str, at_seconds: float) -> str:
        """Return what this speaker said last, or else what was said last in the meeting."""
        lately = [
            said
            for said in self._said.values()
            if said.language == language and 0 <= at_seconds - said.at_seconds <= self._rules.recent_seconds
        ]
        own = [said for said in lately if said.participant == participant]
        last = max(own or lately, key=lambda said: said.at_seconds, default=None)
        return last.text if last else ""


def _end_of(text: str, most_bytes: int) -> str:
    """Return the last whole words of a text that fit; of text without spaces, the last characters."""
    encoded = text.encode()
    if len(encoded) <= most_bytes:
        return text
    end = encoded[len(encoded) - most_bytes :].decode(errors="ignore")
    torn = not text[len(text) - len(end) - 1].isspace()
    return (end.partition(" ")[2] or end) if torn and " " in end else end.strip()
