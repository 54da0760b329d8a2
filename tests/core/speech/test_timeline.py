"""When a sample was said."""

from __future__ import annotations

import pytest

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
