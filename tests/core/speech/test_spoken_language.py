"""Which language is spoken: what was heard, weighed with what is known."""

from __future__ import annotations

import pytest

from assistant.core.speech.hypothesis import Hypothesis
from assistant.core.speech.spoken_language import (
    LanguageChooser,
    LanguageMemory,
    LanguageRules,
    SpokenLanguages,
    script_of,
)
from tests.core.speech.words import hypothesis_of

RULES = LanguageRules()


def in_room(*allowed: str, expected: tuple[str, ...] = (), **known: str) -> LanguageMemory:
    """Return the memory of somebody new in a room of these languages, where `known` people spoke theirs."""
    room = SpokenLanguages(frozenset(allowed), expected=expected)
    for speaker, language in known.items():
        room.note(speaker, language)
    return LanguageMemory(room, "new")


def reading(text: str, language: str, log_probability: float) -> Hypothesis:
    return hypothesis_of(text, language=language, mean_log_probability=log_probability)


def test_the_first_utterance_takes_what_was_heard() -> None:
    """Without a past the likeliest language wins."""
    assert LanguageMemory().judge({"fr": 0.5, "en": 0.3}, 1.0).language == "fr"


def test_a_name_does_not_flip_the_language() -> None:
    """Short audio that sounds foreign stays in the speaker's language."""
    memory = LanguageMemory(current="fr")
    assert memory.judge({"en": 0.8, "fr": 0.1}, 0.8).language == "fr"


def test_a_speaker_who_switches_is_followed() -> None:
    """A sentence in another language flips it at once."""
    memory = LanguageMemory(current="fr")
    assert memory.judge({"en": 0.95, "fr": 0.02}, 4.0).language == "en"


def test_only_allowed_languages_are_chosen() -> None:
    """A meeting known to be in French and Italian is never captioned in Welsh."""
    memory = in_room("fr", "it")
    assert memory.judge({"cy": 0.9, "it": 0.06, "fr": 0.04}, 2.0).language == "it"
    assert memory.judge({"cy": 1.0}, 2.0).language in {"fr", "it"}


def test_who_is_new_speaks_as_the_others_do() -> None:
    """Their language, or one that the room is read in, outweighs a slight preference of the ear."""
    heard = {"de": 0.4, "fr": 0.3, "tr": 0.3}
    assert LanguageMemory().judge(heard, 1.2).language == "de"
    assert in_room(ana="fr", rui="fr").judge(heard, 1.2).language == "fr"
    assert in_room(expected=("fr",)).judge(heard, 1.2).language == "fr"
    assert in_room(ana="fr").judge({"de": 0.95, "fr": 0.03}, 4.0).language == "de"


def test_what_others_speak_says_nothing_where_the_room_names_its_languages() -> None:
    """Those who spoke French make nobody's Italian French."""
    heard = {"it": 0.6, "fr": 0.4}
    assert in_room("fr", "it", ana="fr", rui="fr").judge(heard, 1.0).language == "it"


def test_another_script_needs_more() -> None:
    """In a room that is read in Latin letters a second of Korean is not believed, four seconds are."""
    heard = {"ko": 0.5, "it": 0.2, "fr": 0.0}
    assert in_room(ana="fr").judge(heard, 1.2).language == "it"
    assert in_room(ana="fr").judge({"ko": 0.95, "it": 0.02}, 4.0).language == "ko"
    assert in_room(ana="zh").judge({"yue": 0.6, "fr": 0.4}, 1.2).language == "yue"


def test_where_nothing_is_known_what_few_speak_needs_more() -> None:
    """A second that sounds a little like Korean or Yoruba is neither; what is clear is, and what lasts."""
    somebody = LanguageMemory()
    assert somebody.judge({"ko": 0.5, "it": 0.2}, 1.2).language == "it"
    assert somebody.judge({"yo": 0.7, "es": 0.1}, 1.5).language == "es"
    assert somebody.judge({"ko": 0.97, "it": 0.02}, 1.2).language == "ko"
    assert not somebody.judge({"ko": 0.97, "it": 0.02}, 1.2).sure
    assert somebody.judge({"yo": 0.9, "es": 0.05}, 5.0).language == "yo"
    assert in_room("yo", "es").judge({"yo": 0.7, "es": 0.1}, 1.5).language == "yo", "the room names it"
    assert in_room(ana="yo").judge({"yo": 0.7, "es": 0.1}, 1.5).language == "yo", "others speak it"


