"""Which text models are on this machine, whole and of a kind that an engine reads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import structlog

from assistant.core.errors import AssistantError, PackageInvalid
from assistant.core.language import parse_language
from assistant.core.translation.routes import Engine, Scores, TextModel
from assistant.engines.text_packages import engine_of, files_below
from assistant.weights import WeightsStore
from assistant.weights.catalog import Model

COST_MS: dict[Engine, float] = {"firefox": 25.0, "argos": 150.0}
"""How long a sentence of 20 words takes on one core, roughly, by what runs the model."""

_log = structlog.get_logger(__name__)


def log_skipped(name: str, error: AssistantError) -> None:
    """Name a model that cannot be used in the log."""
    _log.warning("text_model_skipped", model=name, code=error.code, reason=error.message)


def find_text_models(
    store: WeightsStore, skipped: Callable[[str, AssistantError], None] = log_skipped
) -> tuple[tuple[TextModel, Path], ...]:
    """Return the installed text models and where their files are, those of the catalogue first.

    Args:
        store: The weights on this machine.
        skipped: Is told of each one that is broken or incomplete, and left out.
    """
    catalogue = {model.name: model for model in store.catalog.models}
    found = []
    for name in store.present():
        known = catalogue.get(name)
        if known is not None and known.kind != "translation":
            continue
        try:
            directory = store.path(name)
            manifest = None if known else store.files(name)
            languages = known.languages if known else manifest.languages if manifest else ()
            rough = known.rough if known else bool(manifest and manifest.rough)
            # A bundle may bring speech models that the catalogue does not have.
            if known or languages:
                found.append((_text_model(name, known, languages, directory, rough=rough), directory))
        except AssistantError as error:
            skipped(name, error)
    return tuple(found)


def _text_model(
    name: str, known: Model | None, languages: tuple[str, ...], directory: Path, *, rough: bool
) -> TextModel:
    if len(languages) != 2:  # noqa: PLR2004 - from and to
        raise PackageInvalid(f"{name} does not say from and to which language it translates.")
    engine = engine_of(files_below(directory))
    source, target = map(parse_language, languages)
    scores = known.scores if known else Scores()
    return TextModel(name, source, target, engine, scores, COST_MS[engine], rough)
