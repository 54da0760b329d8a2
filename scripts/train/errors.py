"""What stops a recipe."""

from __future__ import annotations


class NotTrainable(Exception):
    """The recipe cannot go on; the message says why, and what to do."""
