"""A bounded queue in which one caller, however busy, takes no other's turn."""

from __future__ import annotations

from collections import Counter, deque
from typing import Generic, TypeVar

from assistant.core.errors import WorkersBusy

T = TypeVar("T")


class FairQueue(Generic[T]):
    """What waits for workers: first come, first served within a credential, in rounds among credentials.

    Args:
        most: How much may wait in all.
        most_each: How much of one credential may wait.
        most_running: How much of one credential runs at a time.
    """

    def __init__(self, most: int, most_each: int, most_running: int) -> None:
        self._most = most
        self._most_each = most_each
        self._most_running = most_running
        # Whose turn comes next stands first.
        self._lines: dict[str, deque[T]] = {}
        self._running: Counter[str] = Counter()
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def put(self, credential: str, item: T) -> None:
        """Let something wait; raises `WorkersBusy` where too much does."""
        line = self._lines.get(credential)
        if self._length >= self._most or len(line or ()) >= self._most_each:
            raise WorkersBusy("Too many documents are being made at the moment; try again in a few seconds.")
        self._lines.setdefault(credential, deque()).append(item)
        self._length += 1

    def take(self) -> tuple[str, T] | None:
        """Return what runs next, and whose it is; it runs until `ended`. None where nothing may run."""
        for credential, line in self._lines.items():
            if self._running[credential] < self._most_running:
                item = line.popleft()
                del self._lines[credential]
                if line:
                    self._lines[credential] = line  # behind all others
                self._length -= 1
                self._running[credential] += 1
                return credential, item
        return None

    def ended(self, credential: str) -> None:
        """Note that something of a credential does not run any more."""
        self._running[credential] -= 1
        if not self._running[credential]:
            del self._running[credential]

    def discard(self, credential: str, item: T) -> None:
        """Let something wait no longer; what does not wait is no error."""
        line = self._lines.get(credential, ())
        if item in line:
            line.remove(item)  # type: ignore[union-attr] # an empty tuple holds nothing
            self._length -= 1
            if not line:
                del self._lines[credential]

    def clear(self) -> list[T]:
        """Let nothing wait any longer; return what did."""
        waited = [item for line in self._lines.values() for item in line]
        self._lines.clear()
        self._length = 0
        return waited
