"""Translations of captions that grow: what is promised, what is shown, and sentences in two parts."""

from __future__ import annotations

import re
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from assistant.core.speech.stabilisation import Shown
from assistant.core.translation.live import Carried, LiveTranslation, divide, open_ended
from tests.fakes import split_at_dots

Translate = Callable[[str], str]


def in_capitals(sentence: str) -> str:
    """Translate word by word, so that a longer sentence begins as a shorter one."""
    return sentence.upper()


def follow(
    live: LiveTranslation, text: str, *, final: bool = False, translate: Translate = in_capitals
) -> Shown:
    """Translate a revision as the service does."""
    plan = live.plan(split_at_dots("en", live.unstable(text)), final=final)
    return live.take(plan, [translate(sentence) for sentence in plan.sentences])


def grow(live: LiveTranslation, text: str, translate: Translate = in_capitals) -> list[Shown]:
    """Reveal a text word by word, then end it."""
    ends = [match.end() for match in re.finditer(r"\S+", text)]
    shown = [follow(live, text[:end], translate=translate) for end in ends]
    return [*shown, follow(live, text, final=True, translate=translate)]


def test_the_end_of_an_open_sentence_is_held_back() -> None:
    """The last word depends most on what follows; a word that two translations have is shown."""
    live = LiveTranslation("fr")
    assert follow(live, "one two three four") == Shown("ONE TWO THREE", 0)
    assert (
        follow(live, "one two three four", translate=lambda text: text.upper()).text == "ONE TWO THREE FOUR"
    )
    assert follow(live, "one two three four five").text == "ONE TWO THREE FOUR"
    assert follow(live, "one two three four five", final=True).text == "ONE TWO THREE FOUR FIVE"


def test_a_sentence_that_ended_is_promised() -> None:
    """It is translated once; what follows is all that is asked for."""
    live = LiveTranslation("fr")
    shown = follow(live, "One two. Three four five")
    assert shown.text[: shown.stable] == "ONE TWO."
    plan = live.plan(split_at_dots("en", live.unstable("One two. Three four five six")), final=False)
    assert plan.sentences == ("Three four five six",)


def test_what_is_shown_stands_until_it_is_contradicted_thrice() -> None:
    """Two translations that go another way change nothing yet."""
    live = LiveTranslation("fr")
    follow(live, "a b c d")
    assert follow(live, "a b c d e", translate=lambda text: "x " + text).text == "A B C"
    assert follow(live, "a b c d e f", translate=lambda text: "x " + text).text == "A B C"
    assert follow(live, "a b c d e f g", translate=lambda text: "x " + text).text.startswith("x")


def test_a_final_is_translated_whole() -> None:
    """However unsteady the translations were, the final is the last one."""
    live = LiveTranslation("fr")
    follow(live, "a b c d")
    follow(live, "a b c d e")
    assert follow(live, "a b c d e", final=True, translate=str).text == "a b c d e"


def test_a_correction_is_translated_from_the_beginning() -> None:
    """A text that no longer begins as it did owes nothing to what was promised."""
    live = LiveTranslation("fr")
    grow(live, "One two. Three.")
    assert follow(live, "Won too. Three.", final=True).text == "WON TOO. THREE."


def test_languages_without_spaces_have_none_between_sentences() -> None:
    """Chinese sentences stand one behind the other, and are held back by the character."""
    live = LiveTranslation("zh")
    assert follow(live, "One two. Three.", final=True, translate=lambda _: "你好。").text == "你好。你好。"
    growing = LiveTranslation("zh")
    assert follow(growing, "one two three", translate=lambda _: "我们今天开会").text == "我们今天开"


def test_models_end_sentences_that_have_no_end() -> None:
    """A full stop that the source lacks is taken away; one that it has stays."""
    assert open_ended("We meet because", "Nos encontramos porque.") == "Nos encontramos porque"
    assert open_ended("We meet.", "Nos encontramos.") == "Nos encontramos."
    assert open_ended("Do we meet?", "Encontramo-nos?") == "Encontramo-nos?"


def test_a_sentence_that_goes_on_is_translated_as_one() -> None:
    """The second caption gets what its words add, translated with the first in mind."""
    first = LiveTranslation("fr")
    follow(first, "We meet on Monday because", final=True)
    carried = first.unfinished()
    assert carried == Carried("We meet on Monday because", "WE MEET ON MONDAY BECAUSE")
    second = LiveTranslation("fr", carried)
    plan = second.plan(["the mayor is away. ", "Yes."], final=True)
    assert plan.sentences == ("We meet on Monday because the mayor is away.", "Yes.")
    shown = second.take(plan, [sentence.upper() for sentence in plan.sentences])
    assert shown.text == "THE MAYOR IS AWAY. YES."
    assert second.before is None


def test_the_first_part_may_turn_out_otherwise() -> None:
    """Where the whole begins with other words, both parts together still read as one sentence."""
    carried = Carried("We will not go", "Nous ne partirons pas")
    second = LiveTranslation("fr", carried)
    plan = second.plan(["without you."], final=True)
    shown = second.take(plan, ["Nous n'irons pas sans vous."])
    assert f"{second.before} {shown.text}" == "Nous n'irons pas sans vous."
    assert shown.text == "sans vous."


def test_a_sentence_that_ended_carries_nothing() -> None:
    """Questions, quotations and empty captions included."""
    for text in ("We meet.", "Do we meet?", "He said «yes»!", "", "One. "):
        live = LiveTranslation("fr")
        follow(live, text, final=True)
        assert live.unfinished() is None, text


@given(st.lists(st.text("ab. ", min_size=1), min_size=1, max_size=6), st.integers(0, 3))
def test_promised_text_is_never_taken_back(pieces: list[str], period: int) -> None:
    """Whatever the model writes: stable characters stay, and the final begins with them."""
    text = " ".join(" ".join(pieces).split())
    calls = 0

    def moody(sentence: str) -> str:
        nonlocal calls
        calls += 1
        return sentence[::-1] if period and calls % (period + 1) == 0 else sentence.upper()

    promised = ""
    for shown in grow(LiveTranslation("fr"), text, moody):
        assert shown.text.startswith(promised)
        assert shown.stable >= len(promised)
        promised = shown.text[: shown.stable]


@given(st.text("abc ", min_size=1), st.text("abc ", min_size=1), st.text("abc ", min_size=1))
def test_dividing_loses_no_word(first: str, second: str, whole: str) -> None:
    """Both parts together are the words of the whole, and neither is empty where there are two."""
    carried = Carried(first, second)
    head, rest = divide(carried, f"{first} x", whole)
    words = whole.split()
    if len(words) > 1:
        normal = (head + " " + rest).split()
        assert normal == words or head == second
        assert rest
