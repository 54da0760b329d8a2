"""Starts a headless Chromium that talks to nobody but the page under test."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

HOW_TO_INSTALL = "Chromium is not installed: apt-get install chromium chromium-driver"

_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--hide-scrollbars",
)


def chromium_path() -> str | None:
    """Return where Chromium is, or None when it or its driver is missing."""
    if shutil.which("chromedriver") is None:
        return None
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def microphone_flags(recording: Path) -> tuple[str, ...]:
    """Return flags that make a WAV file the microphone: played once, allowed without a question."""
    return (
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={recording}%noloop",
        "--autoplay-policy=no-user-gesture-required",
    )


@contextmanager
def chromium(
    *flags: str, languages: str = "en-GB", size: tuple[int, int] = (1280, 800), scheme: str = "light"
) -> Iterator[Chrome]:
    """Run a browser with an empty profile.

    Args:
        flags: More command-line flags.
        languages: What the browser says its user reads, most wanted first, separated by commas.
        size: The inner size of its window in CSS pixels.
        scheme: `light` or `dark`, what the system prefers.
    """
    binary = chromium_path()
    if binary is None:
        raise RuntimeError(HOW_TO_INSTALL)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = ChromeOptions()
        options.binary_location = binary
        for flag in (*_FLAGS, *flags, f"--user-data-dir={profile}", f"--accept-lang={languages}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        options.add_experimental_option("prefs", {"intl.accept_languages": languages})
        driver = Chrome(options=options, service=Service(shutil.which("chromedriver")))
        try:
            driver.set_script_timeout(20)
            resize(driver, *size)
            media = [{"name": "prefers-color-scheme", "value": scheme}]
            driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": media})
            yield driver
        finally:
            driver.quit()


def resize(driver: Chrome, width: int, height: int) -> None:
    """Give the page a size in CSS pixels."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def complaints(driver: Chrome, *, expected: Sequence[str] = ()) -> list[str]:
    """Return what the browser logged as severe, policy violations among it, since the last call."""
    messages = [str(entry["message"]) for entry in _log(driver, "browser") if entry["level"] == "SEVERE"]
    return [message for message in messages if not any(part in message for part in expected)]


def hosts_asked(driver: Chrome) -> set[str]:
    """Return the hosts that pages sent requests to since the last call."""
    hosts = set()
    for entry in _log(driver, "performance"):
        event: dict[str, Any] = json.loads(entry["message"])["message"]
        parameters = event["params"]
        url = ""
        if event["method"] == "Network.requestWillBeSent":
            url = parameters["request"]["url"]
        elif event["method"] == "Network.webSocketCreated":
            url = parameters["url"]
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss"}:
            hosts.add(parts.netloc)
    return hosts


def _log(driver: Chrome, kind: str) -> list[dict[str, Any]]:
    read: Callable[[str], list[dict[str, Any]]] = driver.get_log
    return read(kind)
