"""What the container parsers hand to the Opus decoder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from assistant.core.errors import AudioMalformed

_HEAD_BYTES = 19
_MAX_CHANNELS = 2


@dataclass(frozen=True, slots=True)
class OpusBegan:
    """A stream of Opus packets begins (RFC 7845 section 5.1).

    Attributes:
        head: The identification header, as decoders want it.
        channels: 1 or 2.
    """

    head: bytes
    channels: int


class OpusContainer(Protocol):
    """An incremental parser of one container format; holds no more than one of its elements."""

    def feed(self, data: bytes) -> Iterator[OpusBegan | bytes]:
        """Yield what `data` completes: the beginnings of streams, and packets of the one that began last.

        Raises:
            AudioMalformed: The bytes are not this container, or it holds no Opus track.
        """


def parse_opus_head(head: bytes) -> OpusBegan:
    """Return what an identification header says.

    Raises:
        AudioMalformed: It is no such header, or has more than two channels.
    """
    if len(head) < _HEAD_BYTES or head[:8] != b"OpusHead" or head[8] >> 4:
        raise AudioMalformed("The Opus header is damaged.")
    channels = head[9]
    if not 1 <= channels <= _MAX_CHANNELS:
        raise AudioMalformed("Only Opus with one or two channels can be captioned.")
    return OpusBegan(head, channels)
