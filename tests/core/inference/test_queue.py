"""Whose turn it is: finals, partials, pushed files, and what shares a call."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assistant.core.inference.queue import InferenceRequest, QueueRules, RequestQueue


def queue(*turns: InferenceRequest, workers: int = 1, batch: int = 1) -> RequestQueue:
    made = RequestQueue(workers, batch)
    for turn in turns:
        made.add(turn)
    return made


def a_partial(
    due: float = 0.0, *, asked: float = 0.0, urgent: bool = False, bulk: bool = False
) -> InferenceRequest:
    return InferenceRequest("partial", due, asked, urgent=urgent, bulk=bulk)


def final(
    due: float = 0.0, *, asked: float = 0.0, bulk: bool = False, alone: bool = False
) -> InferenceRequest:
    return InferenceRequest("final", due, asked, bulk=bulk, alone=alone)


def drain(waiting: RequestQueue, now: float) -> list[list[InferenceRequest]]:
    calls = []
    while call := waiting.take(now):
        waiting.ended(call, now)
        calls.append(call)
    return calls


def test_finals_go_before_partials_and_the_longest_wait_first() -> None:
    """Live finals, then live partials, then what was pushed in; each by due time."""
    early, late, partial, pushed = final(1.0), final(2.0), a_partial(0.5), final(0.1, bulk=True)
    waiting = queue(pushed, partial, late, early)
    assert drain(waiting, 3.0) == [[early], [late], [partial], [pushed]]


def test_a_partial_that_audio_waits_for_goes_with_the_finals() -> None:
    """Urgent partials and finals are served by due time alone."""
    cut, settled, partial = a_partial(1.0, urgent=True), final(2.0), a_partial(0.0)
    assert drain(queue(partial, settled, cut), 3.0) == [[cut], [settled], [partial]]


def test_a_worker_takes_its_fair_share_of_what_waits() -> None:
    """Of five partials one of two workers takes three, the other shares the rest; a lone one runs alone."""
    partials = [a_partial(float(number)) for number in range(5)]
    waiting = queue(*partials, workers=2, batch=8)
    assert waiting.take(5.0) == partials[:3]
    assert waiting.take(5.0) == partials[3:4]
    assert waiting.take(5.0) == partials[4:]


def test_a_call_is_no_larger_than_the_recogniser_gains_by() -> None:
    """Ten partials and one worker: at most four at a time."""
    waiting = queue(*[a_partial() for _ in range(10)], batch=4)
    assert [len(call) for call in drain(waiting, 1.0)] == [4, 4, 2]


def test_live_calls_are_as_large_as_is_asked_for() -> None:
    """Whoever takes says how many of a kind are a gain now; pushed files use whole calls."""
    live = [a_partial(0.0), a_partial(1.0), a_partial(2.0), final(0.0), final(1.0)]
    waiting = queue(*live, batch=8)
    assert [len(waiting.take(3.0, {"partial": 2, "final": 1})) for _ in range(4)] == [1, 1, 2, 1]
    pushed = queue(final(bulk=True), final(bulk=True), batch=8)
    assert len(pushed.take(0.0, {"partial": 1, "final": 1})) == 2


def test_finals_and_partials_never_share_a_call() -> None:
    """Two of each make two calls, even where one partial is urgent."""
    finals, partials = [final(1.0), final(2.0)], [a_partial(0.0, urgent=True), a_partial(0.5)]
    calls = drain(queue(*finals, *partials, batch=8), 3.0)
    assert calls == [partials, finals]


def test_what_failed_in_company_runs_alone() -> None:
    """A request that must not share a call neither joins one nor is joined."""
    bad, good, other = final(1.0, alone=True), final(2.0), final(0.0)
    assert drain(queue(bad, good, other, batch=8), 3.0) == [[other, good], [bad]]
    assert drain(queue(final(0.0, alone=True), good, batch=8), 3.0)[1] == [good]


def test_pushed_files_take_turns() -> None:
    """Among bulk who asked first goes first, however old the audio is."""
    old, young = final(5.0, asked=10.0, bulk=True), final(9.0, asked=9.5, bulk=True)
    assert drain(queue(old, young), 30.0) == [[young], [old]]


def test_pushed_files_leave_workers_to_people_who_talk() -> None:
    """While somebody talks, one of two workers stays free, and bulk rests longer than it ran."""
    waiting = queue(*[final(asked=9.0, bulk=True) for _ in range(5)], workers=2, batch=4)
    waiting.add(a_partial(asked=10.0))
    assert waiting.take(10.0)[0].kind == "partial"
    first = waiting.take(10.0)
    assert len(first) == 1, "a pushed file holds up live speech by one request, not by a batch"
    assert waiting.take(10.0) == []
    waiting.ended(first, 10.5)
    waiting.add(a_partial(asked=10.5))
    waiting.take(10.5)
    assert waiting.take(11.4) == []
    assert waiting.take(11.6) != []


def test_with_nobody_talking_pushed_files_run_at_full_speed() -> None:
    """All workers and whole batches are theirs."""
    waiting = queue(*[final(bulk=True) for _ in range(8)], workers=2, batch=4)
    assert [len(waiting.take(0.0)), len(waiting.take(0.0))] == [4, 2]


def test_pushed_files_do_not_starve() -> None:
    """After its patience one bulk request goes before live partials, never before live finals."""
    patience = QueueRules().bulk_patience_seconds
    pushed = [final(bulk=True), final(bulk=True)]
    waiting = queue(*pushed)
    waiting.add(a_partial(asked=patience))
    waiting.add(final(asked=patience))
    assert waiting.take(patience)[0].kind == "final"
    assert waiting.take(patience) == pushed[:1]
    assert waiting.take(patience)[0].kind == "partial"


def test_a_request_that_is_withdrawn_never_runs() -> None:
    """It leaves the queue; withdrawing it twice does no harm."""
    gone, stays = a_partial(0.0), a_partial(1.0)
    waiting = queue(gone, stays)
    waiting.discard(gone)
    waiting.discard(gone)
    assert drain(waiting, 2.0) == [[stays]]


_TURNS = st.builds(
    InferenceRequest,
    st.sampled_from(["partial", "final"]),
    st.floats(0, 100),
    st.floats(0, 100),
    urgent=st.booleans(),
    bulk=st.booleans(),
    alone=st.booleans(),
)


@given(turns=st.lists(_TURNS, max_size=40), workers=st.integers(1, 4), batch=st.integers(1, 8))
def test_every_request_runs_once_in_a_call_of_its_kind(
    turns: list[InferenceRequest], workers: int, batch: int
) -> None:
    """Whatever waits, nothing is lost or doubled, and no call mixes kinds or live with bulk."""
    waiting = queue(*turns, workers=workers, batch=batch)
    now, served = 100.0, []
    while len(waiting):
        now += 1.0
        for call in drain(waiting, now):
            assert 1 <= len(call) <= batch
            assert len({(turn.kind, turn.bulk) for turn in call}) == 1
            assert len(call) == 1 or not any(turn.alone for turn in call)
            served += call
    assert sorted(map(id, served)) == sorted(map(id, turns))
    assert now < 100.0 + 12.0 * (len(turns) + 2), "something waited although nobody talked"


def test_bulk_rests_no_longer_than_its_patience() -> None:
    """A call that seems to have run for an hour, because the machine slept, does not rest for two."""
    rules = QueueRules(live_seconds=100_000.0)
    waiting = RequestQueue(1, rules=rules)
    first, second = final(bulk=True), final(asked=3600.0, bulk=True)
    waiting.add(first)
    waiting.take(0.0)
    waiting.add(a_partial(asked=3600.0))
    waiting.add(second)
    waiting.ended([first], 3600.0)
    (live,) = waiting.take(3600.0)
    waiting.ended([live], 3600.1)
    assert waiting.take(3600.1) == []
    assert waiting.take(3600.0 + rules.bulk_patience_seconds) == [second]
