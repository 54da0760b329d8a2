"""The audio that a client keeps until the service has it in safety."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.client.backlog import Backlog
from assistant.client.errors import ContractBroken


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(1, 60), st.floats(0, 1), st.booleans()), max_size=40)
)
def test_a_service_that_resumes_gets_every_sample_once(steps: list[tuple[int, int, float, bool]]) -> None:
    """Whatever is acknowledged or lost on the way, the service ends with the samples in order."""
    backlog = Backlog(10_000)
    spoken = 0
    received: list[int] = []
    for length, most, safe_share, breaks in steps:
        backlog.append(np.arange(spoken, spoken + length, dtype=np.int16))
        spoken += length
        received += backlog.take(most).tolist()
        safe = int(len(received) * safe_share)
        if breaks:
            safe = max(safe, backlog.acknowledged_samples)
            del received[safe:]
            backlog.resume(safe)
        else:
            backlog.acknowledge(safe)
    received += backlog.take(spoken).tolist()
    assert received == list(range(spoken))
    assert backlog.unsent_samples == 0


def test_acknowledged_audio_is_let_go() -> None:
    """The limit counts what is not acknowledged."""
    backlog = Backlog(100)
    backlog.append(np.zeros(100, np.int16))
    assert backlog.full
    backlog.take(60)
    backlog.acknowledge(1)
    assert not backlog.full
    assert backlog.acknowledged_samples == 1


def test_offsets_that_cannot_be_are_refused() -> None:
    """A service that wants lost or future audio breaks the contract."""
    backlog = Backlog(100)
    backlog.append(np.zeros(50, np.int16))
    backlog.acknowledge(20)
    with pytest.raises(ContractBroken):
        backlog.resume(19)
    with pytest.raises(ContractBroken):
        backlog.acknowledge(51)


def test_samples_are_copied() -> None:
    """The caller may reuse its array."""
    backlog = Backlog(100)
    chunk = np.ones(4, np.int16)
    backlog.append(chunk)
    chunk[:] = 9
    assert backlog.take(4).tolist() == [1, 1, 1, 1]
