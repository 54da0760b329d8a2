"""Names, wishes and languages of people in a meeting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.errors import LanguageUnknown, MessageInvalid, RoomNameInvalid
from assistant.core.meetings.meeting import (
    AudioOffer,
    MeetingParticipant,
    check_flag,
    check_meeting_name,
    identity_of,
    parse_wanted_language,
    participant_of,
    room_name_for,
    speaker_name,
    spoken_language,
)
from assistant.core.rooms import check_participant, check_room_name
from tests.names import MADE_UP_NAMES, REAL_NAMES, UNSEEN_NAMES


@pytest.mark.parametrize("name", ["", "  ", "x" * 257, "a\nb", "a\x00b", "a\u202eb", "\u200d"])
def test_what_no_meeting_can_be_called_is_refused(name: str) -> None:
    """Empty, too long, or with characters that nobody can see."""
    with pytest.raises(RoomNameInvalid):
        check_meeting_name(name)


def test_a_meeting_may_be_called_almost_anything() -> None:
    """Platforms allow more than an address does."""
    assert [check_meeting_name(name) for name in REAL_NAMES] == list(REAL_NAMES)
    assert check_meeting_name(" Réunion du conseil / été ") == "Réunion du conseil / été"


def test_a_room_has_the_name_of_its_meeting_where_it_can() -> None:
    """Visio names its rooms by a UUID."""
    meeting = "6f9a3c1e-5a0b-4f6e-9d53-0a7a0b1c2d3e"
    assert room_name_for(meeting) == meeting


@given(st.text(min_size=1, max_size=256))
def test_a_room_can_be_made_for_any_meeting(meeting: str) -> None:
    """Its name is valid and always the same."""
    room = room_name_for(meeting)
    assert check_room_name(room) == room
    assert room_name_for(meeting) == room


def test_meetings_of_similar_names_have_different_rooms() -> None:
    """What a name loses on the way is told apart by its digest."""
    assert len({room_name_for(meeting) for meeting in ("a b", "a/b", "a  b", "été", "ÉTÉ")}) == 5


@pytest.mark.parametrize(
    ("attributes", "language"),
    [
        ({}, ""),
        ({"language": ""}, ""),
        ({"language": " "}, ""),
        ({"language": "pt-BR"}, "pt"),
        ({"language": "FR"}, "fr"),
        ({"language": "source"}, "source"),
        ({"language": "my own words"}, ""),
    ],
)
def test_what_somebody_reads(attributes: dict[str, str], language: str) -> None:
    """An attribute of that name that is no language is as good as none."""
    assert participant_of("ana", "Ana", attributes).language == language


@pytest.mark.parametrize(
    ("text", "out"),
    [("true", True), ("1", True), (" YES ", True), ("on", True), ("false", False), ("", False)],
)
def test_who_says_that_they_opt_out(text: str, out: bool) -> None:  # noqa: FBT001 - a column of the table
    """As people write a yes into an attribute."""
    assert participant_of("ana", "Ana", {"captions.opt_out": text}).opted_out is out


@given(st.text(max_size=300), st.text(max_size=300))
def test_everybody_has_a_name_that_our_rooms_take(identity: str, name: str) -> None:
    """Whatever the platform allows as a name, also for the sound of a screen."""
    participant = participant_of(identity, name, {})
    screen = AudioOffer(identity, "TR_1", screen=True)
    for shown in (participant.name, speaker_name(participant, screen)):
        assert check_participant(shown, "name") == shown


def test_names_of_a_platform_are_those_of_our_rooms() -> None:
    """The same rule, but that nobody can be refused: the identity stands for what cannot be seen."""
    assert [participant_of("ana", name, {}).name for name in REAL_NAMES] == list(REAL_NAMES)
    assert [participant_of("ana", name, {}).name for name, _ in MADE_UP_NAMES] == [
        left for _, left in MADE_UP_NAMES
    ]
    assert {participant_of("ana", name, {}).name for name in UNSEEN_NAMES} == {"ana"}


def test_without_a_name_the_identity_is_shown() -> None:
    """And a question mark where that cannot be shown either."""
    assert participant_of("ana", " ", {}).name == "ana"
    assert participant_of("\x00", "\n", {}).name == "?"
    assert participant_of("ana", "Ana\n  Souza", {}).name == "Ana Souza"


def test_the_sound_of_a_screen_is_a_speaker_of_its_own() -> None:
    """With a name that says so, and the identity of whoever shares it."""
    ana = MeetingParticipant("ana", "Ana")
    voice, screen = AudioOffer("ana", "TR_1"), AudioOffer("ana", "TR_2", screen=True)
    assert (voice.speaker, speaker_name(ana, voice)) == ("ana", "Ana")
    assert (screen.speaker, speaker_name(ana, screen)) == ("ana#screen", "Ana (screen)")
    assert identity_of(voice.speaker) == identity_of(screen.speaker) == "ana"


def test_a_wanted_language_is_a_primary_subtag() -> None:
    """Nothing means what is said; what is no language is refused."""
    assert [parse_wanted_language(text) for text in ("", " Source ", "fr-CA")] == ["source", "source", "fr"]
    with pytest.raises(LanguageUnknown):
        parse_wanted_language("klingon")


@pytest.mark.parametrize("value", ["true", 1, None, []])
def test_a_flag_is_true_or_false(value: object) -> None:
    """Nothing else is guessed at, where it decides who is heard."""
    assert check_flag(False, "opt_out") is False  # noqa: FBT003 - the value under test
    with pytest.raises(MessageInvalid, match="opt_out"):
        check_flag(value, "opt_out")


@pytest.mark.parametrize(
    ("text", "spoken"), [(None, "auto"), ("", "auto"), ("auto", "auto"), ("pt-BR", "pt"), ("my own", "auto")]
)
def test_what_somebody_speaks(text: str | None, spoken: str) -> None:
    """An attribute apart from what they read; the sound of their screen may be in any language."""
    attributes = {"language": "de"} | ({} if text is None else {"captions.spoken": text})
    participant = participant_of("ana", "Ana", attributes)
    assert participant.spoken == spoken
    assert spoken_language(participant, AudioOffer("ana", "TR_1")) == spoken
    assert spoken_language(participant, AudioOffer("ana", "TR_1", screen=True)) == "auto"
