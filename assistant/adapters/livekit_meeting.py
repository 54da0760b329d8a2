"""One LiveKit room, joined as a silent listener: its events, its audio, and what goes back into it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import structlog
from livekit import rtc

from assistant.adapters.livekit_audio import FrameTap
from assistant.adapters.livekit_chat import LiveKitChat
from assistant.adapters.livekit_messages import send_announcement, send_chunk, send_line
from assistant.core.errors import AssistantError, MeetingUnreachable
from assistant.core.meetings.meeting import (
    Announcement,
    AudioOffer,
    AudioOffered,
    AudioUnheard,
    AudioWithdrawn,
    CaptionChunk,
    CaptionLine,
    MeetingEvent,
    MeetingLeft,
    MeetingParticipant,
    ParticipantLeft,
    ParticipantSeen,
    PresentTold,
    Unheard,
    WordWritten,
    participant_of,
)
from assistant.ports.meetings import Answer

REQUESTS = ("captions.set_language", "captions.languages", "captions.opt_out", "captions.link")
"""The methods that participants may call."""

_STATE_ATTRIBUTE = "lk.agent.state"
"""Where LiveKit's clients look for what an agent does."""

_log = structlog.get_logger(__name__)
_MOST_EVENTS = 10_000
_SEND_SECONDS = 5.0
_HUSH_SECONDS = 3.0
"""So long after somebody has muted themselves frames still come, so that what they said ends in silence."""
_ASK_SECONDS = 1.0
"""A track that has been asked for comes in less, or the request was lost."""
_KEY_SECONDS = 5.0
"""An open microphone sends something in less, also when nobody speaks."""
_REFUSED = 1400
"""Our code of requests that are refused; those from 1500 on are the library's."""
_AUTOMATIC = frozenset(
    (rtc.ParticipantKind.PARTICIPANT_KIND_AGENT, rtc.ParticipantKind.PARTICIPANT_KIND_EGRESS)
)
_SCREENS = frozenset((rtc.TrackSource.SOURCE_SCREENSHARE_AUDIO, rtc.TrackSource.SOURCE_SCREENSHARE))
_OVER = frozenset(
    (
        rtc.DisconnectReason.ROOM_DELETED,
        rtc.DisconnectReason.ROOM_CLOSED,
        rtc.DisconnectReason.PARTICIPANT_REMOVED,
        rtc.DisconnectReason.DUPLICATE_IDENTITY,
        rtc.DisconnectReason.CLIENT_INITIATED,
    )
)
"""Why we are out for good: the meeting ended, somebody put us out, or another of us took over."""
_UNREADABLE_STATES: dict[int, Unheard] = {
    rtc.EncryptionState.DECRYPTION_FAILED: "wrong_key",
    rtc.EncryptionState.MISSING_KEY: "encrypted",
    rtc.EncryptionState.INTERNAL_ERROR: "unreadable",
}


