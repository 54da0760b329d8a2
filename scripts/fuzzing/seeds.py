"""Inputs that are as they should be, from which others are made."""

from __future__ import annotations

import io

import av
import numpy as np

from assistant.core.glossary.glossary import Glossary
from assistant.core.glossary.terms import Term
from assistant.export.glossary_files import GLOSSARY_FORMATS

_RECORDINGS = (
    ("wav", "pcm_s16le", 16_000),
    ("wav", "adpcm_ms", 16_000),
    ("w64", "pcm_s16le", 16_000),
    ("mp3", "libmp3lame", 44_100),
    ("mp4", "aac", 48_000),
    ("mov", "pcm_s16le", 48_000),
    ("ipod", "alac", 44_100),
    ("adts", "aac", 48_000),
    ("amr", "libopencore_amrnb", 8_000),
    ("ogg", "libopus", 48_000),
    ("flac", "flac", 16_000),
    ("webm", "libopus", 48_000),
    ("matroska", "aac", 48_000),
    ("aiff", "pcm_s16be", 44_100),
    ("caf", "pcm_s16le", 16_000),
    ("au", "pcm_s16be", 16_000),
    ("avi", "mp2", 48_000),
    ("flv", "aac", 44_100),
    ("mpegts", "aac", 48_000),
    ("mpeg", "mp2", 48_000),
    ("ac3", "ac3", 48_000),
)


def recording(container: str, codec: str, rate: int, **options: str) -> bytes:
    """Return a tenth of a second of a tone in some format."""
    file = io.BytesIO()
    with av.open(file, "w", format=container, options=options) as output:
        stream = output.add_stream(codec, rate=rate, layout="mono")
        assert isinstance(stream, av.AudioStream)  # noqa: S101 - all codecs are of audio
        if codec == "libopencore_amrnb":
            stream.bit_rate = 12_200
        context = stream.codec_context
        context.open()
        tone = (8_000 * np.sin(np.arange(rate // 10) / 9)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(tone[None, :], format="s16", layout="mono")
        frame.sample_rate = rate
        resampler = av.AudioResampler(context.format, context.layout, rate, context.frame_size or None)
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            output.mux(stream.encode(piece))
        output.mux(stream.encode(None))
    return file.getvalue()


_CUT = b"\x40"
"""The first byte of some targets says where their input is cut in two."""

_CALENDAR = (
    b"\x02BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20261125T100000Z\r\n"
    b"DESCRIPTION:1. Budget\\n2. Travaux\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
_NOTES = (
    b'{"participants":[{"participantId":"a","name":"Ana"}],"events":[{"participant_id":"a",'
    b'"type":"speech_start","timestamp":"1970-01-01T00:00:10Z"}]}'
)
_STATEMENT = (
    b'[{"op":"add","target":"statement","item":"i1","index":0,"fields":{"kind":"action","text":"x",'
    b'"lang":"fr","due":"2026-01-02","vote":{"in_favour":3},"evidence":[{"caption":"c",'
    b'"start_seconds":1,"end_seconds":2}]}}]'
)
_TEXTS: dict[str, list[bytes]] = {
    "glossary_json": [
        b'{"terms":["Waal",{"term":"x","language":"fr","translations":{"en":"y"},"keep":true}]}'
    ],
    "agenda": [b"\x001. Budget\n2. Travaux\n", b"\x01Num;Titre\n1;Budget\n", _CALENDAR],
    "notes": [_NOTES],
    "messages": [b'{"type":"stop"}', b'{"type":"language","lang":"fr,en","since":3}'],
    "operations": [b'[{"op":"set","target":"meeting","fields":{"title":"x","began_at":1.5}}]', _STATEMENT],
}


def seeds(target: str) -> list[bytes]:
    """Return what a target starts from."""
    match target:
        case "webm":
            return [_CUT + recording("webm", "libopus", 48_000, live="1")]
        case "ogg":
            return [_CUT + recording("ogg", "libopus", 48_000)]
        case "mp4":
            return [
                _CUT + recording("mp4", codec, 48_000, movflags="empty_moov") for codec in ("aac", "libopus")
            ]
        case "opus":
            return [*seeds("webm"), *seeds("ogg"), *seeds("mp4")]
        case "recording":
            return [recording(*kind) for kind in _RECORDINGS]
        case "glossary":
            glossary = Glossary.of([Term("Waal", "nl", ("vaal",), (("fr", "le Waal"),), keep=False)])
            return [bytes([number]) + known.write(glossary) for number, known in enumerate(GLOSSARY_FORMATS)]
        case _:
            return _TEXTS[target]
