"""Who is named in a sentence as the one who does something."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from assistant.minutes.drafting.phrases import known_languages, phrases_of

_TITLES = frozenset(
    "m mm mme mmes mlle monsieur madame me maître dr docteur pr professeur mr mrs ms miss dr prof professor herr "
    "frau señor señora don doña senhor senhora dom dona dott sr sra signor signora ing councillor cllr judge".split()
)

_TITLED = re.compile(
    r"\b(?:M\.|MM\.|Mme|Mlle|Monsieur|Madame|Maître|Me|Dr\.?|Docteur|Pr|Mr\.?|Mrs\.?|Ms\.?|Miss|Professor|Prof\.?|"
    r"Councillor|Cllr|Judge|Herr|Frau|Señora?|Don|Doña|Senhora?|Dona|Signora?|Dott\.?|Sr\.|Sra\.)\s+"
    r"(?:(?:de|du|des|van|von|di|da|le|la)\s+)?[A-ZÀ-ÖØ-Þ][\w'’-]+(?:\s+[A-ZÀ-ÖØ-Þ][\w'’-]+)?"
)
_GIVEN = re.compile(r"(?<!\w)([A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ]{2,}(?:-[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ]+)?)(?!\w)")


@dataclass(frozen=True)
class People:
    """The people of a meeting, found by any part of their name."""

    names: tuple[str, ...]

    @cached_property
    def _parts(self) -> dict[str, str]:
        """Return the full name that a part of one stands for, where it stands for only one."""
        owners: dict[str, set[str]] = {}
        for name in self.names:
            words = [word.strip(".,").lower() for word in name.split()]
            for word in (*words, name.lower()):
                if word not in _TITLES and len(word) > 1:
                    owners.setdefault(word, set()).add(name)
        return {part: next(iter(found)) for part, found in owners.items() if len(found) == 1}

    def named_in(self, text: str, leave_out: str = "") -> str:
        """Return the first participant that a text names; empty where it names none."""
        for word in re.findall(r"[\w'’-]+", text):
            name = self._parts.get(word.lower())
            if name and name != leave_out and word[:1].isupper():
                return name
        return ""

    def doer_in(self, text: str, lang: str, leave_out: str = "") -> str:
        """Return who is said to do something: a participant, somebody with a title, a body, or a given name."""
        if name := self.named_in(text, leave_out):
            return name
        if found := _TITLED.search(text):
            return found.group()
        if lang in known_languages():
            body = re.search(rf"(?<!\w)(?:{phrases_of(lang).bodies})", text, re.IGNORECASE)
            if body:
                return body.group().strip()
        return self._given_name(text)

    def _given_name(self, text: str) -> str:
        """Return a capitalised word that does not begin the sentence, or stands at its head before a comma."""
        for found in _GIVEN.finditer(text):
            if found.start() > 0 or text[found.end() : found.end() + 1] == ",":
                word = found.group()
                if word.lower() not in _NOT_PEOPLE:
                    return word
        return ""


_NOT_PEOPLE = frozenset(
    """monday tuesday wednesday thursday friday saturday sunday january february march april june july august september
    october november december lundi mardi mercredi jeudi vendredi samedi dimanche oui non yes okay alors donc bon mais
    et puis merci thanks please well right then now also the sure great good fine montag dienstag mittwoch donnerstag
    freitag samstag sonntag excel word teams zoom internet france europe paris london english french état
    janvier février mars avril mai juin juillet août septembre octobre novembre décembre covid""".split()
)


def names_of(speakers: Sequence[str]) -> People:
    """Return the people of a meeting from the names of those who speak in it."""
    return People(tuple(dict.fromkeys(name for name in speakers if name)))
