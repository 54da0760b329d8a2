"""Audio decoders on FFmpeg's libraries (PyAV): raw PCM, and what a browser's MediaRecorder makes.

The containers are parsed here and not by FFmpeg: its demuxers pull from a blocking file and look
ahead, while a caption needs each sample as soon as its bytes have come.
"""

from __future__ import annotations

from collections.abc import Iterator

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from assistant.adapters.coded_packets import CodedPacket, Container, Gaps, Lengths, StreamBegan
from assistant.adapters.mp4_parser import MP4_KINDS, Mp4Parser
from assistant.adapters.ogg_parser import OGG_MAGIC, OggParser
from assistant.adapters.webm_parser import EBML_MAGIC, WebmParser
from assistant.core.errors import AudioMalformed, ChannelsInvalid, EncodingUnknown, SampleRateInvalid
from assistant.core.speech.audio import SAMPLE_RATE, Pcm, joined, samples_of
from assistant.core.speech.mixing import PhaseMixer, within_range
from assistant.ports.media import AudioDecoder

PCM_ENCODING = "pcm_s16le"
RECORDER_ENCODINGS = ("opus", "mp4")
"""What browsers record; its first bytes say which container it is."""

_MIN_RATE = 8_000
_MAX_RATE = 48_000
_SAMPLE_BYTES = 2
_LAYOUTS = {1: "mono", 2: "stereo"}
_MAGIC_BYTES = 8
_MOST_BAD_PACKETS = 250
"""In a row: five seconds, as recorders cut them."""


def create_decoder(encoding: str, sample_rate: int, channels: int) -> AudioDecoder:
    """Return a decoder for one connection.

    Args:
        encoding: `pcm_s16le`, or `opus` or `mp4` (WebM, Ogg or fragmented MP4, which carry rate and channels
            themselves).
        sample_rate: Samples a second of raw PCM, 8000 to 48000.
        channels: How many channels raw PCM has, 1 or 2.

    Raises:
        EncodingUnknown, SampleRateInvalid, ChannelsInvalid: The audio cannot be decoded.
    """
    if encoding in RECORDER_ENCODINGS:
        return RecorderDecoder()
    if encoding != PCM_ENCODING:
        known = ", ".join((PCM_ENCODING, *RECORDER_ENCODINGS))
        raise EncodingUnknown(f"The encoding must be one of {known}.")
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
        self._resampler = None if passes else _MonoResampler()

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
        return joined(self._resampler.resample(frame))

    def finish(self) -> Pcm:
        """Return the samples that the resampler still holds."""
        return joined(self._resampler.resample(None) if self._resampler else [])


