"""The messages of the wire contract as a client sees them; no I/O.

Unknown message types and unknown fields are ignored, so that a newer service can say more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from assistant.client.errors import ContractBroken, error_of
from assistant.core.errors import AssistantError

STOP = json.dumps({"type": "stop"})
"""The client's message after its last sample."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The service expects audio.

    Attributes:
        session: Resumes this track after a broken connection.
        offset_samples: Where to (re)start sending, counted at 16 kHz.
    """

    session: str
    offset_samples: int


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """All audio before `offset_samples` (at 16 kHz) is safe."""

    offset_samples: int


@dataclass(frozen=True, slots=True)
class Stopped:
    """The last caption of the track is out; its event has number `seq`."""

    seq: int


@dataclass(frozen=True, slots=True)
class Hello:
    """The first event of a captions connection.

    Attributes:
        room: The room's name.
        seq: The newest event of the room.
        languages: What can be read; contains `source`.
        open_ids: Captions that are partial now; other partials of an earlier connection are void.
    """

    room: str
    seq: int
    languages: tuple[str, ...]
    open_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaptionEvent:
    """One revision of one caption; see section 1 of the wire contract.

    Attributes:
        seq: Position among all events of the room.
        id: Names the utterance's caption.
        rev: A higher one replaces a lower.
        participant: The speaker's id.
        speaker: The speaker's name.
        lang: BCP-47 code of the language of `text`.
        source_lang: BCP-47 code of the language that was spoken.
        text: What is shown; empty in a final means that it was no speech.
        stable: How many leading characters of `text` will not change any more.
        final: Whether the utterance has ended.
        start_seconds: When it began, seconds since the room began.
        end_seconds: When it ended, or how far it was heard.
        edited: Whether a clerk corrected it.
        refined: Whether this is the better second pass.
        source_rev: The `rev` of the caption that a translation translates; None for what was said.
        via: The languages that a translation went through.
        how: `speech` where the recogniser translated; else empty.
        rough: Whether a translation is rough, which its readers should be told.
        untranslated: Why a caption came as it was said to a reader of another language; else empty.
    """

    seq: int
    id: str
    rev: int
    participant: str
    speaker: str
    lang: str
    source_lang: str
    text: str
    stable: int
    final: bool
    start_seconds: float
    end_seconds: float
    edited: bool = False
    refined: bool = False
    source_rev: int | None = None
    via: tuple[str, ...] = ()
    how: str = ""
    rough: bool = False
    untranslated: str = ""


@dataclass(frozen=True, slots=True)
class StatusEvent:
    """How late captions run.

    Attributes:
        behind_seconds: The age of the oldest speech that no caption shows.
        degraded: Whether that is so late that readers should know.
    """

    behind_seconds: float
    degraded: bool


Message = Ready | Acknowledged | Stopped | Hello | CaptionEvent | StatusEvent
JsonObject = Mapping[str, object]


def parse_message(frame: str | bytes) -> Message | None:
    """Return the message in a text frame, or None for a type this client does not know.

    Raises:
        AssistantError: The frame is an error message of the service, raised as its class.
        ContractBroken: The frame is no message, or a field is missing or of the wrong type.
    """
    try:
        document = json.loads(frame) if isinstance(frame, str) else None
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise ContractBroken("The service sent a frame that is no message.")
    return _parse(document)


def parse_error(document: object) -> AssistantError | None:
    """Return the error that a JSON body or message describes, or None when it describes none.

    `code` and `message` may stand at the top or under `error`.
    """
    if isinstance(document, dict) and isinstance(document.get("error"), dict):
        document = document["error"]
    if not isinstance(document, dict) or "code" not in document:
        return None
    return error_of(str(document["code"]), str(document.get("message", document["code"])))


def _parse(document: JsonObject) -> Message | None:
    match document.get("type"):
        case "ready":
            return Ready(_text(document, "session"), _count(document, "offset_samples"))
        case "ack":
            return Acknowledged(_count(document, "offset_samples"))
        case "stopped":
            return Stopped(_count(document, "seq"))
        case "hello":
            return _hello(document)
        case "caption":
            return _caption(document)
        case "status":
            return StatusEvent(_number(document, "behind_seconds"), document.get("degraded") is True)
        case "error":
            raise parse_error(document) or ContractBroken("The service sent an error without a code.")
        case _:
            return None


def _hello(document: JsonObject) -> Hello:
    return Hello(
        room=_text(document, "room"),
        seq=_count(document, "seq"),
        languages=_texts(document.get("languages", [])),
        open_ids=_texts(document.get("open", [])),
    )


def _caption(document: JsonObject) -> CaptionEvent:
    return CaptionEvent(
        seq=_count(document, "seq"),
        id=_text(document, "id"),
        rev=_count(document, "rev"),
        participant=_text(document, "participant"),
        speaker=_text(document, "speaker"),
        lang=_text(document, "lang"),
        source_lang=_text(document, "source_lang"),
        text=_text(document, "text"),
        stable=_count(document, "stable"),
        final=document.get("final") is True,
        start_seconds=_number(document, "start"),
        end_seconds=_number(document, "end"),
        edited=document.get("edited") is True,
        refined=document.get("refined") is True,
        source_rev=None if document.get("source_rev") is None else _count(document, "source_rev"),
        via=_texts(document.get("via") or []),
        how=_text(document, "how") if document.get("how") else "",
        rough=document.get("rough") is True,
        untranslated="" if document.get("untranslated") is None else _text(document, "untranslated"),
    )


def _text(document: JsonObject, field: str) -> str:
    value = document.get(field)
    if not isinstance(value, str):
        raise ContractBroken(f"The field “{field}” of a message is no text.")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ContractBroken("A list of a message is no list.")
    return tuple(str(item) for item in value)


def _count(document: JsonObject, field: str) -> int:
    value = document.get(field)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ContractBroken(f"The field “{field}” of a message is no whole number.")
    return value


def _number(document: JsonObject, field: str) -> float:
    value = document.get(field)
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise ContractBroken(f"The field “{field}” of a message is no number.")
    return float(value)