def test_what_is_heard_closest_and_sounds_a_little_english_is_not() -> None:
    """Where no languages are named as well; the first impression may be."""
    assert LanguageMemory().judge({"en": 0.5, "fr": 0.3}, 1.5).language == "en"
    assert LanguageMemory().judge({"en": 0.5, "fr": 0.3}, 1.5, closest=True).language == "fr"
    assert LanguageMemory().judge({"en": 0.9, "fr": 0.1}, 1.5, closest=True).language == "en"


def test_fluent_english_says_little() -> None:
    """Everything can be translated into it: beside a language that is named it needs more than good words."""
    heard = {"hi": 0.3, "en": 0.15, "pt": 0.08}
    said, translated = reading("a grande vida é", "pt", -1.05), reading("I'm going to be", "en", -0.6)
    named = LanguageChooser(in_room("pt", "en"), 1.5)
    assert named.likeliest(heard, ["pt", "en"], [said, translated], closest=True) is said


@pytest.mark.parametrize(
    ("language", "script"), [("fr", "Latn"), ("uk", "Cyrl"), ("sr", "Cyrl"), ("ja", "ja"), ("fa", "Arab")]
)
def test_scripts(language: str, script: str) -> None:
    """Languages share one, or have one of their own."""
    assert script_of(language) == script


def test_what_is_not_sure_waits_and_not_for_ever() -> None:
    """Shown is what is likely enough in audio that can tell, and anything once there is enough audio."""
    memory = in_room("fr", "it")
    assert memory.judge({"fr": 0.97, "it": 0.03}, RULES.least_seconds).sure
    assert not memory.judge({"fr": 0.97, "it": 0.03}, 1.0).sure
    assert not memory.judge({"fr": 0.9, "it": 0.1}, 2.0).sure
    assert memory.judge({"fr": 0.6, "it": 0.4}, RULES.waiting_seconds).sure


def test_where_no_languages_are_named_more_is_needed() -> None:
    """Any language could be spoken there."""
    assert not LanguageMemory().judge({"fr": 0.97, "it": 0.03}, 2.0).sure
    assert LanguageMemory().judge({"fr": 0.97, "it": 0.03}, 2.0).rivals
    assert LanguageMemory().judge({"fr": 0.99, "it": 0.01}, 2.0).sure


def test_short_audio_that_sounds_a_little_english_is_not() -> None:
    """Where another language is named beside it; detection takes for English what it does not understand."""
    memory = in_room("fr", "en")
    assert memory.judge({"en": 0.5, "fr": 0.3}, 1.5).language == "fr"
    assert memory.judge({"en": 0.99, "fr": 0.001}, 1.5).language == "en"
    assert memory.judge({"en": 0.99, "fr": 0.001}, 1.5).sure
    assert memory.judge({"en": 0.6, "fr": 0.4}, RULES.compared_seconds).language == "en"
    assert LanguageMemory().judge({"en": 0.5, "fr": 0.3}, 1.5).language == "en"


def test_what_is_heard_as_a_relative_counts_for_the_language_that_is_named() -> None:
    """A second of Spanish over the telephone is Portuguese and Italian to detection, and a little English."""
    heard = {"pt": 0.28, "it": 0.2, "ru": 0.13, "en": 0.35, "es": 0.005, "de": 0.005}
    for relatives in ("es", "fr", "ro"):
        judged = in_room(relatives, "en").judge({**heard, relatives: heard.get(relatives, 0.005)}, 1.5)
        assert (judged.language, judged.share > 0.8) == (relatives, True)
    german = in_room("de", "en").judge(heard, 1.5)
    assert german.language == "en", "no relative of theirs"


