"""A track's own clock: whether its audio arrives faster than it plays, and how old a sample is.

A file that is pushed in runs ahead of real time. Audio that catches up after a broken connection or
a restart arrives just as fast, but it is late: it never gets ahead of where the track would be by
now. A small lead wears off, for a sender's first buffer or a fast clock are no file.
"""

from __future__ import annotations

from assistant.core.speech.audio import seconds_of

_AHEAD_SECONDS = 3.0
_LEVEL_SECONDS = 1.0
_WEAR = 0.1


class Playhead:
    """Follows how audio of one track arrives.

    Args:
        start_samples: How much of the track is known already.
        now_seconds: Monotonic time.
        late_seconds: How much later than it was said the next audio arrives.
    """

    def __init__(self, start_samples: int, now_seconds: float, *, late_seconds: float = 0.0) -> None:
        self.ahead = False
        self._samples = start_samples
        self._heard_seconds = now_seconds
        self._lead_seconds = -max(0.0, late_seconds)

    def heard(self, samples: int, now_seconds: float) -> None:
        """Note that the track's audio has come up to `samples` (monotonic time)."""
        elapsed = max(0.0, now_seconds - self._heard_seconds)
        self._lead_seconds -= elapsed * (1.0 + _WEAR if self._lead_seconds > 0 else 1.0)
        self._lead_seconds += seconds_of(samples - self._samples)
        self._samples, self._heard_seconds = samples, now_seconds
        self.ahead = self._lead_seconds > (_LEVEL_SECONDS if self.ahead else _AHEAD_SECONDS)

    def age_seconds(self, samples: int, now_seconds: float) -> float:
        """Return how long ago a sample was said, or would have been if the file was played."""
        lead_seconds = max(0.0, self._lead_seconds)
        said_seconds = self._heard_seconds + lead_seconds - seconds_of(self._samples - samples)
        return max(0.0, now_seconds - said_seconds)
