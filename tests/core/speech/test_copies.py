"""What of a track is a copy, and where that changes."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.speech.audio import SAMPLE_RATE, Span
from assistant.core.speech.copies import Copies, Copy, left_out, own_voice, silenced, without
from assistant.core.speech.hypothesis import Word

SECOND = SAMPLE_RATE
spans = st.tuples(st.integers(0, 400), st.integers(0, 400)).map(lambda ends: Span(min(ends), max(ends) + 1))


def seconds(start: float, end: float) -> Span:
    return Span(round(start * SECOND), round(end * SECOND))


def copy_of(span: Span, source: str = "ana") -> Copy:
    return Copy(span, source, 800)


@given(voice=st.lists(spans, max_size=4), copies=st.lists(spans, max_size=4))
def test_what_is_left_is_what_lies_in_no_copy(voice: list[Span], copies: list[Span]) -> None:
    """Sample by sample."""

    def samples(found: list[Span]) -> set[int]:
        return {sample for span in found for sample in range(span.start_samples, span.end_samples)}

    left = without(voice, copies)
    assert samples(left) == samples(voice) - samples(copies)
    assert all(span.length_samples for span in left)


def test_what_was_judged_is_not_judged_again_until_it_is_rewound() -> None:
    """A later look adds only what lies behind the last one."""
    copies = Copies()
    copies.note(seconds(0, 2), [copy_of(seconds(0.5, 3))])
    copies.note(seconds(2, 4), [copy_of(seconds(0, 4))])
    assert [each.span for each in copies.within(seconds(0, 9))] == [seconds(0.5, 2), seconds(2, 4)]
    copies.rewind(SECOND)
    assert copies.judged_samples == SECOND
    assert [each.span for each in copies.within(seconds(0, 9))] == [seconds(0.5, 1)]


def test_a_copy_is_all_of_an_utterance_but_for_its_edges() -> None:
    """A word that is no copy makes it another one's utterance too."""
    copies = Copies()
    copies.note(seconds(0, 4), [copy_of(seconds(0.4, 3))])
    assert copies.cover(seconds(0, 4), [seconds(0.3, 1), seconds(1.2, 3.1)])
    assert not copies.cover(seconds(0, 4), [seconds(0.3, 1), seconds(3.1, 3.5)])
    assert not copies.cover(seconds(3.2, 4), [seconds(3.2, 3.3)]), "none of it is a copy"


def test_a_voice_in_short_pieces_is_own_voice() -> None:
    """A word of two syllables is a word, the edge of a copy is none, and a third of a voice is no edge."""
    copies = [seconds(0, 2)]
    syllables = [seconds(2.1, 2.22), seconds(2.3, 2.42)]
    assert own_voice([seconds(0, 2), *syllables], copies) == [seconds(2.1, 2.42)]
    assert own_voice([seconds(0, 2.12)], copies) == []
    assert own_voice([seconds(1.8, 2.1)], copies) == [seconds(2, 2.1)]


def test_stretches_of_copies_lie_between_own_voice() -> None:
    """From the edge of the utterance to the last of the copy; a moment of copy within own words is none."""
    copies = Copies()
    copies.note(seconds(0, 9), [copy_of(seconds(0.5, 3)), copy_of(seconds(5, 5.2)), copy_of(seconds(7, 9))])
    voice = [seconds(0.4, 3), seconds(3.3, 6.5), seconds(7.2, 8.5)]
    assert copies.stretches(seconds(0, 9), voice) == [seconds(0, 2.75), seconds(7.45, 9)]
    assert copies.stretches(seconds(3.2, 6.6), voice) == []


@given(voice=st.lists(spans, max_size=4), found=st.lists(spans, max_size=4))
def test_no_stretch_of_copies_has_own_voice(voice: list[Span], found: list[Span]) -> None:
    """Whatever is heard, whatever is found: what is left out is a copy or the edge of one."""
    voice = without([Span(0, 401)], without([Span(0, 401)], sorted(voice)))
    copies = Copies()
    copies.note(Span(0, 401), [copy_of(span) for span in found])
    for stretch in copies.stretches(Span(0, 401), voice):
        assert not any(stretch.overlaps(each) for each in own_voice(voice, found))


def test_what_is_silenced_is_silent_and_nothing_else() -> None:
    """Also where a stretch begins before the audio."""
    pcm = np.ones(10, dtype=np.int16)
    left = silenced(pcm, [Span(95, 103), Span(106, 107)], 100)
    assert left.tolist() == [0, 0, 0, 1, 1, 1, 0, 1, 1, 1]
    assert pcm.all(), "the audio itself stays"


def test_the_border_lies_where_another_voice_begins() -> None:
    """Between the end of the copy and the beginning of the voice, or the other way round."""
    copies = Copies()
    copies.note(seconds(0, 4), [copy_of(seconds(0, 2))])
    answer = copies.border(seconds(0, 4), [seconds(0.2, 1.9), seconds(2.1, 3)])
    assert answer
    assert seconds(1.8, 2.2).start_samples <= answer.start_samples <= answer.end_samples
    assert answer.end_samples <= seconds(1.8, 2.2).end_samples

    question = Copies()
    question.note(seconds(0, 4), [copy_of(seconds(2, 4))])
    border = question.border(seconds(0, 4), [seconds(0.2, 1.9), seconds(2.1, 3)])
    assert border
    assert border.overlaps(seconds(1.8, 2.2))


def test_a_moment_is_no_border() -> None:
    """Neither of copy nor of voice: it may be the edge of what was told."""
    copies = Copies()
    copies.note(seconds(0, 4), [copy_of(seconds(0, 2))])
    assert copies.border(seconds(0, 4), [seconds(0.2, 2.1)]) is None
    assert copies.border(seconds(0, 4), [seconds(0.2, 1.9)]) is None
    assert copies.border(seconds(2, 4), [seconds(2.2, 3.9)]) is None


def test_voice_that_has_no_words_is_left_out() -> None:
    """A second of it may belong to the words around; without any word all of it is left out."""
    voice = [seconds(1, 3), seconds(3.2, 6)]
    read = [Word(" one", seconds(1.2, 1.6), 0.9), Word(" two", seconds(2.0, 2.9), 0.9)]
    assert left_out([], voice) == voice
    assert left_out(read, [seconds(1, 3)]) == []
    assert left_out(read, voice) == [seconds(2.9, 6)]
