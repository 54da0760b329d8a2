"""One scripted partner per test, one browser for many."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome

from tests.browser.chromium import HOW_TO_INSTALL, chromium, chromium_path, complaints, hosts_asked, resize
from tests.browser.scripted_partner import Partner, running_partner


@pytest.fixture
def partner() -> Iterator[Partner]:
    """The service as the test scripts it."""
    with running_partner() as partner:
        yield partner


@pytest.fixture(scope="session")
def english_browser() -> Iterator[Chrome]:
    """A browser of a reader of English."""
    if chromium_path() is None:
        pytest.skip(HOW_TO_INSTALL)
    with chromium() as driver:
        yield driver


@pytest.fixture
def browser(english_browser: Chrome, partner: Partner) -> Iterator[Chrome]:
    """A browser without memory; after the test it must have asked nobody else and broken no policy."""
    english_browser.get(f"{partner.url}/static/favicon.svg")
    english_browser.execute_script("localStorage.clear(); sessionStorage.clear()")
    english_browser.get("about:blank")
    resize(english_browser, 1280, 800)
    complaints(english_browser)
    hosts_asked(english_browser)
    yield english_browser
    hosts = hosts_asked(english_browser)
    # A broken or refused connection is what some tests are about, and is logged by every browser.
    severe = complaints(english_browser, expected=["WebSocket connection to", "Failed to load resource"])
    english_browser.get("about:blank")
    assert hosts <= {f"127.0.0.1:{partner.port}"}
    assert severe == []
