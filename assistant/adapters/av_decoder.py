"""Audio decoders on FFmpeg's libraries (PyAV): raw PCM, and what a browser's MediaRecorder makes.

The containers are parsed here and not by FFmpeg: its demuxers pull from a blocking file and look
ahead, while a caption needs each sample as soon as its bytes have come.
"""

from __future__ import annotations

from collections.abc import Iterable

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from assistant.adapters.ogg_parser import OGG_MAGIC, OggParser
from assistant.adapters.opus_packets import OPUS_RATE, Gaps, OpusBegan, OpusContainer, OpusPacket
from assistant.adapters.webm_parser import EBML_MAGIC, WebmParser
from assistant.core.errors import AudioMalformed, ChannelsInvalid, EncodingUnknown, SampleRateInvalid
from assistant.core.speech.audio import SAMPLE_RATE, Pcm, joined, samples_of
from assistant.ports.media import AudioDecoder

PCM_ENCODING = "pcm_s16le"
OPUS_ENCODING = "opus"

_MIN_RATE = 8_000
_MAX_RATE = 48_000
_SAMPLE_BYTES = 2
_LAYOUTS = {1: "mono", 2: "stereo"}
_MAGIC_BYTES = 4


def create_decoder(encoding: str, sample_rate: int, channels: int) -> AudioDecoder:
    """Return a decoder for one connection.

    Args:
        encoding: `pcm_s16le` or `opus` (WebM or Ogg, which carry rate and channels themselves).
        sample_rate: Of raw PCM, 8000 to 48000.
        channels: Of raw PCM, 1 or 2.

    Raises:
        EncodingUnknown, SampleRateInvalid, ChannelsInvalid: The audio cannot be decoded.
    """
    if encoding == OPUS_ENCODING:
        return OpusDecoder()
    if encoding != PCM_ENCODING:
        raise EncodingUnknown(f"The encoding must be {PCM_ENCODING} or {OPUS_ENCODING}.")
    return PcmDecoder(sample_rate, channels)


class PcmDecoder:
    """Raw little-endian 16-bit audio to mono at 16 kHz; two channels are mixed in equal parts.

    16 kHz mono passes without a copy. The number of samples out follows the number in exactly,
    however long the stream.
    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        if not _MIN_RATE <= sample_rate <= _MAX_RATE:
            raise SampleRateInvalid(f"The sample rate must lie between {_MIN_RATE} and {_MAX_RATE} Hz.")
        if channels not in _LAYOUTS:
            raise ChannelsInvalid("Audio must have one or two channels.")
        self._rate = sample_rate
        self._channels = channels
        passes = sample_rate == SAMPLE_RATE and channels == 1
        self._resampler = None if passes else _mono_resampler()

    def feed(self, data: bytes) -> Pcm:
        """Return the samples of `data`, which holds whole samples of all channels."""
        if len(data) % (_SAMPLE_BYTES * self._channels):
            raise AudioMalformed(
                f"A frame of {PCM_ENCODING} must hold a multiple of {_SAMPLE_BYTES * self._channels} bytes."
            )
        samples = np.frombuffer(data, dtype="<i2")
        if self._resampler is None or not len(samples):
            return samples
        frame = AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout=_LAYOUTS[self._channels])
        frame.sample_rate = self._rate
        return _samples(self._resampler.resample(frame))

    def finish(self) -> Pcm:
        """Return the samples that the resampler still holds."""
        return _samples(self._resampler.resample(None) if self._resampler else [])


class OpusDecoder:
    """WebM or Ogg with Opus to mono at 16 kHz; each packet is decoded when its last byte is there.

    What is missing by the time codes becomes silence, so that what follows keeps its time. The decoder itself
    leaves out the pre-skip that the header announces. Padding of the last packet
    (under 20 ms) is kept: only the end of a finished file could tell how much there is.
    """

    def __init__(self) -> None:
        self._first = b""
        self._container: OpusContainer | None = None
        self._codec: AudioCodecContext | None = None
        self._resampler = _mono_resampler()
        self._gaps = Gaps()

    def feed(self, data: bytes) -> Pcm:
        """Return the samples of the packets that `data` completes."""
        if self._container is None:
            self._first += data
            self._container = _recognise(self._first)
            if self._container is None:
                return joined([])
            data, self._first = self._first, b""
        pieces: list[Pcm] = []
        for event in self._container.feed(data):
            if isinstance(event, OpusBegan):
                pieces.append(self._begin(event))
            else:
                pieces.extend(self._decode(event))
        return joined(pieces)

    def finish(self) -> Pcm:
        """Return the samples that the resampler still holds; an unfinished packet is dropped."""
        return _samples(self._resampler.resample(None))

    def _begin(self, began: OpusBegan) -> Pcm:
        tail = _samples(self._resampler.resample(None))
        self._resampler = _mono_resampler()
        codec = AudioCodecContext.create("libopus", "r")
        codec.extradata = began.head
        codec.sample_rate = OPUS_RATE
        codec.layout = _LAYOUTS[began.channels]
        self._codec = codec
        self._gaps.forget()
        return tail

    def _decode(self, packet: OpusPacket) -> list[Pcm]:
        if self._codec is None:
            raise AudioMalformed("Opus packets come before their header.")
        try:
            frames = self._codec.decode(av.Packet(packet.data))
        except av.error.FFmpegError as error:
            raise AudioMalformed("An Opus packet cannot be decoded.") from error
        missing = np.zeros(samples_of(self._gaps.before(packet)), dtype=np.int16)
        return [missing, *(_samples(self._resampler.resample(frame)) for frame in frames)]


def _mono_resampler() -> AudioResampler:
    return AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)


def _recognise(first: bytes) -> OpusContainer | None:
    """Return a parser for bytes that begin as `first`; None while there are too few to tell."""
    if OGG_MAGIC.startswith(first[:_MAGIC_BYTES]) or EBML_MAGIC.startswith(first[:_MAGIC_BYTES]):
        if len(first) < _MAGIC_BYTES:
            return None
        return OggParser() if first.startswith(OGG_MAGIC) else WebmParser()
    raise AudioMalformed("The bytes are neither a WebM nor an Ogg recording.")


def _samples(frames: Iterable[AudioFrame]) -> Pcm:
    return joined([frame.to_ndarray()[0] for frame in frames])
