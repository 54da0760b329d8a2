"""How recordings are opened: by kinds that people send, and never by what a file names.

FFmpeg reads some hundred kinds of files, many of which are lists of other files: playlists, manifests,
image sequences, scripts of filters. Whoever sends one of those would choose what this machine opens. So
the kinds are named here, the file is handed over as bytes without a name, and no protocol is left by
which anything else could be opened. Pictures, subtitles and data in a recording are not decoded.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer

from assistant.adapters.recording_edits import EditedFile
from assistant.adapters.recording_parts import RecordingPart

FORMATS = frozenset(
    "aac ac3 aiff amr amrnb amrwb asf au avi caf eac3 flac flv matroska,webm mov,mp4,m4a,3gp,3g2,mj2 mp3 mpeg"
    " mpegts ogg w64 wav".split()
)
"""FFmpeg's names of the kinds of files that are read. Of these, QuickTime's alone can name another file."""

CODECS = frozenset(
    "aac aac_latm ac3 adpcm_ima_qt adpcm_ima_wav adpcm_ms alac amrnb amrwb eac3 flac g722 g726 g726le gsm"
    " gsm_ms libopencore_amrnb libopencore_amrwb libopus mp1 mp1float mp2 mp2float mp3 mp3float nellymoser"
    " opus pcm_alaw pcm_bluray pcm_dvd pcm_f32be pcm_f32le pcm_f64be pcm_f64le pcm_mulaw pcm_s16be"
    " pcm_s16be_planar pcm_s16le pcm_s16le_planar pcm_s24be pcm_s24le pcm_s24le_planar pcm_s32be pcm_s32le"
    " pcm_s32le_planar pcm_s8 pcm_s8_planar pcm_u16be pcm_u16le pcm_u24be pcm_u24le pcm_u32be pcm_u32le"
    " pcm_u8 speex vorbis wmalossless wmapro wmav1 wmav2 wmavoice".split()
)
"""FFmpeg's names of the decoders of sound that are used."""

MOST_STREAMS = 64
"""How many streams one file may have: sound, pictures, subtitles."""

RATES = range(4_000, 384_001)
"""Sample rates that recorders have; one of 1 Hz would make 16,000 samples of each."""

MOST_CHANNELS = 32
MOST_FRAME_SAMPLES = 1 << 18
"""How many samples of a channel a decoder may give at once; codecs give up to some ten thousand."""

_AMR_UNUSED, _AMR_KIND, _AMR_GOOD = 0x83, 0x78, 0x04
_AMR_SILENCE = 8 << 3
"""From this kind on packets hold no speech."""

_MATROSKA = b"\x1a\x45\xdf\xa3"
_PROBE_BYTES = 5_000_000
_ANALYSED_MICROSECONDS = 10_000_000
_NO_PROTOCOL = "none"
"""No protocol is called this: whatever a file names cannot be opened."""


class MediaRefused(ValueError):
    """A recording is of a kind that is not read here, or has measures that no recorder makes."""


@contextmanager
def opened_media(path: Path) -> Iterator[tuple[InputContainer, AudioStream | None]]:
    """Open a recording and lend it with its first stream of sound; None where it has none; blocks.

    Raises:
        MediaRefused: Its kind or its sound is none that is read here.
        av.FFmpegError, OSError: It cannot be read.
    """
    with opened_container(path) as container:
        yield container, checked_stream(container.streams.audio[0]) if container.streams.audio else None


@contextmanager
def opened_container(
    path: Path, part: RecordingPart | None = None, *, all_packets: bool = False
) -> Iterator[InputContainer]:
    """Open a recording, or one of several in a file (`recording_parts`), and lend it; blocks.

    Args:
        path: The file.
        part: Which recording in it; None for the only one.
        all_packets: Whether damaged packets are given too, and not left out without a word, where packets
            are whole; FFmpeg does not say then how long each is.

    Raises:
        MediaRefused: Its kind is none that is read here.
        av.FFmpegError, OSError: It cannot be read.
    """
    with path.open("rb") as file:
        container = _open(file, part, all_packets=all_packets)
        try:
            yield container
        finally:
            container.close()


