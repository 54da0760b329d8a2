"""Bots in meetings: who is heard, and what is shown there."""
