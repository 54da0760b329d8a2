"""Whether audio arrives faster than it plays."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assistant.core.speech.audio import SAMPLE_RATE, samples_of
from assistant.core.speech.playhead import Playhead


def play(playhead: Playhead, start: float, seconds: float, *, speed: float, now: float) -> float:
    """Feed audio from second `start` on in pieces of a tenth; return the time at the end."""
    for piece in range(1, round(seconds * 10) + 1):
        now += 0.1 / speed
        playhead.heard(samples_of(start + piece / 10), now)
    return now


def test_a_microphone_is_never_ahead() -> None:
    """Real time, a little jitter, a clock that runs one percent fast: live for hours."""
    playhead = Playhead(0, 100.0)
    play(playhead, 0.0, 7200.0, speed=1.01, now=100.0)
    assert not playhead.ahead


def test_a_pushed_file_is_ahead_soon() -> None:
    """After three seconds of lead it counts as bulk, and stays so."""
    playhead = Playhead(0, 0.0)
    now = play(playhead, 0.0, 2.0, speed=10.0, now=0.0)
    assert not playhead.ahead
    now = play(playhead, 2.0, 2.0, speed=10.0, now=now)
    assert playhead.ahead
    play(playhead, 4.0, 600.0, speed=2.0, now=now)
    assert playhead.ahead


def test_audio_that_catches_up_is_late_and_not_ahead() -> None:
    """A minute that waited for the network comes at once; the track goes on live."""
    playhead = Playhead(0, 0.0)
    now = play(playhead, 0.0, 10.0, speed=1.0, now=0.0)
    play(playhead, 10.0, 60.0, speed=50.0, now=now + 60.0)
    assert not playhead.ahead


def test_audio_from_before_a_restart_is_late() -> None:
    """What the journal held is heard at full speed, and is not bulk."""
    playhead = Playhead(samples_of(30.0), 0.0, late_seconds=90.0)
    play(playhead, 30.0, 85.0, speed=100.0, now=0.0)
    assert not playhead.ahead


def test_a_small_lead_wears_off() -> None:
    """A sender that begins with five seconds at once and goes on in real time is live after a while."""
    playhead = Playhead(0, 0.0)
    playhead.heard(samples_of(5.0), 0.01)
    assert playhead.ahead
    play(playhead, 5.0, 60.0, speed=1.0, now=0.01)
    assert not playhead.ahead


@given(
    pieces=st.lists(st.tuples(st.integers(0, SAMPLE_RATE), st.floats(0.0, 5.0)), min_size=1),
    back=st.integers(0, SAMPLE_RATE),
)
def test_ages_are_not_negative_and_older_samples_are_older(
    pieces: list[tuple[int, float]], back: int
) -> None:
    """However audio arrives, an earlier sample is at least as old as a later one."""
    playhead, samples, now = Playhead(0, 0.0), 0, 0.0
    for length, pause in pieces:
        samples, now = samples + length, now + pause
        playhead.heard(samples, now)
    assert 0.0 <= playhead.age_seconds(samples, now) <= playhead.age_seconds(max(0, samples - back), now)


def test_a_pushed_file_is_as_old_as_if_it_was_played() -> None:
    """Ten minutes that arrive in one: the fifth minute is not late before five minutes have passed."""
    playhead = Playhead(0, 0.0)
    now = play(playhead, 0.0, 600.0, speed=10.0, now=0.0)
    assert playhead.age_seconds(samples_of(300.0), now) == 0.0
    assert playhead.age_seconds(samples_of(300.0), now + 400.0) > 100.0
