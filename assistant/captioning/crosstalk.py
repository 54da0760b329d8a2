"""Voices that reach a second microphone of a room are captioned once, where they are heard best.

What a microphone heard is compared with what others of the same room heard at that time, whenever captions of
it are about to be made. Where nobody else spoke, that costs nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from assistant.captioning.microphone import Microphone
from assistant.core.speech.audio import Span, samples_of
from assistant.core.speech.copies import Copy, own_voice
from assistant.core.speech.crosstalk import CrosstalkRules, common_voices, margins, match
from assistant.core.speech.segmentation import SpeechEnded
from assistant.tasks.threads import Threads

_STEP_SAMPLES = samples_of(0.5)
_WINDOW_SAMPLES = samples_of(3.0)
_SETTLED_SAMPLES = samples_of(1.5)
"""What lies further back is told for good: a voice is known better once more of it was heard."""
_HELD_SAMPLES = samples_of(0.6)
"""So much at the end of what was heard waits where it may turn out to be a copy."""
_LEAST_SAMPLES = samples_of(0.4)
_LATE_SECONDS = 2.5
"""So long the end of an utterance waits for what arrives later at another microphone."""
_WAIT_SECONDS = 10.0
"""So long a copy waits for captions of it by another track; then it has its own."""
_PART_SECONDS = 1.0
"""So long an utterance waits of which only a part is a copy."""
_LOOK_SECONDS = 0.1


class Crosstalk:
    """The microphones of all rooms; those of different rooms have nothing to do with each other.

    Attributes:
        enabled: Whether they are compared.
    """

    def __init__(self, rules: CrosstalkRules | None = None, *, enabled: bool = True) -> None:
        """Know no microphone.

        Args:
            rules: When one voice counts as heard by two microphones.
            enabled: Whether microphones are compared; else every track captions all that it hears.
        """
        self._rules = rules or CrosstalkRules()
        self.enabled = enabled
        self._rooms: dict[str, dict[str, Microphone]] = {}
        self._threads = Threads("crosstalk", 1)

    def join(self, microphone: Microphone) -> None:
        """Compare a microphone with the others of its room from now on."""
        if not self.enabled:
            return
        there = self._rooms.setdefault(microphone.room, {})
        there[microphone.session] = microphone
        for other in there.values():  # of those that have left nothing is asked any more
            other.neighbours = {
                key: known for key, known in other.neighbours.items() if known.microphone is there.get(key)
            }

    def leave(self, microphone: Microphone) -> None:
        """Compare a microphone with no other any more."""
        there = self._rooms.get(microphone.room, {})
        if there.get(microphone.session) is microphone:
            del there[microphone.session]
        if not there:
            self._rooms.pop(microphone.room, None)

    # --- what is a copy ------------------------------------------------------------------------------

    async def look(self, microphone: Microphone, *, patient: bool = True) -> None:
        """Find out what of the utterances of a microphone, that have no final yet, is a copy.

        Args:
            microphone: What heard them.
            patient: Whether what may still arrive at others is left for the next look.
        """
        if not self.enabled:
            return
        async with microphone.looking:
            for span in microphone.utterances():
                await self._judge(microphone, span, patient=patient)
                if microphone.knows_more:
                    # Of what was judged before nobody knew where to look for it.
                    microphone.knows_more = False
                    microphone.copies.rewind(max(span.start_samples, microphone.kept.start_samples))
                    await self._judge(microphone, span, patient=patient)

    async def _judge(self, microphone: Microphone, span: Span, *, patient: bool) -> None:
        copies = microphone.copies
        copies.begin_at(span.start_samples)
        until = min(span.end_samples, microphone.arrived_samples) if patient else span.end_samples
        while copies.judged_samples < until:
            end = min(copies.judged_samples + _STEP_SAMPLES, until)
            window = Span(min(end, max(microphone.kept.start_samples, end - _WINDOW_SAMPLES)), end)
            microphone.doubtful_samples, found = None, list[Copy]()
            if window.length_samples >= _LEAST_SAMPLES:
                for other in self._others(microphone, window):
                    found += await self._compare(microphone, other, window)
            since = max(span.start_samples, window.start_samples, end - _SETTLED_SAMPLES)
            copies.note(Span(min(since, copies.judged_samples), end), found)

    async def captioned_elsewhere(self, microphone: Microphone, ended: SpeechEnded) -> list[Span]:
        """Return which stretches of an utterance that has ended captions of other tracks have words for.

        What is still to be read there is waited for, for a while.
        """
        span, found = ended.span, list[Span]()
        await _until(lambda: microphone.arrived_samples >= span.end_samples, _LATE_SECONDS)
        await self.look(microphone, patient=False)
        stretches = microphone.copies.stretches(span, ended.voice)
        # Two who answer each other may each have a part of the other: nobody waits long for an own part.
        wait_seconds = _PART_SECONDS if own_voice(ended.voice, stretches) else _WAIT_SECONDS
        for stretch in stretches:
            if await self._is_captioned(microphone, stretch, wait_seconds):
                found.append(stretch)
        return found

    async def _is_captioned(self, microphone: Microphone, stretch: Span, wait_seconds: float) -> bool:
        for source, copies in microphone.copies.by_source(stretch).items():
            other = self._rooms.get(microphone.room, {}).get(source)
            there = [copy.at_source for copy in copies]
            if other is None:
                return False
            await _until(partial(other.has_read, there[-1]), wait_seconds)
            if other.left_out(there):
                return False
        return True

    def _others(self, microphone: Microphone, window: Span) -> list[Microphone]:
        """Return the others that heard somebody at about that time."""
        reach_samples = samples_of(self._rules.most_lag_seconds)
        return [
            other
            for other in self._rooms.get(microphone.room, {}).values()
            if other is not microphone
            and other.voice_end_samples is not None
            and other.voice_end_samples >= window.start_samples + _apart(microphone, other) - reach_samples
        ]

    async def _compare(self, microphone: Microphone, other: Microphone, window: Span) -> list[Copy]:
        """Return what of a window another microphone has, and captions."""
        known, there = microphone.neighbour(other), other.neighbour(microphone)
        search = window.end_samples >= known.search_samples
        if known.offset_samples is None and not search:
            return []
        apart = _apart(microphone, other)
        before, behind = margins(self._rules)
        reach = samples_of(self._rules.most_lag_seconds)
        first = window.start_samples + apart - reach - before
        theirs = other.audio(first, window.end_samples + apart + reach + behind)
        heard = microphone.audio(window.start_samples, window.end_samples)
        near = None if known.offset_samples is None else known.offset_samples - apart
        matched = await self._threads.run(match, heard, theirs, near, self._rules, search=search)
        if search:
            known.searched(window.end_samples)
            there.spare(window.end_samples + apart)
        if matched is None:
            return []
        lag, found = matched
        offset = apart + lag
        tie = other.session < microphone.session
        voices = common_voices(found, window.start_samples, tie=tie, rules=self._rules)
        searched_samples = min(window.length_samples, samples_of(self._rules.first_search_seconds))
        searched = Span(window.end_samples - searched_samples, window.end_samples)
        if not known.is_confirmed(offset, searched, samples_of(self._rules.near_seconds)) and not voices:
            return []
        microphone.learn(other, offset)
        if there.offset_samples is None:
            other.learn(microphone, -offset)
        known.late_samples = max(0, window.end_samples + offset - other.kept.end_samples)
        if found.louder_db[-1] > 0:
            microphone.doubtful_samples = window.end_samples - _HELD_SAMPLES
        # Who hears it better captions it, unless readers have stable words of it by the other one alone.
        copies = []
        for voice in voices:
            copy = Copy(voice.span, other.session, offset)
            ours, yours = microphone.shows(voice.span), other.shows(copy.at_source)
            if yours if ours != yours else voice.louder_there:
                copies.append(copy)
        return copies


async def _until(condition: Callable[[], bool], seconds: float) -> None:
    """Wait until a condition holds, or some seconds have passed."""
    for _ in range(round(seconds / _LOOK_SECONDS)):
        if condition():
            return
        await asyncio.sleep(_LOOK_SECONDS)


def _apart(microphone: Microphone, other: Microphone) -> int:
    """Return how much higher a sample of the same room time is in another track."""
    return microphone.origin_samples - other.origin_samples
