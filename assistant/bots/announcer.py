"""Tells people in a meeting, once, who listens, where captions can be read and how not to be heard."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping

import structlog

from assistant.bots.status import BotRules
from assistant.core.errors import MeetingUnreachable
from assistant.core.meetings.chat_words import ChatWord
from assistant.core.meetings.meeting import Announcement, MeetingParticipant
from assistant.core.meetings.notices import (
    NOTICE_TOPIC,
    Means,
    chat_text,
    choice_notices,
    deaf_notices,
    help_notices,
    listening_notices,
)
from assistant.ports.meetings import Meeting
from assistant.tasks.owner import TaskOwner

_log = structlog.get_logger(__name__)


class Announcer:
    """The notices of one meeting.

    Attributes:
        languages: The languages of the notices, the most important one first.
        url: Where captions can be read.
    """

    def __init__(
        self, room: str, readable: Callable[[], list[str]], page_of: Callable[[str], str], rules: BotRules
    ) -> None:
        """Tell of one room.

        Args:
            room: Its name.
            readable: Returns the languages that captions can be read in.
            page_of: Returns the address of the page of somebody's choice; empty: they have none.
            rules: Say what else is promised.
        """
        self.languages: tuple[str, ...] = ()
        self.url = ""
        self._room = room
        self._readable = readable
        self._page_of = page_of
        self._rules = rules
        self._told: set[str] = set()
        self._told_deaf = False
        self._answering: set[str] = set()
        self._shown: tuple[Meeting, bool] | None = None
        self._telling = TaskOwner()

    def keep_only(self, present: Collection[str]) -> None:
        """Forget whoever is gone: who comes back is told anew."""
        self._told &= set(present)

    def tell(
        self,
        meeting: Meeting,
        people: Mapping[str, MeetingParticipant],
        *,
        deaf: bool,
        heard: Callable[[str], bool],
    ) -> None:
        """Tell those who have not been told; everybody, where it turns out that nothing can be heard.

        It never waits; whoever could not be reached is told next time.

        Args:
            meeting: Where they are.
            people: Everybody who is there, by identity.
            deaf: Whether there is audio that cannot be heard without the meeting's key.
            heard: Returns whether somebody is heard, who may have refused before they came back.
        """
        self._show(meeting, hears=not deaf)
        turned_deaf = deaf and not self._told_deaf
        new = [identity for identity in people if identity not in self._told]
        if not new and not turned_deaf:
            return
        self._told.update(new)
        self._told_deaf |= turned_deaf
        if deaf:
            sendings = {self._deaf(meeting): [] if turned_deaf else new}
        else:
            sendings = _gathered(
                (self._listening(meeting, people[identity], heard=heard(identity)), identity)
                for identity in new
            )

        async def tell() -> None:
            untold = set(new)
            try:
                for announcement, to in sendings.items():
                    await meeting.announce(announcement, to)
                    untold.difference_update(to)
            except MeetingUnreachable as error:
                self._told.difference_update(untold)
                self._told_deaf ^= turned_deaf
                _log.warning("notice_not_sent", room=self._room, code=error.code)

        self._telling.start(tell(), "announcing")

    def answer(
        self,
        meeting: Meeting,
        person: MeetingParticipant,
        heard: Callable[[], bool],
        word: ChatWord | None = None,
    ) -> None:
        """Tell somebody who chose whether they are heard; in the chat at least where they wrote there.

        It never waits, and who chooses again before they are answered gets one answer.

        Args:
            meeting: Where they are.
            person: They.
            heard: Returns whether they are heard now.
            word: What they wrote, in whose language they are answered; None: they chose elsewhere.
        """
        if person.identity in self._answering:
            return
        self._answering.add(person.identity)

        async def answer() -> None:
            try:
                await meeting.announce(self._answer(person, word, heard=heard()), [person.identity])
            except MeetingUnreachable as error:
                _log.warning("answer_not_sent", room=self._room, code=error.code)
            finally:
                self._answering.discard(person.identity)

        self._telling.start(answer(), "answering")

    async def close(self) -> None:
        """Tell nobody any more."""
        await self._telling.close()
        self._answering.clear()

    # --- inside -----------------------------------------------------------------------------------

    def _show(self, meeting: Meeting, *, hears: bool) -> None:
        """Let clients that can show whether people are heard; what did not get through is tried next time."""
        if self._shown == (meeting, hears):
            return
        self._shown = (meeting, hears)

        async def show() -> None:
            try:
                await meeting.indicate(hears=hears)
            except MeetingUnreachable as error:
                self._shown = None
                _log.warning("state_not_shown", room=self._room, code=error.code)

        self._telling.start(show(), "indicating")

    def _listening(self, meeting: Meeting, person: MeetingParticipant, *, heard: bool) -> Announcement:
        """Return what one person is told; it is the same for all who have no page of their own."""
        page_url = self._page_of(person.identity)
        notices = listening_notices(self.languages, self._means(person, page_url), heard=heard)
        document = self._notice(meeting, notices, hears=True) | {"heard": heard, "consent_url": page_url}
        return self._announcement(document, notices, self.url, page_url)

    def _deaf(self, meeting: Meeting) -> Announcement:
        notices = deaf_notices(self.languages)
        return self._announcement(self._notice(meeting, notices, hears=False), notices, self.url)

    def _answer(self, person: MeetingParticipant, word: ChatWord | None, *, heard: bool) -> Announcement:
        languages = [word.lang] if word else self.languages
        page_url = self._page_of(person.identity)
        if word and word.heard is None:
            notices = help_notices(languages)
        else:
            notices = choice_notices(languages, self._means(person, page_url), heard=heard)
        document = {"type": "consent", "room": self._room, "heard": heard, "notices": notices}
        return self._announcement(document, notices, page_url=page_url, in_chat=bool(word))

    def _notice(self, meeting: Meeting, notices: Mapping[str, str], *, hears: bool) -> dict[str, object]:
        return {
            "type": "listening",
            "hears": hears,
            "listener": meeting.identity,
            "room": self._room,
            "url": self.url,
            "languages": self._readable(),
            "notices": notices,
        }

    def _announcement(
        self,
        document: Mapping[str, object],
        notices: Mapping[str, str],
        url: str = "",
        page_url: str = "",
        *,
        in_chat: bool = False,
    ) -> Announcement:
        text = chat_text(notices, url, page_url) if in_chat or self._rules.notices else ""
        return Announcement(NOTICE_TOPIC, json.dumps(document, ensure_ascii=False), text)

    def _means(self, person: MeetingParticipant, page_url: str) -> Means:
        """Return what somebody's client lets them see and do."""
        return Means(
            page=bool(page_url),
            chat=person.can_write,
            listed_as=self._rules.listed_as,
            # La Suite Meet, which has that button, shows its sign for recordings of its own only.
            recording_sign=self._rules.recording_indicator and not person.panel,
            panel=person.panel,
        )


def _gathered(sendings: Iterable[tuple[Announcement, str]]) -> dict[Announcement, list[str]]:
    """Return who is told what, those together who are told the same."""
    gathered: dict[Announcement, list[str]] = {}
    for announcement, identity in sendings:
        gathered.setdefault(announcement, []).append(identity)
    return gathered
