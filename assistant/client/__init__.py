"""A client of the public wire contract: audio in, captions out.

It knows nothing of the service's inside; the demo meeting, the bench and the tests come through the
same door as everybody else.
"""

from assistant.client.audio import AudioStream, StreamLimits
from assistant.client.captions import CaptionReader
from assistant.client.connection import Endpoint, Retry
from assistant.client.errors import ContractBroken, ServiceError, ServiceUnreachable
from assistant.client.messages import CaptionEvent, Hello, StatusEvent
from assistant.client.pace import Pace
from assistant.client.recordings import read_pcm, read_waveform

__all__ = [
    "AudioStream",
    "CaptionEvent",
    "CaptionReader",
    "ContractBroken",
    "Endpoint",
    "Hello",
    "Pace",
    "Retry",
    "ServiceError",
    "ServiceUnreachable",
    "StatusEvent",
    "StreamLimits",
    "read_pcm",
    "read_waveform",
]
