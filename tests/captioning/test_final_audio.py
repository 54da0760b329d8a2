"""The audio of finals is kept for who asked for it, once, and not without bound."""

from __future__ import annotations

import numpy as np

from assistant.captioning.final_audio import FinalAudio


def test_audio_is_wanted_where_somebody_asks_for_it() -> None:
    """By room and language; nowhere before that."""
    audio = FinalAudio()
    assert not audio.wanted("council", "eu")
    audio.ask(lambda room, lang: (room, lang) == ("council", "eu"))
    assert audio.wanted("council", "eu")
    assert not audio.wanted("council", "fr")
    assert not audio.wanted("elsewhere", "eu")


def test_audio_is_taken_once_and_the_oldest_goes() -> None:
    """What nobody takes makes place for what comes after it."""
    audio = FinalAudio()
    for number in range(20):
        audio.put(f"c{number}", np.full(4, number, dtype=np.float32))
    assert audio.take("c0") is None
    newest = audio.take("c19")
    assert newest is not None
    assert newest[0] == 19
    assert audio.take("c19") is None
