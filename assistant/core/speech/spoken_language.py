"""Which language is spoken: what detection heard, weighed with what is known of the speaker and the room.

A second of speech says little about its language. So what is known beforehand counts as well, the less the
longer the audio: what the room says is spoken there, what this speaker and the others spoke before, and the
scripts of these languages. What stays open after that is left open: a partial waits, and of a final that
could be in several languages the words decide (decision 0026).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from assistant.core.speech.audio import seconds_of
from assistant.core.speech.hypothesis import Hypothesis
from assistant.core.speech.written_language import written_instead

_LATIN = "Latn"
_LEAST_SHARE = 1e-9
_SCRIPTS = MappingProxyType(
    {
        language: script
        for script, languages in (
            ("Cyrl", "ba be bg kk mk mn ru sr tg tt uk"),
            ("Arab", "ar fa ps sd ur"),
            ("Hebr", "he yi"),
            ("Deva", "hi mr ne sa"),
            ("Hani", "yue zh"),
            *(
                (language, language)
                for language in "am as bn bo el gu hy ja ka km kn ko lo ml my pa si ta te th".split()
            ),
        )
        for language in languages.split()
    }
)
"""Scripts of the languages that are not written in Latin letters; one of its own has the language's code."""

_COMMON = frozenset(
    "ar bg ca cs da de el en es et fa fi fr he hi hr hu id it ja ko lt lv ms nl no pl pt ro ru sk sl sr sv"
    " ta th tr uk ur vi zh".split()
)
"""Languages of which recognisers have read a good deal, or that are official in Europe.

Detection takes what is short and unclear for the others far more often than somebody speaks them.
"""

_KIN = tuple(
    frozenset(kin.split())
    for kin in (
        "no nn|pt gl|es gl|id ms jw su|hr bs sr|cs sk|hi ur|zh yue|de lb|nl af|ru be|bg mk|fa tg|az tr|ba tt"
    ).split("|")
)
"""Languages that detection takes for each other: none of them is plainly another one."""

_FAMILIES = tuple(
    frozenset(family.split())
    for family in (
        "ca es fr gl it oc pt ro|af de lb nl yi|da fo is no sv|be bg bs cs hr mk pl ru sk sl sr uk"
        "|lt lv|et fi|az ba kk tk tr tt uz|bn gu hi mr ne pa sd ur|id jw ms su"
    ).split("|")
)
"""Languages that sound so much alike that a second of one is often heard as another of them.

English is in none, and neither are Latin, Welsh and Nynorsk, which detection hears in whatever is unclear.
"""


@dataclass(frozen=True, slots=True)
class LanguageRules:
    """How much is needed to tell a language. Shares and probabilities are 0..1.

    Attributes:
        doubt: So likely each language that is named is at least, whatever detection heard.
        english_surplus: So many times too often detection takes what is short and unclear for English: most
            of what it learned from was. Where languages are named, English counts the less for that.
        open_surplus: So many times where none are named, and detection heard it as it was trained to.
        relatives_share: So much of what is heard as languages that are not named counts for the one of their
            family that is, where it is the only one.
        surplus_seconds: Both count in full up to this length, and no more in audio that needs no comparison.
        sure_share: A partial waits until its language has this share of what is likely.
        least_seconds: A partial waits for so much audio, unless the speaker spoke its language before.
        waiting_seconds: A partial of so much audio waits no longer, whatever its language.
        certain_share: A final whose language has this share needs no comparison.
        open_share: Takes the place of both where no languages are named.
        rival_share: Another language with this share is compared with the likeliest one.
        most_rivals: So many other languages are compared at most.
        words_weight: So much the words count (mean log probability), beside the language that was heard.
        english_words_weight: So much they count where English is named: everything is translated into it
            fluently, so they say little.
        stand_in_share: Where the words in the likeliest language are none that somebody said, another one
            that is at least so many times as likely stands in.
        compared_seconds: Audio of this length needs no comparison.
        plain_probability: Another language than the pinned one is plain where detection is so sure of it.
        pinned_probability: Another language than the pinned one is not plain where that one is likelier.
        instead_probability: Another language is rather heard than the pinned one where it is so likely,
        instead_times: and so many times as likely as the pinned one;
        instead_log_probability: it is followed where its words are so much likelier (natural log, per token),
        plain_log_probability: or so much, where detection is as sure of it as of a plain one, or
        unclear_log_probability: where the words in the pinned one are no likelier than this.
        likely_probability: Utterances in which another language is so likely count together,
        plain_seconds: and it is plain only in so much audio.
        named_seconds: Where another language is not allowed, and would only be named, so much audio will do,
        named_probability: if detection is so sure of it,
        named_pinned_probability: and the pinned one is no likelier than this.
        unread_log_probability: So much (natural log) a reading is less likely for each token that another one
            has more.
    """

    doubt: float = 0.002
    english_surplus: float = 17.0
    open_surplus: float = 5.0
    relatives_share: float = 0.2
    surplus_seconds: float = 2.5
    sure_share: float = 0.95
    least_seconds: float = 1.5
    waiting_seconds: float = 3.0
    certain_share: float = 0.95
    open_share: float = 0.98
    rival_share: float = 0.02
    most_rivals: int = 2
    words_weight: float = 3.0
    english_words_weight: float = 1.0
    stand_in_share: float = 0.5
    compared_seconds: float = 5.0
    plain_probability: float = 0.9
    pinned_probability: float = 0.03
    instead_probability: float = 0.5
    instead_times: float = 10.0
    instead_log_probability: float = 0.5
    plain_log_probability: float = 0.2
    unclear_log_probability: float = -1.2
    likely_probability: float = 0.7
    plain_seconds: float = 3.0
    named_seconds: float = 1.5
    named_probability: float = 0.95
    named_pinned_probability: float = 0.01
    unread_log_probability: float = -0.2


