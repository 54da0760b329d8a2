"""One reader of a scripted service, and what the wire contract says that it gets."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

Message = dict[str, Any]


@dataclass(eq=False)
class Reader:
    """One captions connection: how it was asked for, what it sent, and a way to write to it."""

    query: dict[str, str]
    kind: str
    outbox: asyncio.Queue[Message | int]
    received: list[Message] = field(default_factory=list)
    lang: str = "source"

    @property
    def target(self) -> str | None:
        """The language that this reader wants to have translated into."""
        return None if self.lang == "source" else self.lang.rsplit(",", maxsplit=1)[-1]

    @property
    def sees_spoken(self) -> bool:
        """Whether this reader gets captions as they were said."""
        return self.lang.startswith("source")

    def rendering(
        self, caption: Message, translations: Sequence[Message], no_route: Collection[str]
    ) -> list[Message]:
        """Return what this reader gets of a caption: it, its translation, or both.

        Args:
            caption: As it was said.
            translations: What is translated already, of any caption into any language.
            no_route: Spoken languages that cannot be translated.
        """
        if self.target is None or caption["source_lang"] == self.target or not caption["text"]:
            return [caption]
        if caption["source_lang"] in no_route:
            return [caption | {"untranslated": "no_route"}]
        wanted = caption["id"], self.target
        made = [message for message in translations if (message["id"], message["lang"]) == wanted]
        return [caption] * self.sees_spoken + made


def latest(known: Sequence[Message], news: Sequence[Message]) -> list[Message]:
    """Return messages in their latest revision, each at its first place."""
    return list({_rendered_text(message): message for message in [*known, *news]}.values())


def _rendered_text(message: Message) -> tuple[str, str]:
    """The guess of a spoken language may change, but a caption is said in one language only."""
    return message["id"], message["lang"] if "source_rev" in message else ""
