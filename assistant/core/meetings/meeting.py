"""Meetings that a listener joins: who is in them, what may be heard, and what happens there.

A *meeting* is a room of an outside platform; our own room that holds its captions has a name of its own,
since platforms allow names that an address does not.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from assistant.core.errors import LanguageUnknown, MessageInvalid, RoomNameInvalid
from assistant.core.language import AUTO, SOURCE, parse_language, parse_spoken_language
from assistant.core.meetings.chat_words import ChatWord
from assistant.core.plain_text import is_visible, one_line
from assistant.core.rooms import check_room_name

LANGUAGE_ATTRIBUTE = "language"
"""Where a participant says in which language captions are to be shown."""

SPOKEN_ATTRIBUTE = "captions.spoken"
"""Where a participant says which language they speak."""

OPT_OUT_ATTRIBUTE = "captions.opt_out"
"""Where a participant says that they are not to be heard."""

_MAX_MEETING_CHARACTERS = 256
_MAX_SLUG_CHARACTERS = 100
_MAX_PARTICIPANT_CHARACTERS = 190  # a screen's sound has a suffix
_OF_LA_SUITE_MEET = frozenset(("color", "is_authenticated"))
"""Attributes that its tokens give everybody, and no other platform."""

_TRUE = frozenset(("true", "1", "yes", "on"))
_SCREEN = "#screen"

Unheard = Literal["encrypted", "wrong_key", "unreadable", "opted_out", "capacity"]
"""Why somebody's audio is not listened to."""

Door = Literal["dispatch", "webhook", "api"]
"""Through which a listener was asked for."""

ListenerState = Literal["joining", "listening", "leaving", "closed"]


@dataclass(frozen=True, slots=True)
class MeetingParticipant:
    """Somebody in a meeting.

    Attributes:
        identity: Unique in the meeting.
        name: As shown.
        language: What they read: a BCP-47 primary subtag, `source`, or empty where nothing was said.
        opted_out: Whether their attributes say that they are not to be heard.
        automatic: A bot or a recorder, which is neither heard nor counted as present.
        can_write: Whether what they write in the chat is taken by the platform.
        panel: Whether their page has a captions button, as that of La Suite Meet has.
        spoken: What they speak: a BCP-47 primary subtag, or `auto` where nothing was said.
    """

    identity: str
    name: str
    language: str = ""
    opted_out: bool = False
    automatic: bool = False
    can_write: bool = True
    panel: bool = False
    spoken: str = AUTO


@dataclass(frozen=True, slots=True)
class AudioOffer:
    """An audio track that somebody publishes.

    Attributes:
        identity: The identity of who publishes it.
        track: The platform's id of the track.
        screen: Whether it is the sound of a shared screen.
        encrypted: Whether it can only be heard with the meeting's key.
    """

    identity: str
    track: str
    screen: bool = False
    encrypted: bool = False

    @property
    def speaker(self) -> str:
        """The participant id in our room: the sound of a screen is a speaker of its own."""
        return f"{self.identity}{_SCREEN}" if self.screen else self.identity


# --- what happens ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ParticipantSeen:
    """Somebody came, or changed their name or attributes."""

    participant: MeetingParticipant


@dataclass(frozen=True, slots=True)
class ParticipantLeft:
    """Somebody went."""

    identity: str


@dataclass(frozen=True, slots=True)
class AudioOffered:
    """Somebody published audio."""

    offer: AudioOffer


@dataclass(frozen=True, slots=True)
class AudioWithdrawn:
    """An audio track is no longer published."""

    track: str


@dataclass(frozen=True, slots=True)
class AudioUnheard:
    """Somebody's audio arrives but cannot be heard, or can again.

    Attributes:
        identity: Whose audio it is.
        reason: Why it cannot be heard; empty: it can again.
    """

    identity: str
    reason: Unheard | Literal[""]


@dataclass(frozen=True, slots=True)
class WordWritten:
    """Somebody wrote in the chat whether they are to be heard.

    Attributes:
        identity: Who wrote it.
        word: What they want.
    """

    identity: str
    word: ChatWord


@dataclass(frozen=True, slots=True)
class PresentTold:
    """Whoever and whatever was there when we came has been told."""


@dataclass(frozen=True, slots=True)
class MeetingLeft:
    """The connection to the meeting ended.

    Attributes:
        ended: Whether the meeting is over for us; otherwise it is worth coming back.
        reason: A word for the log and the status.
    """

    ended: bool
    reason: str


MeetingEvent = (
    ParticipantSeen
    | ParticipantLeft
    | AudioOffered
    | AudioWithdrawn
    | AudioUnheard
    | WordWritten
    | PresentTold
    | MeetingLeft
)


# --- what goes back ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CaptionLine:
    """One revision of a caption for the people in the meeting.

    Attributes:
        segment: Names the caption in one language; a later line of the same segment replaces it.
        text: All of it; empty takes it back.
        final: Whether the utterance has ended.
        identity: Whose words they are.
        track: The platform's id of the track on which they were said; empty if it is gone.
        lang: BCP-47 code of `text`.
        translated: Whether that is not what was said.
        rough: Whether it is a rough translation.
    """

    segment: str
    text: str
    final: bool
    identity: str
    track: str
    lang: str
    translated: bool = False
    rough: bool = False


