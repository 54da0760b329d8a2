"""A meeting read by a scripted language model, chunk by chunk."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from assistant.bootstrap import build_model_reader
from assistant.core.errors import InvalidInput, ModelAnswerInvalid, ModelUnreachable
from assistant.minutes.drafting.draft import DraftSource, Reading
from assistant.minutes.model import ModelReader
from assistant.ports.minutes import ModelPrompt
from assistant.settings import Settings
from tests.captions import a_caption


def reading(lines: int) -> Reading:
    captions = [
        a_caption(
            number,
            f"Le dossier numéro {number} de la cantine est prêt. " * 6,
            start_seconds=float(number),
            end_seconds=number + 0.5,
        )
        for number in range(lines)
    ]
    return Reading.of(DraftSource("r", "R", captions))


class Model:
    """Tells the first line of each chunk; fails where it is told to."""

    context_tokens = 4096

    def __init__(self, fail: Callable[[int], Exception | None] = lambda _: None) -> None:
        self.asked: list[ModelPrompt] = []
        self.fail = fail

    async def complete(self, prompt: ModelPrompt) -> str:
        """Answer with a sentence that the first line supports."""
        self.asked.append(prompt)
        error = self.fail(len(self.asked))
        if error:
            raise error
        number = int(prompt.user.partition("[")[2].partition("]")[0])
        entry = {
            "kind": "point",
            "text": f"Le dossier numéro {number - 1} de la cantine est prêt.",
            "evidence": [number],
        }
        return json.dumps({"statements": [entry]})


async def test_a_long_meeting_is_read_in_chunks() -> None:
    """All of it, with progress; what overlaps is told once."""
    model = Model()
    steps: list[float] = []
    found = await ModelReader(model).read(reading(120), steps.append)
    assert len(model.asked) > 3
    assert len(found.findings) == len(model.asked)
    assert found.notes == ()
    assert steps == sorted(steps)
    assert "[120]" in model.asked[-1].user


async def test_a_model_that_is_away_is_not_asked_for_ever() -> None:
    """Two failures in a row are enough."""
    model = Model(lambda _: ModelUnreachable("away"))
    found = await ModelReader(model).read(reading(120), lambda _: None)
    assert (found.findings, found.notes, len(model.asked)) == ((), ("model_unreachable",), 2)


async def test_what_a_part_of_the_meeting_gave_is_kept() -> None:
    """And the note says that it is a part."""
    model = Model(lambda count: ModelAnswerInvalid("nonsense") if count == 2 else None)
    found = await ModelReader(model).read(reading(120), lambda _: None)
    assert found.notes == ("model_partly",)
    assert len(found.findings) == len(model.asked) - 1


async def test_a_meeting_that_takes_too_long_ends() -> None:
    """With what there is."""
    found = await ModelReader(Model(), most_seconds=0.0).read(reading(120), lambda _: None)
    assert found.notes


@pytest.mark.parametrize(
    "url", ["http://8.8.8.8/v1", "ftp://127.0.0.1/v1", "nonsense", "http://[2001:4860::1]/v1"]
)
def test_an_address_outside_is_refused_at_the_start(url: str) -> None:
    """Unless its host is named."""
    with pytest.raises(InvalidInput):
        build_model_reader(Settings(minutes_model_url=url))


def test_without_an_address_there_is_no_model() -> None:
    """That is the default."""
    assert build_model_reader(Settings()) is None
    assert build_model_reader(Settings(minutes_model_url="http://127.0.0.1:1/v1")) is not None
    allowed = Settings(minutes_model_url="http://8.8.8.8/v1", minutes_model_allowed_hosts=["8.8.8.8"])
    assert build_model_reader(allowed) is not None
