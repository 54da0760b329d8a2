"""What all tests share: the recordings of the project and the real weights."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from assistant.bootstrap import build_weights
from assistant.client.recordings import read_pcm
from assistant.core.errors import AssistantError
from assistant.core.speech.audio import Pcm
from assistant.settings import Settings
from tests.live.service import LiveService

pytest_plugins = ["tests.caption_service", "tests.no_orphans"]

# How long an example takes says how busy the machine is, and nothing about the house.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

SPEECH = Path(__file__).parent / "fixtures" / "speech"


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording of the fixtures: its audio, what is said in it ("" for noise), its language."""

    name: str
    pcm: Pcm
    text: str
    language: str


class Recordings:
    """The recordings of `fixtures/speech`, by id."""

    def __init__(self) -> None:
        lines = (SPEECH / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
        self._entries = {entry["id"]: entry for entry in map(json.loads, lines)}

    def __getitem__(self, name: str) -> Recording:
        """Read a recording."""
        entry = self._entries[name]
        pcm = np.asarray(read_pcm(SPEECH / entry["path"]))
        return Recording(name, pcm, entry["text"], entry["lang"])

    def names(self, *languages: str) -> list[str]:
        """Return the ids of the recordings in these languages."""
        return [name for name, entry in self._entries.items() if entry["lang"] in languages]


@pytest.fixture(scope="session")
def recordings() -> Recordings:
    """The recordings of the project."""
    return Recordings()


@pytest.fixture(scope="session")
def whisper_weights() -> Path:
    """The directory of the real Whisper base weights."""
    try:
        return build_weights(Settings()).path("whisper-base")
    except AssistantError:
        pytest.skip("Whisper base is not here: “assistant models pull whisper-base” fetches it")


@pytest.fixture(scope="session")
def lasting_service(tmp_path_factory: pytest.TempPathFactory, whisper_weights: Path) -> Iterator[LiveService]:
    """A running service with the real weights, for those who leave it as it was; each has an own room."""
    running = LiveService(tmp_path_factory.mktemp("lasting"), whisper_weights.parent)
    running.start()
    yield running
    running.stop()
