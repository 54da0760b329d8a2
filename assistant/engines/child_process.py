"""A child process that answers requests, and can be killed whatever it does."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, TypeVar

_CLOSE_SECONDS = 5.0
_ROOT = Path(__file__).parents[2]

T = TypeVar("T")


class ChildProcess:
    """One run of a module that reads requests at its standard input and writes answers to its output.

    All methods but `kill` may block; `kill` may be called from any thread, also while another one asks.

    Args:
        module: What is run, such as `assistant.engines.translation_worker`.
        arguments: Given to it.
        environment: Added to ours.

    Attributes:
        stuck: Whether it was killed because it took too long.
    """

    def __init__(self, module: str, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        self.stuck = False
        paths = [str(_ROOT), os.environ.get("PYTHONPATH", "")]
        ours = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
        self._process = subprocess.Popen(  # noqa: S603 - a module of ours, and numbers
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Libraries may print the text over which they break down.
            stderr=subprocess.DEVNULL,
            env=ours | dict(environment or {}),
        )

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def ask(self, request: bytes, limit_seconds: float, read: Callable[[IO[bytes]], T]) -> T | None:
        """Return the answer, or None if the process died over it or was killed after the limit.

        Args:
            request: Written to it as it is.
            limit_seconds: After so long it is killed.
            read: Reads the answer; returns None where that is not whole.
        """
        assert self._process.stdin is not None  # noqa: S101 - both are pipes
        assert self._process.stdout is not None  # noqa: S101
        watch = threading.Timer(limit_seconds, self._give_up)
        watch.daemon = True
        watch.start()
        try:
            self._process.stdin.write(request)
            self._process.stdin.flush()
            return read(self._process.stdout)
        except OSError:
            return None
        finally:
            watch.cancel()

    def kill(self) -> None:
        """End the process; what it was asked gets no answer."""
        self._process.kill()

    def bury(self) -> int:
        """End the process if it has not ended, leave nothing of it, and return its exit code."""
        self._process.kill()
        code = self._process.wait(_CLOSE_SECONDS)
        for pipe in (self._process.stdin, self._process.stdout):
            # What could not be written any more may be in the way of closing.
            with contextlib.suppress(OSError):
                if pipe:
                    pipe.close()
        return code

    def await_end(self) -> int:
        """Return the exit code of a process that ends by itself; one that does not is killed."""
        try:
            self._process.wait(_CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
        return self.bury()

    def _give_up(self) -> None:
        self.stuck = True
        self._process.kill()
