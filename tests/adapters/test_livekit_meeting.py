"""What the listener makes of the events of a LiveKit room, with a scripted one in the library's place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from livekit import rtc
from livekit.rtc._proto.participant_pb2 import ParticipantPermission

from assistant.adapters.livekit_meeting import LiveKitMeeting
from assistant.core.meetings.meeting import AudioOffer


@dataclass
class Publication:
    """Somebody's microphone, and what was asked about it."""

    sid: str = "TR_1"
    kind: int = rtc.TrackKind.KIND_AUDIO
    source: int = rtc.TrackSource.SOURCE_MICROPHONE
    encryption_type: int = rtc.EncryptionType.NONE
    muted: bool = False
    subscribed: bool = False
    track: None = None
    asked: list[bool] = field(default_factory=list)

    def set_subscribed(self, subscribed: bool) -> None:  # noqa: FBT001 - as the library has it
        """Note the wish."""
        self.asked.append(subscribed)


@dataclass
class Participant:
    """Somebody with one microphone."""

    publication: Publication
    identity: str = "bob"
    name: str = "Bob"
    kind: int = rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD
    attributes: dict[str, str] = field(default_factory=dict)
    permissions: ParticipantPermission = field(default_factory=ParticipantPermission)

    @property
    def track_publications(self) -> dict[str, Publication]:
        """By id."""
        return {self.publication.sid: self.publication}


class Room:
    """Keeps the handlers of its events."""

    def __init__(self, participant: Participant) -> None:
        self.remote_participants = {participant.identity: participant}
        self.handlers: dict[str, Callable[..., None]] = {}

    def on(self, event: str, handler: Callable[..., None]) -> None:
        """Keep a handler."""
        self.handlers[event] = handler

    def register_text_stream_handler(self, topic: str, handler: Callable[..., None]) -> None:
        """Keep a handler of a topic."""
        self.handlers[topic] = handler


async def test_tracks_that_do_not_come_are_asked_for_again_after_a_reconnection() -> None:
    """What is asked while the connection is made anew is lost; who is heard already is left alone."""
    publication = Publication()
    room = Room(Participant(publication))
    meeting = LiveKitMeeting(cast("Any", room), cast("Any", None), has_key=False)
    room.handlers["participant_connected"](room.remote_participants["bob"])
    meeting.listen(AudioOffer("bob", "TR_1"))
    room.handlers["reconnected"]()
    assert publication.asked == [True, True]
    publication.subscribed = True
    room.handlers["reconnected"]()
    assert publication.asked == [True, True]
