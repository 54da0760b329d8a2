"""WebVTT and SubRip: files that players accept, with all the words at the time they were said."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.core.captions.caption import Caption, Translation
from assistant.core.speech.audio import Span
from assistant.core.speech.hypothesis import Word, text_of
from assistant.export import render
from assistant.export.layout import MAX_LINE_COLUMNS, columns, line_pairs
from assistant.export.minutes_view import PrintOptions
from tests.captions import a_caption

BASE = a_caption(1, "Hello.", lang="en", source_lang="en", start_seconds=0.0, end_seconds=2.0)
NAMES = {"p1": "Ana", "p2": "Bo <b> & co", "p3": ""}


@dataclass(frozen=True)
class Read:
    """A cue as a player reads it."""

    start_ms: int
    end_ms: int
    speaker: str
    lines: list[str]


def _ms(time: str) -> int:
    hours, minutes, seconds = re.split(":", time)
    assert len(hours) >= 2
    assert re.fullmatch(r"[0-5]\d", minutes)
    assert re.fullmatch(r"[0-5]\d[.,]\d{3}", seconds)
    return int(hours) * 3_600_000 + int(minutes) * 60_000 + int(re.sub("[.,]", "", seconds))


def read_vtt(data: bytes) -> list[Read]:
    """Parse WebVTT as strictly as our own output allows."""
    header, *cues = data.decode().removesuffix("\n").split("\n\n")
    assert header.split(" ")[0] == "WEBVTT"
    found = []
    for cue in cues:
        timing, *lines = cue.split("\n")
        start, end = timing.split(" --> ")
        assert "." in start
        match = re.fullmatch(r"(?:<v ([^<>]+)>)?([^<>]+?)(</v>)?", "\n".join(lines), re.DOTALL)
        assert match
        assert bool(match[1]) == bool(match[3])
        text = html.unescape(match[2]).split("\n")
        found.append(Read(_ms(start), _ms(end), html.unescape(match[1] or ""), text))
    return found


def read_srt(data: bytes) -> list[Read]:
    """Parse SubRip; the speaker stays in the text."""
    found = []
    for number, cue in enumerate(data.decode().removesuffix("\n").split("\n\n") if data else [], start=1):
        counter, timing, *lines = cue.split("\n")
        assert counter == str(number)
        start, end = timing.split(" --> ")
        assert "," in start
        found.append(Read(_ms(start), _ms(end), "", lines))
    return found


def _solid(text: str) -> str:
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f]", "", text)


words = st.one_of(
    st.text(min_size=1, max_size=12),
    st.sampled_from(
        [
            "-->",
            "-",
            "->",
            "<b>",
            "&amp;",
            "1",
            "يتكلم",
            "我们",
            "안녕하세요",
            "👩‍👩‍👧",
            "🇫🇷",
            "x" * 50,
            "好" * 30,
        ]
    ),
)


@st.composite
def meetings(draw: st.DrawFn) -> list[Caption]:
    """Captions of three speakers whose own captions never overlap."""
    captions: list[Caption] = []
    for participant, name in NAMES.items():
        at = 0.0
        for number in range(draw(st.integers(0, 4))):
            at += draw(st.floats(0, 10))
            length = draw(st.floats(0.2, 30))
            said = [" " + word for word in draw(st.lists(words, max_size=30))]
            borders = sorted(
                draw(
                    st.lists(
                        st.integers(0, int(length * 16000)), min_size=len(said) + 1, max_size=len(said) + 1
                    )
                )
            )
            timed = tuple(
                Word(word, Span(start, end), 0.5)
                for word, (start, end) in zip(said, pairwise(borders), strict=True)
            )
            known = draw(st.booleans())
            captions.append(
                replace(
                    BASE,
                    id=f"{participant}-{number}",
                    seq=len(captions),
                    participant=participant,
                    speaker=name,
                    text=text_of(timed),
                    start_seconds=at,
                    end_seconds=at + length,
                    words=timed if known else (),
                )
            )
            at += length
    return captions


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # whole meetings take a while
@given(meetings())
def test_vtt_holds_all_words_in_order(captions: list[Caption]) -> None:
    """What a player reads back is, for each speaker, exactly what was said, in order, in rising times."""
    cues = read_vtt(render(captions, "vtt"))
    assert [cue.start_ms for cue in cues] == sorted(cue.start_ms for cue in cues)
    for participant, name in NAMES.items():
        said = "".join(caption.text for caption in captions if caption.participant == participant)
        own = [cue for cue in cues if cue.speaker == name]
        assert _solid("".join(line for cue in own for line in cue.lines)) == _solid(said)
        for cue, following in pairwise(own):
            assert cue.start_ms <= following.start_ms
    for cue in cues:
        assert cue.start_ms < cue.end_ms
        assert 1 <= len(cue.lines) <= 2


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # whole meetings take a while
@given(meetings())
def test_srt_holds_all_words_in_order(captions: list[Caption]) -> None:
    """SubRip has the same words as WebVTT cues, beside names and the arrow that it cannot hold."""
    alone = [replace(caption, speaker="") for caption in captions if caption.participant == "p1"]
    cues = read_srt(render(alone, "srt"))
    read = _solid("".join(line for cue in cues for line in cue.lines)).replace("→", "-->")
    assert read == _solid("".join(caption.text for caption in alone)).replace("→", "-->")
    for cue in read_srt(render(captions, "srt")):
        assert cue.start_ms < cue.end_ms
        assert 1 <= len(cue.lines) <= 2
        assert all(cue.lines)


@settings(deadline=None)
@given(st.lists(words, min_size=1), st.integers(0, 30))
def test_lines_fit(said: list[str], reserved: int) -> None:
    """No line is wider than 42 columns, the reserved ones included, and no pair has more than two."""
    text = " ".join(" ".join(said).split())
    for pair in line_pairs(text, reserved_columns=reserved):
        assert len(pair.lines) <= 2
        assert columns(pair.lines[0]) <= max(MAX_LINE_COLUMNS - reserved, 0)
        assert all(columns(line) <= MAX_LINE_COLUMNS for line in pair.lines)


def test_cues_are_timed_by_their_words() -> None:
    """A second cue begins when its first word was said, not in proportion to the text."""
    early = [Word(f" early{n}", Span(n * 1600, n * 1600 + 1600), 1.0) for n in range(11)]
    early[-1] = replace(early[-1], text=" early10.")
    late = [Word(f" late{n}", Span(160_000 + n * 1600, 161_600 + n * 1600), 1.0) for n in range(3)]
    said = (*early, *late)
    caption = replace(BASE, text=text_of(said), words=said, start_seconds=100.0, end_seconds=111.0)
    first, second = read_vtt(render([caption], "vtt"))
    assert second.lines == ["late0 late1 late2"]
    assert (first.start_ms, first.end_ms) == (100_000, 101_100)
    assert (second.start_ms, second.end_ms) == (110_000, 111_000)


def test_edited_text_is_timed_evenly() -> None:
    """Where the words are not those of the text, the caption's time is shared out by characters."""
    heard = (Word(" Hullo", Span(0, 1600), 1.0),)
    caption = replace(BASE, text="four " * 30, words=heard, edited=True, end_seconds=12.0)
    cues = read_vtt(render([caption], "vtt"))
    assert [cue.start_ms for cue in cues][:2] == [0, cues[0].end_ms]
    letters = len(_solid("".join(cues[0].lines)))
    assert cues[0].end_ms == round(12_000 * letters / 120)


