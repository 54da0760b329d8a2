"""How the interval between partials widens with load and narrows after it."""

from __future__ import annotations

from itertools import pairwise
from statistics import mean, median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.inference.capacity import WIDEST_STEP_SECONDS, Costs
from assistant.core.inference.pacing import Pace
from tests.core.inference.meeting_hall import STEP_SECONDS, UTTERANCE_SECONDS, MeetingHall, Person, talkers

COSTS = Costs(partial_seconds=0.12, final_share=0.08, further_share=0.5)
"""Whisper base on one core, about: fifteen people on two workers."""


def step_for(talking: int, costs: Costs, *, waited: float = 0.0, workers: int = 2, batch: int = 4) -> float:
    pace = Pace(workers, batch)
    for number in range(talking):
        pace.asked(f"p{number}")
        pace.ended(f"p{number}", 10.0)
    pace.waited(waited, 10.0)
    return pace.step_seconds(STEP_SECONDS, costs, 10.0)


_COSTS = st.builds(Costs, st.floats(0.005, 2.0), st.floats(0.001, 1.0), further_share=st.floats(0.05, 1.0))


@given(
    costs=_COSTS,
    talking=st.integers(0, 50),
    waited=st.floats(0, 10),
    more=st.floats(0, 10),
    batch=st.integers(1, 9),
)
def test_the_step_never_narrows_with_load(
    costs: Costs, talking: int, waited: float, more: float, batch: int
) -> None:
    """More voices, dearer partials or longer waits never make the step narrower; it keeps its bounds."""
    step = step_for(talking, costs, waited=waited, batch=batch)
    assert STEP_SECONDS <= step <= WIDEST_STEP_SECONDS
    assert step <= step_for(talking + 1, costs, waited=waited, batch=batch) + 1e-9
    assert step <= step_for(talking, costs, waited=waited + more, batch=batch) + 1e-9
    dearer = Costs(costs.partial_seconds * 2, costs.final_share * 2, costs.further_share)
    assert step <= step_for(talking, dearer, waited=waited, batch=batch) + 1e-9


def test_with_time_to_spare_the_step_is_the_base_step() -> None:
    """One person on two workers is looked at as often as can be; so is everybody while nothing is known."""
    assert step_for(1, COSTS) == STEP_SECONDS
    assert Pace(1).step_seconds(0.25, None, 0.0) == 0.25


def test_who_waits_for_a_turn_still_counts_as_talking() -> None:
    """A track whose request waits long is not forgotten; one that has ended soon is."""
    pace = Pace(1)
    pace.asked("waits")
    pace.asked("waits")
    pace.asked("done")
    pace.ended("done", 0.0)
    pace.ended("waits", 0.0)
    assert pace.talking(1.0) == 2
    assert pace.talking(1.0, besides="waits") == 1
    assert pace.talking(60.0) == 1


def test_calls_are_shared_where_that_makes_captions_faster_or_there_is_too_much_to_do() -> None:
    """A further partial at a tenth always shares; one at half only when turns would take over a second."""

    def size(talking: int, further_share: float) -> int:
        pace = Pace(2, 8)
        for number in range(talking):
            pace.asked(f"p{number}")
        return pace.partial_call_size(Costs(0.12, 0.05, further_share), 0.0)

    assert size(2, 0.1) == 8
    assert size(2, 0.5) == 1
    assert size(24, 0.5) == 8
    sizes = [size(talking, 0.5) for talking in range(30)]
    assert sizes == sorted(sizes)
    assert Pace(2, 8).call_sizes(None, 0.0) == {"partial": 1, "final": 1}
    assert Pace(2, 8).call_sizes(Costs(0.12, 0.05, 0.1), 0.0) == {"partial": 8, "final": 8}
    assert Pace(2, 8).call_sizes(Costs(0.12, 0.05, 0.5), 0.0)["final"] == 1


