"""What a final is told beforehand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.glossary.glossary import Glossary
from assistant.core.speech.audio import Span
from assistant.core.speech.context import ContextRules, MeetingContext
from assistant.core.speech.hypothesis import Hypothesis, Word

HEARD = ("words",)
RULES = ContextRules(glossary_bytes=60, speech_bytes=40, recent_seconds=60.0, most_remembered=4)


def meeting(*said: tuple[str, str, str, float], glossary: tuple[str, ...] = ()) -> MeetingContext:
    """Return a meeting in which (participant, language, text, seconds) were said, all of it surely."""
    context = MeetingContext(Glossary.of(glossary), RULES)
    for number, (participant, language, text, at_seconds) in enumerate(said):
        context.said(str(number), participant, language, text, at_seconds=at_seconds, confident=True)
    return context


def words(*texts: str, probability: float = 0.95) -> tuple[Word, ...]:
    return tuple(
        Word(f" {text}", Span(100 * number, 100 * number + 90), probability, (number,))
        for number, text in enumerate(texts)
    )


def test_terms_come_before_what_was_said() -> None:
    """One line of terms, then the end of the text before."""
    context = meeting(("ana", "fr", "Bonjour à tous.", 5.0), glossary=("DINUM", "Visio"))
    assert context.context_for("ana", "fr", 6.0, HEARD) == "DINUM, Visio. Bonjour à tous."


def test_a_speaker_goes_on_from_their_own_words() -> None:
    """What the others said later does not count, as long as the speaker's own text is recent."""
    context = meeting(("ana", "fr", "Ma phrase.", 5.0), ("bob", "fr", "La sienne.", 20.0))
    assert context.context_for("ana", "fr", 30.0, HEARD) == "Ma phrase."
    assert context.context_for("ana", "fr", 70.0, HEARD) == "La sienne."
    assert context.context_for("eva", "fr", 30.0, HEARD) == "La sienne."


def test_what_was_said_long_ago_or_later_has_no_say() -> None:
    """Only the minute before counts; finals of others may come in before an older one's turn."""
    context = meeting(("ana", "fr", "Avant.", 5.0), ("bob", "fr", "Après.", 50.0))
    assert context.context_for("ana", "fr", 40.0, HEARD) == "Avant."
    assert context.context_for("ana", "fr", 111.0, HEARD) == ""
    assert context.context_for("ana", "fr", 4.0, HEARD) == ""


def test_another_language_has_no_say() -> None:
    """Text of another language would make the recogniser translate or switch."""
    context = meeting(("ana", "fr", "Bonjour.", 5.0), ("ana", "en", "Hello.", 8.0))
    assert context.context_for("ana", "fr", 9.0, HEARD) == "Bonjour."
    assert context.context_for("ana", "pt", 9.0, HEARD) == ""
    assert context.context_for("ana", "", 9.0, HEARD) == ""


def test_a_better_text_replaces_the_first_one() -> None:
    """A refinement or a clerk's edit takes the place; one that is unsure takes it away."""
    context = meeting(("ana", "fr", "Bon jour.", 5.0))
    context.said("0", "ana", "fr", "Bonjour.", at_seconds=5.0, confident=True)
    assert context.context_for("ana", "fr", 9.0, HEARD) == "Bonjour."
    context.said("0", "ana", "fr", "Bonne heure.", at_seconds=5.0, confident=False)
    assert context.context_for("ana", "fr", 9.0, HEARD) == ""


def test_the_glossary_can_be_replaced() -> None:
    """From the next question on."""
    context = meeting(glossary=("DINUM",))
    context.glossary = Glossary.of(("Visio",))
    assert context.context_for("ana", "fr", 0.0, HEARD) == "Visio."


def test_the_end_of_a_long_text_is_told_in_whole_words() -> None:
    """As much as fits; text without spaces is cut between characters."""
    context = meeting(
        ("ana", "en", f"{'word ' * 30}end.", 5.0),
        ("bob", "ja", "東京都議会" * 10, 5.0),
        ("eva", "es", f"{'a' * 9} {'b' * 40}", 5.0),
    )
    assert context.context_for("ana", "en", 6.0, HEARD) == f"{'word ' * 7}end."
    assert context.context_for("bob", "ja", 6.0, HEARD) == ("東京都議会" * 10)[-13:]
    assert context.context_for("eva", "es", 6.0, HEARD) == "b" * 40


