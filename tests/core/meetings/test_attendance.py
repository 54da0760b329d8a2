"""Stays that belong together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assistant.core.meetings.attendance import Stay, merged


def stay(arrived_at: float, left_at: float | None, participant: str = "ana", name: str = "Ana") -> Stay:
    seen_at = arrived_at + 5.0 if left_at is None else left_at
    return Stay("r", participant, name, arrived_at, seen_at, left_at)


def test_who_is_back_at_once_never_left() -> None:
    """Pages are loaded anew and networks change; the newer name counts."""
    assert merged([stay(0.0, 100.0), stay(130.0, 200.0, name="Ana Souza")]) == [
        Stay("r", "ana", "Ana Souza", 0.0, 200.0, 200.0)
    ]


def test_who_was_away_for_longer_has_two_stays() -> None:
    """A break is a break."""
    stays = [stay(0.0, 100.0), stay(130.5, 200.0)]
    assert merged(stays) == stays


def test_whoever_is_back_is_there() -> None:
    """A stay that goes on has no end."""
    assert merged([stay(0.0, 100.0), stay(110.0, None)]) == [Stay("r", "ana", "Ana", 0.0, 115.0, None)]


def test_people_do_not_get_into_each_others_stays() -> None:
    """By arrival, whoever it is."""
    stays = [stay(0.0, 10.0), stay(5.0, 12.0, "bob"), stay(20.0, 30.0), stay(70.0, 80.0, "bob")]
    assert merged(reversed(stays)) == [
        Stay("r", "ana", "Ana", 0.0, 30.0, 30.0),
        stay(5.0, 12.0, "bob"),
        stay(70.0, 80.0, "bob"),
    ]


@given(
    st.lists(
        st.tuples(st.sampled_from(["ana", "bob"]), st.integers(0, 500), st.none() | st.integers(0, 90)),
        max_size=12,
        unique_by=lambda row: row[:2],
    )
)
def test_nobody_is_lost_by_merging(rows: list[tuple[str, int, int | None]]) -> None:
    """Everybody has as early an arrival as before, and merging again changes nothing."""
    stays = [stay(float(at), None if length is None else float(at + length), who) for who, at, length in rows]
    once = merged(stays)
    assert merged(once) == once
    for who in ("ana", "bob"):
        arrivals = [one.arrived_at for one in stays if one.participant == who]
        assert min((one.arrived_at for one in once if one.participant == who), default=None) == min(
            arrivals, default=None
        )