class SpokenLanguages:
    """The languages of one room.

    Args:
        offered: Those of the organisation; empty means all.
        expected: Those in which the room is read anyway: likely, and no more than that.

    Attributes:
        allowed: BCP-47 codes of the only ones that are recognised; empty means all.
    """

    def __init__(self, offered: frozenset[str] = frozenset(), *, expected: Iterable[str] = ()) -> None:
        self.allowed = offered
        self._offered = offered
        self._expected = frozenset(expected)
        self._spoken: dict[str, str] = {}

    def allow(self, languages: Iterable[str]) -> None:
        """Recognise these alone from now on; none: those of the organisation."""
        self.allowed = frozenset(languages) or self._offered

    def allows(self, language: str) -> bool:
        """Return whether a language may be recognised here."""
        return not self.allowed or language in self.allowed

    def note(self, speaker: str, language: str) -> None:
        """Note that somebody spoke a language."""
        self._spoken[speaker] = language

    def likely(self, speaker: str) -> frozenset[str]:
        """Return what anybody else would rather speak than another language."""
        return self._expected.union(lang for other, lang in self._spoken.items() if other != speaker)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is known of the language of one stretch of audio.

    Attributes:
        language: BCP-47 code of the one to assume.
        sure: Whether words may be shown in it before more is heard.
        share: How likely it is, 0..1.
        rivals: Others that it could be, with their shares; empty where it is certain.
        other: The language that is plainly spoken though `language` is assumed; empty for none.
    """

    language: str
    sure: bool = True
    share: float = 1.0
    rivals: tuple[tuple[str, float], ...] = ()
    other: str = ""

    @property
    def candidates(self) -> dict[str, float]:
        """The languages that it could be, with their shares."""
        return {self.language: self.share, **dict(self.rivals)}


class LanguageMemory:
    """Follows which language one speaker uses, with inertia.

    A name or an "OK" must not flip it, a speaker who really switches must be followed. So the language spoken
    before gets a bonus that fades as the audio grows longer, and so do, for who is new, the languages of the
    others.

    Args:
        room: The languages of the room; None for one of which nothing is known.
        speaker: Who speaks; unique in the room.
        pinned: The language that was named for the speaker; None where it is detected.
        current: What the speaker spoke last.

    Attributes:
        pinned: The language that was named for the speaker; it may change at any time.
        current: What the speaker spoke last; None at first.
        rules: How much is needed to tell a language.
    """

    def __init__(
        self,
        room: SpokenLanguages | None = None,
        speaker: str = "",
        *,
        pinned: str | None = None,
        current: str | None = None,
        rules: LanguageRules | None = None,
    ) -> None:
        self.pinned = pinned
        self.current = current
        self.rules = rules or LanguageRules()
        self._room = room or SpokenLanguages()
        self._speaker = speaker
        self._elsewhere: _Elsewhere | None = None

    def judge(
        self, probabilities: Mapping[str, float], heard_seconds: float, *, closest: bool = False
    ) -> Judgement:
        """Return what language to assume.

        Args:
            probabilities: What detection heard.
            heard_seconds: In so much audio.
            closest: Whether it heard that as it was trained to.
        """
        if self.pinned:
            return self._judge_pinned(self.pinned, probabilities, heard_seconds)
        scores = {
            tag: self._likelihood(tag, probabilities, heard_seconds, closest=closest)
            * self._weight(tag, heard_seconds)
            for tag in probabilities
            if self._room.allows(tag)
        }
        total = sum(scores.values())
        if not total:
            known = self.current if self.current and self._room.allows(self.current) else None
            return Judgement(known or min(self._room.allowed, default="en"))
        rules = self.rules
        certain_share = rules.certain_share if self._room.allowed else rules.open_share
        sure_share = rules.sure_share if self._room.allowed else rules.open_share
        (best, score), *others = sorted(scores.items(), key=lambda scored: scored[1], reverse=True)
        share = score / total
        rivals: tuple[tuple[str, float], ...] = ()
        if share < certain_share and heard_seconds < rules.compared_seconds:
            shares = [(tag, score / total) for tag, score in others[: rules.most_rivals]]
            rivals = tuple((tag, share) for tag, share in shares if share >= rules.rival_share)
        told = best == self.current or len(scores) == 1 or heard_seconds >= rules.least_seconds
        sure = (told and share >= sure_share) or heard_seconds >= rules.waiting_seconds
        return Judgement(best, sure, share, rivals)

    def instead(self, probabilities: Mapping[str, float]) -> str:
        """Return the language that is rather heard than the pinned one; empty for none.

        That is no proof, and reason enough to compare what the words in both are.
        """
        spoken = max(probabilities, key=lambda tag: probabilities[tag], default="")
        if not self.pinned or spoken == self.pinned or _akin(spoken, self.pinned):
            return ""
        heard, rules = probabilities.get(spoken, 0.0), self.rules
        rather = heard >= rules.instead_times * probabilities.get(self.pinned, 0.0)
        return spoken if rather and heard >= rules.instead_probability else ""

    def outweighs(self, spoken: Hypothesis, pinned: Hypothesis, probabilities: Mapping[str, float]) -> bool:
        """Return whether words in the language that is rather heard are likelier by enough."""
        more, rules = spoken.mean_log_probability - pinned.mean_log_probability, self.rules
        plain = probabilities.get(spoken.language, 0.0) >= rules.plain_probability
        unclear = pinned.mean_log_probability <= rules.unclear_log_probability
        return more >= (rules.plain_log_probability if plain or unclear else rules.instead_log_probability)

    def allows(self, language: str) -> bool:
        """Return whether a language may be recognised here."""
        return self._room.allows(language)

    def written_instead(self, reading: Hypothesis, judged: Judgement) -> str:
        """Return in which other language that may be spoken here the words of a reading plainly are.

        Empty where they are in the one that was assumed, as far as can be told. Where the room names none, it
        is one of those in doubt, or English, which recognisers write most readily instead of another one.
        """
        others = self._room.allowed or {*judged.candidates, "en"}
        return written_instead(reading.text, reading.language, others)

    def is_in_doubt(self, reading: Hypothesis, judged: Judgement) -> bool:
        """Return whether its words speak against the language of a partial that could wait for more audio."""
        waits = seconds_of(reading.audio_length) < self.rules.waiting_seconds
        return waits and bool(self.written_instead(reading, judged))

    @property
    def words_weight(self) -> float:
        """How much the words count, beside the language that was heard."""
        return self.rules.english_words_weight if "en" in self._room.allowed else self.rules.words_weight

    @property
    def settled(self) -> str:
        """The pinned language, where the speaker spoke it last; empty where that is open."""
        return self.pinned if self.pinned and self.pinned == self.current and not self._elsewhere else ""

    def is_plainly_pinned(self, probabilities: Mapping[str, float]) -> bool:
        """Return whether it is plainly the pinned language that detection heard."""
        return probabilities.get(self.pinned or "", 0.0) >= self.rules.plain_probability

    def confirm(self, language: str) -> None:
        """Note that an utterance was in `language`."""
        self.current = language
        self._room.note(self._speaker, language)

    def note(self, probabilities: Mapping[str, float], heard_seconds: float) -> None:
        """Note what detection heard in an utterance that has ended.

        Utterances in the same other language than the pinned one count together.
        """
        if not self.pinned:
            return
        likeliest = max(probabilities, key=lambda tag: probabilities[tag], default="")
        if elsewhere := self._heard_elsewhere(self.pinned, probabilities, heard_seconds):
            self._elsewhere = elsewhere
        elif likeliest == self.pinned or _akin(likeliest, self.pinned):
            self._elsewhere = None

    def _judge_pinned(
        self, pinned: str, probabilities: Mapping[str, float], heard_seconds: float
    ) -> Judgement:
        """Return the pinned language, unless it is plainly another one that is spoken, and allowed here."""
        elsewhere = self._heard_elsewhere(pinned, probabilities, heard_seconds)
        if elsewhere is None or elsewhere.probability < self.rules.plain_probability:
            return Judgement(pinned)
        other = elsewhere.language
        if elsewhere.seconds < self.rules.plain_seconds:
            named = not self._room.allows(other) and self._is_named(
                pinned, other, probabilities, heard_seconds
            )
            return Judgement(pinned, sure=False, other=other if named else "")
        return Judgement(other) if self._room.allows(other) else Judgement(pinned, other=other)

    def _is_named(
        self, pinned: str, other: str, probabilities: Mapping[str, float], heard_seconds: float
    ) -> bool:
        """Return whether a short utterance is plainly in another language, which is not to be followed."""
        rules = self.rules
        return (
            heard_seconds >= rules.named_seconds
            and probabilities.get(other, 0.0) >= rules.named_probability
            and probabilities.get(pinned, 0.0) <= rules.named_pinned_probability
        )

    def _heard_elsewhere(
        self, pinned: str, probabilities: Mapping[str, float], heard_seconds: float
    ) -> _Elsewhere | None:
        """Return which other language may be spoken here, with what was heard of it right before."""
        other = max(probabilities, key=lambda tag: probabilities[tag], default=pinned)
        heard, rules = probabilities.get(other, 0.0), self.rules
        unlikely = probabilities.get(pinned, 0.0) <= rules.pinned_probability
        if other == pinned or _akin(other, pinned) or heard < rules.likely_probability or not unlikely:
            return None
        before = self._elsewhere
        if before is None or before.language != other:
            return _Elsewhere(other, heard_seconds, heard)
        return _Elsewhere(other, before.seconds + heard_seconds, max(before.probability, heard))

    def _likelihood(
        self, language: str, probabilities: Mapping[str, float], heard_seconds: float, *, closest: bool
    ) -> float:
        """Return how likely a language is, given what detection says of it, and of its relatives.

        What hears none of those that are named says nothing of which of them it is.
        """
        rules, named = self.rules, bool(self._room.allowed)
        surplus = rules.english_surplus if named else rules.open_surplus if closest else 1.0
        fading = (rules.compared_seconds - heard_seconds) / (rules.compared_seconds - rules.surplus_seconds)
        short = min(1.0, max(0.0, fading))
        surplus = surplus**short if language == "en" else 1.0
        heard = probabilities[language] + (rules.doubt if named else 0.0)
        relatives = sum(probabilities.get(each, 0.0) for each in self._unnamed_relatives(language))
        return (heard + rules.relatives_share * short * relatives) / surplus

    def _unnamed_relatives(self, language: str) -> frozenset[str]:
        """Return the family of a named language, where it is the only one of it that is named."""
        family = next((each for each in _FAMILIES if language in each), frozenset[str]())
        return family - {language} if family & self._room.allowed == {language} else frozenset()

    def _weight(self, language: str, heard_seconds: float) -> float:
        """Return how many times likelier a language is than another one, before listening."""
        fading = math.exp(-heard_seconds / 1.2)
        if language == self.current:
            return 2.0 + 18.0 * fading
        allowed, likely = self._room.allowed, self._room.likely(self._speaker)
        # Where the room says what is spoken in it, what the others speak says nothing more.
        if language in likely and not allowed:
            return 1.0 + 9.0 * fading
        known = allowed | likely | ({self.current} if self.current else set())
        if known and script_of(language) not in {script_of(each) for each in known}:
            return 1.0 / (1.0 + 99.0 * fading)
        if allowed:
            return 1.0
        weight = 1.0 if known or script_of(language) == _LATIN else 1.0 / (1.0 + 19.0 * fading)
        return weight if language in _COMMON else weight / (1.0 + 99.0 * fading)


@dataclass(frozen=True, slots=True)
class _Elsewhere:
    """Another language than the pinned one: in how much audio it was heard, and how surely at best."""

    language: str
    seconds: float
    probability: float


class LanguageChooser:
    """Chooses the language of one stretch of audio by what a speaker's memory holds at that moment.

    The memory may have moved on by the time the result is there: `holds` says whether it would still choose
    the same.

    Attributes:
        memory: What is known of the speaker's language.
    """

    def __init__(self, memory: LanguageMemory, heard_seconds: float) -> None:
        self.memory = memory
        self._heard_seconds = heard_seconds
        self._chosen: list[tuple[Mapping[str, float], bool, str]] = []
        self._compared: list[_Comparison] = []

    def __call__(self, probabilities: Mapping[str, float]) -> str:
        """Return the language to assume, given what detection heard."""
        return self._choose(probabilities, closest=False)

    def closest(self, probabilities: Mapping[str, float]) -> str:
        """Return the language to assume, given what detection heard as it was trained to."""
        return self._choose(probabilities, closest=True)

    @property
    def is_long(self) -> bool:
        """Whether the audio is so long that detection needs no closer look, and reading none either."""
        return self._heard_seconds >= self.memory.rules.compared_seconds

    def judge(self, probabilities: Mapping[str, float], *, closest: bool = False) -> Judgement:
        """Return what is known of the language now, given what detection heard."""
        return self.memory.judge(probabilities, self._heard_seconds, closest=closest)

    def _choose(self, probabilities: Mapping[str, float], *, closest: bool) -> str:
        language = self.judge(probabilities, closest=closest).language
        self._chosen.append((probabilities, closest, language))
        return language

    def likeliest(
        self,
        probabilities: Mapping[str, float],
        asked: Collection[str],
        readings: Sequence[Hypothesis],
        unsound: Collection[str] = (),
        *,
        closest: bool = False,
    ) -> Hypothesis:
        """Return which of several readings was said.

        Args:
            probabilities: What detection heard.
            asked: The languages in which a reading was asked for.
            readings: What was read, each in a language of its own; at least one.
            unsound: The languages in which what was read was made up rather than said.
            closest: Whether detection heard that as it was trained to.
        """
        best = self._best(self.judge(probabilities, closest=closest), readings, unsound)
        compared = _Comparison(
            probabilities, closest, frozenset(asked), tuple(readings), frozenset(unsound), best.language
        )
        self._compared.append(compared)
        return best

    def holds(self) -> bool:
        """Whether everything that was chosen would be chosen now as well."""
        chosen = (
            self.judge(heard, closest=closest).language == language
            for heard, closest, language in self._chosen
        )
        return all(chosen) and all(map(self._ends_the_same, self._compared))

    def _ends_the_same(self, compared: _Comparison) -> bool:
        judged = self.judge(compared.probabilities, closest=compared.closest)
        written = {self.memory.written_instead(each, judged) for each in compared.readings}
        likely = written.union(judged.candidates)
        known = [reading for reading in compared.readings if reading.language in likely]
        if not compared.asked.issuperset(judged.candidates) or not known:
            return False
        return self._best(judged, known, compared.unsound).language == compared.language

    def _best(
        self, judged: Judgement, readings: Sequence[Hypothesis], unsound: Collection[str]
    ) -> Hypothesis:
        """Return the reading that is the likeliest by its language and its words together.

        Words that are plainly in another language than was asked for were not said in that one. What is made
        up in one language does not win over words in another; but where nothing was said that makes sense in
        the likeliest language, an unlikely one in which it does is no better.
        """
        shares, rules = judged.candidates, self.memory.rules
        readings = [each for each in readings if not self.memory.written_instead(each, judged)] or readings
        if len(readings) == 1:
            return readings[0]
        least = rules.stand_in_share * judged.share if judged.language in unsound else 0.0
        sound = [
            each
            for each in readings
            if each.language not in unsound and shares.get(each.language, 0.0) >= least
        ]
        readings = sound or [each for each in readings if each.language == judged.language] or readings
        tokens = [_tokens_in(reading) for reading in readings]
        words_weight = self.memory.words_weight

        def weight(index: int) -> float:
            reading = readings[index]
            unread = max(0.0, max(tokens) / 2 - tokens[index]) * rules.unread_log_probability
            share = max(shares.get(reading.language, 0.0), _LEAST_SHARE)
            return math.log(share) + words_weight * reading.mean_log_probability + unread

        return readings[max(range(len(readings)), key=weight)]


@dataclass(frozen=True, slots=True)
class _Comparison:
    probabilities: Mapping[str, float]
    closest: bool
    asked: frozenset[str]
    readings: tuple[Hypothesis, ...]
    unsound: frozenset[str]
    language: str


def script_of(language: str) -> str:
    """Return the script in which a language is written: an ISO 15924 code, or a name of its own."""
    return _SCRIPTS.get(language, _LATIN)


def _akin(one: str, other: str) -> bool:
    return any({one, other} <= kin for kin in _KIN)


def _tokens_in(reading: Hypothesis) -> int:
    """Return how many tokens the different words of a reading have: what repeats itself reads no more."""
    return sum({word.text.casefold(): len(word.tokens) for word in reading.words}.values())
