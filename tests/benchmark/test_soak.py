"""The soak: what it counts, and that its guests come, misbehave and go."""

from __future__ import annotations

import asyncio
import contextlib
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from benchmark import soak_guests
from benchmark.material import Passage, Recording
from benchmark.options import parse_arguments
from benchmark.reference import Reading, TimedText
from benchmark.scoring import Shown, WordLag
from benchmark.soak_guests import GUESTS, behave_badly
from benchmark.soak_result import (
    Lost,
    Soak,
    calm_lags,
    gaps_in,
    gone_from,
    growth_percent,
    lost_in,
    soak_report,
    twice_in,
)
from benchmark.soak_service import MemorySample, Outage
from benchmark.streams import Piece, Placement, Stream
from benchmark.talk import Talk
from benchmark.talk_result import talk_run_of

from assistant.client import CaptionEvent, Endpoint

SECOND = 16_000
TEXTS = {"one": "the first words that were said", "two": "others came later in the day"}


def event(number: int, text: str, start: float, end: float) -> CaptionEvent:
    return CaptionEvent(
        seq=number,
        id=f"c{number}",
        rev=number,
        participant="000-en",
        speaker="000-en",
        lang="en",
        source_lang="en",
        text=text,
        stable=len(text),
        final=True,
        start_seconds=start,
        end_seconds=end,
    )


def recording(name: str) -> Recording:
    return Recording(name, Path(name), "en", "read", 5.0, (Passage("en", TEXTS[name]),))


def talk_of(*events: CaptionEvent) -> Talk:
    pieces = [Piece(recording(name), np.zeros(5 * SECOND, np.int16), 0) for name in TEXTS]
    placements = tuple(Placement(piece, 5 * SECOND * number) for number, piece in enumerate(pieces))
    return Talk(Stream("en", placements), 100.0, 120.0, tuple(Shown(110.0, event) for event in events))


READINGS = {
    name: Reading(tuple(TimedText(f" {word}", 1.0) for word in text.split()), "en", 0.1)
    for name, text in TEXTS.items()
}
FIRST, SECOND_CAPTION = event(1, TEXTS["one"], 0.0, 4.0), event(2, TEXTS["two"], 5.0, 9.0)


LOST = Lost("two", 5.0, TEXTS["two"], "")


def test_a_recording_without_captions_is_lost() -> None:
    """Half of what the reference heard has to be there; a word or two may be misheard."""
    assert lost_in(talk_of(FIRST, SECOND_CAPTION), READINGS) == []
    assert lost_in(talk_of(FIRST), READINGS) == [LOST]
    assert (
        lost_in(talk_of(event(1, "the first birds that were said", 0.0, 4.0), SECOND_CAPTION), READINGS) == []
    )


def test_words_in_a_row_that_stand_nowhere_are_told() -> None:
    """With what was shown meanwhile, so that one can see whether audio was lost or words were skipped."""
    assert gaps_in(talk_of(FIRST, SECOND_CAPTION)) == []
    short = event(1, "the first", 0.0, 4.0)
    assert gaps_in(talk_of(short, SECOND_CAPTION)) == [Lost("one", 0.0, "words that were said", "the first")]


def test_a_time_that_is_captioned_twice_is_found() -> None:
    """Two captions of one talker share no time but a little at their edges."""
    assert twice_in(talk_of(FIRST, SECOND_CAPTION)) == []
    assert twice_in(talk_of(FIRST, event(2, TEXTS["one"], 0.5, 4.0))) == ["c2"]


def test_finals_that_are_gone_are_found() -> None:
    """What a reader saw as final stays, unless it turned out to be no speech."""
    empty = replace(event(4, "", 9.0, 9.5), id="c1", rev=4)
    assert gone_from([FIRST, SECOND_CAPTION], {"c1", "c2"}) == []
    assert gone_from([FIRST, SECOND_CAPTION], {"c1"}) == ["c2"]
    assert gone_from([FIRST, empty], set()) == []


def test_lags_in_outages_are_told_apart() -> None:
    """Nobody is captioned in time while the service is away, nor while it catches up."""
    run = talk_run_of([talk_of(FIRST)], READINGS, None, 0.0, [])
    lags = (WordLag(0.1, 0.5, 1.0, 10.0), WordLag(9.0, 30.0, 40.0, 60.0))
    run = replace(run, scores=(replace(run.scores[0], lags=lags),))
    calm = calm_lags(run, [Outage("killed", 155.0, 158.0)])
    assert calm is not None
    assert calm.p95 == 0.5


def samples(life: int, begin: float, seconds: int, megabytes_an_hour: float) -> list[MemorySample]:
    return [
        MemorySample(life, begin + at, int(100e6 + megabytes_an_hour * 1e6 * at / 3600), 30)
        for at in range(0, seconds, 2)
    ]


def test_growth_is_the_slope_within_lives() -> None:
    """A service that was started again begins low; that is no shrinking. Short runs tell nothing."""
    flat = growth_percent([*samples(1, 0, 900, 0), *samples(2, 900, 900, 0)])
    grows = growth_percent([*samples(1, 0, 900, 50), *samples(2, 900, 900, 50)])
    assert flat == pytest.approx(0.0)
    assert grows == pytest.approx(45, abs=5)
    assert growth_percent(samples(1, 0, 180, 50)) is None


def test_a_report_names_each_promise() -> None:
    """Losses, lags and growth stand beside what must be kept."""
    run = talk_run_of([talk_of(FIRST)], READINGS, None, 0.0, [])
    soak = Soak(run, (LOST,), (), (), (), None, 1.0, tuple(samples(1, 0, 60, 0)), (), {"downloads": 3}, 0)
    targets = {target.name: target.kept for target in soak_report(soak, "soak").targets}
    assert targets["soak: recordings lost or captioned twice"] is False
    assert targets["soak: memory of the service, % an hour"] is True
    assert targets["soak: stable p95 of the well-behaved, outages aside"] is None


async def test_guests_leave_when_nobody_answers_as_they_expect(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each kind ends within its time against a server that never says a word, and is counted."""
    monkeypatch.setattr(soak_guests, "MOST_SECONDS", 0.2)

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while await reader.read(1 << 16):
                pass
        writer.close()

    mute = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    endpoint = Endpoint(f"http://127.0.0.1:{mute.sockets[0].getsockname()[1]}")
    speech = np.zeros(SECOND, np.int16)
    for guest in GUESTS:
        monkeypatch.setattr(soak_guests, "GUESTS", (guest,))
        until = asyncio.get_running_loop().time() + 0.1
        counts = await behave_badly(endpoint, random.Random(7), speech, until)  # noqa: S311
        assert counts == {guest.__name__.replace("_", " "): 1}
    mute.close()
    await mute.wait_closed()
    await asyncio.sleep(0)


def test_the_soak_needs_a_service_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    """It is killed, so it cannot be somebody else's."""
    assert parse_arguments(["--soak", "60"]).soak == 60.0
    with pytest.raises(SystemExit):
        parse_arguments(["--soak", "60", "--url", "http://127.0.0.1:1"])
    assert "--soak" in capsys.readouterr().err
