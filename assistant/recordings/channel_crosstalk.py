"""Voices that several channels of a recording have are read where they are loudest."""

from __future__ import annotations

import numpy as np

from assistant.core.speech.audio import AudioWindow, Pcm, Span, samples_of
from assistant.core.speech.copies import Copies, Copy
from assistant.core.speech.crosstalk import CrosstalkRules, common_voices, margins, match
from assistant.core.speech.segmentation import SegmentationRules

_STEP_SAMPLES = samples_of(1.0)
_WINDOW_SAMPLES = samples_of(3.0)
_AHEAD_SAMPLES = samples_of(1.0)
"""So much of what follows helps to tell whose voice it is."""
_LEAST_SAMPLES = samples_of(0.4)
_FAINT = 30.0
"""The root mean square, in 16-bit steps, below which a channel has no voice worth a search."""


class ChannelCrosstalk:
    """Compares the channels of one recording."""

    def __init__(self, channels: int, rules: CrosstalkRules | None = None) -> None:
        self._rules = rules or CrosstalkRules()
        self._windows = [AudioWindow() for _ in range(channels)]
        self._offsets: dict[tuple[int, int], int] = {}
        self._kept_samples = samples_of(
            SegmentationRules().limit_seconds + 2 * self._rules.most_lag_seconds + 1.0
        )

    def hear(self, block: Pcm) -> None:
        """Take in the next samples, shaped (samples, channels)."""
        for index, window in enumerate(self._windows):
            window.append(block[:, index])
            window.drop_before(window.end_samples - len(block) - self._kept_samples)

    def copies(self, channel: int, span: Span) -> Copies:
        """Return what of an utterance other channels have better; `source` is the number of the channel.

        It blocks.
        """
        known = len(self._offsets)
        copies = self._judged(channel, span)
        # Of what was judged before nobody knew where to look for it.
        return copies if len(self._offsets) == known else self._judged(channel, span)

    def _judged(self, channel: int, span: Span) -> Copies:
        copies = Copies(span.start_samples)
        while copies.judged_samples < span.end_samples:
            end = min(copies.judged_samples + _STEP_SAMPLES, span.end_samples)
            newest = min(end + _AHEAD_SAMPLES, self._windows[channel].end_samples)
            window = Span(max(0, newest - _WINDOW_SAMPLES), newest)
            found: list[Copy] = []
            if window.length_samples >= _LEAST_SAMPLES:
                for other in range(len(self._windows)):
                    if other != channel:
                        found += self._compare(channel, other, window)
            copies.note(Span(copies.judged_samples, end), found)
        return copies

    def _compare(self, channel: int, other: int, window: Span) -> list[Copy]:
        before, behind = margins(self._rules)
        reach = samples_of(self._rules.most_lag_seconds)
        theirs = self._windows[other].padded(
            window.start_samples - reach - before, window.end_samples + reach + behind
        )
        if float(np.sqrt(np.mean(np.square(theirs)))) * 32768.0 < _FAINT:
            return []
        heard = self._windows[channel].padded(window.start_samples, window.end_samples)
        known = self._offsets.get((channel, other))
        matched = match(heard, theirs, known, self._rules, search=True)
        if matched is None:
            return []
        offset, found = matched
        self._offsets[channel, other] = offset
        return [
            Copy(voice.span, str(other), offset)
            for voice in common_voices(found, window.start_samples, tie=other < channel, rules=self._rules)
            if voice.louder_there
        ]
