"""The text models of this machine, as the service builds them."""

from __future__ import annotations

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from assistant.bootstrap import build_text_engine
from assistant.core.translation.routes import RouteTable, Scores
from assistant.settings import Settings


@pytest.mark.weights
async def test_the_installed_models_are_ready_to_use() -> None:
    """What is installed by default translates both ways; nothing runs before it is asked."""
    engine = build_text_engine(Settings())
    if {"translate-en-pt", "translate-pt-en"} - {model.name for model in engine.models}:
        pytest.skip("English and Portuguese are not here: “assistant models pull” fetches them")
    assert engine.pid is None
    route = RouteTable(engine.models).route("pt", "en")
    assert route is not None
    assert route.legs[0].engine == "firefox"
    assert route.scores == Scores(bleu=45.3)
    assert not route.rough
    assert await engine.translate(route.legs[0].name, ["Bom dia."]) == ["Good morning."]
    await engine.close()


async def test_a_wanted_model_that_is_missing_is_named_in_the_log(tmp_path: Path) -> None:
    """The service goes on without it."""
    with capture_logs() as logs:
        engine = build_text_engine(Settings(models_dir=tmp_path, translation_models=["argos-xx-yy"]))
    assert engine.models == ()
    assert [(entry["event"], entry["model"]) for entry in logs] == [
        ("translation_model_missing", "argos-xx-yy")
    ]
    await engine.close()
