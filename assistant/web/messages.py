"""The messages of the wire contract, as they stand in JSON."""

from __future__ import annotations

from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.core.captions import Caption
from assistant.core.errors import AssistantError, MessageInvalid
from assistant.core.glossary import Glossary
from assistant.core.rooms import Room
from assistant.core.terms import Term
from assistant.sessions.feed import Hello
from assistant.sessions.status import Status
from assistant.web.glossary_messages import TermMessage

_DIGITS = 3
"""Times go out in milliseconds."""


class Message(BaseModel):
    """Anything that goes over a socket; `type` says what."""

    model_config = ConfigDict(frozen=True)

    def to_json(self) -> str:
        """Return the message as one line; fields that are None stay away."""
        return self.model_dump_json(exclude_none=True)


# --- from the service ----------------------------------------------------------------------------


class ReadyMessage(Message):
    """Audio may come, from sample `offset_samples` at 16 kHz on."""

    type: Literal["ready"] = "ready"
    session: str
    offset_samples: int


class AckMessage(Message):
    """All audio before `offset_samples` at 16 kHz is safe."""

    type: Literal["ack"] = "ack"
    offset_samples: int


class StoppedMessage(Message):
    """The last caption is out; its number is `seq`."""

    type: Literal["stopped"] = "stopped"
    seq: int


class ErrorMessage(Message):
    """Why the connection is closed now."""

    type: Literal["error"] = "error"
    code: str
    message: str

    @classmethod
    def of(cls, error: AssistantError) -> ErrorMessage:
        """Return the message for an error."""
        return cls(code=error.code, message=error.message)


class HelloMessage(Message):
    """The first message to a reader; partial captions it knows that are not in `open` have ended."""

    type: Literal["hello"] = "hello"
    room: str
    seq: int
    languages: tuple[str, ...]
    open: tuple[str, ...]

    @classmethod
    def of(cls, hello: Hello) -> HelloMessage:
        """Return the message for what the hub says first."""
        return cls(room=hello.room, seq=hello.seq, languages=hello.languages, open=hello.open_ids)


class CaptionMessage(Message):
    """One revision of one caption; `start` and `end` in seconds since the room began."""

    type: Literal["caption"] = "caption"
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
    start: float
    end: float
    edited: bool
    refined: Literal[True] | None = None

    @classmethod
    def of(cls, caption: Caption) -> CaptionMessage:
        """Return the message for a caption."""
        return cls(
            seq=caption.seq,
            id=caption.id,
            rev=caption.rev,
            participant=caption.participant,
            speaker=caption.speaker,
            lang=caption.lang,
            source_lang=caption.source_lang,
            text=caption.text,
            stable=caption.stable,
            final=caption.final,
            start=round(caption.start_seconds, _DIGITS),
            end=round(caption.end_seconds, _DIGITS),
            edited=caption.edited,
            refined=True if caption.refined else None,
        )


class StatusMessage(Message):
    """How late captions run."""

    type: Literal["status"] = "status"
    behind_seconds: float
    degraded: bool

    @classmethod
    def of(cls, status: Status) -> StatusMessage:
        """Return the message for a status."""
        return cls(behind_seconds=round(status.behind_seconds, _DIGITS), degraded=status.degraded)


class RoomMessage(Message):
    """A room; times are POSIX seconds, `began_at` is null until somebody speaks."""

    name: str
    title: str
    created_at: float
    began_at: float | None

    @classmethod
    def of(cls, room: Room) -> RoomMessage:
        """Return the message for a room."""
        return cls(name=room.name, title=room.title, created_at=room.created_at, began_at=room.began_at)


class RoomDetailMessage(RoomMessage):
    """A room with its names and terms as they are written."""

    glossary: tuple[str, ...]

    @classmethod
    def of(cls, room: Room) -> RoomDetailMessage:
        """Return the message for a room."""
        return cls(**RoomMessage.of(room).model_dump(), glossary=Glossary(room.glossary).spellings)


class RoomList(Message):
    """All rooms, newest first."""

    rooms: list[RoomMessage]


# --- from clients --------------------------------------------------------------------------------


class StopMessage(Message):
    """The participant has finished."""

    type: Literal["stop"]


class LanguageMessage(Message):
    """The reader wants another language."""

    type: Literal["language"]
    lang: str = Field(max_length=64)


class NewRoom(BaseModel):
    """What a room is made from; without a name it gets a random one."""

    name: str | None = None
    title: str = Field("", max_length=200)
    glossary: list[TermMessage | str] = Field(default_factory=list)

    @property
    def terms(self) -> list[Term | str]:
        """Its glossary, not checked yet."""
        return [entry if isinstance(entry, str) else entry.to_term() for entry in self.glossary]


class Correction(BaseModel):
    """A clerk's text for a caption."""

    text: str = Field(max_length=10_000)


Incoming = TypeVar("Incoming", bound=Message)


def parse_message(kind: type[Incoming], text: str) -> Incoming:
    """Return the client's message in a text frame.

    Raises:
        MessageInvalid: It is not JSON, or not a message of this kind.
    """
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        expected = str(kind.model_fields["type"].annotation).split("'")[1]
        raise MessageInvalid(f"Only messages of type “{expected}” may come here, as JSON.") from error


def message_of(event: Caption | Status) -> CaptionMessage | StatusMessage:
    """Return the message for an event of a caption feed."""
    return CaptionMessage.of(event) if isinstance(event, Caption) else StatusMessage.of(event)
