"""What tests write as captions, and how they look at pages."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar, cast

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from tests.browser.scripted_partner import Partner
from tests.browser.scripted_reader import Reader
from tests.waiting import wait_until

Found = TypeVar("Found")


def caption(caption_id: str, text: str, seq: int, *, speaker: str = "Ana", **fields: Any) -> dict[str, Any]:
    """Return a caption message; it is a final unless `fields` say otherwise."""
    usual = {
        "type": "caption",
        "seq": seq,
        "id": caption_id,
        "rev": seq,
        "participant": speaker.lower(),
        "speaker": speaker,
        "lang": "en",
        "source_lang": "en",
        "text": text,
        "stable": len(text),
        "final": True,
        "start": float(seq),
        "end": seq + 0.5,
        "edited": False,
    }
    return usual | fields


def partial(caption_id: str, text: str, seq: int, *, stable: int = 0, **fields: Any) -> dict[str, Any]:
    """Return a caption message of an utterance that goes on."""
    return caption(caption_id, text, seq, stable=stable, final=False, **fields)


def translation(of: dict[str, Any], text: str, seq: int, lang: str, **fields: Any) -> dict[str, Any]:
    """Return the translation of a caption message, which is as final as that."""
    usual = {"seq": seq, "rev": seq, "lang": lang, "source_rev": of["rev"], "via": [], "how": "text"}
    return of | usual | {"text": text, "stable": len(text) if of["final"] else 0} | fields


def portuguese(caption_id: str, text: str, seq: int, **fields: Any) -> dict[str, Any]:
    """Return a caption message of something that was said in Portuguese."""
    return caption(caption_id, text, seq, **{"lang": "pt", "source_lang": "pt"} | fields)


BOM_DIA = portuguese("a", "Bom dia.", 1)
BONJOUR = translation(BOM_DIA, "Bonjour.", 2, "fr")
HELLO = caption("b", "Hello.", 3, speaker="Bruno")
SALUT = translation(HELLO, "Salut.", 4, "fr")


def until(look: Callable[[], Found], what: str) -> Found:
    """Return what `look` returns as soon as it is true; fails naming `what` when it never is.

    A look that finds an element just before the page draws it anew has seen nothing yet.
    """

    def seen() -> Found | None:
        with suppress(StaleElementReferenceException):
            return look()
        return None

    return cast("Found", wait_until(seen, what))


def steadily(act: Callable[[], object]) -> None:
    """Do something to an element that is found anew where the page has just drawn it again."""

    def acted() -> bool:
        act()
        return True

    until(acted, "an element that stays")


def open_room(browser: Chrome, partner: Partner, query: str = "") -> Reader:
    """Open a room and return the page's connection, once it is live."""
    before = len(partner.readers)
    browser.get(f"{partner.url}/rooms/city-council{query}")
    until(
        lambda: browser.execute_script("return document.documentElement.dataset.connection") == "live", "live"
    )
    return partner.readers[before]


def readings(driver: Chrome) -> list[str]:
    """Return what the reader reads: the captions in one column, or those in the second of two."""
    return texts(driver, ".reading .caption")


def waiting(driver: Chrome) -> list[str]:
    """Return what is shown only until it comes in the reader's language."""
    return texts(driver, ".reading .waiting")


def texts(driver: Chrome, selector: str) -> list[str]:
    """Return the text content of all elements that match."""
    script = "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent.trim())"
    found: list[str] = driver.execute_script(script, selector)
    return found


def shown(driver: Chrome, selector: str) -> bool:
    """Whether the first element that matches can be seen."""
    return driver.find_element(By.CSS_SELECTOR, selector).is_displayed()


def click(driver: Chrome, selector: str) -> None:
    """Click the first element that matches."""
    driver.find_element(By.CSS_SELECTOR, selector).click()


def choose(driver: Chrome, selector: str, value: str) -> None:
    """Choose an option by its value."""
    click(driver, f"{selector} option[value='{value}']")


def module(driver: Chrome, path: str, body: str) -> Any:
    """Run `body` (it sees the module as `m` and returns something) with one of the page's modules."""
    script = (
        "const done = arguments[arguments.length - 1];"
        f"import('/static/js/{path}').then(m => {{ {body} }}).then(done, e => done('failed: ' + e));"
    )
    return driver.execute_async_script(script)
