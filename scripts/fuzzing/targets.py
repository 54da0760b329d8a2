"""What is fuzzed: a target takes bytes, lets pass what is refused in order, and raises on all else."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from assistant.adapters.av_decoder import RecorderDecoder
from assistant.adapters.coded_packets import Container
from assistant.adapters.lasuite_notes import read_turns
from assistant.adapters.mp4_parser import Mp4Parser
from assistant.adapters.ogg_parser import OggParser
from assistant.adapters.recording_file import open_recording
from assistant.adapters.webm_parser import WebmParser
from assistant.core.errors import AssistantError
from assistant.core.minutes.operations import parse_operations, to_document
from assistant.export.glossary_files import GLOSSARY_FORMATS
from assistant.minutes.drafting.agenda_files import read_agenda
from assistant.web.glossary_messages import parse_glossary
from assistant.web.messages import LanguageMessage, StopMessage, parse_message

Target = Callable[[bytes], None]

_MOST_BLOCKS = 60
"""Of ten seconds each, of one recording."""
_AGENDAS = ("text/plain", "text/csv", "text/calendar")


def _cut(data: bytes) -> list[bytes]:
    """Return the rest of `data` in two pieces, cut where its first byte says."""
    at = 1 + data[0] if data else 0
    return [data[1:at], data[at:]]


def _container(parser: Container, data: bytes) -> None:
    try:
        for piece in _cut(data):
            list(parser.feed(piece))
    except AssistantError:
        return


def webm(data: bytes) -> None:
    """WebM as a browser sends it."""
    _container(WebmParser(), data)


def ogg(data: bytes) -> None:
    """Ogg as a browser sends it."""
    _container(OggParser(), data)


def mp4(data: bytes) -> None:
    """Fragmented MP4 as a browser sends it."""
    _container(Mp4Parser(), data)


def opus(data: bytes) -> None:
    """Any of them, with the packets in it."""
    decoder = RecorderDecoder()
    try:
        for piece in _cut(data):
            decoder.feed(piece)
    except AssistantError:
        return
    decoder.finish()


def recording(data: bytes) -> None:
    """A finished recording of any kind."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        try:
            opened = open_recording(Path(file.name), by_channel=bool(len(data) % 2))
        except AssistantError:
            return
        try:
            for _ in range(_MOST_BLOCKS):
                if opened.read() is None:
                    return
        except AssistantError:
            return
        finally:
            opened.close()


def glossary(data: bytes) -> None:
    """A glossary in JSON, CSV or TBX; what was read can be written and read again."""
    known = GLOSSARY_FORMATS[data[0] % len(GLOSSARY_FORMATS)] if data else GLOSSARY_FORMATS[0]
    try:
        read = known.read(data[1:])
    except AssistantError:
        return
    if set(known.read(known.write(read)).terms) != set(read.terms):
        raise ValueError("what was written is not what was read")


def glossary_json(data: bytes) -> None:
    """A glossary in the body of a request."""
    from fastapi.exceptions import RequestValidationError  # noqa: PLC0415 - only here

    try:
        parse_glossary(data)
    except (AssistantError, RequestValidationError):
        return


def agenda(data: bytes) -> None:
    """An agenda in text, CSV or a calendar file."""
    kind = _AGENDAS[data[0] % len(_AGENDAS)] if data else _AGENDAS[0]
    try:
        read_agenda(data[1:], kind)
    except AssistantError:
        return


def notes(data: bytes) -> None:
    """Who spoke when, as La Suite notes it."""
    try:
        read_turns(json.loads(data), began_at=0.0, ended_at=3_600.0)
    except (AssistantError, ValueError, RecursionError):  # the latter two: no JSON
        return


def messages(data: bytes) -> None:
    """Text frames on sockets."""
    text = data.decode("utf-8", "replace")
    for kind in (StopMessage, LanguageMessage):
        try:
            parse_message(kind, text)
        except AssistantError as error:
            error.message.encode()


def operations(data: bytes) -> None:
    """Changes to minutes; what was taken goes out as JSON."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return
    try:
        taken = parse_operations(document)
    except AssistantError as error:
        error.message.encode()
        return
    json.dumps([to_document(operation) for operation in taken], allow_nan=False, ensure_ascii=False).encode()


TARGETS: dict[str, Target] = {
    target.__name__: target
    for target in (
        webm,
        ogg,
        mp4,
        opus,
        recording,
        glossary,
        glossary_json,
        agenda,
        notes,
        messages,
        operations,
    )
}