def resampled(
    container: InputContainer, stream: AudioStream, resampler: AudioResampler
) -> Iterator[AudioFrame]:
    """Yield all sound of a recording as `resampler` makes it; blocks.

    Raises:
        MediaRefused: Resampling a piece of it would cost more than a recording does.
        av.FFmpegError, OSError: It cannot be decoded.
    """
    for frame in container.decode(stream):
        yield from resampler.resample(checked_frame(frame))
    yield from resampler.resample(None)


def checked_stream(stream: AudioStream) -> AudioStream:
    """Return `stream`, or raise `MediaRefused` where it is of a kind, or has measures, not read here."""
    context = stream.codec_context
    if context is None or context.name not in CODECS:
        raise MediaRefused("the sound of the recording is of a kind that is not read here")
    _check(context.sample_rate or RATES[0], context.channels or 1)
    return stream


def checked_frame(frame: AudioFrame) -> AudioFrame:
    """Return `frame`, or raise `MediaRefused` where resampling it would cost more than a recording does."""
    _check(frame.sample_rate, len(frame.layout.channels))
    if frame.samples > MOST_FRAME_SAMPLES:
        raise MediaRefused("a piece of the recording is too long")
    return frame


def is_damaged_amr(codec: str, packet: bytes) -> bool:
    """Whether a packet is one of AMR that cannot be right, or says so itself; its decoders take any bytes."""
    head = packet[0] if packet and "amr" in codec else _AMR_GOOD
    return bool(head & _AMR_UNUSED) or (head & _AMR_KIND < _AMR_SILENCE and not head & _AMR_GOOD)


def _open(file: BinaryIO, part: RecordingPart | None, *, all_packets: bool) -> InputContainer:
    nameless = _Nameless(file, part)
    options = {
        "format_whitelist": ",".join(sorted(FORMATS)),
        "codec_whitelist": ",".join(sorted(CODECS)),
        "protocol_whitelist": _NO_PROTOCOL,
        "max_streams": str(MOST_STREAMS),
        "probesize": str(_PROBE_BYTES),
        "analyzeduration": str(_ANALYSED_MICROSECONDS),
    }
    if part and part.whole_file:
        options["ignore_length"] = "1"
    if all_packets and nameless.read(len(_MATROSKA)) == _MATROSKA:
        options["fflags"] = "noparse+nofillin"
    nameless.seek(0)
    return av.open(
        nameless,
        "r",
        container_options=options,
        io_open=_open_nothing,
        metadata_errors="replace",
    )


def _check(rate: int, channels: int) -> None:
    if rate not in RATES:
        raise MediaRefused("the recording has a sample rate that no recorder has")
    if channels > MOST_CHANNELS:
        raise MediaRefused("the recording has too many channels")


def _open_nothing(url: str, flags: int, options: dict[str, str]) -> None:
    """Refuse what a file asks to be opened beside it."""
    del url, flags, options
    raise MediaRefused("the recording names another file")


class _Nameless:
    """A file, or a part of one, without its name.

    By its ending FFmpeg would guess, and it would take it for an address.
    """

    def __init__(self, file: BinaryIO, part: RecordingPart | None = None) -> None:
        end = part.end_bytes if part else file.seek(0, os.SEEK_END)
        self._file = EditedFile(file, part.start_bytes if part else 0, end, part.edits if part else ())

    def read(self, most_bytes: int) -> bytes:
        """Return the bytes that follow."""
        return self._file.read(most_bytes)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to another place; -1 where there is none, as damaged files ask for."""
        bases = {os.SEEK_SET: 0, os.SEEK_CUR: self._file.at_bytes, os.SEEK_END: self._file.size_bytes}
        base = bases.get(whence)
        if base is None or base + offset < 0:
            return -1
        self._file.at_bytes = base + offset
        return self._file.at_bytes

    def tell(self) -> int:
        """Return the present place."""
        return self._file.at_bytes
