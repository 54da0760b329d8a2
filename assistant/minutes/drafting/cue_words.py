"""The tables of one language, as its module fills them in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CueWords:
    """Regular expressions, case ignored, either apostrophe meant by the straight one.

    Attributes:
        decision: Something is decided with these words.
        decision_not: What looks like that is supposed, denied, or still to come.
        promise: The speaker says that they will do something.
        vow: A weaker promise, which counts where a day is named.
        passive: Something will be done, by whomever.
        task: Somebody is said to have to do something.
        request: Somebody is asked to do something.
        action_not: What looks like that is said of the talk itself, denied or supposed.
        acceptance: How a request is accepted, at the beginning of the answer.
        refusal: How it is not.
        question: A question without its mark, as recognisers write some.
        question_not: A question nobody needs an answer to in minutes.
        unanswered: An answer that leaves a question open.
        assent: A short "yes, agreed" that makes a decision of what was proposed.
        proposal: How something is proposed.
        past: The sentence tells of something that was, long ago or last time.
    """

    decision: tuple[str, ...]
    decision_not: tuple[str, ...]
    promise: tuple[str, ...]
    vow: tuple[str, ...]
    passive: tuple[str, ...]
    task: tuple[str, ...]
    request: tuple[str, ...]
    action_not: tuple[str, ...]
    acceptance: tuple[str, ...]
    refusal: tuple[str, ...]
    question: tuple[str, ...]
    question_not: tuple[str, ...]
    unanswered: tuple[str, ...]
    assent: tuple[str, ...]
    proposal: tuple[str, ...]
    past: tuple[str, ...]
