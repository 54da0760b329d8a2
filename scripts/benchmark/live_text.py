"""Captions in another language without audio: lines of text grow as if they were being said.

Each line is one caption. Its words come a few at a time, as stable text of the speaker's language, and
a *policy* says after each step what a reader of the other language is shown. The clock of the events
is the number of source words that have come, so lags are source words and the same in each run; only
the computing time of a step is measured in seconds.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Protocol

from assistant.client import CaptionEvent
from benchmark.result import Percentiles, percentiles
from benchmark.scoring import History, Shown, Steadiness, lives_of, steadiness_of

WORDS_A_STEP = 3
"""About what a speaker says between two partials that promise something."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """What a reader is shown of a caption in another language.

    Attributes:
        text: All of it.
        stable: How many leading characters will not change any more.
    """

    text: str
    stable: int


Translate = Callable[[Sequence[str]], Awaitable[list[str]]]
"""Translates sentences from the language of the lines into the reader's."""


class Policy(Protocol):
    """Decides what is shown of one caption while it grows."""

    async def show(self, source: str, *, final: bool) -> Rendering:
        """Return what stands on the screen once `source` is stable; `final`: it has ended."""


PolicyMaker = Callable[[Translate, str, str], Policy]
"""Makes the policy of one caption: what translates, from which language, into which."""


class Anew:
    """Translates all that is there after each step and shows it: the plainest policy, to compare with."""

    def __init__(self, translate: Translate, source: str, target: str) -> None:
        del source, target
        self._translate = translate

    async def show(self, source: str, *, final: bool) -> Rendering:
        """Return the translation of `source`; nothing of it is promised before the end."""
        text = (await self._translate([source]))[0]
        return Rendering(text, len(text) if final else 0)


@dataclass(frozen=True, slots=True)
class LiveText:
    """What a policy amounts to.

    Attributes:
        captions: How many lines were shown.
        steadiness: Words taken back.
        first_shown_words: For each word of a final, how many source words later than its place in the
            sentence it was shown in its place.
        stable_words: The same until it was promised.
        step_seconds: Computing time of each step.
    """

    captions: int
    steadiness: Steadiness
    first_shown_words: tuple[float, ...]
    stable_words: tuple[float, ...]
    step_seconds: tuple[float, ...]

    @property
    def flicker(self) -> float | None:
        """Words taken back for each word of the finals."""
        return self.steadiness.rate

    @property
    def first_shown(self) -> Percentiles | None:
        """Lag over all words; source words."""
        return percentiles(self.first_shown_words)

    @property
    def stable(self) -> Percentiles | None:
        """Lag over all words; source words."""
        return percentiles(self.stable_words)

    @property
    def step(self) -> Percentiles | None:
        """Computing time over all steps; seconds."""
        return percentiles(self.step_seconds)


async def live_text_of(
    lines: Sequence[str], translate: Translate, policy: PolicyMaker, pair: tuple[str, str]
) -> LiveText:
    """Let lines grow one after another under a policy and return what readers see.

    Args:
        lines: What is said; an empty line is nothing.
        translate: From their language into the reader's.
        policy: Makes the policy of each line.
        pair: Both languages, as BCP-47 codes.
    """
    said = [line.split() for line in lines if line.strip()]
    language = pair[1]
    step_seconds: list[float] = []
    histories = [await _grow(words, policy(translate, *pair), language, step_seconds) for words in said]
    shown = [
        lag for words, history in zip(said, histories, strict=True) for lag in _lags(words, history, language)
    ]
    return LiveText(
        captions=len(histories),
        steadiness=sum((steadiness_of(history, language) for history in histories), Steadiness()),
        first_shown_words=tuple(first_shown for first_shown, _ in shown),
        stable_words=tuple(stable for _, stable in shown),
        step_seconds=tuple(step_seconds),
    )


async def _grow(words: Sequence[str], policy: Policy, language: str, step_seconds: list[float]) -> History:
    """Show one line step by step; note in `step_seconds` what each step took."""
    live = []
    for rev in count(1):
        come = min(len(words), rev * WORDS_A_STEP)
        final = come == len(words)
        began = time.perf_counter()
        rendering = await policy.show(" ".join(words[:come]), final=final)
        step_seconds.append(time.perf_counter() - began)
        live.append(Shown(float(come), _caption(rev, rendering, language, final=final)))
        if final:
            break
    return History(tuple(live), live[-1].caption)


def _caption(rev: int, rendering: Rendering, language: str, *, final: bool) -> CaptionEvent:
    return CaptionEvent(
        seq=rev, id="line", rev=rev, participant="", speaker="", lang=language, source_lang="",
        text=rendering.text, stable=rendering.stable, final=final, start_seconds=0.0, end_seconds=0.0,
    )  # fmt: skip


def _lags(words: Sequence[str], history: History, language: str) -> list[tuple[float, float]]:
    """Return for each word of the final by how many source words it was shown and promised late.

    A translation that keeps pace has its first third once the first third of the source has come.
    """
    lives = lives_of(history, language)
    share = len(words) / len(lives) if lives else 0.0
    return [
        (life.first_shown_at - place * share, life.stable_at - place * share)
        for place, life in enumerate(lives, start=1)
    ]
