"""What peers say on their sockets, without the sockets: frames in, the text so far out.

Written from their public documentation and checked against their sources in 2026: WhisperLive
(collabora) and WhisperLiveKit (QuentinFuxa). Both name no utterances as we do, so a whole talk is one
caption that grows: what they have committed is its stable prefix.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import numpy as np

from assistant.client.errors import ContractBroken, ServiceError
from assistant.core.speech.audio import Pcm, to_waveform

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Transcript:
    """All that a peer shows of a talk.

    Attributes:
        text: The text so far.
        stable: How many leading characters the peer has committed to.
    """

    text: str
    stable: int


class Dialogue(Protocol):
    """The conversation about one talk.

    Attributes:
        ready: Whether the peer expects audio.
        finished: Whether the peer has said its last word.
        flushes: Whether the peer works off what waits after `closing`; others drop it.
    """

    ready: bool
    finished: bool
    flushes: bool

    def address(self, url: str) -> str:
        """Return the address to connect to, from what the user named."""

    def opening(self) -> list[str]:
        """Return the frames to send at first."""

    def receive(self, frame: str | bytes) -> Transcript | None:
        """Take a frame; return the transcript if it brought one.

        Raises:
            AssistantError: The peer refuses, or speaks another protocol.
        """

    def audio(self, pcm: Pcm) -> bytes:
        """Return samples as the peer wants them."""

    def closing(self) -> bytes:
        """Return the frame that says that no audio follows."""


class WhisperLive:
    """WhisperLive: segments with times, of which some are completed."""

    flushes = False

    def __init__(self, uid: str, language: str, model: str) -> None:
        self._uid = uid
        self._language = None if language == AUTO else language
        self._model = model.removeprefix("whisper-")
        self._completed: list[str] = []
        self._completed_until_seconds = -1.0
        self.ready = False
        self.finished = False

    def address(self, url: str) -> str:
        """Return the address unchanged."""
        return url

    def opening(self) -> list[str]:
        """Say who talks, in which language, and with which weights."""
        configuration = {"uid": self._uid, "language": self._language, "task": "transcribe"}
        return [json.dumps(configuration | {"model": self._model, "use_vad": True})]

    def receive(self, frame: str | bytes) -> Transcript | None:
        """Take a status, a greeting, a farewell, or segments."""
        message = _object_of(frame)
        if message.get("status") in {"WAIT", "ERROR"}:
            raise ServiceError(f"WhisperLive refuses: {message.get('message')}", "peer_refused")
        if message.get("message") == "SERVER_READY":
            self.ready = True
        elif message.get("message") == "DISCONNECT":
            self.finished = True
        segments = message.get("segments")
        return self._transcript(segments) if isinstance(segments, list) else None

    def audio(self, pcm: Pcm) -> bytes:
        """Return float32, little-endian."""
        return to_waveform(pcm).astype("<f4").tobytes()

    def closing(self) -> bytes:
        """Return its word for the end."""
        return b"END_OF_AUDIO"

    def _transcript(self, segments: list[Mapping[str, object]]) -> Transcript:
        """Keep completed segments, of which only the newest are sent, and add the open one."""
        tail = ""
        for number, segment in enumerate(segments):
            text = str(segment.get("text", "")).strip()
            # Older servers complete every segment but the last without saying so.
            if segment.get("completed", number < len(segments) - 1):
                start, end = float(str(segment["start"])), float(str(segment["end"]))
                if start >= self._completed_until_seconds - 0.001:
                    self._completed.append(text)
                    self._completed_until_seconds = end
            else:
                tail = text
        return _joined(self._completed, tail)


class WhisperLiveKit:
    """WhisperLiveKit: committed lines and a buffer, all of it in each message."""

    flushes = True

    def __init__(self, language: str) -> None:
        self._language = language
        self.ready = False
        self.finished = False

    def address(self, url: str) -> str:
        """Return the address with its path and the language of this talk."""
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query)) | {"language": self._language}
        path = parts.path if parts.path.strip("/") else "/asr"
        return urlunsplit((parts.scheme, parts.netloc, path, urlencode(query), ""))

    def opening(self) -> list[str]:
        """Say nothing: the peer speaks first."""
        return []

    def receive(self, frame: str | bytes) -> Transcript | None:
        """Take the configuration, an update, or the end."""
        message = _object_of(frame)
        if message.get("error"):
            raise ServiceError(f"WhisperLiveKit fails: {message['error']}", "peer_failed")
        if message.get("type") == "config":
            if message.get("useAudioWorklet") is False:
                raise ServiceError("Start WhisperLiveKit with --pcm-input.", "peer_wants_webm")
            self.ready = True
        elif message.get("type") == "ready_to_stop":
            self.finished = True
        lines = message.get("lines")
        if not isinstance(lines, list):
            return None
        committed = [str(line.get("text") or "").strip() for line in lines]
        waiting = [
            str(message.get(f"buffer_{kind}") or "").strip() for kind in ("diarization", "transcription")
        ]
        return _joined(committed, " ".join(part for part in waiting if part))

    def audio(self, pcm: Pcm) -> bytes:
        """Return 16-bit samples, little-endian."""
        return np.asarray(pcm, "<i2").tobytes()

    def closing(self) -> bytes:
        """Return the empty frame that ends the audio."""
        return b""


def _joined(committed: list[str], tail: str) -> Transcript:
    head = " ".join(part for part in committed if part)
    return Transcript(f"{head} {tail}".strip(), len(head))


def _object_of(frame: str | bytes) -> Mapping[str, object]:
    try:
        document = json.loads(frame)
    except ValueError as error:
        raise ContractBroken("The peer sent a frame that is no JSON.") from error
    if not isinstance(document, dict):
        raise ContractBroken("The peer sent a frame that is no message.")
    return document
