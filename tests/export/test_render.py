"""Text, Markdown and JSON, and what all formats have in common."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace
from typing import Any

import pytest

from assistant.core.captions.caption import Caption, Translation
from assistant.core.errors import FormatUnknown
from assistant.core.speech.audio import Span
from assistant.core.speech.hypothesis import Word
from assistant.export import FORMATS, render
from assistant.export.minutes_view import PrintOptions
from assistant.web.messages import CaptionMessage
from tests.captions import a_caption

HELLO = a_caption(
    3,
    id="c1",
    start_seconds=65.2,
    end_seconds=66.9,
    words=(
        Word(" Bonjour", Span(1600, 9600), 0.98764, (1, 2)),
        Word(" à", Span(9600, 11200), 0.5),
        Word(" tous.", Span(11200, 24000), 0.75),
    ),
)
MORE = replace(
    HELLO, seq=5, id="c2", rev=5, text="On commence ?", start_seconds=67.0, end_seconds=68, words=()
)
REPLY = replace(
    HELLO,
    seq=7,
    id="c3",
    rev=7,
    participant="p2",
    speaker="Bo",
    text="Oui.",
    start_seconds=70,
    end_seconds=70.5,
)


def _text(captions: list[Caption], name: str = "txt", **names: Any) -> str:
    return render(captions, name, **names).decode()


def test_words_in_another_language_than_was_spoken_are_marked() -> None:
    """Also where nothing was to be translated, until a clerk has put them right."""
    invented = replace(HELLO, lang="pt", source_lang="en", text="Olá.", words=())
    (told,) = json.loads(_text([invented], "json"))["captions"]
    assert (told["untranslated"], told["lang"], told["source_lang"]) == ("other_language", "pt", "en")
    assert _text([invented]) == "[00:01:05] Ana [en]: Olá.\n"
    assert CaptionMessage.of(invented).untranslated == "other_language"
    corrected = replace(invented, text="Hello.", edited=True)
    assert "untranslated" not in json.loads(_text([corrected], "json"))["captions"][0]
    assert CaptionMessage.of(corrected).untranslated is None


def test_a_translated_transcript_marks_what_is_not_translated() -> None:
    """It stands apart, with the language it was said in; JSON says why, and what translations render."""
    translated = replace(HELLO, lang="en", text="Hello.", words=(), translation=Translation("en", 3, ("pt",)))
    spoken = replace(MORE, lang="en", text="We begin.", translation=Translation("en", 5, how="speech"))
    basque = replace(REPLY, participant="p1", speaker="Ana", lang="eu", source_lang="eu", text="Bai.")
    left = replace(basque, translation=Translation("en", 7, problem="no_route"))
    captions = [translated, spoken, left]
    assert _text(captions) == "[00:01:05] Ana: Hello. We begin.\n[00:01:10] Ana [eu]: Bai.\n"
    assert "**Ana \\[eu\\]:** Bai." in _text(captions, "md")
    first, second, third = json.loads(_text(captions, "json"))["captions"]
    assert (first["source_rev"], first["via"], second["how"]) == (3, ["pt"], "speech")
    assert (third["untranslated"], third["lang"], "source_rev" in third) == ("no_route", "eu", False)


def test_a_rough_translation_says_so() -> None:
    """In the words of the document: on top, and where it begins and ends; JSON says it of each caption."""
    fine = replace(HELLO, lang="en", text="Hello.", words=(), translation=Translation("en", 3))
    rough = replace(MORE, lang="en", text="We begin.", translation=Translation("en", 5, rough=True))
    failed = replace(REPLY, translation=Translation("en", 7, problem="failed", rough=True))
    captions = [fine, rough, failed]
    told = "Rough machine translation: it may be wrong."
    head, *lines = _text(captions).split("\n\n", 1)
    assert head == told
    assert lines[0].splitlines()[:2] == ["[00:01:05] Ana: Hello.", "[00:01:07] Ana [rough]: We begin."]
    assert "rough" not in lines[0].splitlines()[2]
    assert "**Ana \\[rough\\]:** We begin." in _text(captions, "md")
    assert [caption.get("rough") for caption in json.loads(_text(captions, "json"))["captions"]] == [
        None,
        True,
        None,
    ]
    assert "approximatif" in render(captions, "txt", options=PrintOptions(lang="fr")).decode()


def test_captions_of_one_speaker_become_one_paragraph() -> None:
    """Consecutive captions of a speaker are joined under the time of the first."""
    assert _text([HELLO, MORE, REPLY, replace(MORE, seq=9, start_seconds=80)]) == (
        "[00:01:05] Ana: Bonjour à tous. On commence ?\n[00:01:10] Bo: Oui.\n[00:01:20] Ana: On commence ?\n"
    )


def test_two_people_of_one_name_are_told_apart() -> None:
    """Paragraphs follow the participant, not the name that is shown."""
    assert _text([HELLO, replace(REPLY, speaker="Ana")]).count("Ana:") == 2


def test_long_monologue_has_times_on_the_way() -> None:
    """A speaker who never stops gets a new paragraph every few minutes."""
    talk = [
        replace(HELLO, seq=n, id=f"c{n}", start_seconds=n * 10.0, end_seconds=n * 10 + 9) for n in range(60)
    ]
    lines = _text(talk).splitlines()
    assert len(lines) == 5
    assert lines[1].startswith("[00:02:00] Ana:")


def test_captions_are_put_in_order_and_empty_ones_left_out() -> None:
    """The order of what is given does not matter, and captions that were no speech are not there."""
    noise = replace(HELLO, id="c9", text=" \n", start_seconds=1)
    for name in FORMATS:
        assert render([REPLY, noise, MORE, HELLO], name) == render([HELLO, MORE, REPLY], name)


def test_the_same_captions_make_the_same_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whenever that is: no format says when it was written."""
    before = {name: render([HELLO, MORE], name) for name in FORMATS}
    now, a_while = time.time, 100_000.0
    monkeypatch.setattr(time, "time", lambda: now() + a_while)  # archives ask for it
    assert {name: render([HELLO, MORE], name) for name in FORMATS} == before


