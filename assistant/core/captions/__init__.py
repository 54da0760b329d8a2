"""Captions: what they say, how they are edited, how they are shown."""
