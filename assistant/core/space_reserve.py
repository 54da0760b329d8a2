"""What may still use the disk when little of it is left: recordings go without first, captions never."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from assistant.core.errors import DiskLow

_MEBIBYTE = 1 << 20


class Use(Enum):
    """What wants space, with the share of the reserve that has to be free for it."""

    RECORDING = 1.0
    DOCUMENT = 0.5
    TRACK = 0.25


_REFUSED = {
    Use.RECORDING: "recordings and jobs are",
    Use.DOCUMENT: "recordings, jobs, files and imports are",
    Use.TRACK: "recordings, jobs, files, imports and new speakers are",
}


class SpaceReserve:
    """Keeps the last of the disk for those who are being captioned.

    Asking costs nothing: `measure`, which blocks, is called now and then.
    """

    def __init__(self, reserve_bytes: int = 0, free_bytes: Callable[[], int] | None = None) -> None:
        """Reserve space; without a size or a way to measure, everything is let in.

        Args:
            reserve_bytes: Below this the first is refused.
            free_bytes: Returns what is free, or raises OSError.
        """
        self._reserve_bytes = reserve_bytes if free_bytes else 0
        self._measure = free_bytes
        self._free_bytes: int | None = None

    @property
    def measured(self) -> bool:
        """Whether there is anything to measure."""
        return self._reserve_bytes > 0

    def measure(self) -> None:
        """Look how much is free; blocks."""
        if self._measure is None:
            return
        try:
            self._free_bytes = self._measure()
        except OSError:
            self._free_bytes = None  # writing says what is wrong with such a disk

    def check(self, use: Use) -> None:
        """Raise `DiskLow` where what is free is kept for something better."""
        if self._lacks(use):
            raise DiskLow(
                f"Less than {self._mebibytes(use)} MiB of the service's disk are free, which are kept for"
                " captions. Try again later, or tell the operator."
            )

    @property
    def problem(self) -> str | None:
        """What is refused for want of space, in a sentence; None while there is enough."""
        lacking = [use for use in Use if self._lacks(use)]
        if not lacking:
            return None
        last = lacking[-1]
        return f"Less than {self._mebibytes(last)} MiB of disk are free: {_REFUSED[last]} refused."

    def _lacks(self, use: Use) -> bool:
        free_bytes = self._free_bytes
        return self.measured and free_bytes is not None and free_bytes < self._reserve_bytes * use.value

    def _mebibytes(self, use: Use) -> int:
        return round(self._reserve_bytes * use.value / _MEBIBYTE)
