"""Input that nobody would wish for, with real weights: languages in turn, a word that is torn."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.client import AudioStream, Endpoint
from assistant.core.speech.audio import SAMPLE_RATE
from tests.conftest import Recordings
from tests.live.service import LiveService
from tests.live.test_meeting import plain, speak

pytestmark = [pytest.mark.weights, pytest.mark.slow]

GAP_SECONDS = 0.8


async def test_a_speaker_who_changes_the_language_with_each_sentence_is_followed(
    lasting_service: LiveService, recordings: Recordings
) -> None:
    """English, French and Portuguese in turn, different voices, short pauses: each in its own language."""
    said = {
        "leopard-test-pt": "raposa velha",
        "fleurs-en-004": "dinosaurs",
        "leopard-test-fr": "consulat",
        "cheetah-test-pt": "crianças",
        "fleurs-en-003": "cabbage",
        "ljspeech-LJ001-0009": "movable types",
    }
    gap = np.zeros(round(GAP_SECONDS * SAMPLE_RATE), dtype=np.int16)
    ends = []
    async with AudioStream(
        Endpoint(lasting_service.url), "changing-languages", "polyglot", language="auto"
    ) as stream:
        sent = 0
        for name in said:
            pcm = np.concatenate([recordings[name].pcm, gap])
            sent += len(pcm)
            ends.append(sent / SAMPLE_RATE)
            await speak(stream, pcm, speed=2.0)
        await stream.stop()
    captions = lasting_service.transcript("changing-languages")
    for (name, words), end, start in zip(said.items(), ends, [0.0, *ends], strict=False):
        mine = [caption for caption in captions if start - 0.5 <= caption["start"] < end - 0.5]
        assert {caption["source_lang"] for caption in mine} == {recordings[name].language}
        assert words in plain(" ".join(caption["text"] for caption in mine))
    assert "Traceback" not in lasting_service.log.read_text()


async def test_a_word_that_a_stop_cuts_in_the_middle_spoils_nothing(
    lasting_service: LiveService, recordings: Recordings
) -> None:
    """What was said before it is there, and hardly more than the torn word is made up."""
    async with AudioStream(Endpoint(lasting_service.url), "torn-word", "jfk", language="en") as stream:
        # “… what you can do for your coun-”: the word goes on for another half second.
        await speak(stream, recordings["jfk"].pcm[: round(10.2 * SAMPLE_RATE)])
        await stream.stop()
    written = plain(" ".join(caption["text"] for caption in lasting_service.transcript("torn-word")))
    before = plain(recordings["jfk"].text).removesuffix(" country")
    assert written.startswith(before.removesuffix(" your")), "the word before the torn one may suffer"
    assert len(written.split()) <= len(before.split()) + 3
    assert "Traceback" not in lasting_service.log.read_text()
