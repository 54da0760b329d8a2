"""Days, times of day and names of languages, as each of six languages writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_WEEKDAYS: Mapping[str, str] = {
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "de": "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag",
    "es": "lunes martes miércoles jueves viernes sábado domingo",
    "pt": "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
    "it": "lunedì martedì mercoledì giovedì venerdì sabato domenica",
}
_MONTHS: Mapping[str, str] = {
    "en": "January February March April May June July August September October November December",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
}
_LONG = {
    "en": "{weekday} {day} {month} {year}",
    "fr": "{weekday} {day} {month} {year}",
    "de": "{weekday}, {day}. {month} {year}",
    "es": "{weekday}, {day} de {month} de {year}",
    "pt": "{weekday}, {day} de {month} de {year}",
    "it": "{weekday} {day} {month} {year}",
}
_SHORT = {"en": "{day} {month} {year}", "de": "{day}. {month} {year}"}
_LANGUAGES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "en": "English",
        "fr": "French",
        "de": "German",
        "es": "Spanish",
        "pt": "Portuguese",
        "it": "Italian",
    },
    "fr": {
        "en": "anglais",
        "fr": "français",
        "de": "allemand",
        "es": "espagnol",
        "pt": "portugais",
        "it": "italien",
    },
    "de": {
        "en": "Englisch",
        "fr": "Französisch",
        "de": "Deutsch",
        "es": "Spanisch",
        "pt": "Portugiesisch",
        "it": "Italienisch",
    },
    "es": {
        "en": "inglés",
        "fr": "francés",
        "de": "alemán",
        "es": "español",
        "pt": "portugués",
        "it": "italiano",
    },
    "pt": {
        "en": "inglês",
        "fr": "francês",
        "de": "alemão",
        "es": "espanhol",
        "pt": "português",
        "it": "italiano",
    },
    "it": {
        "en": "inglese",
        "fr": "francese",
        "de": "tedesco",
        "es": "spagnolo",
        "pt": "portoghese",
        "it": "italiano",
    },
}


def _known(lang: str) -> str:
    return lang if lang in _MONTHS else "en"


def long_day(at: float, timezone: str, lang: str) -> str:
    """Return the day of a POSIX time in a time zone, with its weekday: `mercredi 25 novembre 2026`."""
    there = datetime.fromtimestamp(at, tz=UTC).astimezone(ZoneInfo(timezone))
    return _written(there.date(), lang, _LONG[_known(lang)])


def short_day(iso: str, lang: str) -> str:
    """Return an ISO day as it is written: `27 novembre 2026`; what is no day stays as it is."""
    try:
        day = date.fromisoformat(iso)
    except ValueError:
        return iso
    known = _known(lang)
    return _written(day, lang, _SHORT.get(known, _LONG[known].partition("}")[2].lstrip(", ")))


def _written(day: date, lang: str, form: str) -> str:
    known = _known(lang)
    return form.format(
        weekday=_WEEKDAYS[known].split()[day.weekday()],
        day="1er" if known == "fr" and day.day == 1 else day.day,
        month=_MONTHS[known].split()[day.month - 1],
        year=day.year,
    )


def time_of_day(at: float, timezone: str, lang: str) -> str:
    """Return a time of day in a time zone: `18 h 05` in French, else `18:05`."""
    there = datetime.fromtimestamp(at, tz=UTC).astimezone(ZoneInfo(timezone))
    return f"{there.hour} h {there.minute:02d}" if lang == "fr" else f"{there.hour:02d}:{there.minute:02d}"


def language_name(code: str, lang: str) -> str:
    """Return what a language is called; its code where that is not known."""
    return _LANGUAGES[_known(lang)].get(code, code)