@dataclass(frozen=True, slots=True)
class CaptionChunk:
    """A piece of what was said that will never change.

    Attributes:
        id: The piece's own, which was never used before.
        text: The piece, which goes on behind the one before it.
        identity: Whose words they are.
        track: The platform's id of the track on which they were said.
        lang: BCP-47 code of `text`.
        start_seconds: When its caption begins, seconds since the room began.
        end_seconds: When its caption ends, seconds since the room began.
    """

    id: str
    text: str
    identity: str
    track: str
    lang: str
    start_seconds: float
    end_seconds: float


@dataclass(frozen=True, slots=True)
class Announcement:
    """What people in a meeting are told once.

    Attributes:
        topic: The topic of the message that programs read.
        document: JSON for programs.
        text: A sentence for people; empty for none.
    """

    topic: str
    document: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class ListenerRecord:
    """What is kept of a listener, so that it comes back after a crash.

    Attributes:
        meeting: The platform's name of the meeting.
        room: The name of our room.
        door: Through which it was asked for.
        opened_at: POSIX seconds.
        opted_out: Identities that asked not to be heard.
    """

    meeting: str
    room: str
    door: Door
    opened_at: float
    opted_out: tuple[str, ...] = ()


# --- names and wishes -------------------------------------------------------------------------------


def check_meeting_name(name: str) -> str:
    """Return `name` without outer space, or raise `RoomNameInvalid`."""
    name = name.strip()
    # It is how the platform is asked, so it is never changed: what would be taken out of it is refused.
    if len(name) > _MAX_MEETING_CHARACTERS or not is_visible(name) or one_line(name) != name:
        raise RoomNameInvalid(f"A meeting's name has 1 to {_MAX_MEETING_CHARACTERS} characters, no controls.")
    return name


def room_name_for(meeting: str) -> str:
    """Return the name of our room for a meeting: the same where it can be, else close to it and unique."""
    try:
        return check_room_name(meeting)
    except RoomNameInvalid:
        slug = re.sub(r"[^A-Za-z0-9._-]+", "-", meeting).strip("-._")[:_MAX_SLUG_CHARACTERS]
        digest = hashlib.sha256(meeting.encode()).hexdigest()[:10]
        return f"{slug or 'meeting'}-{digest}"


def participant_of(
    identity: str,
    name: str,
    attributes: Mapping[str, str],
    *,
    automatic: bool = False,
    can_write: bool = True,
) -> MeetingParticipant:
    """Return a participant as their attributes describe them.

    A language that is none is as good as not said: platforms use such attributes for other things too.
    """
    return MeetingParticipant(
        identity=identity,
        name=_shown(name) or _shown(identity) or "?",
        language=_language_in(attributes, LANGUAGE_ATTRIBUTE, parse_wanted_language),
        opted_out=is_yes(attributes.get(OPT_OUT_ATTRIBUTE, "")),
        automatic=automatic,
        can_write=can_write,
        panel=attributes.keys() >= _OF_LA_SUITE_MEET,
        spoken=_language_in(attributes, SPOKEN_ATTRIBUTE, parse_spoken_language) or AUTO,
    )


def spoken_language(participant: MeetingParticipant, offer: AudioOffer) -> str:
    """Return the language of a track: a BCP-47 primary subtag, or `auto`, as for the sound of a screen."""
    return AUTO if offer.screen else participant.spoken


def speaker_name(participant: MeetingParticipant, offer: AudioOffer) -> str:
    """Return the name under which a track is captioned."""
    return f"{participant.name} (screen)" if offer.screen else participant.name


def identity_of(speaker: str) -> str:
    """Return who publishes the track of a speaker of our room."""
    return speaker.removesuffix(_SCREEN)


def parse_wanted_language(text: str) -> str:
    """Return the language that a request names: a primary subtag, or `source`; raises `LanguageUnknown`."""
    return SOURCE if text.strip().lower() in {SOURCE, ""} else parse_language(text.strip())


def is_yes(text: str) -> bool:
    """Return whether a text says yes."""
    return text.strip().lower() in _TRUE


def check_flag(value: object, name: str) -> bool:
    """Return a boolean of a request, or raise `MessageInvalid`."""
    if isinstance(value, bool):
        return value
    raise MessageInvalid(f"“{name}” must be true or false.")


def _language_in(attributes: Mapping[str, str], name: str, parse: Callable[[str], str]) -> str:
    text = attributes.get(name, "").strip()
    try:
        return parse(text) if text else ""
    except LanguageUnknown:
        return ""


def _shown(text: str) -> str:
    """Return a name as our rooms allow it; empty where nothing of it can be seen."""
    name = one_line(one_line(text)[:_MAX_PARTICIPANT_CHARACTERS])
    return name if is_visible(name) else ""
