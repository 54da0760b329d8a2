"""Decisions, votes, actions and open questions in what was said, in the order in which they were."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from assistant.minutes.drafting.content import share_of
from assistant.minutes.drafting.cues import Cues, cues_of, patterns_of
from assistant.minutes.drafting.dates import find_dates
from assistant.minutes.drafting.finding import Finding
from assistant.minutes.drafting.lines import Line, Sentence, sentences_of
from assistant.minutes.drafting.people import People, names_of
from assistant.minutes.drafting.phrases import CuePatterns
from assistant.minutes.drafting.votes import read_votes

_SHORT_WORDS = 7
"""How many words a confirmation may have, or a sentence that only adds a day to the one before it."""
_LOOK_BACK = 6
_ANSWERS = 3
"""How many lines behind a question may hold its answer."""
_ANSWER_WORDS = 8
_RELATED = 0.34
_LEAST_STEMS = 2
"""How many different stems an action or a question has at least: one about nothing is none."""


def find(lines: Sequence[Line], on: date, names: Sequence[str]) -> list[Finding]:
    """Return what is found in a meeting, by the position of its first line.

    Args:
        lines: What was said, in order.
        on: The day of the meeting.
        names: The names of the people in it.
    """
    talk = _Talk(lines, sentences_of(lines), on, names_of(names))
    found = [*talk.votes(), *talk.actions(), *talk.questions()]
    found += talk.decisions({line for one in found if one.kind == "vote" for line in one.lines})
    order = {"decision": 0, "vote": 1, "action": 2, "question": 3, "point": 4}
    return sorted(found, key=lambda one: (one.lines[0], one.ordinal, order[one.kind]))


@dataclass(frozen=True)
class _Talk:
    lines: Sequence[Line]
    sentences: Sequence[Sentence]
    on: date
    people: People

    @cached_property
    def cues(self) -> tuple[Cues, ...]:
        """What the words of each sentence say of it."""
        return tuple(cues_of(sentence.text, sentence.lang) for sentence in self.sentences)

    # --- votes and decisions ------------------------------------------------------------------------

    def votes(self) -> Iterator[Finding]:
        """Yield each vote, and the decision that it makes."""
        pairs = [(sentence.text, sentence.lang) for sentence in self.sentences]
        for first, last, vote in read_votes(pairs):
            if self._is_told_of_the_past(first) or self._is_denied(first, last):
                continue
            spoken = self.sentences[first : last + 1]
            text = " ".join(sentence.text for sentence in spoken)
            start = spoken[0]
            subject = self._subject_of_vote(first)
            before = [] if subject is None else [self.sentences[subject].line]
            lines = _once(*before, *(sentence.line for sentence in spoken))
            yield Finding("vote", lines, text, start.lang, 1.0, self._ordinal(lines, first), vote=vote)
            if vote.result:
                told = self._decision_text(first, last, subject)
                yield Finding("decision", lines, told, start.lang, 1.0, self._ordinal(lines, first))

    def _ordinal(self, lines: tuple[int, ...], sentence: int) -> int:
        there = self.sentences[sentence]
        return there.ordinal if lines[0] == there.line else 0

    def _is_told_of_the_past(self, at: int) -> bool:
        sentence = self.sentences[at]
        return bool(patterns_of(sentence.lang).past.search(sentence.text))

    def _is_denied(self, first: int, last: int) -> bool:
        """Return whether a vote of one sentence is only supposed."""
        if first != last:
            return False
        sentence = self.sentences[first]
        supposed = patterns_of(sentence.lang).decision_not.search(sentence.text)
        return bool(supposed) and not any(character.isdigit() for character in sentence.text)

    def _subject_of_vote(self, at: int) -> int | None:
        """Return the proposal shortly before a vote, if the vote does not say itself what it is about."""
        if len(set(self.sentences[at].stems)) >= 2 * _LEAST_STEMS:
            return None
        return self._proposal_before(at)

    def _decision_text(self, first: int, last: int, subject: int | None) -> str:
        result = self.sentences[last].text
        opening = self.sentences[first].text
        parts = [self.sentences[subject].text] if subject is not None else []
        parts += [opening, result] if first != last else [opening]
        return " ".join(dict.fromkeys(parts))

    def decisions(self, voted: set[int]) -> Iterator[Finding]:
        """Yield decisions without a vote."""
        told: set[int] = set()
        agreed: dict[int, int] = {}
        found: list[Finding] = []
        for at, (sentence, cues) in enumerate(zip(self.sentences, self.cues, strict=True)):
            if sentence.line in voted or sentence.line in told:
                continue
            finding = self._decided(at) if cues.decides else self._assented(at)
            if finding is None:
                continue
            earlier = agreed.get(finding.lines[0]) if len(finding.lines) > 1 else None
            if earlier is not None:  # somebody else agrees to the same
                lines = _once(*found[earlier].lines, *finding.lines)
                found[earlier] = replace(found[earlier], lines=lines)
                continue
            agreed[finding.lines[0]] = len(found)
            told.add(sentence.line)
            found.append(finding)
        yield from found

    def _decided(self, at: int) -> Finding:
        sentence = self.sentences[at]
        if len(sentence.text.split()) <= _SHORT_WORDS and len(set(sentence.stems)) <= _LEAST_STEMS:
            proposal = self._proposal_before(at)
            if proposal is not None:
                return self._with_proposal(at, proposal)
        return Finding("decision", (sentence.line,), sentence.text, sentence.lang, 0.9, sentence.ordinal)

    def _assents(self, at: int) -> bool:
        """Return whether a short sentence agrees to something."""
        sentence = self.sentences[at]
        patterns = patterns_of(sentence.lang)
        return (
            len(sentence.text.split()) <= _SHORT_WORDS
            and not sentence.text.endswith("?")
            and bool(patterns.assent.search(sentence.text))
            and not patterns.refusal.search(sentence.text)
        )

    def _assented(self, at: int) -> Finding | None:
        """Return the decision that a sentence makes of what somebody else has just proposed."""
        proposal = self._proposal_before(at, lines=2, strict=True) if self._assents(at) else None
        if proposal is None:
            return None
        same = self.lines[self.sentences[proposal].line].participant == self._speaker(at)
        return None if same else self._with_proposal(at, proposal)

    def _with_proposal(self, at: int, proposal: int) -> Finding:
        said, proposed = self.sentences[at], self.sentences[proposal]
        lines = _once(proposed.line, said.line)
        text = proposed.text if proposed.line == said.line else f"{proposed.text} – {said.text}"
        return Finding("decision", lines, text, proposed.lang, 0.7, proposed.ordinal)

    def _proposal_before(self, at: int, *, lines: int = 4, strict: bool = False) -> int | None:
        """Return the nearest sentence before that proposes something; else the last one of substance."""
        fallback = None
        line = self.sentences[at].line
        for before in range(at - 1, max(-1, at - 1 - 2 * _LOOK_BACK), -1):
            sentence = self.sentences[before]
            if line - sentence.line > lines:
                break
            if patterns_of(sentence.lang).proposal.search(sentence.text):
                return before
            of_substance = len(set(sentence.stems)) > _LEAST_STEMS and not self.cues[before].asks
            if fallback is None and of_substance and not strict:
                fallback = before
        return fallback

    # --- actions ------------------------------------------------------------------------------------

    def actions(self) -> Iterator[Finding]:
        """Yield what somebody will do."""
        taken: set[int] = set()
        for at, (sentence, cues) in enumerate(zip(self.sentences, self.cues, strict=True)):
            if at in taken:
                continue
            if cues.requests:
                finding, answer = self._requested(at)
                taken.update(range(answer, answer + 1) if answer is not None else ())
                if finding:
                    yield finding
            elif cues.promises or (cues.vows and self._due(at)):
                yield self._promised(at)
            elif cues.tasks and not cues.decides and len(set(sentence.stems)) >= _LEAST_STEMS:
                who = self.people.doer_in(sentence.text, sentence.lang)
                if who:
                    yield self._action(at, (sentence.line,), who, 0.7)
                elif cues.passive and self._due(at):
                    yield self._action(at, (sentence.line,), "", 0.5)
            elif cues.passive and self._due(at) and not cues.decides:
                who = self.people.doer_in(sentence.text, sentence.lang)
                yield self._action(at, (sentence.line,), who, 0.5)

    def _promised(self, at: int) -> Finding:
        sentence = self.sentences[at]
        lines: tuple[int, ...] = (sentence.line,)
        text = sentence.text
        if len(set(sentence.stems)) < _LEAST_STEMS:
            # "I'll do that" says nothing of what: that stands before it.
            before = self._substance_before(at)
            if before is not None:
                lines = _once(self.sentences[before].line, sentence.line)
                text = f"{self.sentences[before].text} – {sentence.text}"
        return self._action(at, lines, self._speaker_name(at), 0.9, text=text)

    def _substance_before(self, at: int) -> int | None:
        for before in range(at - 1, max(-1, at - 1 - _LOOK_BACK), -1):
            sentence = self.sentences[before]
            if self.sentences[at].line - sentence.line > 2:  # noqa: PLR2004 - what was asked for, and a word between
                return None
            if len(set(sentence.stems)) >= _LEAST_STEMS:
                return before
        return None

    def _requested(self, at: int) -> tuple[Finding | None, int | None]:
        """Return the action that a request makes, and the sentence that answers it."""
        sentence = self.sentences[at]
        answer = self._answer_to(at)
        patterns = patterns_of(sentence.lang)
        if answer is not None:
            said = self.sentences[answer]
            if patterns.refusal.search(said.text):
                return None, answer
            if patterns.acceptance.search(said.text) or self.cues[answer].promises:
                lines = _once(sentence.line, said.line)
                finding = self._action(at, lines, self._speaker_name(answer), 0.9)
                return replace(finding, due=self._due(answer) or finding.due), answer
        who = self.people.doer_in(sentence.text, sentence.lang, leave_out=self._speaker_name(at))
        asked = sentence.text.rstrip().endswith("?")
        if asked and not who:
            return None, None
        return self._action(at, (sentence.line,), who, 0.5), None

    def _answer_to(self, at: int) -> int | None:
        """Return the first sentence of somebody else in the lines that follow."""
        line, speaker = self.sentences[at].line, self._speaker(at)
        for after in range(at + 1, len(self.sentences)):
            if self.sentences[after].line - line > 2:  # noqa: PLR2004 - one may come between
                return None
            if self._speaker(after) != speaker:
                return after
        return None

    def _action(self, at: int, lines: tuple[int, ...], who: str, strength: float, text: str = "") -> Finding:
        sentence = self.sentences[at]
        ordinal = sentence.ordinal if lines[0] == sentence.line else 0
        told = text or sentence.text
        due = self._due(at) or self._due_in(told, sentence.lang)
        return Finding("action", lines, told, sentence.lang, strength, ordinal, who=who, due=due)

    def _due(self, at: int) -> str:
        """Return the deadline in a sentence, or in the next one of the same line if that is all it says."""
        sentence = self.sentences[at]
        due = self._due_in(sentence.text, sentence.lang)
        if not due and at + 1 < len(self.sentences):
            following = self.sentences[at + 1]
            if following.line == sentence.line and len(following.text.split()) <= _SHORT_WORDS:
                due = self._due_in(following.text, following.lang)
        return due

    def _due_in(self, text: str, lang: str) -> str:
        found = [one for one in find_dates(text, lang, self.on) if one.day >= self.on]
        deadlines = [one for one in found if one.deadline]
        best = deadlines[0] if deadlines else found[-1] if found else None
        return best.day.isoformat() if best else ""

    # --- questions ----------------------------------------------------------------------------------

    def questions(self) -> Iterator[Finding]:
        """Yield questions of substance that nobody answered."""
        for at, (sentence, cues) in enumerate(zip(self.sentences, self.cues, strict=True)):
            if cues.asks and len(set(sentence.stems)) >= _LEAST_STEMS and self._stays_open(at):
                yield Finding(
                    "question", (sentence.line,), sentence.text, sentence.lang, 0.6, sentence.ordinal
                )

    def _stays_open(self, at: int) -> bool:
        sentence = self.sentences[at]
        patterns = patterns_of(sentence.lang)
        speaker = self._speaker(at)
        for after in range(at + 1, len(self.sentences)):
            answer = self.sentences[after]
            if answer.line - sentence.line > _ANSWERS:
                return True
            if self._speaker(after) == speaker:
                if patterns.unanswered.search(answer.text):
                    return True
                continue
            if self.cues[after].asks:
                continue
            if patterns.unanswered.search(self.lines[answer.line].text):
                return True
            return not self._answers(sentence, answer, patterns)
        return True

    def _answers(self, question: Sentence, answer: Sentence, patterns: CuePatterns) -> bool:
        """Return whether what somebody else says next is an answer."""
        whole = self.lines[answer.line].text
        related = share_of(question.stems, answer.stems) >= _RELATED
        short = len(whole.split()) < _ANSWER_WORDS
        affirms = bool(patterns.acceptance.search(whole) or patterns.refusal.search(whole))
        return related or affirms or not short

    def _speaker(self, at: int) -> str:
        return self.lines[self.sentences[at].line].participant

    def _speaker_name(self, at: int) -> str:
        return self.lines[self.sentences[at].line].speaker


def _once(*lines: int) -> tuple[int, ...]:
    """Return lines in order, each once."""
    return tuple(dict.fromkeys(lines))
