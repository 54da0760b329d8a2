"""Where the pieces of a recording lie: at their time stamps, as far as those can be believed."""

from __future__ import annotations

_SMALL_SECONDS = 0.1
"""Time stamps of containers are rounded, and waver; less than this is no gap."""

_EXACT_SECONDS = 0.005
_DOUBTED_SECONDS = 1.0
"""A longer step is believed when the next piece goes on from it: one stamp alone may be damaged."""

MOST_GAP_SECONDS = 3600.0
"""A longer one is another clock, such as that of a second recording in the same file."""


class StampClock:
    """Lays the pieces of one track after each other, with silence where their time stamps have a gap.

    Nothing is ever left out: pieces that overlap, or whose stamps go back, follow each other.

    Attributes:
        at_seconds: Where the piece that follows begins, if there is no gap before it.
        doubting: Whether the last stamp was a step that waits to be believed.
    """

    def __init__(self, at_seconds: float, stamp_seconds: float) -> None:
        """Begin at a place of the track, which is where the stamp `stamp_seconds` lies."""
        self.at_seconds = at_seconds
        self.doubting = False
        self._shift_seconds = stamp_seconds - at_seconds
        self._expected_seconds: float | None = None
        self._first = True

    def place(self, stamp_seconds: float | None, length_seconds: float, *, exact: bool = False) -> float:
        """Return how much silence comes before a piece, and go on behind it.

        Args:
            stamp_seconds: The time stamp of the piece; None where it has none.
            length_seconds: How long the piece is.
            exact: Small gaps count, as behind something that could not be decoded.
        """
        silence = 0.0 if stamp_seconds is None else self._silence(stamp_seconds, exact=exact)
        self._first = False
        if stamp_seconds is not None:
            self._expected_seconds = stamp_seconds + length_seconds if self.doubting else None
        self.at_seconds += silence + length_seconds
        return silence

    def _silence(self, stamp_seconds: float, *, exact: bool) -> float:
        ahead = stamp_seconds - self._shift_seconds - self.at_seconds
        if abs(ahead) > _DOUBTED_SECONDS and not self._believed(stamp_seconds):
            self.doubting = True
            return 0.0
        self.doubting = False
        if ahead < -_DOUBTED_SECONDS or ahead > MOST_GAP_SECONDS:
            self._shift_seconds = stamp_seconds - self.at_seconds
            return 0.0
        return ahead if ahead > (_EXACT_SECONDS if exact else _SMALL_SECONDS) else 0.0

    def _believed(self, stamp_seconds: float) -> bool:
        if self._first:
            return True
        expected = self._expected_seconds
        return expected is not None and abs(stamp_seconds - expected) <= _SMALL_SECONDS
