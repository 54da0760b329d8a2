"""Which recordings are opened: the kinds that people send, and nothing that names another file."""

from __future__ import annotations

import ctypes
import io
import os
import struct
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
import pytest

from assistant.adapters.media_opening import _Nameless
from assistant.adapters.recording_file import open_recording
from assistant.client.recordings import read_waveform
from assistant.core.errors import FileUnreadable, RecordingCorrupt, RecordingWithoutAudio
from assistant.core.speech.audio import SAMPLE_RATE, Pcm

_SPEECH = Path(__file__).parents[1] / "fixtures" / "speech" / "jfk.flac"
_SECONDS = 2
_KINDS = {
    "wav": ("wav", "pcm_s16le", 16_000),
    "wav of 24 bits": ("wav", "pcm_s24le", 48_000),
    "wav of floats": ("wav", "pcm_f32le", 48_000),
    "wav of a telephone": ("wav", "pcm_alaw", 8_000),
    "wav of ADPCM": ("wav", "adpcm_ms", 16_000),
    "RF64": ("wav", "pcm_s16le", 44_100),
    "Wave64": ("w64", "pcm_s16le", 16_000),
    "mp3": ("mp3", "libmp3lame", 44_100),
    "m4a": ("ipod", "aac", 44_100),
    "m4a, lossless": ("ipod", "alac", 44_100),
    "mp4": ("mp4", "aac", 48_000),
    "mov": ("mov", "pcm_s16le", 48_000),
    "3gp": ("3gp", "libopencore_amrnb", 8_000),
    "aac": ("adts", "aac", 48_000),
    "amr": ("amr", "libopencore_amrnb", 8_000),
    "ogg with Opus": ("ogg", "libopus", 48_000),
    "ogg with Vorbis": ("ogg", "vorbis", 48_000),
    "flac": ("flac", "flac", 48_000),
    "webm": ("webm", "libopus", 48_000),
    "mkv": ("matroska", "aac", 48_000),
    "aiff": ("aiff", "pcm_s16be", 44_100),
    "caf": ("caf", "pcm_s16le", 16_000),
    "au": ("au", "pcm_s16be", 16_000),
    "wma": ("asf", "wmav2", 44_100),
    "avi": ("avi", "mp2", 48_000),
    "flv": ("flv", "aac", 44_100),
    "transport stream": ("mpegts", "aac", 48_000),
    "mpg": ("mpeg", "mp2", 48_000),
    "ac3": ("ac3", "ac3", 48_000),
}
"""Container, encoder and sample rate of each."""

_NEIGHBOUR = "neighbour.wav"
_EVIL = {
    "ffconcat": f"ffconcat version 1.0\nfile {_NEIGHBOUR}\n" * 3,
    "ffconcat of itself": "ffconcat version 1.0\n" + "file upload\n" * 200,
    "HLS": f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{_NEIGHBOUR}\n#EXT-X-ENDLIST\n",
    "HLS of data": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\ndata:audio/wav;base64,UklGRg==\n",
    "HLS with a key": f'#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="{_NEIGHBOUR}"\n#EXTINF:9,\ncrypto:x\n',
    "DASH": (
        '<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" '
        'profiles="urn:mpeg:dash:profile:isoff-on-demand:2011" type="static" '
        'mediaPresentationDuration="PT1S"><Period><AdaptationSet mimeType="audio/mp4">'
        f'<Representation id="1" bandwidth="1"><BaseURL>{_NEIGHBOUR}</BaseURL></Representation>'
        "</AdaptationSet></Period></MPD>"
    ),
    "IMF": (
        '<?xml version="1.0"?>\n<CompositionPlaylist xmlns="http://www.smpte-ra.org/schemas/2067-3/2016">'
        "</CompositionPlaylist>"
    ),
    "SDP": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
    "RTSP": f"[reference]\nRef1=http://127.0.0.1:9/{_NEIGHBOUR}\n",
    "VobSub": "# VobSub index file, v7 (do not modify this line!)\nid: en, index: 0\n"
    "timestamp: 00:00:00:000, filepos: 000000000\n",
    "picture": "\x89PNG\r\n\x1a\n" + "\0" * 100,
    "filter": "sine=frequency=440:duration=1",
    "data address": "data:audio/wav;base64,UklGRg==",
    "file address": f"file:{_NEIGHBOUR}",
    "metadata": ";FFMETADATA1\ntitle=x\n",
    "subtitles": "1\n00:00:00,000 --> 00:00:01,000\nWords\n",
    "text screen": "XBIN\x1a\x50\x00\x19\x00\x10\x00" + "\0" * 200,
    "tee": f"[f=wav]{_NEIGHBOUR}|[f=wav]{_NEIGHBOUR}",
    "m3u": f"#EXTM3U\n{_NEIGHBOUR}\n",
    "pls": f"[playlist]\nFile1={_NEIGHBOUR}\nNumberOfEntries=1\n",
}