def test_a_relative_counts_for_nobody_where_several_of_its_family_are_named() -> None:
    """It does not tell them apart, and English has no relatives."""
    heard = {"pt": 0.6, "es": 0.05, "it": 0.02, "en": 0.3}
    romance = in_room("es", "it", "en").judge(heard, 1.5)
    without = in_room("es", "it", "en").judge({**heard, "pt": 0.0}, 1.5)
    assert dict(romance.candidates) == dict(without.candidates)
    dutch = in_room("en", "fr").judge({"nl": 0.9, "de": 0.08, "en": 0.004, "fr": 0.001}, 1.5)
    assert dutch.candidates["en"] < 0.5


def test_relatives_count_less_the_longer_the_audio() -> None:
    """In five seconds detection hears the language itself; where none is named it may be any of them."""
    heard = {"pt": 0.5, "es": 0.05, "en": 0.15}
    assert in_room("es", "en").judge(heard, 1.5).language == "es"
    assert in_room("es", "en").judge(heard, RULES.compared_seconds).language == "en"
    assert LanguageMemory().judge(heard, 1.5).language == "pt"


def test_words_in_another_language_were_not_said_in_that_one() -> None:
    """Who was asked for German and wrote English has no German words, however likely German is."""
    heard = {"de": 0.6, "en": 0.4}
    slipped = reading("All now is almost ready", "de", -0.3)
    english = reading("All now is almost like", "en", -0.9)
    chooser = LanguageChooser(in_room("de", "en"), 1.5)
    assert chooser.likeliest(heard, ["de", "en"], [slipped, english], closest=True) is english
    assert chooser.holds()
    german = reading("Das ist alles fertig", "de", -0.3)
    assert chooser.likeliest(heard, ["de", "en"], [german, english], closest=True) is german


def test_a_choice_for_the_language_that_was_written_holds() -> None:
    """Also where detection did not believe in it: else a recording would be read again and again."""
    heard = {"de": 0.999, "en": 0.001}
    slipped, english = reading("That is all for now", "de", -0.3), reading("That is all", "en", -0.9)
    for memory in (in_room("de", "en"), LanguageMemory(), pinned("de")):
        chooser = LanguageChooser(memory, 2.0)
        assert "en" not in chooser.judge(heard).candidates
        assert memory.written_instead(slipped, chooser.judge(heard)) == "en"
        assert chooser.likeliest(heard, ["de", "en"], [slipped, english]) is english
        assert chooser.holds()
    assert in_room("de", "fr").written_instead(slipped, LanguageMemory().judge(heard, 2.0)) == ""


def test_words_in_an_unlikely_language_are_not_compared_with_guesswork() -> None:
    """Where the likeliest language makes no sense, an unlikely one was hardly spoken either."""
    heard = {"fr": 0.72, "it": 0.28}
    guessed, other = reading("le vanne", "fr", -1.9), reading("e il banco", "it", -0.3)
    chooser = LanguageChooser(in_room("fr", "it"), 1.4)
    assert chooser.likeliest(heard, heard, [guessed, other], {"fr"}) is guessed


def test_what_hears_neither_language_says_little_of_which_it_is() -> None:
    """Where detection believes in neither of the room's languages, a slight preference is no certainty."""
    judged = in_room("it", "en").judge({"la": 0.98, "en": 0.005, "it": 0.00001}, 2.0)
    assert not judged.sure
    assert set(judged.candidates) == {"it", "en"}


def test_who_is_known_does_not_wait() -> None:
    """Their own language is shown as early as ever, another one is not; nor does who has no choice."""
    memory = in_room("fr", "en")
    memory.confirm("fr")
    assert memory.judge({"fr": 0.9, "en": 0.1}, 0.6).sure
    assert not memory.judge({"fr": 0.0001, "en": 0.9999}, 0.6).sure
    assert in_room("fr").judge({"en": 0.9, "fr": 0.1}, 0.6).sure