@pytest.mark.parametrize("count", [4, 8, 10])
def test_everybody_is_served_in_turn_below_capacity(count: int) -> None:
    """The step that is asked for is the interval that people get, and hardly anybody waits."""
    hall = MeetingHall(talkers(count, end=40.0), COSTS, workers=2, batch=8).run(40.0)
    step = median(step for at, step in hall.steps if at > 15.0)
    for number in range(count):
        intervals = hall.intervals(f"p{number}", since=15.0)
        assert median(intervals) <= 1.4 * step + 0.1
    assert median(hall.waits("partial", since=15.0)) <= 0.5 * step


def test_the_step_widens_smoothly_with_the_number_of_voices() -> None:
    """From few to many there is no jump from the base to the widest step."""
    steps = []
    for count in (1, 4, 8, 11, 14, 20):
        hall = MeetingHall(talkers(count, end=30.0), COSTS, workers=2, batch=8).run(30.0)
        steps.append(mean(step for at, step in hall.steps if at > 10.0))
    assert steps[0] == pytest.approx(STEP_SECONDS)
    assert steps[-1] == pytest.approx(WIDEST_STEP_SECONDS)
    assert all(before <= after + 0.02 for before, after in pairwise(steps))
    assert max(after - before for before, after in pairwise(steps)) < 1.0


def test_a_steady_load_gives_a_steady_step() -> None:
    """With ten voices the step does not swing."""
    hall = MeetingHall(talkers(10, end=60.0), COSTS, workers=2, batch=8).run(60.0)
    late = [step for at, step in hall.steps if at > 20.0]
    assert max(late) - min(late) < 0.5 * mean(late)
    turns = sum(
        (b - a) * (c - b) < 0 and abs(c - a) > 0.1
        for a, b, c in zip(late, late[25:], late[50:], strict=False)
    )
    assert turns < 0.05 * len(late)


def test_after_the_load_the_step_soon_is_the_base_step_again() -> None:
    """Seconds after eighteen of twenty stop, the two who go on are looked at as often as before."""
    crowd = [*talkers(18, end=30.0), Person("a", 0.0, 60.0), Person("b", 0.1, 60.0)]
    hall = MeetingHall(crowd, COSTS, workers=2, batch=8).run(60.0)
    assert median(step for at, step in hall.steps if 20.0 < at < 30.0) == WIDEST_STEP_SECONDS
    recovered = next(at for at, step in hall.steps if at > 30.0 and step < STEP_SECONDS + 0.1)
    assert recovered < 45.0
    assert median(hall.intervals("a", since=45.0)) < STEP_SECONDS + 0.15


def test_at_twice_the_capacity_finals_come_and_partials_are_shared_fairly() -> None:
    """Thirty voices where fifteen fit: every final comes, and nobody gets far fewer partials than others."""
    people = talkers(2 * COSTS.talkers(workers=2, batch=8), end=60.0)
    hall = MeetingHall(people, COSTS, workers=2, batch=8).run(150.0)
    for person in people:
        assert person.finals == (60.0 - person.start) // UTTERANCE_SECONDS
    partials = [len(hall.intervals(person.name)) for person in people]
    assert min(partials) >= 0.5 * max(partials)
    assert hall.steps[-1][1] == pytest.approx(STEP_SECONDS)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_pushed_file_delays_nobodys_partials_by_more_than_one_call(workers: int) -> None:
    """Four people talk while a long file is worked off; the file goes on, and partials wait for one call."""
    people = talkers(3 * workers, end=60.0)
    alone = MeetingHall(people, COSTS, workers=workers, batch=8).run(60.0)
    people = [*talkers(3 * workers, end=60.0), Person("file", 0.0, 60.0, bulk=True)]
    both = MeetingHall(people, COSTS, workers=workers, batch=8).run(60.0)
    call = 20.0 * COSTS.final_share
    assert max(both.waits("partial", since=5.0)) <= max(alone.waits("partial", since=5.0)) + call + 0.1
    worked_off = 20.0 * sum(one.person == "file" for one in both.served)
    assert worked_off >= 60.0, "the file is worked off faster than it would play"
