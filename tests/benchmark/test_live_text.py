"""Text that grows, and policies of showing its translation."""

from __future__ import annotations

from collections.abc import Sequence

from benchmark.live_text import Anew, Rendering, Translate, live_text_of
from benchmark.scoring import Steadiness

PAIR = ("en", "en")
LINE = "one two three four five six seven eight"


async def numbered(sentences: Sequence[str]) -> list[str]:
    """A language in which each English word is one word, in capitals."""
    return [sentence.upper() for sentence in sentences]


async def hesitating(sentences: Sequence[str]) -> list[str]:
    """The same, but the last word of an unfinished sentence is always wrong."""
    return [text if text == LINE else f"{text}x" for text in sentences]


class Patient:
    """Shows nothing before the end."""

    def __init__(self, translate: Translate, source: str, target: str) -> None:
        del source, target
        self._translate = translate

    async def show(self, source: str, *, final: bool) -> Rendering:
        """Return the whole in the end."""
        text = (await self._translate([source]))[0] if final else ""
        return Rendering(text, len(text))


async def test_a_line_grows_by_three_words() -> None:
    """Each step has three words more, the last one what is left and only it is final."""
    steps: list[tuple[str, bool]] = []

    class Watching(Anew):
        async def show(self, source: str, *, final: bool) -> Rendering:
            steps.append((source, final))
            return await super().show(source, final=final)

    live = await live_text_of([LINE, "", "nine ten eleven"], numbered, Watching, PAIR)
    assert steps == [
        ("one two three", False),
        ("one two three four five six", False),
        (LINE, True),
        ("nine ten eleven", True),
    ]
    assert (live.captions, len(live.step_seconds)) == (2, 4)


async def test_word_for_word_nothing_flickers() -> None:
    """Where words keep their order each is shown with its step; promised it is only in the end."""
    live = await live_text_of([LINE], numbered, Anew, PAIR)
    assert live.steadiness == Steadiness(0, 8)
    assert live.first_shown_words == (2.0, 1.0, 0.0, 2.0, 1.0, 0.0, 1.0, 0.0)
    assert live.stable_words == (7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0, 0.0)


async def test_words_that_turn_out_wrong_are_taken_back() -> None:
    """What goes again is flicker, and is shown in its place a step later; waiting costs lag instead."""
    anew = await live_text_of([LINE], hesitating, Anew, PAIR)
    patient = await live_text_of([LINE], hesitating, Patient, PAIR)
    assert anew.steadiness == Steadiness(2, 8)
    assert anew.flicker == 0.25
    assert anew.first_shown_words == (2.0, 1.0, 3.0, 2.0, 1.0, 2.0, 1.0, 0.0)
    assert patient.flicker == 0.0
    assert patient.first_shown_words == patient.stable_words == (7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0, 0.0)


async def test_nothing_comes_of_nothing() -> None:
    """Lines without a word, and a policy that shows none, leave no numbers behind."""

    async def mute(sentences: Sequence[str]) -> list[str]:
        return ["" for _ in sentences]

    empty = await live_text_of(["", " "], numbered, Anew, PAIR)
    assert (empty.captions, empty.flicker, empty.first_shown, empty.step) == (0, None, None, None)
    silent = await live_text_of([LINE], mute, Anew, PAIR)
    assert (silent.captions, silent.flicker, silent.stable) == (1, None, None)