def test_cue_ends_with_its_sentence() -> None:
    """A new sentence that begins on the second line's end waits for the next cue."""
    text = "We begin with the minutes of the last meeting, which all have read. Next comes the budget."
    first, second = read_vtt(render([replace(BASE, text=text)], "vtt"))
    assert first.lines[-1].endswith("read.")
    assert second.lines == ["Next comes the budget."]


def test_vtt_escapes_what_would_be_markup() -> None:
    """Tags, ampersands and arrows in text, names and title are shown, not interpreted."""
    odd = replace(BASE, text="a --> b <i>c</i> & d", speaker="X > <Y>")
    written = render([odd], "vtt", title="to --> do").decode()
    assert written == (
        "WEBVTT - to → do\n\n00:00:00.000 --> 00:00:02.000\n"
        "<v X &gt; &lt;Y&gt;>a --&gt; b &lt;i&gt;c&lt;/i&gt; &amp; d</v>\n"
    )


def test_vtt_cues_of_two_speakers_may_overlap() -> None:
    """Overlapping speech keeps its own times."""
    other = replace(BASE, id="d", participant="p2", speaker="Bo", start_seconds=1.0, end_seconds=3.0)
    cues = read_vtt(render([BASE, other], "vtt"))
    assert [(cue.start_ms, cue.end_ms, cue.speaker) for cue in cues] == [(0, 2000, "Ana"), (1000, 3000, "Bo")]


def test_times_past_99_hours_are_valid() -> None:
    """Both formats allow more than two digits of hours."""
    late = replace(BASE, start_seconds=360_000.5, end_seconds=360_001.25)
    assert "\n100:00:00.500 --> 100:00:01.250\n" in render([late], "vtt").decode()
    assert "\n100:00:00,500 --> 100:00:01,250\n" in render([late], "srt").decode()


def test_srt_names_the_speaker_when_it_changes() -> None:
    """The name stands before the first cue of each turn only."""
    turn = [
        BASE,
        replace(BASE, id="d", text="Again.", start_seconds=3, end_seconds=4),
        replace(BASE, id="e", participant="p2", speaker="Bo", text="Yes.", start_seconds=5, end_seconds=6),
        replace(BASE, id="f", text="Good.", start_seconds=7, end_seconds=8),
    ]
    lines = [cue.lines for cue in read_srt(render(turn, "srt"))]
    assert lines == [["Ana: Hello."], ["Again."], ["Bo: Yes."], ["Ana: Good."]]


