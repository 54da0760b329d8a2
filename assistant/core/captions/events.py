"""What happens in a room: one class for each kind of event, and what an append may depend on.

Events that change what a room holds are numbered: their `seq` grows, and whoever was away asks for what came
after the newest one that they know. Events that only tell how things stand now take no number.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from assistant.core.captions.caption import Caption
from assistant.core.captions.lateness import Status
from assistant.core.minutes.document import Change, MinutesVersion


@dataclass(frozen=True, slots=True)
class PartialShown:
    """A caption that still grows has a new revision."""

    caption: Caption


@dataclass(frozen=True, slots=True)
class FinalAppended:
    """An utterance ended with a final, or its final was refined.

    Attributes:
        caption: The final.
        session: The track that it was heard on.
        durable_samples: How far the track is captioned with it, in samples since the track began.
    """

    caption: Caption
    session: str
    durable_samples: int


@dataclass(frozen=True, slots=True)
class CaptionEdited:
    """A clerk changed a final, or made a new one of a part of it."""

    caption: Caption


@dataclass(frozen=True, slots=True)
class CaptionTranslated:
    """A caption was translated, or is marked as one that is not."""

    caption: Caption


@dataclass(frozen=True, slots=True)
class PublicVersionAmended:
    """Readers of the public version, and they alone, are shown a caption otherwise than before."""

    caption: Caption


@dataclass(frozen=True, slots=True)
class MinutesSaved:
    """Minutes were drafted, edited, approved, reopened or published.

    Attributes:
        version: The version as it is now.
        change: What was done to it.
        seq: The number of the event; 0 before it has one.
    """

    version: MinutesVersion
    change: Change
    seq: int = 0


@dataclass(frozen=True, slots=True)
class RoomRemoved:
    """The room was deleted with all that was said in it; nothing follows.

    Attributes:
        seq: The number of the event; 0 before it has one.
    """

    seq: int = 0


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """Captions run late, or no longer do."""

    status: Status


@dataclass(frozen=True, slots=True)
class TranscriptCorrected:
    """A clerk has changed captions, or the name of somebody who speaks in them."""


@dataclass(frozen=True, slots=True)
class DraftingProgressed:
    """A draft of the minutes is being made.

    Attributes:
        step: What is done now.
        done: How much of all is done, from 0 to 1.
    """

    step: str
    done: float


@dataclass(frozen=True, slots=True)
class DraftingFailed:
    """A draft of the minutes could not be made.

    Attributes:
        problem: The code of the error.
    """

    problem: str


CaptionEvent = PartialShown | FinalAppended | CaptionEdited | CaptionTranslated | PublicVersionAmended
"""A caption has a new revision, in one language."""
SpokenEvent = PartialShown | FinalAppended | CaptionEdited
"""A caption as it was said has a new revision."""
NumberedEvent = CaptionEvent | MinutesSaved | RoomRemoved
ToldEvent = StatusChanged | TranscriptCorrected | DraftingProgressed | DraftingFailed
"""What takes no number: it tells how things stand now, and only the latest of a kind matters."""
RoomEvent = NumberedEvent | ToldEvent


@dataclass(frozen=True, slots=True)
class NotRevised:
    """No revision of a caption as it was said, partials included, is newer than one that is known.

    Attributes:
        caption_id: The caption.
        rev: The revision that is known.
    """

    caption_id: str
    rev: int


@dataclass(frozen=True, slots=True)
class NotEnded:
    """A caption has been shown and still grows.

    Attributes:
        caption_id: The caption.
    """

    caption_id: str


Precondition = NotRevised | NotEnded
"""What has to hold of a room when the turn of an append has come."""


class PreconditionFailed(Exception):
    """Nothing was appended, since something came in between."""

    def __init__(self, precondition: Precondition) -> None:
        super().__init__(f"does not hold any more: {precondition}")
        self.precondition = precondition


def revised(caption: Caption, seq: int) -> Caption:
    """Return a caption with its number, which is its revision as well."""
    return replace(caption, seq=seq, rev=seq)


def numbered(event: NumberedEvent, seq: int) -> NumberedEvent:
    """Return an event with its number.

    What is shown as it was said in place of a translation is no revision of its own: it keeps that of the
    caption.
    """
    if isinstance(event, MinutesSaved | RoomRemoved):
        return replace(event, seq=seq)
    caption = revised(event.caption, seq)
    if isinstance(event, CaptionTranslated) and is_marked(event.caption):
        caption = replace(caption, rev=event.caption.rev)
    return replace(event, caption=caption)


def is_marked(caption: Caption) -> bool:
    """Return whether a caption is shown as it was said in place of a translation."""
    return caption.translation is not None and not caption.is_translated


def seq_of(event: RoomEvent) -> int:
    """Return the number of an event; 0 where it takes none."""
    if isinstance(event, ToldEvent):
        return 0
    return event.seq if isinstance(event, MinutesSaved | RoomRemoved) else event.caption.seq
