"""Real text models: those that are installed by default, and a very small one that ships with the tests."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from assistant.bootstrap import build_weights
from assistant.core.errors import AssistantError
from assistant.core.translation.routes import Scores, TextModel
from assistant.settings import Settings

TOY_PACKAGE = Path(__file__).parents[1] / "fixtures" / "argos" / "translate-fr_en-toy.argosmodel"

Installed = tuple[TextModel, Path]


def weights(name: str) -> Path:
    try:
        return build_weights(Settings()).path(name)
    except AssistantError:
        pytest.skip(f"{name} is not here: “assistant models pull {name}” fetches it")


@pytest.fixture(scope="session")
def english_portuguese() -> Path:
    """The directory of the Firefox model from English to Portuguese."""
    return weights("translate-en-pt")


@pytest.fixture(scope="session")
def portuguese_english() -> Path:
    """The directory of the Firefox model from Portuguese to English."""
    return weights("translate-pt-en")


@pytest.fixture(scope="session")
def toy_french_english(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of the toy Argos package from French to English, unpacked."""
    folder = tmp_path_factory.mktemp("argos")
    with zipfile.ZipFile(TOY_PACKAGE) as archive:
        archive.extractall(folder)
    return next(folder.iterdir())


@pytest.fixture
def text_models(
    english_portuguese: Path, portuguese_english: Path, toy_french_english: Path
) -> tuple[Installed, ...]:
    """Three models, of both engines."""
    return (
        (TextModel("en-pt", "en", "pt", "firefox", Scores(0.89), 25.0), english_portuguese),
        (TextModel("pt-en", "pt", "en", "firefox", Scores(0.88), 25.0), portuguese_english),
        (TextModel("fr-en", "fr", "en", "argos", Scores(0.85), 25.0), toy_french_english),
    )
