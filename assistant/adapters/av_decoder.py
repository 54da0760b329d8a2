"""Audio decoders on FFmpeg's libraries (PyAV): raw PCM, and what a browser's MediaRecorder makes.

The containers are parsed here and not by FFmpeg: its demuxers pull from a blocking file and look
ahead, while a caption needs each sample as soon as its bytes have come.
"""

from __future__ import annotations

from collections.abc import Sequence

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from assistant.adapters.ogg_parser import OGG_MAGIC, OggParser
from assistant.adapters.opus_packets import OpusBegan, OpusContainer
from assistant.adapters.webm_parser import EBML_MAGIC, WebmParser
from assistant.core.errors import AudioMalformed, ChannelsInvalid, EncodingUnknown, SampleRateInvalid
from assistant.core.speech.audio import SAMPLE_RATE, Pcm, joined
from assistant.core.speech.mixing import PhaseMixer, within_range
from assistant.ports.media import AudioDecoder

PCM_ENCODING = "pcm_s16le"
OPUS_ENCODING = "opus"

_MIN_RATE = 8_000
_MAX_RATE = 48_000
_OPUS_RATE = 48_000
_SAMPLE_BYTES = 2
_LAYOUTS = {1: "mono", 2: "stereo"}
_MAGIC_BYTES = 4
_USUAL_PACKET_SAMPLES = SAMPLE_RATE // 50
_MOST_BAD_PACKETS = 250
"""In a row: five seconds, as recorders cut them."""


def create_decoder(encoding: str, sample_rate: int, channels: int) -> AudioDecoder:
    """Return a decoder for one connection.

    Args:
        encoding: `pcm_s16le` or `opus` (WebM or Ogg, which carry rate and channels themselves).
        sample_rate: Samples a second of raw PCM, 8000 to 48000.
        channels: How many channels raw PCM has, 1 or 2.

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

    Frames are of any size: what is cut off within a sample waits for the rest. 16 kHz mono passes without a
    copy. The number of samples out follows the number in exactly, however long the stream.
    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        if not _MIN_RATE <= sample_rate <= _MAX_RATE:
            raise SampleRateInvalid(f"The sample rate must lie between {_MIN_RATE} and {_MAX_RATE} Hz.")
        if channels not in _LAYOUTS:
            raise ChannelsInvalid("Audio must have one or two channels.")
        self._rate = sample_rate
        self._channels = channels
        self._torn = b""
        passes = sample_rate == SAMPLE_RATE and channels == 1
        self._resampler = None if passes else _mono_resampler()

    def feed(self, data: bytes) -> Pcm:
        """Return the samples of all channels that `data` completes."""
        if self._torn:
            data = self._torn + data
        whole_bytes = len(data) - len(data) % (_SAMPLE_BYTES * self._channels)
        self._torn = data[whole_bytes:]
        samples = np.frombuffer(data, dtype="<i2", count=whole_bytes // _SAMPLE_BYTES)
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

    A packet that cannot be decoded is silence as long as the one before it, unless many in a row are such.
    The decoder itself leaves out the pre-skip that the header announces. Padding of the last packet
    (under 20 ms) is kept: only the end of a finished file could tell how much there is.
    """

    def __init__(self) -> None:
        self._first = b""
        self._container: OpusContainer | None = None
        self._codec: AudioCodecContext | None = None
        self._resampler = _mono_resampler()
        self._packet_samples = _USUAL_PACKET_SAMPLES
        self._bad_packets = 0

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
        codec.sample_rate = _OPUS_RATE
        codec.layout = _LAYOUTS[began.channels]
        self._codec = codec
        return tail

    def _decode(self, packet: bytes) -> list[Pcm]:
        if self._codec is None:
            raise AudioMalformed("Opus packets come before their header.")
        try:
            frames = self._codec.decode(av.Packet(packet))
        except av.error.FFmpegError as error:
            self._bad_packets += 1
            if self._bad_packets > _MOST_BAD_PACKETS:
                raise AudioMalformed("The Opus packets cannot be decoded.") from error
            return [np.zeros(self._packet_samples, np.int16)]
        self._bad_packets = 0
        decoded_samples = sum(frame.samples for frame in frames)
        if decoded_samples:
            self._packet_samples = decoded_samples * SAMPLE_RATE // _OPUS_RATE
        return [_samples(self._resampler.resample(frame)) for frame in frames]


class _MonoResampler:
    """Resamples one stream to 16 kHz; its two channels are mixed so that opposite phases do not cancel."""

    def __init__(self) -> None:
        self._resampler: AudioResampler | None = None
        self._mixer = PhaseMixer()

    def resample(self, frame: AudioFrame | None) -> list[Pcm]:
        """Return the mono samples that a piece makes; without one, those still inside."""
        if self._resampler is None:
            if frame is None:
                return []
            layout = _LAYOUTS.get(len(frame.layout.channels), "mono")
            self._resampler = AudioResampler(format="s16", layout=layout, rate=SAMPLE_RATE)
        return [self._mono(made) for made in self._resampler.resample(frame)]

    def _mono(self, made: AudioFrame) -> Pcm:
        channels = len(made.layout.channels)
        if channels == 1:
            return np.asarray(made.to_ndarray()[0], dtype=np.int16)
        halves = made.to_ndarray().reshape(-1, channels).astype(np.float32) * np.float32(0.5)
        return within_range(self._mixer.added(halves[:, 0], halves[:, 1]))


def _mono_resampler() -> _MonoResampler:
    return _MonoResampler()


def _recognise(first: bytes) -> OpusContainer | None:
    """Return a parser for bytes that begin as `first`; None while there are too few to tell."""
    if OGG_MAGIC.startswith(first[:_MAGIC_BYTES]) or EBML_MAGIC.startswith(first[:_MAGIC_BYTES]):
        if len(first) < _MAGIC_BYTES:
            return None
        return OggParser() if first.startswith(OGG_MAGIC) else WebmParser()
    raise AudioMalformed("The bytes are neither a WebM nor an Ogg recording.")


def _samples(pieces: Sequence[Pcm]) -> Pcm:
    return joined(pieces)
