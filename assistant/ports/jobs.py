"""What jobs need from outside systems, as protocols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from assistant.core.captions.speaker_turns import SpokenTurn
from assistant.core.errors import AssistantError
from assistant.core.jobs import Job


class JobStore(Protocol):
    """Jobs on disk. What a method wrote survives the process when it returns.

    Raises:
        StoreUnavailable: From any method, when the database cannot be used.
    """

    async def save_job(self, job: Job) -> None:
        """Insert a job, or replace all that is known of it."""

    async def job(self, id_: str) -> Job | None:
        """Return a job, or None."""

    async def open_jobs(self) -> Sequence[Job]:
        """Return the jobs that are pending or still have to be told of, the oldest first."""

    async def forget_jobs(self, before: float) -> None:
        """Remove jobs that were made before that POSIX time and are over."""


class RecordingSource(Protocol):
    """Where recordings of jobs come from."""

    def check(self, url: str) -> None:
        """Raise `SourceForbidden` unless the operator allows to fetch from there."""

    async def download(self, url: str, path: Path) -> None:
        """Fetch a recording into a file.

        Raises:
            SourceForbidden: The operator does not allow that address.
            RecordingTooLarge: It has more bytes than are taken.
            RecordingUnreachable: It is not there, or its host does not answer.
        """


class JobDialect(Protocol):
    """How whoever orders jobs writes of them."""

    def error_code(self, error: AssistantError | None = None) -> str:
        """Return the name of what went wrong; without an error, of what nobody can name."""

    def message(self, job: Job, result_url: str) -> dict[str, str]:
        """Return what is told of a job, whose result is at `result_url` once there is one."""

    def turns(self, notes: object, *, began_at: float, ended_at: float) -> tuple[SpokenTurn, ...]:
        """Return who spoke when in a meeting that was recorded, in the order of their start.

        Args:
            notes: The JSON document that was written beside the recording.
            began_at: POSIX seconds at which the recording began.
            ended_at: POSIX seconds at which it ended.

        Raises:
            MessageInvalid: The document has another shape.
        """


class Webhook(Protocol):
    """Who is told of the end of a job."""

    async def call(self, message: Mapping[str, str]) -> None:
        """Tell it; raises `WebhookFailed` where that is not confirmed."""


@dataclass(frozen=True, slots=True)
class Document:
    """What is published.

    Attributes:
        title: The document's title.
        content: The document in Markdown.
        sub: The owner's subject at the identity provider.
        email: The owner's address.
    """

    title: str
    content: str
    sub: str
    email: str


class DocumentPublisher(Protocol):
    """Where documents are published."""

    async def publish(self, document: Document) -> tuple[str, str]:
        """Create a document for its owner; return its id and where it can be read.

        Raises:
            DocsNotConfigured, DocsUnreachable, DocsRefused: It was not created.
        """
