"""The messages of minutes, as they stand in JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from assistant.core.minutes.document import Change, Minutes, VersionStatus
from assistant.core.minutes.levels import Scale
from assistant.minutes.drafts import DraftWish
from assistant.minutes.service import change_document
from assistant.web.bounds import Count, Line


class LevelMessage(BaseModel):
    """One protection level; `names` by language."""

    code: str
    name: str
    names: dict[str, str]
    marked: bool
    numbered: bool


def scale_message(scale: Scale, lang: str = "en") -> list[LevelMessage]:
    """Return the levels of a scale, the most open one first."""
    return [
        LevelMessage(
            code=level.code,
            name=level.name_in(lang),
            names=dict(level.names),
            marked=level.marked,
            numbered=level.numbered,
        )
        for level in scale.levels
    ]


class DraftingMessage(BaseModel):
    """How far a draft in the making is."""

    step: str
    done: float


class MinutesMessage(BaseModel):
    """A version of the minutes of a room, and what a desk needs to show it."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    number: int
    revision: int
    status: VersionStatus
    transcript_seq: int
    changed_at: float
    changed_by: str
    minutes: Minutes
    level: str
    levels: list[LevelMessage]
    drafting: DraftingMessage | None = None
    transcript_changed: bool = False
    audio_kept: bool = False
    model_configured: bool = False
    docs_configured: bool = False
    languages: list[str] = Field(default_factory=list)
    rough: list[str] = Field(default_factory=list)
    undo: list[dict[str, object]] | None = None


class VersionMessage(BaseModel):
    """A version without its document."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    revision: int
    status: VersionStatus
    changed_at: float
    changed_by: str


class VersionsMessage(BaseModel):
    """All versions, the oldest first."""

    versions: list[VersionMessage]


class ChangesMessage(BaseModel):
    """What was changed, the oldest change first."""

    changes: list[dict[str, object]]

    @classmethod
    def of(cls, changes: Sequence[Change]) -> ChangesMessage:
        """Return the message for changes."""
        return cls(changes=[change_document(change) for change in changes])


class NewDraft(BaseModel):
    """What a clerk says of a draft; all of it may be left out."""

    model_config = ConfigDict(extra="forbid")

    author: Line = Field("", max_length=200)
    title: Line = Field("", max_length=500)
    organisation: Line = Field("", max_length=500)
    place: Line = Field("", max_length=500)
    timezone: str = Field("", max_length=100)
    language: str = Field("", max_length=64)
    agenda: list[Annotated[str, Field(max_length=500)]] | None = Field(None, max_length=200)
    use_model: bool = True
    wait: bool = True

    @property
    def wish(self) -> DraftWish:
        """What the clerk says, as minutes take it; time zone and language are not checked yet."""
        return DraftWish(**self.model_dump(exclude={"wait"}))


class MinutesEdit(BaseModel):
    """Operations on the revision that a clerk has seen."""

    model_config = ConfigDict(extra="forbid")

    revision: Count
    author: Line = Field("", max_length=200)
    reason: Line = Field("", max_length=2_000)
    operations: list[dict[str, object]] = Field(max_length=500)


class StatusChange(BaseModel):
    """Approval, publication, or the way back."""

    model_config = ConfigDict(extra="forbid")

    revision: Count
    author: Line = Field("", max_length=200)
    reason: Line = Field("", max_length=2_000)


class Publication(StatusChange):
    """Publication, with the languages in which it may be read although the translation into them is rough."""

    rough_languages: list[Annotated[str, Field(max_length=64)]] = Field(default_factory=list, max_length=20)


class AgendaMessage(BaseModel):
    """The titles of an agenda."""

    items: list[str]


class CopyMessage(BaseModel):
    """A numbered copy that somebody got; version 0 is the transcript."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    version: int
    recipient: str
    kind: str
    at: float


class CopiesMessage(BaseModel):
    """The register of numbered copies, the first one first."""

    copies: list[CopyMessage]


class LevelWish(BaseModel):
    """The protection level that a room shall have."""

    model_config = ConfigDict(extra="forbid")

    level: str = Field(max_length=40)
    author: Line = Field("", max_length=200)
    reason: Line = Field("", max_length=2_000)


class LevelChangeMessage(BaseModel):
    """How a room came to its level."""

    model_config = ConfigDict(from_attributes=True)

    at: float
    author: str
    before: str
    after: str
    reason: str


class RoomLevelMessage(BaseModel):
    """A room's protection level, its history, and the scale."""

    level: str
    levels: list[LevelMessage]
    changes: list[LevelChangeMessage]
