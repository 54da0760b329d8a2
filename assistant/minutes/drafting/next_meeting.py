"""When the next meeting is, as somebody said it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from assistant.minutes.drafting.dates import find_dates
from assistant.minutes.drafting.lines import Sentence

_CUES = re.compile(
    r"""\b(?:
        prochaine?\ (?:réunion|séance|conseil|rencontre|comité|assemblée|point|audience|rendez-vous)
      | on\ se\ (?:revoit|retrouve) | nous\ nous\ (?:reverrons|retrouvons|retrouverons)
      | rendez-vous\ (?:le|lundi|mardi|mercredi|jeudi|vendredi)
      | next\ (?:meeting|session|hearing|sitting) | (?:we\ )?(?:meet|reconvene|see\ you)\ (?:again|next|on)
      | nächste[rn]?\ (?:sitzung|termin|treffen|besprechung) | wir\ (?:treffen|sehen)\ uns\ (?:wieder|am)
      | próxima\ (?:reunión|sesión|reunião|sessão) | nos\ vemos | voltamos\ a\ reunir | encontramo-nos
      | prossima\ (?:riunione|seduta|sessione) | ci\ (?:rivediamo|vediamo|ritroviamo)
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)


def find_next_meeting(sentences: Sequence[Sentence], on: date) -> str:
    """Return the last sentence that tells the day of the next meeting; empty where none does."""
    for sentence in reversed(sentences):
        if _CUES.search(sentence.text) and not sentence.text.endswith("?"):
            days = [found.day for found in find_dates(sentence.text, sentence.lang, on)]
            if any(day > on for day in days):
                return sentence.text
    return ""
