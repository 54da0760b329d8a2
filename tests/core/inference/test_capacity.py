"""What talking people cost, and how many a machine carries."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.inference.capacity import CostMeter, Costs, TalkingAverage

COSTS = st.builds(
    Costs,
    partial_seconds=st.floats(0.005, 5.0),
    final_share=st.floats(0.001, 2.0),
    further_share=st.floats(0.05, 1.0),
)


def test_capacity_is_what_fits_into_the_workers_time() -> None:
    """A partial of 0.2 s each 2 s and finals at a tenth: a fifth of a worker each, nine on two workers."""
    costs = Costs(partial_seconds=0.2, final_share=0.1)
    assert costs.talkers(workers=2, batch=1) == 9
    assert costs.talkers(workers=4, batch=1) == 18


@given(costs=COSTS, workers=st.integers(1, 16), batch=st.integers(1, 16))
def test_a_faster_machine_carries_no_fewer(costs: Costs, workers: int, batch: int) -> None:
    """Cheaper recognitions, more workers or shared calls never lower the number; it is at least one."""
    carried = costs.talkers(workers=workers, batch=batch)
    assert carried >= 1
    assert (
        replace(costs, partial_seconds=costs.partial_seconds / 2).talkers(workers=workers, batch=batch)
        >= carried
    )
    assert replace(costs, final_share=costs.final_share / 2).talkers(workers=workers, batch=batch) >= carried
    assert costs.talkers(workers=workers + 1, batch=batch) >= carried
    assert costs.talkers(workers=workers, batch=batch + 1) >= carried


@given(costs=COSTS, one=st.floats(0, 50), other=st.floats(0, 50), batch=st.integers(1, 16))
def test_more_people_are_more_work(costs: Costs, one: float, other: float, batch: int) -> None:
    """A round of partials for more people never takes less time."""
    fewer, more = sorted((one, other))
    assert costs.round_seconds(fewer, batch=batch) <= costs.round_seconds(more, batch=batch) + 1e-9


def test_the_meter_follows_what_runs() -> None:
    """A machine that gets slower is noticed after some recognitions, alone or in company."""
    meter = CostMeter(Costs(0.1, 0.05, further_share=0.5))
    for _ in range(200):
        meter.partials_ran(1, 0.2)
        meter.partials_ran(3, 0.4)
        meter.finals_ran(5.0, 0.5)
    assert meter.costs
    assert meter.costs.partial_seconds == pytest.approx(0.2, rel=0.01)
    assert meter.costs.final_share == pytest.approx(0.1, rel=0.01)


def test_one_recognition_that_hangs_changes_little() -> None:
    """An outlier of a minute moves the average by a fifth."""
    meter = CostMeter(Costs(0.1, 0.1))
    meter.partials_ran(1, 60.0)
    meter.finals_ran(5.0, 60.0)
    assert meter.costs
    assert meter.costs.partial_seconds < 0.121
    assert meter.costs.final_share < 0.121


def test_without_a_measurement_nothing_is_known() -> None:
    """An empty meter says so; the first recognition is the first estimate."""
    meter = CostMeter()
    assert meter.costs is None
    meter.partials_ran(2, 0.4)
    assert meter.costs == Costs(0.2, 0.0)
    meter.finals_ran(0.0, 1.0)
    assert meter.costs == Costs(0.2, 0.0)


def test_a_pause_for_breath_does_not_open_the_door() -> None:
    """Eight voices that pause for a second still count as nearly eight, and soon after the end as none."""
    average = TalkingAverage()
    now = 0.0
    for second in range(60):
        now = float(second)
        average.observe(8, now)
    assert average.value > 7.9
    assert average.observe(0, now + 1.0) > 7.5
    assert average.observe(8, now + 2.0) > 7.5
    for second in range(90):
        average.observe(0, now + 3.0 + second)
    assert average.value < 0.2


def test_new_voices_soon_count() -> None:
    """Ten seconds after ten people began most of them count; a single word of many does not."""
    average = TalkingAverage()
    average.observe(0, 0.0)
    assert average.observe(10, 1.0) < 3.0
    for second in range(2, 11):
        average.observe(10, float(second))
    assert average.value > 8.0
