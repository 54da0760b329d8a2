"""Time stamps that damage has thrown far off, told from gaps and other clocks by what comes after them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from av.audio.frame import AudioFrame

_STEP_SECONDS = 1.0
"""A longer step of the time stamps waits for what comes after it."""

_HELD_SECONDS = 10.0
"""So much sound goes on from a step that is none of damage, which shifts a fragment or a cluster."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A piece that was decoded.

    Attributes:
        frame: Its samples.
        stamp_seconds: Its time stamp; None where it has none, or none that can be believed.
    """

    frame: AudioFrame
    stamp_seconds: float | None

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.frame.samples / self.frame.sample_rate


@dataclass(frozen=True, slots=True)
class Lost:
    """Something that could not be decoded.

    Attributes:
        packed_bytes: How much that was, where no time stamps tell how long it is.
        decoded: How many pieces of sound came of it nevertheless.
    """

    packed_bytes: int | None = None
    decoded: int = 0


def steadied(events: Iterable[Sound | Lost], origin_seconds: float) -> Iterator[Sound | Lost]:
    """Yield events in their order, without time stamps where those go off and come back.

    Args:
        events: What a track holds.
        origin_seconds: The time stamp with which it should begin.
    """
    expected_seconds, held, held_seconds = origin_seconds, list[Sound | Lost](), 0.0
    ahead_seconds = 0.0
    for event in events:
        if isinstance(event, Lost) or event.stamp_seconds is None:
            if not held:
                yield event
                continue
            held.append(event)
            continue
        stamp, length = event.stamp_seconds, event.seconds
        if held:
            back = abs(stamp - expected_seconds - held_seconds)
            on = abs(stamp - ahead_seconds)
            if on > _STEP_SECONDS and back < on:
                yield from (
                    replace(one, stamp_seconds=None) if isinstance(one, Sound) else one for one in held
                )
                held.clear()
            elif held_seconds > _HELD_SECONDS:
                yield from held
                held.clear()
                expected_seconds = ahead_seconds
        if not held and abs(stamp - expected_seconds) <= _STEP_SECONDS:
            held_seconds = 0.0
            expected_seconds = stamp + length
            yield event
        else:
            held_seconds = held_seconds + length if held else length
            held.append(event)
            ahead_seconds = stamp + length
    yield from held


def _unstamped(event: Sound | Lost) -> Sound | Lost:
    return replace(event, stamp_seconds=None) if isinstance(event, Sound) else event