@pytest.mark.parametrize("heard", [(), ("",), ("...", "—")])
def test_nothing_is_told_where_no_words_were_heard(heard: tuple[str, ...]) -> None:
    """Over noise Whisper writes its prompt."""
    context = meeting(("ana", "fr", "Bonjour.", 5.0), glossary=("DINUM",))
    assert context.context_for("ana", "fr", 6.0, heard) == ""


def test_a_final_that_only_repeats_terms_is_an_echo() -> None:
    """Unless they were heard."""
    context = meeting(glossary=("DINUM", "Visio"))
    echo = Hypothesis(words("DINUM,", "Visio."), "fr", 16_000)
    assert context.is_echo(echo, ["thank", "you"])
    assert not context.is_echo(echo, ["di", "num", "visyo"])


def test_zero_leaves_a_part_out() -> None:
    """Both parts can be switched off by their lengths."""
    context = MeetingContext(Glossary.of(("DINUM",)), ContextRules(glossary_bytes=0, speech_bytes=0))
    context.said("0", "ana", "fr", "Bonjour.", at_seconds=1.0, confident=True)
    assert context.context_for("ana", "fr", 2.0, HEARD) == ""


@pytest.mark.parametrize(
    ("written", "confident"),
    [
        (words("we", "will", "meet", "on", "Monday"), True),
        (words("we", "will", "meet", "on", "Monday", probability=0.6), False),
        (words("yes", "yes", "we", "will"), True),
        (words("we", "will", "we", "will", "meet"), False),
        (words("no", "no", "no"), False),
        ((), False),
        (words("never", probability=0.0), False),
    ],
)
def test_only_likely_text_that_does_not_go_round_is_confident(
    written: tuple[Word, ...], *, confident: bool
) -> None:
    """One unlikely text, or one repetition, would make the recogniser repeat itself."""
    assert MeetingContext().is_confident(written) is confident


def test_long_words_weigh_more() -> None:
    """Surety is the mean over tokens, not over words."""
    short = Word(" a", Span(0, 9), 0.99, (1,))
    long = Word(" Fisichella", Span(9, 90), 0.3, (2, 3, 4, 5))
    assert not MeetingContext().is_confident((short, short, short, long))
    assert MeetingContext().is_confident(
        (*[short] * 2, Word(" b", Span(9, 90), 0.3, (2,)), *words(*"cdefgh"))
    )


_UTTERANCES = st.tuples(
    st.sampled_from("abcdefgh"),
    st.sampled_from(["ana", "bob"]),
    st.sampled_from(["fr", "en"]),
    st.text(max_size=200),
    st.floats(0, 500),
    st.booleans(),
)


@given(
    st.lists(_UTTERANCES, max_size=30),
    st.lists(st.text("abcé東", min_size=1, max_size=20), max_size=20),
    st.lists(st.text(max_size=20), max_size=10),
    st.floats(0, 500),
)
def test_the_context_is_bounded_whatever_is_fed(
    said: list[tuple[str, str, str, str, float, bool]], terms: list[str], heard: list[str], now: float
) -> None:
    """In length and in what is remembered; nothing of another language, nothing unsure, nothing old."""
    context = MeetingContext(Glossary.of(terms), RULES)
    latest: dict[str, tuple[str, str, float, bool]] = {}
    for utterance, participant, language, text, at_seconds, confident in said:
        context.said(utterance, participant, language, text, at_seconds=at_seconds, confident=confident)
        latest[utterance] = (" ".join(text.split()), language, at_seconds, confident)
    words_heard = any(character.isalnum() for character in "".join(heard))
    line = context.glossary.line(heard, RULES.glossary_bytes) if words_heard else ""
    told = context.context_for("ana", "fr", now, heard)
    assert len(told.encode()) <= RULES.glossary_bytes + 1 + RULES.speech_bytes
    before = told.removeprefix(line).strip(" ")
    allowed = [
        text
        for text, language, at_seconds, confident in latest.values()
        if confident and language == "fr" and 0 <= now - at_seconds <= RULES.recent_seconds
    ]
    assert not before or any(text.endswith(before) for text in allowed)


@given(st.lists(_UTTERANCES, max_size=40))
def test_the_memory_of_a_meeting_is_bounded(said: list[tuple[str, str, str, str, float, bool]]) -> None:
    """Whatever the order in which utterances end, only the last few can ever be told again."""
    context = MeetingContext(rules=RULES)
    for number, (_, participant, language, text, at_seconds, confident) in enumerate(said):
        context.said(str(number), participant, language, text, at_seconds=at_seconds, confident=confident)
    assert len(context._said) <= RULES.most_remembered
