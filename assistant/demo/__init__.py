"""A meeting of recorded people, streamed through the public audio door like any other."""

from assistant.demo.meeting import play, stream_meeting

__all__ = ["play", "stream_meeting"]
