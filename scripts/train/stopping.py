"""Being told to stop, and doing so between two steps."""

from __future__ import annotations

import signal
from types import TracebackType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stopping:
    """While it is entered, SIGTERM and SIGINT end nothing, but set `asked`."""

    def __init__(self) -> None:
        self.asked = False
        """Whether somebody wants it to stop."""

    def __enter__(self) -> Stopping:
        self._before = [signal.signal(each, self._ask) for each in _SIGNALS]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each, before in zip(_SIGNALS, self._before, strict=True):
            signal.signal(each, before)

    def _ask(self, *_: object) -> None:
        self.asked = True
