"""How readers learn what happens in a room."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Protocol

from assistant.core.captions.caption import Caption


class CaptionSubscription(Protocol):
    """One reader's view of a room; never holds up the publisher."""

    def __aiter__(self) -> AsyncIterator[Caption]:
        """Yield captions; of a caption that changed while the reader was busy, only the latest."""

    def close(self) -> None:
        """Stop; the iterator ends."""


class CaptionBus(Protocol):
    """Carries captions from rooms to readers."""

    def publish(self, caption: Caption) -> None:
        """Hand a caption to all subscribers of its room; never blocks."""

    def subscribe(self, room: str, wanted: Callable[[Caption], bool] | None = None) -> CaptionSubscription:
        """Return a subscription that holds what is published from this moment on.

        Args:
            room: The room's name.
            wanted: Which captions; None for all.
        """

    def readers(self, room: str | None = None) -> int:
        """Return how many subscriptions are open."""
