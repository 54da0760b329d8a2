"""The text models of this machine as the service builds them, and what one of them takes in memory."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor

import psutil

from assistant import bootstrap
from assistant.cli.console import read_settings
from assistant.core.translation import Route
from assistant.ports import TextEngine

_ANY_SENTENCE = "The meeting begins at nine."


def open_text_engine() -> TextEngine:
    """Return the engine of the service, with the settings of the environment."""
    return bootstrap.build_text_engine(read_settings())


async def translate_along(engine: TextEngine, route: Route, sentences: Sequence[str]) -> list[str]:
    """Return the sentences as they come out of the last leg of a route."""
    texts = list(sentences)
    for leg in route.legs:
        texts = await engine.translate(leg.name, texts)
    return texts


def use_model(name: str) -> TextEngine:
    """Load a text model as the service does and use it once; return what keeps it loaded."""
    engine = open_text_engine()
    asyncio.run(engine.translate(name, [_ANY_SENTENCE]))
    return engine


def memory_bytes_of(use: Callable[[str], object], model: str) -> int:
    """Return by how much a fresh process, with those that it starts, grows when it uses a model.

    Args:
        use: Loads and uses the model of a name, and returns what keeps it loaded; must be known by its
            own name in a module.
        model: The model's name.
    """
    # A process that has computed before keeps memory of it, which would hide what loading takes.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=context) as fresh:
        return fresh.submit(_growth_bytes, use, model).result()


def _growth_bytes(use: Callable[[str], object], model: str) -> int:
    before = _resident_bytes()
    kept = use(model)
    growth = _resident_bytes() - before
    del kept  # not before it was weighed
    return growth


def _resident_bytes() -> int:
    own = psutil.Process()
    return sum(process.memory_info().rss for process in [own, *own.children(recursive=True)])