def _speech() -> Pcm:
    return np.asarray(np.round(read_waveform(_SPEECH)[: _SECONDS * SAMPLE_RATE] * 32_767), dtype=np.int16)


def _recording(container: str, codec: str, rate: int, options: dict[str, str] | None = None) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=container, container_options=options or {}) as output:
        layout = "stereo" if codec == "vorbis" else "mono"
        coder = {"strict": "experimental"} if codec == "vorbis" else {}
        stream = output.add_stream(codec, rate=rate, layout=layout, options=coder)
        assert isinstance(stream, av.AudioStream)
        if codec in {"wmav2", "aac", "libopencore_amrnb"}:
            stream.bit_rate = 12_200 if "amr" in codec else 96_000
        context = stream.codec_context
        context.open()
        frame = av.AudioFrame.from_ndarray(_speech()[None, :], format="s16", layout="mono")
        frame.sample_rate = SAMPLE_RATE
        resampler = av.AudioResampler(
            format=context.format, layout=context.layout, rate=rate, frame_size=context.frame_size or None
        )
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            output.mux(stream.encode(piece))
        output.mux(stream.encode(None))
    return file.getvalue()


def _samples(path: Path) -> int:
    recording = open_recording(path)
    try:
        count = 0
        while (block := recording.read()) is not None:
            count += len(block)
        return count
    finally:
        recording.close()


