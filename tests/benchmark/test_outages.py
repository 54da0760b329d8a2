"""When the disk is full in a run with outages, and what is counted of it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from benchmark.options import parse_arguments
from benchmark.outages import Differences, differences_of, outages_in


@pytest.mark.parametrize("seconds", [20.0, 90.0, 600.0])
def test_outages_lie_within_the_talk_and_apart(seconds: float) -> None:
    """One in each of equal parts, at moments that the seed chooses."""
    outages = outages_in(seconds, 10, seed=1)
    assert len(outages) == 10
    assert outages[-1].at_seconds + outages[-1].seconds <= seconds
    assert all(one.at_seconds + one.seconds <= next_.at_seconds for one, next_ in pairwise(outages))
    assert all(1.0 <= outage.seconds <= 5.0 for outage in outages)
    assert outages == outages_in(seconds, 10, seed=1)
    assert outages != outages_in(seconds, 10, seed=2)


def test_lost_and_doubled_words_are_told_apart() -> None:
    """Beside what was heard without outages, with what differs to look at."""
    before = "ask not what your country can do for you".split()
    after = "ask what your country country might do for you".split()
    assert differences_of(before, after) == Differences(
        9, lost=1, doubled=1, other=1, examples=(("not", ""), ("", "country"), ("can", "might"))
    )
    assert differences_of(before, before) == Differences(9, 0, 0, 0, ())


def test_outages_want_a_service_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody fills the disk of a service that runs for others."""
    assert parse_arguments(["--outages", "10"]).seed == 1
    with pytest.raises(SystemExit):
        parse_arguments(["--outages", "10", "--url", "http://127.0.0.1:8000"])
    assert "--outages needs a service of its own" in capsys.readouterr().err