def test_what_is_not_translated_is_marked() -> None:
    """In SubRip behind the name, anew when it ends; in WebVTT in each cue, as a span of its language too."""
    translated = replace(BASE, lang="en", source_lang="fr", translation=Translation("en", 1))
    foreign = replace(
        BASE, id="d", lang="eu", source_lang="eu", text="Egun on. " * 12, start_seconds=3, end_seconds=9,
        translation=Translation("en", 1, problem="no_route"),
    )  # fmt: skip
    again = replace(translated, id="e", start_seconds=10, end_seconds=11)
    subrip = [cue.lines for cue in read_srt(render([translated, foreign, again], "srt"))]
    assert subrip[0] == ["Ana: Hello."]
    assert subrip[1][0].startswith("Ana [eu]: Egun on.")
    assert subrip[2][0].startswith("Egun on.")
    assert subrip[-1] == ["Ana: Hello."]
    first, *marked, last = render([translated, foreign, again], "vtt").decode().split("\n\n")[1:]
    assert first.endswith("\n<v Ana>Hello.</v>")
    assert last.endswith("\n<v Ana>Hello.</v>\n")
    assert len(marked) > 1
    for cue in marked:
        text = cue.partition("\n")[2]
        assert text.startswith("<v Ana>[eu] <lang eu>Egun on.")
        assert text.endswith("Egun on.</lang></v>")
        shown = re.sub("<[^>]*>", "", text)
        assert all(columns(line) <= MAX_LINE_COLUMNS for line in shown.split("\n"))


def test_rough_translations_are_marked() -> None:
    """In SubRip where a turn begins, in WebVTT in each cue and once on top; lines stay short enough."""
    fine = replace(BASE, lang="en", source_lang="pt", translation=Translation("en", 1))
    rough = replace(
        fine, id="d", text="word " * 40, start_seconds=3, end_seconds=9,
        translation=Translation("en", 1, rough=True),
    )  # fmt: skip
    subrip = [cue.lines for cue in read_srt(render([fine, rough], "srt"))]
    assert subrip[0] == ["Ana: Hello."]
    assert subrip[1][0].startswith("Ana [rough]: word")
    assert all(columns(line) <= MAX_LINE_COLUMNS for lines in subrip for line in lines)
    assert (
        read_srt(render([rough], "srt", options=PrintOptions(lang="fr")))[0]
        .lines[0]
        .startswith("Ana [approximatif]: word")
    )
    note, first, *marked = render([fine, rough], "vtt").decode().split("\n\n")[1:]
    assert note == "NOTE Rough machine translation: it may be wrong."
    assert first.endswith("<v Ana>Hello.</v>")
    assert len(marked) > 1
    assert all("<v Ana>[rough] word" in cue for cue in marked)
    shown = [line for cue in marked for line in re.sub("<[^>]*>", "", cue).split("\n")[1:]]
    assert all(columns(line) <= MAX_LINE_COLUMNS for line in shown)
    assert "NOTE" not in render([fine], "vtt").decode()


def test_what_nobody_is_named_for_is_marked_too() -> None:
    """Without a speaker's name the language stands alone."""
    problem = Translation("en", 1, problem="failed")
    foreign = replace(BASE, speaker="", lang="eu", source_lang="eu", text="Egun on.", translation=problem)
    assert read_srt(render([foreign], "srt"))[0].lines == ["[eu]: Egun on."]
    assert render([foreign], "vtt").decode().endswith("\n[eu] <lang eu>Egun on.</lang>\n")


def test_srt_lines_leave_room_for_the_name() -> None:
    """With the name before it, the first line is still no wider than a subtitle line."""
    long = replace(BASE, text="word " * 40, speaker="Maria da Conceição Albuquerque e Silva")
    cues = read_srt(render([long], "srt"))
    assert cues[0].lines[0].startswith("Maria da Conceição…: word")
    assert all(columns(line) <= MAX_LINE_COLUMNS for cue in cues for line in cue.lines)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("我们今天讨论预算和明年的计划，然后大家可以提问。" * 4, 21),
        ("ประชุมวันนี้เราจะพูดถึงงบประมาณและแผนงานของปีหน้าด้วยกัน" * 3, 42),
    ],
)
def test_text_without_spaces_is_wrapped_by_characters(text: str, first: int) -> None:
    """Scripts without spaces fill lines, and no line begins with a comma or a mark of the last character."""
    cues = read_vtt(render([replace(BASE, text=text)], "vtt"))
    assert len(cues) > 1
    assert first - 3 <= len(cues[0].lines[0]) <= first + 15
    for line in (line for cue in cues for line in cue.lines):
        assert line[0] not in "，。"
        assert columns(line[0]) > 0


def test_korean_is_wrapped_between_words() -> None:
    """Hangul fills two columns, but words are kept whole."""
    text = "오늘 회의에서는 예산과 내년 계획을 논의하고 질문을 받겠습니다 " * 3
    cues = read_vtt(render([replace(BASE, text=text)], "vtt"))
    assert " ".join(line for cue in cues for line in cue.lines) == text.strip()
