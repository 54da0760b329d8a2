"""Captions for tests: one final, with whatever a test needs otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from assistant.core.captions.caption import Caption


def a_caption(seq: int = 0, text: str = "Bonjour à tous.", **changes: Any) -> Caption:
    """Return a final numbered `seq`, all of it stable; `changes` are the fields that are otherwise."""
    caption = Caption(
        room="weekly",
        seq=seq,
        id=f"c{seq}",
        rev=seq,
        participant="p1",
        speaker="Ana",
        lang="fr",
        source_lang="fr",
        text=text,
        stable=len(text),
        final=True,
        start_seconds=1.0,
        end_seconds=2.3456,
    )
    return replace(caption, **changes)
