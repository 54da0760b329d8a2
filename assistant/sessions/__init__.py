"""Asynchronous orchestration: a track, a room, the inference scheduler."""