class LiveKitMeeting:
    """The `Meeting` in a LiveKit room. Made before the room connects, so that no event is missed."""

    def __init__(self, room: rtc.Room, answer: Answer, *, has_key: bool) -> None:
        self._room = room
        self._answer = answer
        self._has_key = has_key
        self._events: asyncio.Queue[MeetingEvent] = asyncio.Queue(_MOST_EVENTS)
        self._taps: dict[str, FrameTap] = {}
        self._offers: dict[str, AudioOffer] = {}
        self._present: set[str] = set()
        self._undeciphered: set[str] = set()
        self._left = False
        for event, handler in self._handlers().items():
            room.on(event, handler)
        self._chat = LiveKitChat(room, lambda identity, word: self._tell(WordWritten(identity, word)))

    def begin(self) -> None:
        """Tell who and what is there already; the room is connected."""
        for method in REQUESTS:
            self._room.local_participant.register_rpc_method(method, self._answering(method))
        for participant in self._room.remote_participants.values():
            self._arrived(participant)
        self._tell(PresentTold())

    @property
    def identity(self) -> str:
        """Our own identity in the meeting."""
        return self._room.local_participant.identity

    async def events(self) -> AsyncIterator[MeetingEvent]:
        """Yield what happens, who and what is there already first; `MeetingLeft` is the last one."""
        while True:
            event = await self._events.get()
            yield event
            if isinstance(event, MeetingLeft):
                return

    def listen(self, offer: AudioOffer) -> FrameTap:
        """Begin to receive a track."""
        tap = FrameTap(lambda: self._unsubscribe(offer))
        self._taps[offer.track] = tap
        publication = self._publication(offer)
        if publication is None:
            tap.detach(ended=True)
            return tap
        if publication.subscribed:
            self._hear(tap, publication)
        publication.set_subscribed(True)  # also there: an end of listening just before may be on its way
        asyncio.get_running_loop().call_later(_ASK_SECONDS, self._ask_again, offer.track, tap)
        return tap

    async def show(self, line: CaptionLine, to: Sequence[str]) -> None:
        """Show a caption as a text stream in the speaker's name; raises `MeetingUnreachable`."""
        await self._send(lambda sender: send_line(sender, line, to))

    async def append(self, chunk: CaptionChunk) -> None:
        """Show a piece as the older transcription packet; raises `MeetingUnreachable`."""
        await self._send(lambda sender: send_chunk(sender, chunk))

    async def announce(self, announcement: Announcement, to: Sequence[str]) -> None:
        """Tell programs by a data message, people by the chat; raises `MeetingUnreachable`."""
        await self._send(lambda sender: send_announcement(sender, announcement, to))

    async def indicate(self, *, hears: bool) -> None:
        """Show it as an agent's state, where clients see us; raises `MeetingUnreachable`."""
        state = {_STATE_ATTRIBUTE: "listening" if hears else "idle"}
        await self._send(lambda sender: sender.set_attributes(state))

    async def close(self) -> None:
        """Leave."""
        self._end(MeetingLeft(ended=True, reason="left"))
        await self._chat.close()
        await self._room.disconnect()

    # --- what happens -----------------------------------------------------------------------------

    def _handlers(self) -> dict[Any, Callable[..., None]]:
        return {
            "participant_connected": self._arrived,
            "participant_disconnected": self._gone,
            "participant_name_changed": lambda participant, *_: self._seen(participant),
            "participant_attributes_changed": lambda _changed, participant: self._seen(participant),
            "track_published": self._published,
            "track_unpublished": lambda publication, _: self._withdrawn(publication.sid),
            "track_subscribed": self._subscribed,
            "track_unsubscribed": lambda _track, publication, _: self._silenced(publication.sid),
            "track_subscription_failed": self._failed,
            "e2ee_state_changed": self._encryption_changed,
            "track_muted": lambda _, publication: self._muted(publication.sid),
            "track_unmuted": lambda _, publication: self._unmuted(publication),
            "active_speakers_changed": self._speaking,
            "reconnected": self._reconnected,
            "disconnected": self._disconnected,
        }

    def _tell(self, event: MeetingEvent) -> None:
        if self._left and not isinstance(event, MeetingLeft):
            return
        try:
            self._events.put_nowait(event)
        except asyncio.QueueFull:
            _log.error("meeting_events_lost", kind=type(event).__name__)

    def _arrived(self, participant: rtc.RemoteParticipant) -> None:
        self._present.add(participant.identity)
        self._seen(participant)
        for publication in participant.track_publications.values():
            self._published(publication, participant)

    def _seen(self, participant: rtc.Participant) -> None:
        if participant.identity in self._present:
            self._tell(ParticipantSeen(_participant(participant)))

    def _gone(self, participant: rtc.RemoteParticipant) -> None:
        self._present.discard(participant.identity)
        for offer in [offer for offer in self._offers.values() if offer.identity == participant.identity]:
            self._withdrawn(offer.track)
        self._tell(ParticipantLeft(participant.identity))

    def _published(self, publication: rtc.RemoteTrackPublication, participant: rtc.RemoteParticipant) -> None:
        if publication.kind != rtc.TrackKind.KIND_AUDIO or publication.sid in self._offers:
            return
        if participant.kind in _AUTOMATIC:
            return
        encrypted = publication.encryption_type != rtc.EncryptionType.NONE
        offer = AudioOffer(
            identity=participant.identity,
            track=publication.sid,
            screen=publication.source in _SCREENS,
            encrypted=encrypted and not self._has_key,
        )
        if encrypted and self._has_key:
            self._undeciphered.add(offer.identity)
        self._offers[offer.track] = offer
        self._tell(AudioOffered(offer))

    def _withdrawn(self, track: str) -> None:
        if self._offers.pop(track, None):
            self._silenced(track)
            self._tell(AudioWithdrawn(track))

    def _subscribed(self, _track: rtc.Track, publication: rtc.RemoteTrackPublication, _: object) -> None:
        tap = self._taps.get(publication.sid)
        if tap:
            self._hear(tap, publication)
            self._watch_key(self._offers[publication.sid])

    def _hear(self, tap: FrameTap, publication: rtc.RemoteTrackPublication) -> None:
        """Take the frames of a track; the silence of those who are muted is not worth its cost."""
        if publication.track is not None:
            tap.receiving = True
            if not publication.muted:
                tap.attach(publication.track)

    def _silenced(self, track: str) -> None:
        tap = self._taps.get(track)
        if tap:
            tap.receiving = False
            tap.detach(ended=track not in self._offers)

    def _failed(self, participant: rtc.RemoteParticipant, track: str, _error: str) -> None:
        if track in self._offers:
            self._tell(AudioUnheard(participant.identity, "unreadable"))

    def _encryption_changed(self, participant: rtc.Participant, state: int) -> None:
        if participant.identity not in self._present:
            return
        if state == rtc.EncryptionState.OK:
            self._undeciphered.discard(participant.identity)
            self._tell(AudioUnheard(participant.identity, ""))
        elif state in _UNREADABLE_STATES:
            self._tell(AudioUnheard(participant.identity, _UNREADABLE_STATES[state]))

    def _watch_key(self, offer: AudioOffer) -> None:
        """See whether our key opens a track: a wrong one makes no sign but silence."""
        if offer.identity in self._undeciphered:
            asyncio.get_running_loop().call_later(_KEY_SECONDS, self._check_key, offer)

    def _check_key(self, offer: AudioOffer) -> None:
        publication = self._publication(offer)
        if self._left or publication is None or publication.muted or not publication.subscribed:
            return
        if offer.identity in self._undeciphered:
            self._tell(AudioUnheard(offer.identity, "wrong_key"))

    def _muted(self, track: str) -> None:
        asyncio.get_running_loop().call_later(_HUSH_SECONDS, self._hush, track)

    def _hush(self, track: str) -> None:
        tap, offer = self._taps.get(track), self._offers.get(track)
        publication = self._publication(offer) if offer else None
        if tap and publication and publication.muted:
            tap.detach(ended=False)

    def _unmuted(self, publication: rtc.TrackPublication) -> None:
        offer, tap = self._offers.get(publication.sid), self._taps.get(publication.sid)
        if tap and not tap.attached and isinstance(publication, rtc.RemoteTrackPublication):
            self._hear(tap, publication)
        if offer:
            self._watch_key(offer)

    def _speaking(self, people: Sequence[rtc.Participant]) -> None:
        """Hear who speaks, also where the news that they opened their microphone was lost."""
        for offer in self._offers.values():
            tap = self._taps.get(offer.track)
            if tap and not tap.attached and any(one.identity == offer.identity for one in people):
                publication = self._publication(offer)
                if publication is not None and publication.track is not None and not offer.screen:
                    tap.attach(publication.track)

    def _reconnected(self) -> None:
        """Ask once more for tracks that do not come: the library loses what it is asked meanwhile."""
        for track in self._taps:
            self._ask(track)

    def _ask_again(self, track: str, tap: FrameTap) -> None:
        if self._taps.get(track) is tap and not self._left and self._ask(track):
            asyncio.get_running_loop().call_later(_ASK_SECONDS, self._ask_again, track, tap)

    def _ask(self, track: str) -> bool:
        """Ask for a track that does not come; return whether there was need to."""
        offer = self._offers.get(track)
        publication = self._publication(offer) if offer else None
        if publication is None or publication.subscribed:
            return False
        publication.set_subscribed(True)
        return True

    def _disconnected(self, reason: rtc.DisconnectReason.ValueType) -> None:
        name = rtc.DisconnectReason.Name(reason).lower()
        self._end(MeetingLeft(ended=reason in _OVER, reason=name))

    def _end(self, left: MeetingLeft) -> None:
        if self._left:
            return
        self._left = True
        for tap in self._taps.values():
            tap.detach(ended=True)
        if self._events.full():
            self._events.get_nowait()  # nobody acts on it any more
        self._tell(left)

    # --- audio in, words out ------------------------------------------------------------------------

    def _publication(self, offer: AudioOffer) -> rtc.RemoteTrackPublication | None:
        participant = self._room.remote_participants.get(offer.identity)
        return participant.track_publications.get(offer.track) if participant else None

    def _unsubscribe(self, offer: AudioOffer) -> None:
        self._taps.pop(offer.track, None)
        publication = self._publication(offer)
        if publication is not None and not self._left:
            publication.set_subscribed(False)

    def _answering(self, method: str) -> Callable[[rtc.RpcInvocationData], Any]:
        async def answer(call: rtc.RpcInvocationData) -> str:
            try:
                return await self._answer(call.caller_identity, method, call.payload)
            except AssistantError as error:
                document = json.dumps({"code": error.code, "message": error.message})
                raise rtc.RpcError(_REFUSED, error.message, document) from error

        return answer

    async def _send(self, send: Callable[[rtc.LocalParticipant], Awaitable[None]]) -> None:
        if self._left:
            raise MeetingUnreachable("The listener is no longer in the meeting.")
        try:
            async with asyncio.timeout(_SEND_SECONDS):
                await send(self._room.local_participant)
        except (Exception, TimeoutError) as error:
            # The library has one kind of exception for each call, with nothing in common.
            raise MeetingUnreachable("The meeting did not take a message.") from error


def _participant(participant: rtc.Participant) -> MeetingParticipant:
    return participant_of(
        participant.identity,
        participant.name,
        participant.attributes,
        automatic=participant.kind in _AUTOMATIC,
        can_write=participant.permissions.can_publish_data,
    )
