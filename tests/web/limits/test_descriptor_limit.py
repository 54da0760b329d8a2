"""How many files the service allows itself, and what of them is for connections."""

from __future__ import annotations

import subprocess
import sys

import pytest

from assistant.web.admission import Admission
from assistant.web.limits import Limits

_REPORT = (
    "from assistant.web import descriptors as known; before = known.most_descriptors();"
    "known.raise_descriptor_limit();"
    "print(before, known.most_descriptors(), 2 < known.open_descriptors() < 100)"
)


def test_the_service_takes_what_it_may() -> None:
    """Systems begin with a low number that programs may raise to a higher one."""
    limited = f'ulimit -Sn 256 && ulimit -Hn 900 && exec "{sys.executable}" -c "{_REPORT}"'
    told = subprocess.run(["sh", "-c", limited], capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout.split() == ["256", "900", "True"]


@pytest.mark.parametrize(
    ("descriptors", "reserved", "own", "wanted", "most"),
    [
        (65_536, 128, 30, 0, 65_378),
        (256, 128, 30, 0, 98),
        (256, 1_000, 30, 0, 98),  # never more than half is reserved
        (64, 128, 60, 0, 8),
        (65_536, 128, 30, 500, 500),
        (256, 128, 30, 500, 98),
    ],
)
def test_what_is_left_is_for_connections(
    descriptors: int, reserved: int, own: int, wanted: int, most: int
) -> None:
    """What is reserved and what the service has open itself is not given away, whatever is wanted."""
    admission = Admission(Limits(reserved_descriptors=reserved, max_connections=wanted), descriptors)
    admission.reserve(own)
    assert admission.most == most
    assert 0 < admission.most_beside_talkers < most
