"""What a language model makes of a meeting, checked against what was said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.minutes.drafting.draft import Reading
from assistant.minutes.drafting.finding import Finding


@dataclass(frozen=True, slots=True)
class ModelFindings:
    """What a model told, each with the words that support it.

    Attributes:
        findings: What was found, in the order of the lines.
        notes: Codes that tell what went wrong, such as `model_unreachable`; empty where nothing did.
    """

    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()

    def joined_with(self, found: Sequence[Finding]) -> list[Finding]:
        """Return these and those of `found` that are not told here: of the same kind, on the same lines."""
        told = {(one.kind, line) for one in self.findings for line in one.lines}
        more = [one for one in found if not any((one.kind, line) in told for line in one.lines)]
        return sorted([*self.findings, *more], key=lambda one: (one.lines[0], one.ordinal))


class ModelReading(Protocol):
    """Reads meetings with a language model."""

    async def read(self, reading: Reading, progress: Callable[[float], None]) -> ModelFindings:
        """Return what it tells; where it cannot, nothing but notes."""