class RecorderDecoder:
    """What a browser's recorder makes to mono at 16 kHz; each packet is decoded once it is whole.

    A packet that cannot be decoded is silence as long as the one before it, unless many in a row are. What
    is missing by the time codes becomes silence as well, so that what follows keeps its time. What a header
    says is no sound is left out. Padding of the last packet (under 20 ms) is kept: only the end of a finished
    file could tell how much there is.
    """

    def __init__(self) -> None:
        self._first = b""
        self._container: Container | None = None
        self._began: StreamBegan | None = None
        self._codec: AudioCodecContext | None = None
        self._resampler = _MonoResampler()
        self._gaps = Gaps()
        self._skipped_samples = 0
        self._lengths = Lengths()
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
            if isinstance(event, StreamBegan):
                pieces.append(self._begin(event))
            else:
                pieces.extend(self._placed(event))
        return joined(pieces)

    def finish(self) -> Pcm:
        """Return the samples that are still held; an unfinished packet is dropped."""
        held = self._container.finish() if self._container else ()
        pieces = [piece for packet in held for piece in self._placed(packet)]
        return joined([*pieces, self._tail()])

    def _tail(self) -> Pcm:
        return self._unskipped(joined(self._resampler.resample(None)))

    def _begin(self, began: StreamBegan) -> Pcm:
        tail = self._tail()
        self._resampler = _MonoResampler()
        self._began, self._codec = began, _codec(began)
        self._skipped_samples = samples_of(began.skipped_seconds)
        self._lengths = Lengths()
        self._gaps.forget()
        return tail

    def _placed(self, packet: CodedPacket) -> Iterator[Pcm]:
        """Yield what a packet holds, and before it silence for what is missing."""
        heard = self._decode(packet)
        seconds = self._lengths.heard_seconds(packet, decoded=heard is not None)
        damaged = heard is None or seconds != packet.seconds
        yield np.zeros(samples_of(self._gaps.before(packet, seconds, damaged=damaged)), dtype=np.int16)
        if heard is None or damaged:
            found = joined([]) if heard is None else heard[: samples_of(seconds)]
            heard = np.pad(found, (0, samples_of(seconds) - len(found)))
        yield self._unskipped(heard)

    def _decode(self, packet: CodedPacket) -> Pcm | None:
        """Return what a packet holds; None where it cannot be decoded."""
        if self._codec is None or self._began is None:
            raise AudioMalformed("Packets come before the header of their stream.")
        try:
            frames = self._codec.decode(av.Packet(packet.data))
            heard = joined([piece for frame in frames for piece in self._resampler.resample(frame)])
        except (av.error.FFmpegError, ValueError) as error:
            self._bad_packets += 1
            if self._bad_packets > _MOST_BAD_PACKETS:
                raise AudioMalformed("The packets of the recording cannot be decoded.") from error
            if self._began.codec == "aac":  # it takes over what damaged packets say of their channels
                self._codec = _codec(self._began)
            return None
        self._bad_packets = 0
        return heard

    def _unskipped(self, pcm: Pcm) -> Pcm:
        """Leave out what is no sound at the beginning."""
        skipped = min(self._skipped_samples, len(pcm))
        self._skipped_samples -= skipped
        return pcm[skipped:]


def _codec(began: StreamBegan) -> AudioCodecContext:
    codec = AudioCodecContext.create(began.codec, "r")
    codec.extradata = began.head
    codec.sample_rate = began.sample_rate
    codec.layout = _LAYOUTS[began.channels]
    return codec


class _MonoResampler:
    """Resamples one stream to 16 kHz; its two channels are mixed so that opposite phases do not cancel.

    A stream whose rate or channels change goes on with another resampler.
    """

    def __init__(self) -> None:
        self._resampler: AudioResampler | None = None
        self._form: tuple[int, str, str] | None = None
        self._mixer = PhaseMixer()

    def resample(self, frame: AudioFrame | None) -> list[Pcm]:
        """Return the mono samples that a piece makes; without one, those still inside."""
        form = (frame.sample_rate, frame.layout.name, frame.format.name) if frame else None
        made = []
        if self._resampler is not None and form != self._form:
            made += self._resampler.resample(None)
            self._resampler = None
        if frame is not None:
            if self._resampler is None:
                layout = _LAYOUTS.get(len(frame.layout.channels), "mono")
                self._resampler = AudioResampler(format="s16", layout=layout, rate=SAMPLE_RATE)
                self._form = form
            frame.pts = None  # the resampler knows of no gaps
            try:
                made += self._resampler.resample(frame)
            except (av.error.FFmpegError, ValueError):  # what a damaged packet makes may be no sound at all
                self._resampler = None
                raise
        return [self._mono(piece) for piece in made]

    def _mono(self, made: AudioFrame) -> Pcm:
        channels = len(made.layout.channels)
        if channels == 1:
            return np.asarray(made.to_ndarray()[0], dtype=np.int16)
        halves = made.to_ndarray().reshape(-1, channels).astype(np.float32) * np.float32(0.5)
        return within_range(self._mixer.added(halves[:, 0], halves[:, 1]))


def _recognise(first: bytes) -> Container | None:
    """Return a parser for bytes that begin as `first`; None while there are too few to tell."""
    for magic, parser in ((OGG_MAGIC, OggParser), (EBML_MAGIC, WebmParser)):
        if first.startswith(magic):
            return parser()
        if magic.startswith(first):
            return None
    if not first[0] and len(first) < _MAGIC_BYTES:  # the size of a first box
        return None
    if first[4:_MAGIC_BYTES] in MP4_KINDS:
        return Mp4Parser()
    raise AudioMalformed("The bytes are no recording in WebM, Ogg or MP4.")