def test_rivals_are_named_where_it_is_not_certain() -> None:
    """The likeliest first, no more than are compared, and none of long audio."""
    memory = in_room("fr", "de", "pt", "it")
    heard = {"fr": 0.5, "de": 0.3, "pt": 0.15, "it": 0.05}
    judged = memory.judge(heard, 1.0)
    assert (judged.language, [tag for tag, _ in judged.rivals]) == ("fr", ["de", "pt"])
    assert dict(judged.candidates) == pytest.approx({"fr": 0.5, "de": 0.3, "pt": 0.15}, abs=0.01)
    assert memory.judge(heard, RULES.compared_seconds).rivals == ()
    assert memory.judge({"fr": 0.98, "de": 0.02}, 1.0).rivals == ()


def test_the_words_decide_between_rivals() -> None:
    """A text that the recogniser believes outweighs what it heard of the language; one as good does not.

    Nor does one that leaves out what another one reads, however sure it is of the little that it has.
    """
    heard = {"fr": 0.6, "it": 0.4}
    choose = LanguageChooser(in_room("fr", "it"), 1.0)
    doubtful, clear = reading("a b c d", "fr", -1.5), reading("w x y z", "it", -0.2)
    assert choose.likeliest(heard, heard, [doubtful, clear]) is clear
    equal = reading("a b c d", "fr", -0.2)
    assert choose.likeliest(heard, heard, [equal, clear]) is equal
    whole = reading("v w x y z ä ö ü", "it", -0.2)
    assert choose.likeliest(heard, heard, [reading("a", "fr", -0.2), whole]) is whole


def test_what_repeats_itself_reads_no_more() -> None:
    """A loop that was made up in one language has many tokens, and says no more than its first turn."""
    heard = {"cy": 0.52, "en": 0.48}
    loop = reading("mae'r gweithio'r " * 12, "cy", -0.6)
    said = reading("it should be a break for somebody", "en", -0.5)
    assert LanguageChooser(LanguageMemory(), 3.0).likeliest(heard, heard, [loop, said]) is said


def test_an_unlikely_language_does_not_stand_in_for_words_that_nobody_said() -> None:
    """Nearly every sound makes sense in some language; only one that is about as likely may show that."""
    choose, unlikely = LanguageChooser(in_room("fr", "th"), 1.4), {"fr": 0.6, "th": 0.1}
    guessed, exotic = reading("le vanne", "fr", -1.6), reading("ให้ลิ่งมัน", "th", -1.2)
    assert choose.likeliest(unlikely, unlikely, [guessed, exotic], {"fr"}) is not exotic
    even = {"fr": 0.5, "th": 0.4}
    assert choose.likeliest(even, even, [guessed, exotic], {"fr"}) is exotic


def test_who_has_spoken_does_not_change_script_for_a_moment() -> None:
    """A second and a half of a bad line sounds like any language; five seconds do not, and clear ones are."""
    memory = LanguageMemory(current="es")
    assert memory.judge({"el": 0.9, "es": 0.02}, 1.4).language == "es"
    assert memory.judge({"el": 0.9, "es": 0.02}, 5.0).language == "el"
    assert memory.judge({"el": 0.999, "es": 0.0001}, 1.4).language == "el"


def test_the_room_may_say_otherwise_at_any_time() -> None:
    """Other languages from now on; none: those of the organisation."""
    room = SpokenLanguages(frozenset({"fr", "en"}))
    memory = LanguageMemory(room, "ana")
    heard = {"pt": 0.8, "fr": 0.15, "en": 0.05}
    assert memory.judge(heard, 2.0).language == "fr"
    room.allow(["pt", "es"])
    assert memory.judge(heard, 2.0).language == "pt"
    room.allow([])
    assert memory.judge(heard, 2.0).language == "fr"


# --- a pinned language --------------------------------------------------------------------------------


