"""Minutes of rooms: drafted, edited by clerks, approved and published."""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial

import structlog

from assistant.core.captions.caption import Caption
from assistant.core.captions.events import DraftingFailed, DraftingProgressed, MinutesSaved
from assistant.core.errors import AssistantError, MinutesFrozen, MinutesUnknown, RevisionConflict
from assistant.core.minutes.document import Change, Meeting, Minutes, MinutesVersion, VersionStatus
from assistant.core.minutes.edits import edit
from assistant.core.minutes.operations import Operation, to_document
from assistant.core.minutes.protection import check_lowering, lowers
from assistant.core.plain_text import one_line
from assistant.minutes.drafting.draft import DraftStep
from assistant.minutes.drafts import DraftMaker, DraftWish, MinutesRooms, MinutesRules
from assistant.minutes.follower import CorrectionFollower
from assistant.minutes.reader import ModelReading
from assistant.minutes.records import MinutesRecords, author_of
from assistant.minutes.views import MinutesViews
from assistant.ports.meetings import MeetingStore
from assistant.ports.minutes import MinutesStore
from assistant.ports.room_log import RoomLog
from assistant.ports.system import Clock, Workers
from assistant.tasks.named_locks import NamedLocks
from assistant.tasks.owner import TaskOwner
from assistant.tasks.threads import ThreadWorkers

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class EditedVersion:
    """A version after an edit.

    Attributes:
        version: The version as it is now.
        undo: What takes the edit back, in the order in which it is done.
    """

    version: MinutesVersion
    undo: tuple[Operation, ...]