def _open_files(folder: Path) -> list[str]:
    """Return the files of a folder that this process has open."""
    links = [str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return [link for link in links if link.startswith(str(folder))]


@contextmanager
def _opened(directory: Path) -> Iterator[list[bytes]]:
    """Give the names of files in `directory` that the kernel was asked to open until the block ends."""
    libc = ctypes.CDLL(None, use_errno=True)
    watch = libc.inotify_init1(os.O_NONBLOCK)
    is_opened = 0x20
    assert libc.inotify_add_watch(watch, os.fsencode(directory), is_opened) >= 0
    names: list[bytes] = []
    try:
        yield names
        try:
            events = os.read(watch, 1 << 20)
        except BlockingIOError:
            events = b""
        head = struct.Struct("iIII")
        while events:
            length = head.unpack_from(events)[3]
            names.append(events[head.size : head.size + length].rstrip(b"\0"))
            events = events[head.size + length :]
    finally:
        os.close(watch)


@pytest.mark.parametrize("kind", _KINDS)
def test_what_people_send_is_read(kind: str, tmp_path: Path) -> None:
    """Each usual kind of recording is decoded whole, whatever its name says, and so on the command line."""
    path = tmp_path / "upload"
    path.write_bytes(_recording(*_KINDS[kind], {"rf64": "always"} if kind == "RF64" else None))
    assert abs(_samples(path) - _SECONDS * SAMPLE_RATE) < SAMPLE_RATE // 4
    assert abs(len(read_waveform(path)) - _SECONDS * SAMPLE_RATE) < SAMPLE_RATE // 4


@pytest.mark.parametrize("kind", _EVIL)
@pytest.mark.parametrize("ending", ["", ".m3u8", ".wav"])
def test_what_names_other_files_is_refused_and_opens_none(kind: str, ending: str, tmp_path: Path) -> None:
    """Playlists, manifests and the like are no recordings; what they name is not touched."""
    with wave.open(str(tmp_path / _NEIGHBOUR), "wb") as neighbour:
        neighbour.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
        neighbour.writeframes(b"\1\2" * SAMPLE_RATE)
    name = f"upload{ending}"
    (tmp_path / name).write_bytes(_EVIL[kind].encode("latin-1"))
    with _opened(tmp_path) as opened, pytest.raises(RecordingCorrupt):
        open_recording(tmp_path / name)
    assert opened == [name.encode()]
    with pytest.raises(FileUnreadable):
        read_waveform(tmp_path / name)
    assert _open_files(tmp_path) == []


def test_quicktime_references_are_not_followed(tmp_path: Path) -> None:
    """A movie whose sound lies in another file is not completed from there."""
    (tmp_path / _NEIGHBOUR).write_bytes(_recording("wav", "pcm_s16le", 16_000))
    movie = _recording("mov", "pcm_s16le", 16_000)
    own = b"\0\0\0\x0curl \0\0\0\1"
    assert own in movie
    # The same box says now that its data are elsewhere, at an address that has no room here.
    (tmp_path / "upload").write_bytes(movie.replace(own, b"\0\0\0\x0calis\0\0\0\0"))
    with _opened(tmp_path) as opened:
        _samples(tmp_path / "upload")
    assert opened == [b"upload"]


def _wave(rate: int, channels: int, frames: int = 4_096) -> bytes:
    data = bytes(frames * channels)
    head = struct.pack("<HHIIHH", 1, channels, rate, min(rate * channels, 2**32 - 1), channels, 8)
    body = b"WAVEfmt " + struct.pack("<I", len(head)) + head + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize(
    ("rate", "channels"), [(1, 1), (3_999, 1), (400_000, 1), (2**31 - 1, 1), (48_000, 60)]
)
def test_measures_that_no_recorder_has_are_refused(rate: int, channels: int, tmp_path: Path) -> None:
    """A second at 1 Hz would become 16,000 times its size, and filters for 2 GHz take gigabytes."""
    (tmp_path / "upload").write_bytes(_wave(rate, channels))
    with pytest.raises(RecordingCorrupt):
        _samples(tmp_path / "upload")


def test_pictures_beside_the_sound_are_left_alone(tmp_path: Path) -> None:
    """A film gives its sound; one without sound says so."""
    for sound in (True, False):
        file = io.BytesIO()
        with av.open(file, "w", format="mp4") as output:
            film = output.add_stream("mpeg4", rate=5)
            film.width = film.height = 64
            film.pix_fmt = "yuv420p"
            voice = output.add_stream("aac", rate=16_000, layout="mono") if sound else None
            for _ in range(5):
                output.mux(film.encode(av.VideoFrame(64, 64, "yuv420p")))
            output.mux(film.encode(None))
            if voice is not None:
                for _ in range(16):
                    frame = av.AudioFrame(format="fltp", layout="mono", samples=1_024)
                    frame.sample_rate = 16_000
                    for plane in frame.planes:
                        plane.update(bytes(plane.buffer_size))
                    output.mux(voice.encode(frame))
                output.mux(voice.encode(None))
        (tmp_path / "upload").write_bytes(file.getvalue())
        if sound:
            assert _samples(tmp_path / "upload") >= SAMPLE_RATE
        else:
            with pytest.raises(RecordingWithoutAudio):
                open_recording(tmp_path / "upload")


def test_places_that_are_not_there_are_no_news(tmp_path: Path) -> None:
    """A damaged file may send the reader before its own beginning; nothing is written of that."""
    (tmp_path / "upload").write_bytes(b"RIFF")
    with (tmp_path / "upload").open("rb") as file:
        nameless = _Nameless(file)
        assert nameless.seek(-5) == -1
        assert nameless.seek(-50, os.SEEK_END) == -1
        assert (nameless.seek(1), nameless.read(9)) == (1, b"IFF")
