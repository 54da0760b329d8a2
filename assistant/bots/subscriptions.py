"""Who in a meeting is heard: everybody who publishes audio, but for those who do not want to be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from assistant.bots.track_subscriber import Joins, SubscriberRules, TrackSubscriber
from assistant.captioning.track_registry import Join
from assistant.core.errors import (
    AssistantError,
    CapacityReached,
    ParticipantReplaced,
    RoomDeleted,
    ShuttingDown,
)
from assistant.core.meetings.meeting import (
    AudioOffer,
    MeetingParticipant,
    Unheard,
    speaker_name,
    spoken_language,
)
from assistant.ports.meetings import Meeting
from assistant.tasks.owner import TaskOwner


class SubscriptionManager:
    """The people and audio of one meeting, and a subscriber for each track that may be heard.

    It outlives connections to the meeting: who opted out is never heard after one of them, and what was
    heard before it broke is finished in the background.

    Attributes:
        people: Who is in the meeting, by identity; empty while there is no connection.
        last_seq: The newest caption of those who were heard to their end.
    """

    def __init__(
        self, joins: Joins, room: str, opted_out: Iterable[str] = (), rules: SubscriberRules | None = None
    ) -> None:
        self.people: dict[str, MeetingParticipant] = {}
        self.last_seq = 0
        self._joins = joins
        self._room = room
        self._opted_out = set(opted_out)
        self._rules = rules
        self._meeting: Meeting | None = None
        self._offers: dict[str, AudioOffer] = {}
        self._subscribers: dict[str, TrackSubscriber] = {}
        self._unheard: dict[str, Unheard] = {}
        self._tracks: dict[str, str] = {}
        self._ending: dict[str, TrackSubscriber] = {}  # by speaker, the newest
        self._finishing = TaskOwner()

    # --- how it stands ----------------------------------------------------------------------------

    @property
    def problem(self) -> AssistantError | None:
        """What keeps somebody from being heard who could be; None while all is well."""
        return next(
            (subscriber.problem for subscriber in self._subscribers.values() if subscriber.problem), None
        )

    @property
    def heard(self) -> int:
        """How many tracks are listened to, of those that the platform has handed over."""
        return sum(subscriber.receiving for subscriber in self._subscribers.values())

    @property
    def deaf(self) -> bool:
        """Whether there is audio that cannot be heard without the meeting's key."""
        return any(offer.encrypted for offer in self._offers.values())

    @property
    def opted_out(self) -> tuple[str, ...]:
        """Who asked not to be heard."""
        return tuple(sorted(self._opted_out))

    def has_opted_out(self, identity: str) -> bool:
        """Return whether somebody is not to be heard, by their request or their attributes."""
        person = self.people.get(identity)
        return identity in self._opted_out or (person is not None and person.opted_out)

    def unheard(self) -> dict[str, Unheard]:
        """Return whose audio is not listened to, and why."""
        unheard = dict(self._unheard)
        for track, subscriber in self._subscribers.items():
            if isinstance(subscriber.problem, CapacityReached) and track in self._offers:
                unheard[self._offers[track].identity] = "capacity"
        unheard |= {identity: "opted_out" for identity in self.people if self.has_opted_out(identity)}
        return unheard | {offer.identity: "encrypted" for offer in self._offers.values() if offer.encrypted}

    def track_of(self, speaker: str) -> str:
        """Return the platform's id of the newest track of a speaker; empty for unknown ones."""
        return self._tracks.get(speaker, "")

    # --- what happens -----------------------------------------------------------------------------

    def enter(self, meeting: Meeting) -> None:
        """Hear this meeting from now on."""
        self._meeting = meeting

    def leave(self) -> None:
        """There is no connection to the meeting any more: nothing is heard but what has come already."""
        self._meeting = None
        for track in list(self._subscribers):
            self._end(self._offers[track])
        self.people.clear()
        self._offers.clear()
        self._unheard.clear()

    async def finished(self, seconds: float | None = None) -> None:
        """Wait until all that was heard of those who are no longer is captioned; at most so long."""
        await self._finishing.wait(seconds)

    def see(self, participant: MeetingParticipant) -> None:
        """Somebody came, or changed their name, their language or their mind."""
        before = self.people.get(participant.identity)
        self.people[participant.identity] = participant
        if before is None or before.opted_out != participant.opted_out:
            self._heed(participant.identity)
        for track, offer in self._of(participant.identity).items():
            if track in self._subscribers:
                self._subscribers[track].rename(speaker_name(participant, offer))
                self._subscribers[track].speak(spoken_language(participant, offer))

    def part(self, identity: str) -> None:
        """Somebody went."""
        for track in self._of(identity):
            self.withdraw(track)
        self.people.pop(identity, None)
        self._unheard.pop(identity, None)

    def offer(self, offer: AudioOffer) -> None:
        """Somebody published audio."""
        self._offers[offer.track] = offer
        self._listen(offer)

    def withdraw(self, track: str) -> None:
        """A track is no longer published; another one of the same person may be heard again."""
        offer = self._offers.pop(track, None)
        if offer is None:
            return
        self._end(offer)
        self._heed(offer.identity)

    def note(self, identity: str, reason: Unheard | Literal[""]) -> None:
        """Somebody's audio cannot be heard for that reason, or can again where it is empty."""
        self._unheard.pop(identity, None)
        if reason:
            self._unheard[identity] = reason

    def opt_out(self, identity: str, *, out: bool) -> None:
        """Hear somebody no more from this moment on, or again."""
        (self._opted_out.add if out else self._opted_out.discard)(identity)
        self._heed(identity)

    def tick(self) -> bool:
        """Listen again where a subscriber has ended before its time; return whether our room was deleted."""
        for track in [track for track, subscriber in self._subscribers.items() if subscriber.done]:
            subscriber, offer = self._subscribers.pop(track), self._offers[track]
            self._finish(subscriber, offer.speaker)
            if isinstance(subscriber.problem, RoomDeleted):
                return True
            if isinstance(subscriber.problem, ShuttingDown | ParticipantReplaced):
                continue
            if subscriber.problem is None or subscriber.problem.retryable:
                self._listen(offer)
            else:
                self._unheard[offer.identity] = "unreadable"
        return False

    # --- inside -----------------------------------------------------------------------------------

    def _of(self, identity: str) -> dict[str, AudioOffer]:
        return {track: offer for track, offer in self._offers.items() if offer.identity == identity}

    def _listen(self, offer: AudioOffer) -> None:
        """Hear a track, unless its owner does not want that or it cannot be heard."""
        meeting, person = self._meeting, self.people.get(offer.identity)
        if meeting is None or person is None or offer.encrypted or self.has_opted_out(offer.identity):
            return
        subscriber = self._subscribers.get(offer.track)
        if subscriber and not subscriber.done:
            return
        if subscriber:
            self._finish(subscriber, offer.speaker)
        self._tracks[offer.speaker] = offer.track
        name, language = speaker_name(person, offer), spoken_language(person, offer)
        join = Join(self._room, offer.speaker, name, language, admitted=True)
        after = self._ending.get(offer.speaker)
        tap = meeting.listen(offer)
        self._subscribers[offer.track] = TrackSubscriber(self._joins, join, tap, after, self._rules)

    def _heed(self, identity: str) -> None:
        """Hear somebody, or stop, as they wish."""
        for offer in self._of(identity).values():
            if not self.has_opted_out(identity):
                self._listen(offer)
            else:
                self._end(offer, silenced=True)
        if self.has_opted_out(identity):
            for speaker in {AudioOffer(identity, "").speaker, AudioOffer(identity, "", screen=True).speaker}:
                if speaker in self._ending:  # what came late before is not taken in either
                    self._ending[speaker].silence()

    def _end(self, offer: AudioOffer, *, silenced: bool = False) -> None:
        """Hear a track no more; what has come is captioned, unless its owner is `silenced`."""
        subscriber = self._subscribers.pop(offer.track, None)
        if subscriber:
            (subscriber.silence if silenced else subscriber.release)()
            self._finish(subscriber, offer.speaker)

    def _finish(self, subscriber: TrackSubscriber, speaker: str) -> None:
        """Let a subscriber come to its end while the meeting goes on."""

        async def finish() -> None:
            try:
                self.last_seq = max(self.last_seq, await subscriber.finish())
            finally:
                if self._ending.get(speaker) is subscriber:
                    del self._ending[speaker]

        self._ending[speaker] = subscriber
        self._finishing.start(finish(), "subscriber-finishing")
