"""One track among those whose microphones may hear the same voice."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.core.speech.audio import Span, Waveform, samples_of
from assistant.core.speech.copies import Copies, left_out, total_samples

if TYPE_CHECKING:  # these import what all tracks share, and that what compares microphones
    from assistant.captioning.audio_front_end import AudioFrontEnd
    from assistant.captioning.utterance_queue import UtteranceQueue
    from assistant.core.speech.utterance import Utterance

_STRANGER_SAMPLES = samples_of(1.2)
"""So much is heard before anything is shown of a voice that another microphone may have as well."""
_STRANGER_SEARCHES = 6
"""Two who had no voice in common so often are in different places."""
_SEARCH_AGAIN_SAMPLES = samples_of(0.5)
_MOST_PAUSES = 32
"""Strangers are searched again after at most so many times as long, 16 s: that costs, and people stay."""
_EDGE_SECONDS = 0.3
"""So much at the end of a stretch has no word of its own: the echo of the last one."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """How far apart two microphones may be.

    Attributes:
        offset_samples: How much higher the sample of the same moment is in the other track.
        end_samples: Up to which sample of the own track the audio goes that says so.
    """

    offset_samples: int
    end_samples: int


@dataclass(slots=True)
class Neighbour:
    """What one microphone knows of another.

    Attributes:
        microphone: The other one.
        offset_samples: How much higher the sample of the same moment is there; None while unknown.
        candidate: An offset that was found, as long as nothing confirms it.
        late_samples: So much later than here a moment arrives there.
        searches: How often it was searched.
        search_samples: From this sample of the own track on, it is searched for the same voice again.
    """

    microphone: Microphone
    offset_samples: int | None = None
    candidate: Candidate | None = None
    late_samples: int = 0
    search_samples: int = 0
    searches: int = 0

    def is_confirmed(self, offset_samples: int, searched: Span, tolerance_samples: int) -> bool:
        """Return whether an offset is the one that is known, or other audio had the same one before.

        Two voices that have nothing in common look alike for a moment now and then, and what is left of that
        moment does so again.

        Args:
            offset_samples: What was found.
            searched: In which samples of the own track.
            tolerance_samples: Two offsets that differ by no more are the same.
        """
        if self.offset_samples is not None:
            return True
        before = self.candidate
        if before and abs(before.offset_samples - offset_samples) <= tolerance_samples:
            return searched.start_samples >= before.end_samples
        self.candidate = Candidate(offset_samples, searched.end_samples)
        return False

    def searched(self, end_samples: int) -> None:
        """Note that it was searched up to a sample; the more often in vain, the later again."""
        self.searches += 1
        in_vain = max(0, self.searches - _STRANGER_SEARCHES) if self.offset_samples is None else 0
        self.search_samples = end_samples + _SEARCH_AGAIN_SAMPLES * min(_MOST_PAUSES, 2**in_vain)

    def spare(self, end_samples: int) -> None:
        """Note that the other one searched this one, up to a sample of the own track.

        At first each looks for itself, since a copy is found sooner than what it is a copy of.
        """
        if self.offset_samples is None and self.searches >= _STRANGER_SEARCHES:
            self.searched(end_samples)

    @property
    def arrived_samples(self) -> int:
        """Up to which sample of the own track the same moments are here of the other one."""
        return self.microphone.kept.end_samples - (self.offset_samples or 0)


class Microphone:
    """One track as the others of its room see it; positions are in samples of the track.

    Attributes:
        room: The name of its room.
        session: The track's id.
        copies: What of it another one has better.
        doubtful_samples: What lies behind this sample is louder at another one and may turn out to be a copy;
            None where nothing is.
        neighbours: What is known of the others, by session.
        knows_more: Whether one of them became known since copies were judged.
        looking: Held by who compares it with the others.
    """

    def __init__(self, room: str, session: str, front_end: AudioFrontEnd, utterances: UtteranceQueue) -> None:
        self.room = room
        self.session = session
        self.copies = Copies(front_end.received_samples)
        self.doubtful_samples: int | None = None
        self.neighbours: dict[str, Neighbour] = {}
        self.knows_more = False
        self.looking = asyncio.Lock()
        self._front_end = front_end
        self._utterances = utterances

    def utterances(self) -> list[Span]:
        """Return where its utterances are that have no final yet, in their order."""
        return self._utterances.without_final(self._front_end.segmenter.vad_offset)

    def neighbour(self, other: Microphone) -> Neighbour:
        """Return what is known of another one."""
        return self.neighbours.setdefault(other.session, Neighbour(other))

    def learn(self, other: Microphone, offset_samples: int) -> None:
        """Know from now on how much higher the sample of the same moment is in another one."""
        known = self.neighbour(other)
        self.knows_more |= known.offset_samples is None
        known.offset_samples = offset_samples

    # --- what it heard ------------------------------------------------------------------------------

    @property
    def origin_samples(self) -> int:
        """The room time of its sample 0, in samples."""
        return samples_of(self._front_end.timeline.origin_seconds)

    @property
    def kept(self) -> Span:
        """Which of its audio is in memory."""
        return self._front_end.endpointer.kept

    @property
    def voice_end_samples(self) -> int | None:
        """Where the newest utterance ended, or how far it has come; None where nobody spoke yet."""
        return self._front_end.endpointer.voice_end_samples

    def audio(self, start_samples: int, end_samples: int) -> Waveform:
        """Return its audio, with silence where none is in memory; the start may be negative."""
        return self._front_end.endpointer.padded(start_samples, end_samples)

    @property
    def arrived_samples(self) -> int:
        """Up to which of its samples the same moments are here of others that may hear the same voice.

        Who sends nothing any more is not waited for.
        """
        end_samples = self.kept.end_samples
        known = [each for each in self.neighbours.values() if each.offset_samples is not None]
        return (
            min(
                end_samples,
                *(max(each.arrived_samples, end_samples - each.late_samples) for each in known),
            )
            if known
            else end_samples
        )

    # --- what captions show of it -------------------------------------------------------------------

    def shows(self, span: Span) -> bool:
        """Whether captions have stable words for most of the span."""
        words = [
            word.span.cut_to(span) for word in self._utterances.stable_words() if word.span.overlaps(span)
        ]
        return 2 * total_samples(words) > span.length_samples

    def left_out(self, spans: Sequence[Span]) -> list[Span]:
        """Return what of some spans with voice captions have no words for, as far as is stable."""
        return left_out(list(self._utterances.stable_words()), spans)

    def has_read(self, span: Span) -> bool:
        """Whether no captions of what was said in the span are still to come."""
        last = span.end_samples - samples_of(_EDGE_SECONDS)
        if any(word.span.end_samples >= last for word in self._utterances.stable_words()):
            return True
        return not any(each.overlaps(span) for each in self.utterances())

    # --- what of it another one has -----------------------------------------------------------------

    def open_border(self) -> Span | None:
        """Return where what is going on changes from a copy to another voice, or back, if it does."""
        segmenter = self._front_end.segmenter
        start = segmenter.open_start_samples
        if start is None:
            return None
        return self.copies.border(Span(start, segmenter.vad_offset), segmenter.open_voice_spans())

    def is_copy(self, utterance: Utterance) -> bool:
        """Whether all of an utterance is a copy, as far as that is known."""
        segmenter, ended = self._front_end.segmenter, utterance.ended
        if ended:
            return self.copies.cover(ended.span, ended.voice)
        heard = Span(utterance.start_samples, segmenter.vad_offset)
        return self.copies.cover(heard, segmenter.open_voice_spans())

    def own_until(self, utterance: Utterance) -> int:
        """Return up to where what is going on is known to be its own speaker's, in samples of the track."""
        newest, start = self._front_end.segmenter.vad_offset, utterance.start_samples
        if self.is_copy(utterance) or (self._may_be_copied and newest - start < _STRANGER_SAMPLES):
            return start
        doubtful = newest if self.doubtful_samples is None else self.doubtful_samples
        return max(start, min(newest, self.arrived_samples, doubtful))

    @property
    def is_apart(self) -> bool:
        """Whether no other microphone hears the same voice, as far as is known."""
        known = any(each.offset_samples is not None for each in self.neighbours.values())
        return not known and not self._may_be_copied

    @property
    def _may_be_copied(self) -> bool:
        """Whether another microphone hears somebody too, and nobody knows whether that is the same voice."""
        return any(
            each.offset_samples is None and 0 < each.searches <= _STRANGER_SEARCHES
            for each in self.neighbours.values()
        )
