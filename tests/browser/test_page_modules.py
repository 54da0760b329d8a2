"""The pages' own rules, asked of their modules in a real browser."""

from __future__ import annotations

import re
from typing import Any

import pytest
from selenium.webdriver import Chrome

from tests.browser.readings import module
from tests.browser.scripted_partner import STATIC, Partner

pytestmark = pytest.mark.browser

_FILL_IN = re.compile(r"\{\w+\}")

_CONTRAST = """
const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
const luminance = (name) => {
  const probe = document.body.appendChild(document.createElement('p'));
  probe.style.color = `var(--${name})`;
  canvas.fillStyle = getComputedStyle(probe).color;
  probe.remove();
  canvas.fillRect(0, 0, 1, 1);
  const parts = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((v) => v / 255);
  const [r, g, b] = parts.map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
return arguments[0].map(([ink, paper]) => [ink, paper, ratio(luminance(ink), luminance(paper))]);
"""


@pytest.fixture
def page(browser: Chrome, partner: Partner) -> Chrome:
    """A page of the service's origin."""
    browser.get(partner.url)
    return browser


def test_both_languages_have_the_same_words(page: Chrome) -> None:
    """Every text exists in French and English, with the same values to fill in, and none is empty."""
    words: dict[str, dict[str, str]] = module(page, "i18n.js", "return m.LANGUAGES")
    assert words["en"].keys() == words["fr"].keys()
    fill_ins = {
        lang: {key: set(_FILL_IN.findall(text)) for key, text in words[lang].items()} for lang in words
    }
    assert fill_ins["en"] == fill_ins["fr"]
    assert all(text.strip() for language in words.values() for text in language.values())


def test_every_text_a_page_names_exists(page: Chrome) -> None:
    """No page names a text that the dictionaries lack."""
    known = set(module(page, "i18n.js", "return Object.keys(m.LANGUAGES.en)"))
    for name in ("index.html", "read.html", "speak.html", "glossary.html", "consent.html"):
        named = set(re.findall(r'data-t(?:-label|-title)?="(\w+)"', (STATIC / name).read_text()))
        assert named
        assert named <= known


def test_pages_and_styles_name_no_other_host(page: Chrome) -> None:
    """Nothing that ships refers to another host."""
    del page
    for path in STATIC.rglob("*.*"):
        text = path.read_text().replace("http://www.w3.org/", "")
        assert "http://" not in text, path
        assert (
            "//" not in text.replace("// ", "").replace("https://captions.example.org", "")
            or path.suffix == ".js"
        ), path


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_colours_have_enough_contrast(page: Chrome, theme: str) -> None:
    """Text of every kind stands out from its ground by WCAG AA at least (4.5 to 1)."""
    page.execute_script("document.documentElement.dataset.theme = arguments[0]", theme)
    inks = ["ink", "ink-soft", "tail", "accent", "warn", "bad", "good", *(f"speaker-{n}" for n in range(8))]
    pairs = [(ink, paper) for ink in inks for paper in ("bg", "raised")]
    pairs += [
        ("on-accent", "accent"),
        ("ink", "surface"),
        ("ink-soft", "surface"),
        ("warn", "warn-tint"),
        ("bad", "bad-tint"),
    ]
    weak = [found for found in page.execute_script(_CONTRAST, pairs) if found[2] < 4.5]
    assert weak == []


@pytest.mark.parametrize(
    ("failures", "chance", "seconds"), [(1, 0, 0.25), (1, 1, 0.5), (3, 1, 2), (50, 1, 15), (50, 0, 7.5)]
)
def test_pauses_between_attempts_grow_to_a_bound(
    page: Chrome, failures: int, chance: float, seconds: float
) -> None:
    """Pauses double up to 15 s, and half of each is chance."""
    assert module(page, "backoff.js", f"return m.pauseSeconds({failures}, {chance})") == pytest.approx(
        seconds
    )


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ana Ribeiro", "AR"),
        ("cher", "C"),
        ("Jean-Luc de la Tour", "JT"),
        ("  ", "?"),
        ("王 小明", "王小"),
        ("🙂 Zoé", "Z"),
    ],
)
def test_initials_stand_for_names(page: Chrome, name: str, letters: str) -> None:
    """One or two letters stand for a name in any script."""
    page.execute_script("window.probe = arguments[0]", name)
    assert module(page, "speakers.js", "return m.initials(window.probe)") == letters


_COLOURS = """
const colours = new m.SpeakerColours();
return window.probe.map(([person, start]) => {
  colours.note(person, start);
  return window.probe.map(([other]) => colours.of(other));
});
"""


def test_speakers_keep_their_colours(page: Chrome) -> None:
    """Up to eight differ; who comes later changes nobody's, and the order of arrival does not matter."""
    people = [[f"participant-{number}", float(number)] for number in range(12)]
    page.execute_script("window.probe = arguments[0]", people)
    rows: list[list[int]] = module(page, "speakers.js", _COLOURS)
    assert len(set(rows[-1][:8])) == 8
    assert set(rows[-1]) <= set(range(8))
    assert all(row[:number] == rows[-1][:number] for number, row in enumerate(rows, 1))
    page.execute_script("window.probe = arguments[0]", people[::-1])
    assert module(page, "speakers.js", _COLOURS)[-1][::-1] == rows[-1]


def test_the_ring_keeps_the_newest_audio_by_number(page: Chrome) -> None:
    """Samples are found under their number until they are confirmed or too old."""
    body = """
    const ring = new m.AudioRing(8);
    ring.append(Int16Array.of(0, 1, 2)); ring.append(Int16Array.of(3, 4, 5));
    const middle = [...ring.pieceFrom(4)];
    ring.dropBefore(2);
    const early = ring.pieceFrom(1);
    ring.append(Int16Array.of(6, 7, 8, 9, 10, 11));
    return [middle, early, ring.start, ring.end, [...ring.pieceFrom(4)], ring.pieceFrom(12)];
    """
    found: list[Any] = module(page, "audio-ring.js", body)
    assert found == [[4, 5], None, 4, 12, [4, 5], None]
