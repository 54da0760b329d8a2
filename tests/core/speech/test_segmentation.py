"""Where speech starts, where it ends, where long speech is cut."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.core.speech.audio import FRAME_SAMPLES, Span, samples_of
from assistant.core.speech.segmentation import (
    SILENT_DB,
    SegmentationRules,
    Segmenter,
    SpeechEnded,
    SpeechEvent,
    SpeechStarted,
    levels_db,
    quietest_sample,
)

FRAMES_A_SECOND = 16_000 / FRAME_SAMPLES


def frames(seconds: float) -> int:
    return round(seconds * FRAMES_A_SECOND)


def heard(segmenter: Segmenter, *parts: tuple[float, float]) -> list[SpeechEvent]:
    """Feed stretches of (seconds, speech probability) at a level that follows the probability."""
    events: list[SpeechEvent] = []
    for seconds, probability in parts:
        count = frames(seconds)
        events += segmenter.hear_frames([probability] * count, [-60.0 + 40.0 * probability] * count)
    return events


def ended(events: list[SpeechEvent]) -> list[SpeechEnded]:
    return [event for event in events if isinstance(event, SpeechEnded)]


def test_silence_says_nothing() -> None:
    """Without speech there is no event, and all but the pre-roll is settled."""
    segmenter = Segmenter()
    assert heard(segmenter, (10.0, 0.0)) == []
    assert segmenter.open_from_samples >= samples_of(9.0)


def test_an_utterance_keeps_audio_around_the_voice() -> None:
    """The span begins before the first speech frame and ends after the last, but not much."""
    segmenter = Segmenter()
    events = heard(segmenter, (1.0, 0.0), (2.0, 0.95), (1.5, 0.0))
    (started, finished) = events
    assert isinstance(started, SpeechStarted)
    assert isinstance(finished, SpeechEnded)
    assert samples_of(0.5) < finished.span.start_samples < samples_of(0.8)
    assert samples_of(3.1) < finished.span.end_samples < samples_of(3.5)
    assert finished.evidence.voiced_seconds == pytest.approx(2.0, abs=0.1)
    assert finished.evidence.speech_probability == pytest.approx(0.95)
    assert not finished.forced


def test_a_click_is_no_speech() -> None:
    """Two loud frames alone start nothing."""
    assert heard(Segmenter(), (1.0, 0.0), (2 / FRAMES_A_SECOND, 0.99), (1.0, 0.0)) == []


def test_a_short_pause_does_not_end_an_utterance() -> None:
    """Silence shorter than the hang-over stays inside."""
    events = heard(Segmenter(), (1.0, 0.9), (0.4, 0.0), (1.0, 0.9), (2.0, 0.0))
    assert len(ended(events)) == 1


def test_long_speech_is_cut_at_its_weakest_place() -> None:
    """Speech over the limit is cut in the dip of the voice, not in the loud part."""
    rules = SegmentationRules(limit_seconds=10.0, cut_search_seconds=6.0)
    segmenter = Segmenter(rules)
    events = heard(segmenter, (7.0, 0.95), (0.2, 0.4), (5.0, 0.95), (2.0, 0.0))
    first, second = ended(events)
    assert first.forced
    assert samples_of(7.0) <= first.span.end_samples <= samples_of(7.3)
    assert second.span.start_samples == first.span.end_samples


def test_an_utterance_can_be_cut_where_the_caller_wants() -> None:
    """`cut` ends the utterance there and starts the next one at the same sample."""
    segmenter = Segmenter()
    heard(segmenter, (5.0, 0.9))
    (first, started) = segmenter.cut(samples_of(3.0))
    assert isinstance(first, SpeechEnded)
    assert first.span.end_samples == samples_of(3.0)
    assert first.evidence.voiced_seconds == pytest.approx(3.0, abs=0.1)
    assert started == SpeechStarted(samples_of(3.0))
    assert segmenter.open_start_samples == samples_of(3.0)
    assert segmenter.open_voice.voiced_seconds == pytest.approx(2.0, abs=0.1)


def test_a_cut_outside_the_utterance_does_nothing() -> None:
    """Cutting in silence or in the future changes nothing."""
    segmenter = Segmenter()
    assert segmenter.cut(100) == []
    heard(segmenter, (1.0, 0.9))
    assert segmenter.cut(samples_of(9.0)) == []


def test_a_cut_in_a_silence_does_not_make_it_longer() -> None:
    """The silence heard before the cut counts towards the end of the utterance behind it."""
    segmenter = Segmenter()
    heard(segmenter, (3.0, 0.9), (0.5, 0.0))
    quiet_seconds = segmenter.quiet_seconds
    segmenter.cut(segmenter.vad_offset - 2 * FRAME_SAMPLES)
    assert segmenter.quiet_seconds == quiet_seconds
    assert len(ended(heard(segmenter, (0.2, 0.0)))) == 1


def test_speech_soon_after_a_cut_in_a_silence_begins_behind_the_cut() -> None:
    """Its pre-roll does not reach into the utterance before the cut."""
    segmenter = Segmenter()
    heard(segmenter, (3.0, 0.9), (0.5, 0.0))
    (first, _) = segmenter.cut(segmenter.vad_offset)
    (second, started) = heard(segmenter, (0.16, 0.0), (0.2, 0.9))
    assert isinstance(first, SpeechEnded)
    assert isinstance(second, SpeechEnded)
    assert isinstance(started, SpeechStarted)
    assert first.span.end_samples == second.span.start_samples <= second.span.end_samples
    assert second.span.end_samples <= started.start_samples


def test_flush_ends_what_is_open() -> None:
    """When no more audio comes, the open utterance ends where the audio does."""
    segmenter = Segmenter()
    heard(segmenter, (1.5, 0.9))
    (event,) = segmenter.flush()
    assert isinstance(event, SpeechEnded)
    assert event.span.end_samples == segmenter.vad_offset
    assert segmenter.flush() == []


def test_two_hours_without_a_pause_stay_bounded() -> None:
    """Speech that never stops is cut again and again; nothing grows."""
    segmenter = Segmenter()
    events: list[SpeechEvent] = []
    for _ in range(120):
        events += heard(segmenter, (60.0, 0.97))
    spans = [event.span for event in ended(events)]
    assert max(span.length_seconds for span in spans) <= 28.1
    assert segmenter.vad_offset - spans[-1].end_samples <= samples_of(28.1)
    assert all(before.end_samples == after.start_samples for before, after in pairwise(spans))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(0.03, 6.0), st.sampled_from([0.0, 0.2, 0.4, 0.6, 0.99])), min_size=1, max_size=25
    ),
    st.integers(1, 40),
)
def test_spans_never_overlap_whatever_is_heard(parts: list[tuple[float, float]], block: int) -> None:
    """Utterances are in order, do not overlap, lie in the past and do not depend on the block size."""
    probabilities = [p for seconds, p in parts for _ in range(frames(seconds))]
    levels = [-60.0 + 40.0 * p for p in probabilities]
    whole, pieces = Segmenter(), Segmenter()
    events = whole.hear_frames(probabilities, levels) + whole.flush()
    piecewise: list[SpeechEvent] = []
    for start in range(0, len(probabilities), block):
        piecewise += pieces.hear_frames(probabilities[start : start + block], levels[start : start + block])
        assert pieces.open_from_samples <= pieces.vad_offset
    assert piecewise + pieces.flush() == events
    spans = [event.span for event in ended(events)]
    assert all(before.end_samples <= after.start_samples for before, after in pairwise(spans))
    assert all(span.end_samples <= whole.vad_offset for span in spans)


def test_levels_of_silence_and_full_scale() -> None:
    """Digital silence is the lowest level, a full-scale square wave 0 dB."""
    pcm = np.concatenate([np.zeros(FRAME_SAMPLES), np.full(FRAME_SAMPLES, 32767)]).astype(np.int16)
    assert levels_db(pcm).tolist() == pytest.approx([SILENT_DB, 0.0], abs=0.01)


def test_the_quietest_sample_lies_in_the_gap() -> None:
    """Between two loud parts the middle of the gap is found."""
    pcm = np.full(16_000, 10_000, dtype=np.int16)
    pcm[8_000:9_000] = 0
    assert 8_000 <= quietest_sample(pcm, Span(4_000, 12_000)) <= 9_000


def test_the_voice_rests_where_voice_activity_hears_little() -> None:
    """Within the utterance that is going on, in track samples; one soft frame is no rest."""
    segmenter = Segmenter()
    frame = 1 / FRAMES_A_SECOND
    heard(segmenter, (1.0, 0.0), (2.0, 0.9), (0.32, 0.34), (1.0, 0.9), (frame, 0.0), (1.0, 0.35), (0.16, 0.1))
    first, last = segmenter.rests()
    begun = (frames(1.0) + frames(2.0)) * FRAME_SAMPLES
    assert first == Span(begun, begun + 10 * FRAME_SAMPLES)
    assert last == Span(segmenter.vad_offset - 5 * FRAME_SAMPLES, segmenter.vad_offset)


def test_outside_an_utterance_nothing_rests() -> None:
    """Before the first word, and after an utterance has ended."""
    segmenter = Segmenter()
    heard(segmenter, (1.0, 0.0))
    assert segmenter.rests() == []
    heard(segmenter, (1.0, 0.9), (0.3, 0.1), (1.0, 0.9), (2.0, 0.0))
    assert segmenter.rests() == []


def test_rests_before_a_cut_belong_to_the_utterance_before_it() -> None:
    """The next one knows only its own."""
    segmenter = Segmenter()
    heard(segmenter, (2.0, 0.9), (0.2, 0.1), (2.0, 0.9), (0.2, 0.1), (2.0, 0.9))
    first, second = segmenter.rests()
    segmenter.cut(samples_of(3.0))
    assert segmenter.rests() == [second]
    assert first.end_samples < samples_of(3.0)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 30), st.sampled_from([0.0, 0.2, 0.34, 0.35, 0.6, 0.99])), max_size=25)
)
def test_rests_are_exactly_the_quiet_stretches(parts: list[tuple[int, float]]) -> None:
    """In order, apart from each other, inside what was heard, and quiet from end to end."""
    segmenter = Segmenter()
    probabilities = [0.99] * 5 + [p for count, p in parts for _ in range(count)]
    segmenter.hear_frames(probabilities, [-30.0] * len(probabilities))
    begun = segmenter.open_start_samples
    rests = segmenter.rests()
    assert all(before.end_samples < after.start_samples for before, after in pairwise(rests))
    for rest in rests:
        assert begun is not None
        assert begun <= rest.start_samples < rest.end_samples <= segmenter.vad_offset
        within = probabilities[rest.start_samples // FRAME_SAMPLES : rest.end_samples // FRAME_SAMPLES]
        assert len(within) > 1
        assert max(within) < SegmentationRules().rest
