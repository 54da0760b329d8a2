"""A finished recording without a room."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pytest

from assistant.core.glossary.glossary import Glossary
from assistant.core.glossary.terms import Term
from assistant.core.speech.audio import SAMPLE_RATE, Pcm
from assistant.core.speech.hypothesis import Hypothesis
from assistant.ports.speech import TranscriptionRequest
from tests.fakes import LevelTranscriber, silence, speech
from tests.hearing_recogniser import HearingTranscriber
from tests.recordings.transcribing import Blocks, transcribed, transcript_of


async def test_each_utterance_is_one_caption_and_is_told_the_terms() -> None:
    """The better pass of every utterance gets the glossary; captions have times and languages."""
    transcriber = LevelTranscriber(workers=1)
    pcm = np.concatenate([silence(1.0), speech(0, 4), silence(2.0), speech(10, 3), silence(1.0)])
    captions = await transcribed(pcm, transcriber, glossary=Glossary.of(("DINUM", "Ana Ribeiro")))
    assert [caption.text for caption in captions] == ["W0 W1 W2 W3", "W10 W11 W12"]
    assert [caption.seq for caption in captions] == [1, 2]
    assert all(caption.final and caption.source_lang == "en" for caption in captions)
    assert 0.5 <= captions[0].start_seconds <= 1.0
    assert captions[0].end_seconds <= captions[1].start_seconds
    told = sorted((request.quality, request.context) for request in transcriber.requests)
    assert told == [("final", "DINUM, Ana Ribeiro.")] * 2 + [("partial", "")] * 2


async def test_without_terms_there_is_one_pass() -> None:
    """A partial is only made to know whether somebody speaks, and about what."""
    transcriber = LevelTranscriber()
    await transcribed(np.concatenate([speech(0, 4), silence(1.0)]), transcriber)
    assert [(request.quality, request.context) for request in transcriber.requests] == [("final", "")]


async def test_terms_that_come_back_over_other_words_are_not_believed() -> None:
    """A final that only repeats what it was told is made again without it."""
    transcriber = LevelTranscriber(rewrite=lambda _: " DINUM")
    pcm = np.concatenate([speech(0, 2), silence(1.0)])
    await transcribed(pcm, transcriber, glossary=Glossary.of(("DINUM",)))
    assert [request.context for request in transcriber.requests] == ["", "DINUM.", ""]


async def test_a_misheard_term_is_put_right() -> None:
    """Where the recogniser was not sure of it, also in what is read again without a context."""
    doubtful = LevelTranscriber(final_probability=0.5)
    glossary = Glossary((Term("Ana Ribeiro", sounds_like=("W2",)),))
    pcm = np.concatenate([speech(0, 4), silence(1.0)])
    for transcriber, text in ((doubtful, "W0 W1 Ana Ribeiro W3"), (LevelTranscriber(), "W0 W1 W2 W3")):
        (caption,) = await transcribed(pcm, transcriber, glossary=glossary)
        assert caption.text == text


async def test_what_a_reading_left_out_is_read_by_itself() -> None:
    """The recogniser ends its text although somebody talks on; with terms and without."""
    pcm = np.concatenate([speech(0, 12), silence(1.0)])
    for glossary in (None, Glossary.of(("DINUM",))):
        transcriber = LevelTranscriber(ends_behind=4)
        (caption,) = await transcribed(pcm, transcriber, glossary=glossary)
        assert caption.text == " ".join(f"W{number}" for number in range(12))
        last = transcriber.requests[-1]
        assert (last.quality, last.context, len(last.waveform) < len(pcm)) == ("final", "", True)


async def test_a_pinned_language_holds() -> None:
    """Though detection likes another one better."""
    pcm = np.concatenate([speech(0, 8), silence(1.0)])
    (caption,) = await transcribed(pcm, LevelTranscriber(), language="fr")
    assert (caption.lang, caption.source_lang) == ("fr", "fr")


async def test_another_language_than_the_named_one_is_followed() -> None:
    """From three seconds on, where nothing says that it is not spoken."""
    heard = HearingTranscriber(heard=lambda _: {"en": 0.96, "pt": 0.02})
    pcm = np.concatenate([speech(0, 8), silence(1.0)])
    (caption,) = await transcribed(pcm, heard, language="pt")
    assert (caption.lang, caption.source_lang, caption.text[:4]) == ("en", "en", "enW0")
    pcm = np.concatenate([speech(0, 3), silence(1.0)])
    (caption,) = await transcribed(pcm, heard, language="pt")
    assert (caption.lang, caption.source_lang) == ("pt", "pt")


async def test_short_utterances_in_another_language_count_together() -> None:
    """Two of two seconds with a pause in between are more than three."""
    heard = HearingTranscriber(heard=lambda _: {"en": 0.96, "pt": 0.02})
    pcm = np.concatenate([speech(0, 4), silence(2.0), speech(4, 4), silence(2.0), speech(8, 4), silence(1.0)])
    captions = await transcribed(pcm, heard, language="pt")
    assert [caption.lang for caption in captions] == ["pt", "en", "en"]


@pytest.mark.parametrize(("english", "marked"), [(0.97, True), (0.93, False)])
async def test_a_short_answer_in_a_language_that_is_not_spoken_here_is_named(
    english: float, *, marked: bool
) -> None:
    """Where it is plain enough: an answer of two seconds is no less untranslatable than one of three."""
    heard = HearingTranscriber(heard=lambda _: {"en": english, "pt": 0.005})
    pcm = np.concatenate([silence(1.0), speech(0, 4), silence(1.0)])
    result = await transcript_of(pcm, heard, languages=frozenset({"pt", "fr"}), language="pt")
    (caption,) = result.captions
    assert caption.end_seconds - caption.start_seconds < 3
    assert (caption.lang, caption.in_other_language) == ("pt", marked)
    assert [warning["code"] for warning in result.warnings] == ["other_language"] * marked


async def test_another_language_that_is_not_spoken_here_is_named() -> None:
    """The words are in the named language, the caption says what was spoken, and a warning says where."""
    heard = HearingTranscriber(heard=lambda _: {"en": 0.96, "pt": 0.02})
    pcm = np.concatenate([silence(1.0), speech(0, 8), silence(1.0)])
    result = await transcript_of(pcm, heard, languages=frozenset({"pt", "fr"}), language="pt")
    (caption,) = result.captions
    assert (caption.lang, caption.source_lang, caption.in_other_language) == ("pt", "en", True)
    (warning,) = result.warnings
    assert warning["code"] == "other_language"
    assert (warning["start"], warning["end"]) == (
        round(caption.start_seconds, 3),
        round(caption.end_seconds, 3),
    )


async def test_where_two_languages_are_likely_the_words_decide() -> None:
    """A second of speech is read in both, and long speech in one."""
    heard = HearingTranscriber(heard=lambda _: {"en": 0.6, "fr": 0.4})
    (caption,) = await transcribed(np.concatenate([speech(0, 3), silence(1.0)]), heard)
    assert caption.lang == "fr"
    assert [request.quality for request in heard.requests] == ["final", "closest", "closest"]
    heard.requests.clear()
    (caption,) = await transcribed(np.concatenate([speech(0, 12), silence(1.0)]), heard)
    assert (caption.lang, len(heard.requests)) == ("en", 1)


async def test_silence_has_no_captions_and_its_end_is_told() -> None:
    """Progress ends at one, also where nobody speaks."""
    done: list[float] = []
    assert await transcribed(silence(3.0), LevelTranscriber(), progress=done.append) == []
    assert done[-1] == 1.0


async def test_progress_is_what_was_recognised() -> None:
    """It follows the utterances that are done, not what was read ahead."""
    done: list[float] = []
    pcm = np.concatenate([part for word in range(6) for part in (speech(word, 1), silence(1.5))])
    captions = await transcribed(pcm, LevelTranscriber(), progress=done.append)
    seconds = len(pcm) / SAMPLE_RATE
    assert done[:-1] == pytest.approx([caption.end_seconds / seconds for caption in captions])
    assert done[-1] == 1.0


async def test_each_channel_has_its_speaker() -> None:
    """They are heard apart, and told in the order of their starts."""
    left = np.concatenate([speech(0, 2), silence(5.0)])
    right = np.concatenate([silence(3.0), speech(10, 2), silence(2.0)])
    both = np.stack([left, right], axis=1)
    captions = await transcribed(both, LevelTranscriber(), speakers=("Ana", "Rui"))
    assert [(caption.speaker, caption.text) for caption in captions] == [
        ("Ana", "W0 W1"),
        ("Rui", "W10 W11"),
    ]


@dataclass
class BackwardsTranscriber(LevelTranscriber):
    """Answers finals last first: one that hears a word of `after` waits until that word was heard.

    Attributes:
        after: The word for which an utterance waits, by its first word, in its first recognition only.
        likely: How likely languages are, by the first word.
    """

    after: Mapping[int, int] = field(default_factory=dict)
    likely: Mapping[int, Mapping[str, float]] = field(default_factory=dict)
    heard: dict[int, threading.Event] = field(default_factory=dict)

    def transcribe_all(self, requests: Sequence[TranscriptionRequest]) -> list[Hypothesis]:
        """Return the words of each request, the only one of its call."""
        (request,) = requests
        first = (round(float(np.abs(request.waveform[request.waveform != 0][0]) * 32768)) - 1_000) // 100
        choice = request.language
        with self.lock:
            event = self.heard.setdefault(first, threading.Event())
            awaited = self.after.get(first)
            waited = self.heard.setdefault(awaited, threading.Event()) if awaited is not None else None
        if waited and not event.is_set():
            assert waited.wait(60)
        language = choice if isinstance(choice, str) else choice(self.likely[first])
        result = super().transcribe_all([TranscriptionRequest(request.waveform, language, quality="final")])
        event.set()
        return result


async def test_the_order_in_which_utterances_are_recognised_does_not_matter() -> None:
    """One that was recognised too early for its language is made again: as if they went one by one."""
    likely = {
        0: {"en": 0.05, "fr": 0.95},
        10: {"en": 0.6, "fr": 0.4},  # French, for whoever knows that French was spoken
        20: {"en": 0.999, "fr": 0.001},
        30: {"en": 0.4, "fr": 0.6},  # English, likewise
        40: {"en": 0.4, "fr": 0.6},
    }
    pcm = np.concatenate([part for word in likely for part in (speech(word, 1), silence(1.5))])
    one_by_one = BackwardsTranscriber(workers=1, likely=likely)
    wanted = [(caption.text, caption.lang) for caption in await transcribed(pcm, one_by_one)]
    assert [lang for _, lang in wanted] == ["fr", "fr", "en", "en", "en"]
    after = dict(pairwise(likely))
    backwards = BackwardsTranscriber(workers=5, likely=likely, after=after)
    assert [(caption.text, caption.lang) for caption in await transcribed(pcm, backwards)] == wanted
    assert len(backwards.requests) > len(likely)


async def test_utterances_of_a_recording_share_no_call() -> None:
    """Sharing changes what is read a little, and what shares a call depends on what waits just then."""
    calls: list[int] = []

    @dataclass
    class Counting(LevelTranscriber):
        def transcribe_all(self, requests: Sequence[TranscriptionRequest]) -> list[Hypothesis]:
            calls.append(len(requests))
            return super().transcribe_all(requests)

    pcm = np.concatenate([part for word in range(12) for part in (speech(word, 1), silence(1.0))])
    assert len(await transcribed(pcm, Counting(workers=1, batch=4))) == 12
    assert calls == [1] * 12


async def test_two_hours_are_not_in_memory() -> None:
    """Of blocks that were read only a few are there at a time; everything that was said is heard."""
    alive: set[int] = set()
    most = 0
    block = np.concatenate([speech(0, 2), silence(29.0)]).reshape(-1, 1)

    def blocks() -> Iterator[Pcm]:
        nonlocal most
        for number in range(240):
            made = block.copy()
            alive.add(number)
            weakref.finalize(made, alive.discard, number)
            most = max(most, len(alive))
            yield made

    captions = await transcribed(Blocks(blocks(), 7200.0), LevelTranscriber())
    assert len(captions) == 240
    assert most <= 4


async def test_who_gives_up_while_a_block_is_read_closes_the_file() -> None:
    """The reader itself waits for the block (`test_recording_file`)."""
    reading, go_on = threading.Event(), threading.Event()

    class Slow(Blocks):
        def read(self) -> Pcm | None:
            reading.set()
            assert go_on.wait(60)
            return None

    reader = Slow(iter(()), None)
    work = asyncio.create_task(transcribed(reader, LevelTranscriber()))
    await asyncio.to_thread(reading.wait, 60)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    go_on.set()
    assert reader.closed
