"""Who was in a meeting, from when to when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

_BLINK_SECONDS = 30.0
"""Whoever is back so soon was not away: a page was loaded anew, or a network changed."""


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay of one participant in a room.

    Attributes:
        room: The room's name.
        participant: Their id.
        name: As shown, the latest.
        arrived_at: POSIX seconds.
        seen_at: POSIX seconds until which they are known to have been there.
        left_at: POSIX seconds; None while they are there.
    """

    room: str
    participant: str
    name: str
    arrived_at: float
    seen_at: float
    left_at: float | None = None


def merged(stays: Iterable[Stay]) -> list[Stay]:
    """Return stays by arrival, those of one participant that follow each other at once as one."""
    done: list[Stay] = []
    newest: dict[str, int] = {}
    for stay in sorted(stays, key=lambda stay: (stay.arrived_at, stay.participant)):
        index = newest.get(stay.participant)
        before = None if index is None else done[index]
        if index is not None and before is not None and _continues(before, stay):
            done[index] = replace(
                before,
                name=stay.name,
                seen_at=max(before.seen_at, stay.seen_at),
                left_at=_later(before.left_at, stay.left_at),
            )
            continue
        newest[stay.participant] = len(done)
        done.append(stay)
    return done


def _continues(before: Stay, after: Stay) -> bool:
    return before.left_at is None or after.arrived_at - before.left_at <= _BLINK_SECONDS


def _later(left: float | None, right: float | None) -> float | None:
    return None if left is None or right is None else max(left, right)
