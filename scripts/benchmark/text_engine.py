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

OpenEngine = Callable[[], TextEngine]

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


def memory_bytes_of(open_engine: OpenEngine, model: str) -> int:
    """Return by how much a fresh process that computes grows when it loads a model and uses it once.

    Args:
        open_engine: What makes the engine; must be known by its name in a module.
        model: The model's name.
    """
    # A process that has computed before keeps memory of it, which would hide what loading takes.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=context) as fresh:
        return fresh.submit(_growth_bytes, open_engine, model).result()


def _growth_bytes(open_engine: OpenEngine, model: str) -> int:
    return asyncio.run(_growth(open_engine, model))


async def _growth(open_engine: OpenEngine, model: str) -> int:
    engine = open_engine()
    try:
        before = _resident_bytes()
        await engine.translate(model, [_ANY_SENTENCE])
        return _resident_bytes() - before
    finally:
        await engine.close()


def _resident_bytes() -> int:
    own = psutil.Process()
    return sum(process.memory_info().rss for process in [own, *own.children(recursive=True)])