def pinned(language: str, *allowed: str) -> LanguageMemory:
    return LanguageMemory(SpokenLanguages(frozenset(allowed)), "ana", pinned=language)


def test_a_pinned_language_holds_against_doubt() -> None:
    """Whatever detection prefers, unless it is plain."""
    assert pinned("pt").judge({"es": 0.85, "pt": 0.1}, 10.0).language == "pt"
    assert pinned("pt").judge({"es": 0.85, "pt": 0.1}, 1.0).sure
    assert pinned("pt").judge({}, 10.0).language == "pt"


def test_another_language_is_followed_where_the_room_allows_it() -> None:
    """From three seconds on; before that nothing is shown of it."""
    heard = {"en": 0.97, "pt": 0.01}
    for memory in (pinned("pt"), pinned("pt", "pt", "en"), pinned("pt", "en")):
        judged = memory.judge(heard, 3.0)
        assert (judged.language, judged.other, judged.sure) == ("en", "", True)
        short = memory.judge(heard, 2.0)
        assert (short.language, short.other, short.sure) == ("pt", "", False)


def test_another_language_is_named_where_the_room_does_not_allow_it() -> None:
    """The pinned one is assumed, and what is spoken instead is told."""
    judged = pinned("pt", "pt", "fr").judge({"en": 0.97, "pt": 0.01}, 3.0)
    assert (judged.language, judged.other) == ("pt", "en")


def test_a_short_utterance_is_named_where_it_is_plainer_still() -> None:
    """Only where it would not be followed; before its end nothing is shown of it."""
    memory = pinned("pt", "pt", "fr")
    plain = {"en": 0.96, "pt": 0.005}
    judged = memory.judge(plain, 1.6)
    assert (judged.language, judged.other, judged.sure) == ("pt", "en", False)
    assert memory.judge(plain, 1.4).other == "", "too short"
    assert memory.judge({"en": 0.93, "pt": 0.005}, 2.9).other == "", "not plain enough"
    assert memory.judge({"en": 0.96, "pt": 0.02}, 2.9).other == "", "the pinned one may be it"
    assert memory.judge({"gl": 0.98, "pt": 0.001}, 2.9).other == "", "a close relative"
    followed = pinned("pt", "pt", "en").judge(plain, 2.9)
    assert (followed.language, followed.other) == ("pt", "")


def test_short_utterances_in_another_language_count_together() -> None:
    """Until the pinned one may have been spoken; what is unclear in between says nothing."""
    english = {"en": 0.97, "pt": 0.01}
    memory = pinned("pt", "pt", "fr")
    memory.note(english, 2.0)
    assert memory.judge(english, 0.9).language == "pt"
    assert memory.judge(english, 1.1).other == "en"
    memory.note({"en": 0.6, "fr": 0.3, "pt": 0.01}, 2.0)
    assert memory.judge(english, 1.1).other == "en"
    assert memory.judge({"en": 0.75, "pt": 0.01}, 1.1).other == "en", "likely, and plain before"
    assert memory.judge({"fr": 0.97, "pt": 0.01}, 1.1).other == "", "another one begins anew"
    memory.note({"pt": 0.5, "en": 0.4}, 0.5)
    assert memory.judge(english, 1.1).other == ""
    memory.note({"en": 0.75, "pt": 0.01}, 4.0)
    assert memory.judge({"en": 0.75, "pt": 0.01}, 4.0).other == "", "never plain"


def test_a_pinned_language_that_may_be_spoken_holds() -> None:
    """However sure detection is of another one: it takes some Spanish for Italian."""
    judged = pinned("es", "es", "en").judge({"it": 0.93, "es": 0.06}, 10.0)
    assert (judged.language, judged.other, judged.sure) == ("es", "", True)


@pytest.mark.parametrize(("named", "heard"), [("no", "nn"), ("hr", "sr"), ("id", "ms"), ("gl", "pt")])
def test_close_relatives_are_not_told_apart(named: str, heard: str) -> None:
    """Detection takes them for each other."""
    judged = pinned(named).judge({heard: 0.99}, 10.0)
    assert (judged.language, judged.other, judged.sure) == (named, "", True)


