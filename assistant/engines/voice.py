"""Voice activity: WebRTC's detector as the cheap first gate, Silero where it says yes.

Silero v6 is a recurrent network (its ONNX file ships with faster-whisper) that hears far better
than WebRTC's Gaussian mixture, at about 0.1 ms a frame; the gate makes a silent track nearly free.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import faster_whisper.assets
import numpy as np
import onnxruntime
import webrtcvad
from numpy.typing import NDArray

from assistant.core.speech.audio import FRAME_SAMPLES, SAMPLE_RATE, Pcm, to_waveform

# Beside the switch of `assistant.operations.offline`, which alone comes early enough.
onnxruntime.disable_telemetry_events()

_CONTEXT_SAMPLES = 64
_GATE_SAMPLES = 480
_GATE_MODE = 1
_GATE_GAIN = 4
_GATE_RETRY_FRAMES = 4
_VOICE = 0.3
_DRIVE = 8.0
"""Silero hears samples `x` as `arcsinh(8 x) / 8`: loud ones softer, faint ones the same (decision 0030)."""
_WARM_UP_FRAMES = 32
_GATE_HANGOVER_FRAMES = 12
_AFRESH_FRAMES = 125
"""After so many frames without a voice, 4 s, Silero starts afresh (decision 0022)."""


class SileroModel:
    """The Silero network; one for all tracks, safe to share between threads."""

    def __init__(self, path: Path | None = None) -> None:
        options = onnxruntime.SessionOptions()
        options.inter_op_num_threads = 1
        options.intra_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 4
        path = path or next(Path(faster_whisper.assets.__path__[0]).glob("silero_vad*.onnx"))
        self._session = onnxruntime.InferenceSession(
            str(path), providers=["CPUExecutionProvider"], sess_options=options
        )

    def run(
        self, frames: NDArray[np.float32], state: tuple[NDArray[np.float32], NDArray[np.float32]]
    ) -> tuple[NDArray[np.float32], tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Return the speech probability of each row and the state after the last.

        Args:
            frames: Shape `(frames, 576)`: 64 samples of the frame before, then the 512 of the frame.
            state: Hidden and cell state, each of shape `(1, 1, 128)`.
        """
        heard, hidden, cell = self._session.run(None, {"input": frames, "h": state[0], "c": state[1]})
        return heard.reshape(-1), (hidden, cell)


class GatedVoiceDetector:
    """Voice activity of one track (`ports.speech.VoiceDetector`)."""

    def __init__(self, silero: SileroModel) -> None:
        self._silero = silero
        self._gate = webrtcvad.Vad(_GATE_MODE)
        self._open_frames = 0
        self._last = 0.0
        self._past: Pcm = np.zeros(_CONTEXT_SAMPLES, dtype=np.int16)
        self._cold = True
        self._quiet_frames = 0
        self._state = _zero_state()

    def probabilities(self, pcm: Pcm) -> NDArray[np.float32]:
        """Return the speech probability (0..1) of each 512-sample frame; 0 where the gate is shut."""
        frames = pcm.reshape(-1, FRAME_SAMPLES)
        heard = np.zeros(len(frames), dtype=np.float32)
        muted = self._cold and not self._open_frames and not pcm.any()  # there is nothing to ask the gate
        past_samples = len(self._past)
        audio = np.concatenate([self._past, pcm])
        self._past = audio[-_WARM_UP_FRAMES * FRAME_SAMPLES - _CONTEXT_SAMPLES :]
        if muted:
            return heard
        first: int | None = None
        for index, voiced in enumerate(self._gate_hears(frames)):
            opens = self._gate_opens(voiced)
            if not opens and first is not None:
                heard[first:index] = self._listen(audio, past_samples + first * FRAME_SAMPLES, index - first)
                first = None
            if not opens and self._last >= _VOICE:
                # The gate is deaf to quiet voices; while Silero hears one it stays open.
                self._open_frames, opens = _GATE_RETRY_FRAMES, True
            if opens and first is None:
                first = index
            if not opens:
                self._cold = True
                self._last = 0.0
        if first is not None:
            heard[first:] = self._listen(audio, past_samples + first * FRAME_SAMPLES, len(frames) - first)
        return heard

    def _gate_hears(self, frames: NDArray[np.int16]) -> Iterator[bool]:
        """Yield for each frame whether WebRTC's detector hears a voice, made louder."""
        loud = frames[:, :_GATE_SAMPLES].astype(np.int32)
        loud *= _GATE_GAIN
        data = loud.clip(-32768, 32767).astype(np.int16).tobytes()
        for start in range(0, len(data), _GATE_SAMPLES * 2):
            yield self._gate.is_speech(data[start : start + _GATE_SAMPLES * 2], SAMPLE_RATE)

    def _gate_opens(self, voiced: bool) -> bool:  # noqa: FBT001 - what was heard, no option
        if voiced:
            self._open_frames = _GATE_HANGOVER_FRAMES
        elif self._open_frames:
            self._open_frames -= 1
        return self._open_frames > 0

    def _listen(self, audio: Pcm, first_samples: int, frames: int) -> NDArray[np.float32]:
        """Run Silero over so many frames of `audio`; start it afresh where it has heard no voice for long."""
        heard: list[NDArray[np.float32]] = []
        while frames:
            if self._cold:
                self._warm_up(audio, first_samples)
            until_afresh = min(frames, _AFRESH_FRAMES - self._quiet_frames)
            heard.append(self._run(audio, first_samples, until_afresh))
            first_samples += until_afresh * FRAME_SAMPLES
            frames -= until_afresh
            voiced = np.flatnonzero(heard[-1] >= _VOICE)
            quiet = self._quiet_frames + until_afresh
            self._quiet_frames = until_afresh - 1 - int(voiced[-1]) if len(voiced) else quiet
            self._cold = self._quiet_frames >= _AFRESH_FRAMES
        self._last = float(heard[-1][-1])
        return np.concatenate(heard)

    def _warm_up(self, audio: Pcm, first_samples: int) -> None:
        """Start Silero afresh, and let it hear what came before the frame that it has to judge."""
        self._state = _zero_state()
        self._cold = False
        self._quiet_frames = 0
        warm_frames = min((first_samples - _CONTEXT_SAMPLES) // FRAME_SAMPLES, _WARM_UP_FRAMES)
        if warm_frames:
            self._run(audio, first_samples - warm_frames * FRAME_SAMPLES, warm_frames)

    def _run(self, audio: Pcm, first_samples: int, frames: int) -> NDArray[np.float32]:
        piece = audio[first_samples - _CONTEXT_SAMPLES : first_samples + frames * FRAME_SAMPLES]
        windows = np.lib.stride_tricks.sliding_window_view(
            np.arcsinh(_DRIVE * to_waveform(piece)) / _DRIVE, FRAME_SAMPLES + _CONTEXT_SAMPLES
        )
        heard, self._state = self._silero.run(np.ascontiguousarray(windows[::FRAME_SAMPLES]), self._state)
        return heard


def _zero_state() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    return np.zeros((1, 1, 128), dtype=np.float32), np.zeros((1, 1, 128), dtype=np.float32)
