"""When a sample was said."""

from __future__ import annotations

import pytest

from assistant.core.speech.audio import Span
from assistant.core.speech.timeline import Timeline

CHUNK = 1_600


def play(
    timeline: Timeline, start_samples: int, start_seconds: float, seconds: float, speed: float = 1.0
) -> int:
    """Let audio of so many seconds arrive in chunks of 0.1 s; return the sample after it."""
    samples = start_samples
    for index in range(round(seconds * 10)):
        timeline.heard(samples, start_seconds + index * 0.1 / speed)
        samples += CHUNK
    return samples


def test_steady_audio_keeps_its_origin() -> None:
    """Sample n was said n / 16000 s after the track began."""
    timeline = Timeline(5.0)
    end = play(timeline, 0, 5.1, 20.0)
    assert timeline.seconds_at(end) == pytest.approx(25.0)


def test_a_muted_participant_continues_at_the_right_time() -> None:
    """After a minute without audio what follows is a minute later; what came before stays."""
    timeline = Timeline(0.0)
    end = play(timeline, 0, 0.1, 10.0)
    play(timeline, end, 70.1, 10.0)
    assert timeline.seconds_at(end - CHUNK) == pytest.approx(9.9)
    assert timeline.seconds_at(end + CHUNK) == pytest.approx(70.2, abs=0.1)


def test_a_stall_that_is_made_up_for_changes_nothing() -> None:
    """A backlog that arrives faster than real time was said before it arrived."""
    timeline = Timeline(0.0)
    end = play(timeline, 0, 0.1, 10.0)
    end = play(timeline, end, 14.0, 4.0, speed=40.0)
    end = play(timeline, end, 14.1, 5.0)
    assert timeline.seconds_at(end) == pytest.approx(19.0)


def test_old_anchors_can_be_forgotten() -> None:
    """What is still needed stays right."""
    timeline = Timeline(0.0)
    end = play(timeline, 0, 0.1, 10.0)
    end = play(timeline, end, 70.1, 10.0)
    before = timeline.seconds_at(end)
    timeline.forget_before(end)
    assert timeline.seconds_at(end) == before


def test_an_utterance_begins_when_its_first_word_was_said() -> None:
    """What is kept before the first word may be from before a pause of the sender; words have their times."""
    timeline = Timeline(0.0)
    end = play(timeline, 0, 0.1, 10.0)
    last = play(timeline, end, 70.1, 10.0)
    assert timeline.began_seconds(Span(end - 5_600, last)) == pytest.approx(70.0 - 0.35, abs=0.15)
    assert timeline.began_seconds(Span(end - 300, last)) == pytest.approx(70.0, abs=0.15)
    assert timeline.began_seconds(Span(end, last)) == timeline.seconds_at(end)


def test_an_utterance_before_a_pause_keeps_its_beginning() -> None:
    """However short it is, and however long before the pause it began."""
    timeline = Timeline(0.0)
    end = play(timeline, 0, 0.1, 10.0)
    last = play(timeline, end, 70.1, 10.0)
    assert timeline.began_seconds(Span(end - 3_200, end)) == pytest.approx(9.8)
    assert timeline.began_seconds(Span(end - 32_000, last)) == pytest.approx(8.0)
    assert timeline.began_seconds(Span(end - 3_200, end - 3_200)) == pytest.approx(9.8)


def test_what_comes_late_counts_as_said_late_until_the_backlog_shows() -> None:
    """Nobody waits a second for the right time of who was muted; who is made up for gets theirs back."""
    timeline = Timeline(0.0)
    end = play(timeline, 0, 0.1, 10.0)
    went_on = play(timeline, end, 20.1, 0.2)
    assert timeline.seconds_at(end - CHUNK) == pytest.approx(9.9)
    assert timeline.seconds_at(went_on) == pytest.approx(20.2, abs=0.15)
    play(timeline, went_on, 20.3, 12.0, speed=40.0)
    assert timeline.seconds_at(went_on) == pytest.approx(10.2)
    assert timeline.origin_seconds == 0.0
