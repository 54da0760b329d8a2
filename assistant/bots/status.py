"""How listeners behave, and how one is doing."""

from __future__ import annotations

from dataclasses import dataclass, field

from assistant.bots.caption_relay import RelayRules
from assistant.bots.track_subscriber import SubscriberRules
from assistant.core.meetings.meeting import ListenerState, Unheard
from assistant.tasks.retries import Backoff

_PAUSES = Backoff(1.0, 30.0)


@dataclass(frozen=True, slots=True)
class BotRules:
    """How listeners behave.

    Attributes:
        empty_seconds: How long a meeting may be without people before the listener goes.
        relay: What goes into the meeting.
        notices: Whether people are told in the chat that somebody listens.
        languages: BCP-47 codes of the languages of the notices, beside those of the room.
        subscribers: How patiently people are heard.
        tick_seconds: How often a listener looks after what is due, while nothing happens in the meeting.
        pauses: How long is waited before a meeting that is out of reach is joined again.
        listed_as: How the listener is called among the participants; empty: people do not see it there.
        recording_indicator: Whether their clients show that the meeting is recorded.
    """

    empty_seconds: float = 30.0
    relay: RelayRules = field(default_factory=RelayRules)
    notices: bool = True
    languages: tuple[str, ...] = ("en", "fr")
    subscribers: SubscriberRules = field(default_factory=SubscriberRules)
    tick_seconds: float = 1.0
    pauses: Backoff = _PAUSES
    listed_as: str = ""
    recording_indicator: bool = True


@dataclass(frozen=True, slots=True)
class BotStatus:
    """How a listener is doing.

    Attributes:
        meeting: The platform's name of the meeting.
        room: The name of our room.
        state: What it is doing, such as joining or listening.
        problem: What is wrong, as a sentence; empty while all is well.
        code: The code of that problem's error; empty while all is well.
        participants: People in the meeting.
        heard: Audio tracks that are listened to.
        unheard: Identity and reason of those who are not.
        url: Where the captions can be read.
    """

    meeting: str
    room: str
    state: ListenerState
    problem: str
    code: str
    participants: int
    heard: int
    unheard: tuple[tuple[str, Unheard], ...]
    url: str


@dataclass(frozen=True, slots=True)
class Hearing:
    """Whether somebody is heard in a meeting.

    Attributes:
        listening: Whether the listener is in the meeting now.
        heard: Whether what they say is heard while it is.
    """

    listening: bool
    heard: bool
