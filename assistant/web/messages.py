"""The messages of the wire contract, as they stand in JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from assistant.core.captions.caption import Caption, is_rough
from assistant.core.captions.lateness import Status
from assistant.core.errors import AssistantError, MessageInvalid
from assistant.core.glossary.glossary import Glossary
from assistant.core.glossary.terms import Term
from assistant.core.rooms import Room
from assistant.core.translation.routes import Route
from assistant.readers.feed import Hello
from assistant.translation.room_translations import Readable
from assistant.web.bounds import Line, Seq
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
    lang: str
    now: float
    languages: tuple[str, ...]
    open: tuple[str, ...]

    @classmethod
    def of(cls, hello: Hello) -> HelloMessage:
        """Return the message for what the service says first."""
        return cls(
            room=hello.room,
            seq=hello.seq,
            lang=str(hello.shown),
            now=round(hello.now_seconds, _DIGITS),
            languages=hello.languages,
            open=hello.open_ids,
        )


class CaptionMessage(Message):
    """One revision of one caption; `start` and `end` in seconds since the room began.

    The last fields tell of what a translation was made, and how; or why there is none.
    """

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
    source_rev: int | None = None
    via: tuple[str, ...] | None = None
    how: Literal["speech"] | None = None
    rough: Literal[True] | None = None
    untranslated: Literal["no_route", "failed", "follows", "too_late", "other_language"] | None = None

    @classmethod
    def of(cls, caption: Caption) -> CaptionMessage:
        """Return the message for a caption."""
        asked = caption.translation
        translation = asked if caption.is_translated else None
        problem = asked.problem if asked else ""
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
            source_rev=translation.source_rev if translation else None,
            via=(translation.via or None) if translation else None,
            how="speech" if translation and translation.how == "speech" else None,
            rough=True if is_rough(caption) else None,
            untranslated=problem or ("other_language" if caption.in_other_language else None),
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

    model_config = ConfigDict(frozen=True, from_attributes=True)

    name: str
    title: str
    created_at: float
    began_at: float | None
    level: str = ""

    @classmethod
    def of(cls, room: Room) -> RoomMessage:
        """Return the message for a room."""
        return RoomMessage.model_validate(room)


class ReadRoomMessage(RoomMessage):
    """A room as its readers see it.

    `languages` are those of its transcript; `minutes` is the number of the newest published
    version, or 0; `level_names` are what the protection level is called, by language, where it is shown.
    """

    languages: tuple[str, ...]
    minutes: int = 0
    level_names: dict[str, str] = Field(default_factory=dict)

    @classmethod
    def of(cls, room: Room, languages: Sequence[str] = ()) -> ReadRoomMessage:
        """Return the message for a room that has translations in `languages`."""
        return cls(**RoomMessage.of(room).model_dump(), languages=_every_language(room, languages))


class RoomDetailMessage(RoomMessage):
    """A room with its names and terms, and the languages that its transcript is in already.

    `spoken` are the only ones that are recognised in it; where none are named, those of the organisation.
    """

    glossary: tuple[str, ...]
    languages: tuple[str, ...]
    spoken: tuple[str, ...] = ()
    minutes: int = 0
    level_names: dict[str, str] = Field(default_factory=dict)

    @classmethod
    def of(cls, room: Room, languages: Sequence[str] = ()) -> RoomDetailMessage:
        """Return the message for a room that has translations in `languages`."""
        return cls(
            **RoomMessage.of(room).model_dump(),
            glossary=Glossary(room.glossary).spellings,
            languages=_every_language(room, languages),
            spoken=room.spoken,
        )


def _every_language(room: Room, read: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*room.languages, *read)))


class RouteMessage(Message):
    """How what is said in `lang` gets into the language that is read."""

    lang: str
    via: tuple[str, ...]
    how: Literal["text", "speech"]
    models: tuple[str, ...]
    rough: bool = False

    @classmethod
    def of(cls, lang: str, route: Route) -> RouteMessage:
        """Return the message for a route from `lang`."""
        models = tuple(leg.name for leg in route.legs)
        return cls(lang=lang, via=route.via, how="text", models=models, rough=route.rough)


class ReadableMessage(Message):
    """A language that can be read; `from` are the languages that lead into it."""

    model_config = ConfigDict(frozen=True, serialize_by_alias=True)

    lang: str
    sources: tuple[RouteMessage, ...] = Field(serialization_alias="from")

    @classmethod
    def of(cls, readable: Readable, spoken: Iterable[str]) -> ReadableMessage:
        """Return the message for a language, when `spoken` languages are recognised."""
        routes = [RouteMessage.of(lang, route) for lang, route in readable.routes.items()]
        by_speech = [
            RouteMessage(lang=lang, via=(), how="speech", models=())
            for lang in spoken
            if readable.by_speech and lang != readable.lang and lang not in readable.routes
        ]
        return cls(lang=readable.lang, sources=(*routes, *by_speech))


class LanguagesMessage(Message):
    """What can be spoken, and what can be read."""

    spoken: tuple[str, ...]
    read: tuple[ReadableMessage, ...]


class RoomList(Message):
    """All rooms, newest first."""

    rooms: list[RoomMessage]


# --- from clients --------------------------------------------------------------------------------


class StopMessage(Message):
    """The participant has finished."""

    type: Literal["stop"]


class SpeakMessage(Message):
    """The participant speaks another language from now on: a tag, or `auto`."""

    type: Literal["language"]
    language: str = Field(max_length=64)


class LanguageMessage(Message):
    """The reader wants another language, and what came in it after `since`."""

    type: Literal["language"]
    lang: str = Field(max_length=64)
    since: Seq = 0


_OBJECT = TypeAdapter(dict[str, object])


class NewRoom(BaseModel):
    """What a room is made from; without a name it gets a random one."""

    name: str | None = None
    title: Line = Field("", max_length=200)
    glossary: list[TermMessage | str] = Field(default_factory=list)
    languages: list[str] = Field(default_factory=list, max_length=20)
    spoken: list[str] = Field(default_factory=list, max_length=20)

    @property
    def terms(self) -> list[Term | str]:
        """Its glossary, not checked yet."""
        return [entry if isinstance(entry, str) else entry.to_term() for entry in self.glossary]


class RoomChange(BaseModel):
    """What changes of a room; what is left out stays."""

    spoken: list[str] | None = Field(None, max_length=20)


Incoming = TypeVar("Incoming", bound=Message)


def type_of(text: str) -> str:
    """Return the type that a client's message in a text frame names; empty where it names none."""
    try:
        return str(_OBJECT.validate_json(text).get("type", ""))
    except ValidationError:
        return ""


def parse_message(kind: type[Incoming], text: str) -> Incoming:
    """Return the client's message in a text frame.

    Raises:
        MessageInvalid: It is not JSON, or not a message of this kind.
    """
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        expected = str(kind.model_fields["type"].annotation).split("'")[1]
        fields = [".".join(map(str, fault["loc"])) for fault in error.errors()]
        if "" in fields or "type" in fields:  # no JSON object, or another message
            raise MessageInvalid(f"Only messages of type “{expected}” may come here, as JSON.") from error
        raise MessageInvalid(
            f"The message of type “{expected}” is invalid at “{fields[0]}”: {error.errors()[0]['msg']}."
        ) from error


def message_of(event: Caption | Status) -> CaptionMessage | StatusMessage:
    """Return the message for an event of a caption feed."""
    return CaptionMessage.of(event) if isinstance(event, Caption) else StatusMessage.of(event)
