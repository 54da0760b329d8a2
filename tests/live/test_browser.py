"""A voice at one browser's microphone, read in another browser: the product as people use it."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from tests.browser.chromium import (
    HOW_TO_INSTALL,
    chromium,
    chromium_path,
    complaints,
    hosts_asked,
    microphone_flags,
)
from tests.conftest import Recordings
from tests.live.service import LiveService
from tests.waiting import wait_until

pytestmark = [pytest.mark.weights, pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def microphone(tmp_path: Path, recordings: Recordings) -> Path:
    """A recording as the browser's microphone, after a moment of silence."""
    path = tmp_path / "voice.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(
            bytes(2 * 8_000) + recordings["ljspeech-LJ001-0009"].pcm.tobytes() + bytes(2 * 40_000)
        )
    return path


def page_text(driver: Chrome, selector: str) -> str:
    return str(driver.execute_script(f"return document.querySelector('{selector}').textContent"))


def test_what_is_said_into_one_browser_is_read_in_another(service: LiveService, microphone: Path) -> None:
    """Captions appear while the voice speaks; the reader's page asks nobody but the service."""
    if chromium_path() is None:
        pytest.skip(HOW_TO_INSTALL)
    with chromium(*microphone_flags(microphone)) as speaker, chromium() as reader, chromium() as other:
        reader.get(f"{service.url}/rooms/council")
        other.get(f"{service.url}/rooms/council?lang=source,pt")
        speaker.get(f"{service.url}/rooms/council/speak")
        speaker.find_element(By.ID, "name").send_keys("Ana Ribeiro")
        speaker.find_element(By.ID, "join").click()
        wait_until(lambda: "rinting" in page_text(reader, "#captions"), "the first words")
        wait_until(lambda: "movable types" in page_text(reader, "#captions"), "the last words")
        assert "Ana Ribeiro" in page_text(reader, "#captions")
        wait_until(lambda: "movable types" in page_text(reader, "#announcements"), "the announcement")
        wait_until(lambda: "tipos móveis" in page_text(other, "#captions"), "the last words in Portuguese")
        assert "movable types" in page_text(other, "#captions")
        wait_until(lambda: "tipos móveis" in page_text(other, "#announcements"), "the other announcement")
        speaker.find_element(By.ID, "leave").click()
        wait_until(lambda: speaker.find_element(By.ID, "form").is_displayed(), "the farewell")
        for driver in (reader, other, speaker):
            assert hosts_asked(driver) <= {f"127.0.0.1:{service.port}"}
            assert complaints(driver) == []
    said = " ".join(caption["text"] for caption in service.transcript("council"))
    assert said.startswith("Printing")
    assert "Traceback" not in service.log.read_text()
