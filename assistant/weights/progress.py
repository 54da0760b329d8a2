"""How long work on weights tells what it is doing."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Hears of one step after the other."""

    def begin(self, label: str, total_bytes: int | None) -> None:
        """A step starts; `total_bytes` is None where nobody knows."""

    def reach(self, done_bytes: int) -> None:
        """The current step has come this far."""

    def note(self, sentence: str) -> None:
        """Something worth reading happened."""


class Silent:
    """A progress that tells nobody."""

    def begin(self, label: str, total_bytes: int | None) -> None:
        """Do nothing."""

    def reach(self, done_bytes: int) -> None:
        """Do nothing."""

    def note(self, sentence: str) -> None:
        """Do nothing."""