class MinutesService:
    """Makes minutes and keeps them; several clerks may work on the same at once.

    What is shown of minutes and words is made by `views`; agendas, copies and levels are kept by `records`;
    `follower` has drafts made anew when captions are corrected.

    Args:
        rooms: Rooms and what was said in them.
        store: Keeps minutes.
        meetings: Knows who was there.
        clock: Says when something was changed.
        rules: What holds for all minutes.
        model: Reads a meeting with the operator's language model; None where there is none.
        workers: Do what takes long; None: threads do.
    """

    def __init__(
        self,
        rooms: MinutesRooms,
        store: MinutesStore,
        meetings: MeetingStore,
        clock: Clock,
        rules: MinutesRules | None = None,
        model: ModelReading | None = None,
        workers: Workers | None = None,
    ) -> None:
        self.rules = rules or MinutesRules()
        self.model = model
        self._rooms = rooms
        self._store = store
        workers = workers or ThreadWorkers()
        self.views = MinutesViews(rooms, store, self.version, workers)
        self.records = MinutesRecords(rooms, store, clock, self.rules.scale)
        self._maker = DraftMaker(rooms, store, meetings, self.rules, model, workers)
        self._clock = clock
        self._locks = NamedLocks()
        self._drafting: dict[str, tuple[DraftStep, float]] = {}
        self.follower = CorrectionFollower(self._redraft, self.rules.quiet_seconds)
        self._tasks = TaskOwner()

    problem: AssistantError | None = None

    async def start(self) -> None:
        """Begin to work."""

    async def close(self) -> None:
        """Stop; a draft in the making is lost, and can be made again."""
        await self.follower.close()
        await self._tasks.close()

    # --- reading ------------------------------------------------------------------------------------

    async def version(self, room: str, number: int | None = None) -> MinutesVersion:
        """Return a version, the newest one for None; raises `RoomUnknown`, `MinutesUnknown`."""
        await self._rooms.room(room)
        version = await self._store.version(room, number)
        if version is None:
            what = "no minutes yet" if number is None else f"no version {number} of its minutes"
            raise MinutesUnknown(f"This room has {what}.")
        return version

    async def versions(self, room: str) -> Sequence[MinutesVersion]:
        """Return all versions, the oldest first; raises `RoomUnknown`."""
        await self._rooms.room(room)
        return await self._store.versions(room)

    async def changes(self, room: str, number: int, since: int = 0) -> Sequence[Change]:
        """Return what made the revisions after `since` of a version, the oldest first."""
        await self.version(room, number)
        return await self._store.changes(room, number, since)

    def drafting(self, room: str) -> tuple[DraftStep, float] | None:
        """Return how far a draft in the making is; None where none is made."""
        return self._drafting.get(room)

    def nothing_yet(self, room: str) -> MinutesVersion:
        """Return what stands where there are no minutes yet: version 0."""
        meeting = Meeting(room, organisation=self.rules.organisation, timezone=self.rules.timezone)
        return MinutesVersion(0, 0, "draft", Minutes(room, meeting))

    # --- drafting -----------------------------------------------------------------------------------

    async def draft(self, room: str, wish: DraftWish | None = None) -> MinutesVersion:
        """Make the draft, or make it anew and keep what the clerk wrote; return it.

        After a publication it is a new version; an approved one becomes a draft again.

        Raises:
            RoomUnknown: There is no such room.
            AgendaInvalid: The agenda has no item, or too many.
        """
        wish = wish or DraftWish()
        async with self._locks.of(room):
            before = await self._store.version(room)
            if wish.agenda is not None:
                await self.records.set_agenda(room, wish.agenda)
            captions = await self._rooms.spoken_captions(room)
            return await self._draft(room, wish, "drafted", before, captions)

    def draft_later(self, room: str, wish: DraftWish) -> None:
        """Make the draft without waiting for it; events tell how far it is."""
        if room not in self._drafting:
            self._drafting[room] = ("reading", 0.0)
            self._tasks.start(self._draft_quietly(room, wish), "minutes")

    async def _draft_quietly(self, room: str, wish: DraftWish) -> None:
        try:
            await self.draft(room, wish)
        except AssistantError as error:
            _log.warning("draft_failed", room=room, code=error.code)
            with contextlib.suppress(AssistantError):
                async with self._rooms.log(room) as log:
                    log.tell(DraftingFailed(error.code))
        finally:
            self._drafting.pop(room, None)

    async def _redraft(self, room: str) -> None:
        """Make a draft anew after corrections; what is published stays, what is approved is reopened."""
        try:
            async with self._locks.of(room):
                before = await self._store.version(room)
                if before is None or before.status == "published":
                    return
                captions = await self._rooms.spoken_captions(room)
                corrected = frozenset(
                    caption.id
                    for caption in captions
                    if caption.edited and caption.seq > before.transcript_seq
                )
                wish = DraftWish(use_model=False)
                await self._draft(room, wish, "transcript_corrected", before, captions, corrected)
        except AssistantError as error:
            _log.warning("draft_not_followed", room=room, code=error.code)

    async def _draft(
        self,
        room: str,
        wish: DraftWish,
        action: str,
        before: MinutesVersion | None,
        captions: Sequence[Caption],
        corrected: frozenset[str] = frozenset(),
    ) -> MinutesVersion:
        async with self._rooms.log(room) as log:
            self._tell_step(log, "reading", 0.0)
            try:
                minutes = await self._maker.make(
                    room, captions, wish, before, corrected, partial(self._tell_step, log)
                )
            finally:
                self._drafting.pop(room, None)
        seq = max((caption.seq for caption in captions), default=0)
        return await self._save(room, before, minutes, action=action, author=wish.author, seq=seq)

    def _tell_step(self, log: RoomLog, step: DraftStep, done: float) -> None:
        if done < 1.0:
            self._drafting[log.name] = (step, done)
        log.tell(DraftingProgressed(step, done))

    # --- editing ------------------------------------------------------------------------------------

    async def edit(
        self,
        room: str,
        revision: int,
        operations: Sequence[Operation],
        *,
        author: str,
        reason: str = "",
        may_lower: bool = False,
    ) -> EditedVersion:
        """Change the draft.

        Args:
            room: The room's name.
            revision: Which one the clerk has seen.
            operations: Checked by `parse_operations`.
            author: Who changes it.
            reason: Why; needed where a protection level is lowered.
            may_lower: Whether the author may lower one.

        Raises:
            RevisionConflict: It has been changed since; with what was changed.
            MinutesFrozen: It is approved or published.
            LoweringRefused: A protection level would be lowered by somebody who may not, or without a reason.
            OperationInvalid: An operation names what is not there.
        """
        async with self._locks.of(room):
            version = await self._current(room, revision)
            if version.status != "draft":
                raise MinutesFrozen("These minutes are approved; reopen them, or draft a new version.")
            self._check_levels(operations)
            edited = edit(version.minutes, operations, lambda: secrets.token_hex(8))
            if lowers(version.minutes, edited.minutes, self.rules.scale):
                check_lowering(reason, may_lower=may_lower)
            documents = json.dumps([to_document(one) for one in operations], ensure_ascii=False)
            saved = await self._save(
                room,
                version,
                edited.minutes,
                action="edited",
                author=author,
                reason=reason,
                operations=documents,
            )
            return EditedVersion(saved, edited.undo)

    def _check_levels(self, operations: Sequence[Operation]) -> None:
        for operation in operations:
            level = operation.fields.get("level")
            if isinstance(level, str):
                self.rules.scale.rank(level)

    async def approve(self, room: str, revision: int, author: str) -> MinutesVersion:
        """Approve the draft; raises `RevisionConflict`, `MinutesFrozen`."""
        return await self._advance(room, revision, author, ("draft",), "approved")

    async def reopen(self, room: str, revision: int, author: str, reason: str = "") -> MinutesVersion:
        """Make a draft of approved minutes again; raises `RevisionConflict`, `MinutesFrozen`."""
        return await self._advance(room, revision, author, ("approved",), "draft", reason)

    async def publish(
        self, room: str, revision: int, author: str, rough_languages: Sequence[str] = ()
    ) -> MinutesVersion:
        """Publish approved minutes; they are never changed from then on, only superseded.

        Args:
            room: The room's name.
            revision: Which one the clerk has seen.
            author: Who publishes it.
            rough_languages: BCP-47 primary subtags of languages that it may be read in although the
                translation into them is rough.

        Raises:
            RevisionConflict: They have been changed since.
            MinutesFrozen: They are not approved, or published already.
        """
        rough = tuple(sorted(set(rough_languages)))
        return await self._advance(room, revision, author, ("approved",), "published", rough_languages=rough)

    async def _advance(
        self,
        room: str,
        revision: int,
        author: str,
        allowed: tuple[VersionStatus, ...],
        status: VersionStatus,
        reason: str = "",
        rough_languages: tuple[str, ...] = (),
    ) -> MinutesVersion:
        async with self._locks.of(room):
            version = await self._current(room, revision)
            if version.status not in allowed:
                raise MinutesFrozen(f"These minutes are {version.status}: that comes before or after.")
            action = "reopened" if status == "draft" else status
            minutes = replace(version.minutes, rough_languages=rough_languages)
            return await self._save(
                room, version, minutes, action=action, author=author, reason=reason, status=status
            )

    async def _current(self, room: str, revision: int) -> MinutesVersion:
        """Return the newest version, if that revision is its present one."""
        version = await self.version(room)
        if version.revision != revision:
            changes = await self._store.changes(room, version.number, revision)
            raise RevisionConflict(
                "Somebody has changed these minutes meanwhile; look at what was changed.",
                revision=version.revision,
                changes=[change_document(change) for change in changes],
            )
        return version

    async def _save(
        self,
        room: str,
        before: MinutesVersion | None,
        minutes: Minutes,
        *,
        action: str,
        author: str,
        reason: str = "",
        operations: str = "[]",
        status: VersionStatus = "draft",
        seq: int | None = None,
    ) -> MinutesVersion:
        """Store what came of a change, and tell of it; what is published is followed by a new version."""
        follows = before is not None and before.status != "published"
        at = self._clock.now()
        by = author_of(author)
        version = MinutesVersion(
            number=before.number + (not follows) if before else 1,
            revision=before.revision + 1 if before and follows else 1,
            status=status,
            minutes=minutes,
            transcript_seq=(before.transcript_seq if before else 0) if seq is None else seq,
            changed_at=at,
            changed_by=by,
        )
        change = Change(version.number, version.revision, at, by, action, operations, one_line(reason))
        async with self._rooms.log(room) as log:
            await log.append([MinutesSaved(version, change)])
        _log.info("minutes_changed", room=room, action=action, version=version.number, rev=version.revision)
        return version


def change_document(change: Change) -> dict[str, object]:
    """Return a change as it goes over the wire."""
    return asdict(change) | {"operations": json.loads(change.operations)}
