"""Audio that was sent or waits to be sent, kept until the service has it in safety; no I/O."""

from __future__ import annotations

from collections import deque

from assistant.client.errors import ContractBroken
from assistant.core.speech.audio import Pcm, joined


class Backlog:
    """The samples from the last acknowledgement on, with a cursor that says what is sent.

    Offsets count samples at 16 kHz since the track began.
    """

    def __init__(self, limit_samples: int) -> None:
        self._limit_samples = limit_samples
        self._chunks: deque[Pcm] = deque()
        self._start = 0
        self._end = 0
        self._cursor = 0

    @property
    def acknowledged_samples(self) -> int:
        """Everything before this offset is safe with the service."""
        return self._start

    @property
    def appended_samples(self) -> int:
        """How much audio came in since the track began."""
        return self._end

    @property
    def unsent_samples(self) -> int:
        """How much audio waits behind the cursor."""
        return self._end - self._cursor

    @property
    def full(self) -> bool:
        """Whether the limit on unacknowledged audio is reached."""
        return self._end - self._start >= self._limit_samples

    def append(self, pcm: Pcm) -> None:
        """Add a copy of `pcm` at the end."""
        if pcm.size:
            self._chunks.append(pcm.copy())
            self._end += pcm.size

    def take(self, most_samples: int) -> Pcm:
        """Return the next unsent samples, at most `most_samples`, and move the cursor behind them."""
        offset = self._start
        taken: list[Pcm] = []
        end = min(self._end, self._cursor + most_samples)
        for chunk in self._chunks:
            if offset >= end:
                break
            taken.append(chunk[max(0, self._cursor - offset) : end - offset])
            offset += chunk.size
        self._cursor = end
        return joined(taken)

    def acknowledge(self, offset_samples: int) -> None:
        """Let go of all audio before `offset_samples`; an older offset changes nothing.

        Raises:
            ContractBroken: The offset lies behind the last sample.
        """
        if offset_samples > self._end:
            raise ContractBroken("The service acknowledged audio that was never sent.")
        while self._start < offset_samples:
            chunk = self._chunks.popleft()
            kept = self._start + chunk.size - offset_samples
            if kept > 0:
                self._chunks.appendleft(chunk[-kept:])
                self._start = offset_samples
            else:
                self._start += chunk.size
        self._cursor = max(self._cursor, self._start)

    def resume(self, offset_samples: int) -> None:
        """Move the cursor to where the service wants to continue; what lies before is safe.

        On an empty backlog that never held audio this sets the track's origin.

        Raises:
            ContractBroken: The service wants audio that is no longer, or not yet, here.
        """
        if self._end == 0 and not self._chunks:
            self._start = self._end = offset_samples
        if offset_samples < self._start:
            raise ContractBroken("The service lost audio that it had acknowledged.")
        self.acknowledge(offset_samples)
        self._cursor = offset_samples
