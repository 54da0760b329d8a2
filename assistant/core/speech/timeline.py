"""When a sample of a track was said, in room time.

A client that is muted may stop sending. Its samples then lag behind the room's clock for good, and
what follows must be shown at its real time. A short stall of the network looks the same at first,
but the backlog arrives faster than real time and the lag goes away; so only a lag that stays counts for
good. Until that is known, what comes late counts as said so late as it came at least.
"""

from __future__ import annotations

import bisect

from assistant.core.speech.audio import Span, samples_of, seconds_of
from assistant.core.speech.segmentation import SegmentationRules

_PATIENCE_SECONDS = 1.0
_TOLERATED_SECONDS = 1.5
_LEAD_SECONDS = SegmentationRules().pre_roll_seconds + SegmentationRules().onset_seconds
"""So much of an utterance may lie before its first word."""


class Timeline:
    """Maps samples of one track to seconds since the room began; what is known for good never goes back."""

    def __init__(self, origin_seconds: float, *, start_samples: int = 0) -> None:
        self._anchors: list[tuple[int, float]] = [(start_samples, origin_seconds)]
        # The first sample that came late, when it came, and the least lag since; None while none is late.
        self._late: tuple[int, float, float] | None = None

    @property
    def origin_seconds(self) -> float:
        """Room time of sample 0, as far as the newest audio shows."""
        samples, at_seconds = self._anchors[-1]
        return at_seconds - seconds_of(samples)

    def heard(self, start_samples: int, arrived_seconds: float) -> None:
        """Note that the audio from `start_samples` on arrived at room time `arrived_seconds`."""
        lag = arrived_seconds - self._known_seconds_at(start_samples)
        if lag < _TOLERATED_SECONDS:
            self._late = None
            return
        if self._late is None:
            self._late = (start_samples, arrived_seconds, lag)
            return
        first_samples, since_seconds, least = self._late
        self._late = (first_samples, since_seconds, min(least, lag))
        if arrived_seconds - since_seconds >= _PATIENCE_SECONDS:
            self._anchors.append((first_samples, self._known_seconds_at(first_samples) + min(least, lag)))
            self._late = None

    def seconds_at(self, samples: int) -> float:
        """Return the room time at which the sample was said."""
        lag = self._late[2] if self._late and samples >= self._late[0] else 0.0
        return self._known_seconds_at(samples) + lag

    def began_seconds(self, utterance: Span) -> float:
        """Return the room time at which an utterance began.

        What is kept before its first word may be older: somebody who had stopped sending went on in between.
        It counts as said right before the word, so that the word has its time.
        """
        start = utterance.start_samples
        first_word = max(start, min(start + samples_of(_LEAD_SECONDS), utterance.end_samples - 1))
        return self.seconds_at(first_word) - seconds_of(first_word - start)

    def _known_seconds_at(self, samples: int) -> float:
        index = bisect.bisect_right(self._anchors, samples, key=lambda anchor: anchor[0]) - 1
        anchor_samples, anchor_seconds = self._anchors[max(0, index)]
        return anchor_seconds + seconds_of(samples - anchor_samples)

    def forget_before(self, samples: int) -> None:
        """Drop what is not needed for samples from here on."""
        index = bisect.bisect_right(self._anchors, samples, key=lambda anchor: anchor[0]) - 1
        del self._anchors[: max(0, index)]
