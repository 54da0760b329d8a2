"""Transcripts as documents: `render` writes one in any of `FORMATS`."""

from __future__ import annotations

from assistant.export.formats import FORMATS, Format, render

__all__ = ["FORMATS", "Format", "render"]