def test_whoever_is_pinned_can_be_unpinned() -> None:
    """At any time."""
    memory = pinned("pt")
    memory.pinned = None
    assert memory.judge({"es": 0.85, "pt": 0.1}, 10.0).language == "es"


# --- a choice that was made before -----------------------------------------------------------------------


def test_a_chosen_language_holds_until_the_memory_chooses_another() -> None:
    """Also where the choice was made while the memory was another one."""
    memory = LanguageMemory()
    chooser = LanguageChooser(memory, 1.0)
    assert chooser.holds()
    assert chooser({"en": 0.6, "fr": 0.4}) == "en"
    assert chooser.holds()
    memory.confirm("en")
    assert chooser.holds()
    memory.confirm("fr")
    assert not chooser.holds()


def test_a_comparison_holds_while_it_would_end_the_same() -> None:
    """It has to be made again where another language comes into question, or the words no longer outweigh."""
    heard = {"fr": 0.6, "en": 0.39, "pt": 0.01}
    memory = in_room("fr", "en", "pt")
    chooser = LanguageChooser(memory, 1.0)
    chooser.likeliest(heard, ["fr", "en"], [reading("a b", "fr", -0.3), reading("w x", "en", -0.2)])
    assert chooser.holds()
    memory.current = "pt"
    assert not chooser.holds()


def test_what_was_heard_closest_is_judged_so_later_too() -> None:
    """A choice that holds must not be taken for one that was made by ordinary listening."""
    heard = {"en": 0.5, "fr": 0.3}
    chooser = LanguageChooser(LanguageMemory(), 1.5)
    assert chooser.closest(heard) == "fr"
    readings = [reading("a b", "en", -0.3), reading("w x", "fr", -0.3)]
    assert chooser.likeliest(heard, ["en", "fr"], readings, closest=True).language == "fr"
    assert chooser.holds()
    assert chooser(heard) == "en"


def test_a_language_that_could_not_be_read_is_not_asked_for_again() -> None:
    """Else a recording in which one reading fails would never end."""
    heard = {"fr": 0.6, "en": 0.4}
    chooser = LanguageChooser(in_room("fr", "en"), 1.0)
    chooser.likeliest(heard, ["fr", "en"], [reading("a b", "fr", -0.3)])
    assert chooser.holds()


def test_what_is_rather_heard_than_the_pinned_language() -> None:
    """It has to be likely and much likelier than the pinned one, and none of its close relatives."""
    memory = LanguageMemory(pinned="pt")
    assert memory.instead({"en": 0.65, "pt": 0.05}) == "en"
    assert memory.instead({"en": 0.65, "pt": 0.1}) == ""
    assert memory.instead({"en": 0.4, "pt": 0.01}) == ""
    assert memory.instead({"gl": 0.95, "pt": 0.01}) == ""
    assert LanguageMemory().instead({"en": 0.95}) == ""


def test_words_of_what_is_rather_heard_have_to_be_likelier() -> None:
    """By much where it is only likely, by less where it is plain."""
    memory, made_up = LanguageMemory(pinned="pt"), reading("meus filhos", "pt", -1.0)
    near, far = reading("my fellow", "en", -0.7), reading("my fellow", "en", -0.4)
    assert not memory.outweighs(near, made_up, {"en": 0.7})
    assert memory.outweighs(far, made_up, {"en": 0.7})
    hardly_any = reading("é esco não", "pt", -1.28)
    assert memory.outweighs(reading("ask not", "en", -1.01), hardly_any, {"en": 0.6})
    assert not memory.outweighs(reading("ask not", "en", -1.15), hardly_any, {"en": 0.6})
    assert memory.outweighs(near, made_up, {"en": 0.95})
    assert not memory.outweighs(reading("my fellow", "en", -0.9), made_up, {"en": 0.95})
