"""The text models of this machine as the service builds them, and what one of them takes in memory."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor

import psutil

from assistant import bootstrap
from assistant.cli.console import read_settings
from assistant.core.translation.routes import Route
from assistant.engines.translation_worker import load_translator
from assistant.ports.translation import TextEngine, Translator
from assistant.weights.text_models import find_text_models

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


def use_model(name: str) -> Translator:
    """Load a text model in this process, as the service's translation process does, and use it once."""
    models = find_text_models(bootstrap.build_weights(read_settings()))
    engine, directory = next((model.engine, path) for model, path in models if model.name == name)
    translator = load_translator(engine, directory)
    translator.translate([_ANY_SENTENCE])
    return translator


def memory_bytes_of(use: Callable[[str], object], model: str) -> int:
    """Return by how much a fresh process grows when it uses a model.

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
    process = psutil.Process()
    before = process.memory_info().rss
    kept = use(model)
    growth = process.memory_info().rss - before
    del kept  # not before it was weighed
    return int(growth)