def test_chinese_sentences_are_joined_without_a_space() -> None:
    """Languages that write no spaces get none."""
    first = replace(HELLO, lang="zh", text="大家好。")
    assert "大家好。我们开始吧。" in _text([first, replace(MORE, lang="zh", text="我们开始吧。")])


def test_line_breaks_and_control_characters_become_spaces() -> None:
    """Whatever a clerk types, a paragraph stays on its line."""
    odd = replace(HELLO, text="one\r\ntwo\u2028three\x00four\tfive", speaker="A\nna")
    assert _text([odd]) == "[00:01:05] A na: one two three four five\n"


def test_title_comes_first() -> None:
    """Text begins with the title, Markdown with a heading."""
    assert _text([HELLO], title="Weekly").startswith("Weekly\n\n[00:01:05]")
    assert _text([HELLO], "md", title="Weekly").startswith("# Weekly\n\n[00:01:05] **Ana:** Bonjour")


def test_times_past_a_day_stay_readable() -> None:
    """Hours go on counting after 24 and after 99."""
    assert "[100:00:01] Ana" in _text([replace(HELLO, start_seconds=360_001.9, end_seconds=360_003)])


def test_markdown_shows_spoken_markup_as_it_was_said() -> None:
    """Stars, brackets and tags in text and names are escaped."""
    odd = replace(HELLO, text="**not bold** <b>[x](y)</b> & `code`", speaker="A*")
    assert _text([odd], "md") == (
        "[00:01:05] **A\\*:** \\*\\*not bold\\*\\* \\<b\\>\\[x\\](y)\\</b\\> \\& \\`code\\`\n"
    )


def test_markdown_paragraphs_are_apart() -> None:
    """Each turn is a paragraph of its own."""
    assert _text([HELLO, REPLY], "md").split("\n\n") == [
        "[00:01:05] **Ana:** Bonjour à tous.",
        "[00:01:10] **Bo:** Oui.\n",
    ]


def test_json_has_the_documented_shape() -> None:
    """JSON holds room, title and captions with word times in seconds since the room began."""
    assert json.loads(render([HELLO], "json", title="Weekly")) == {
        "room": "weekly",
        "title": "Weekly",
        "captions": [
            {
                "id": "c1",
                "rev": 3,
                "participant": "p1",
                "speaker": "Ana",
                "lang": "fr",
                "source_lang": "fr",
                "start": 65.2,
                "end": 66.9,
                "text": "Bonjour à tous.",
                "edited": False,
                "words": [
                    {"text": "Bonjour", "start": 65.3, "end": 65.8, "probability": 0.9876},
                    {"text": "à", "start": 65.8, "end": 65.9, "probability": 0.5},
                    {"text": "tous.", "start": 65.9, "end": 66.7, "probability": 0.75},
                ],
            }
        ],
    }


def test_empty_transcripts_are_valid_documents() -> None:
    """A meeting without words is no error in any format."""
    pages = {"json", "docx", "odt", "pdf", "html"}
    assert all(render([], name, room="r") for name in pages)
    assert {name: render([], name) for name in FORMATS if name not in pages} == {
        "txt": b"",
        "md": b"",
        "vtt": b"WEBVTT\n",
        "srt": b"",
    }
    assert json.loads(render([], "json", room="r")) == {"room": "r", "title": "", "captions": []}


def test_unknown_format_names_those_that_exist() -> None:
    """Whoever asks for another format learns what there is."""
    with pytest.raises(FormatUnknown, match="txt, md, json, vtt, srt") as caught:
        render([HELLO], "exe")
    assert caught.value.code == "format_unknown"


def test_formats_say_how_files_are_typed() -> None:
    """Each format has the registered media type."""
    assert {name: form.media_type.split(";")[0] for name, form in FORMATS.items()} == {
        "txt": "text/plain",
        "md": "text/markdown",
        "json": "application/json",
        "vtt": "text/vtt",
        "srt": "application/x-subrip",
        "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "odt": "application/vnd.oasis.opendocument.text",
        "pdf": "application/pdf",
        "html": "text/html",
    }


def test_libraries_of_documents_are_imported_when_one_is_made() -> None:
    """The service and the command line know all formats without them: they cost time and memory."""
    asked = "import sys, assistant.export.formats; print({'docx', 'odfdo', 'typst'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
