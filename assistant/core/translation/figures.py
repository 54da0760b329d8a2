"""Whether a translation says the same numbers, signs and units as the sentence."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from contextlib import suppress
from math import isclose

from text_to_num import alpha2digit

_WRITTEN = frozenset("ca de en es fr it nl pt ru".split())
"""Languages whose number words are known."""

_NUMBER = re.compile(
    r"(?P<sign>(?<![\w.,)%\]])[-−–‐‑－﹣]\s?(?=\d))?"
    r"(?P<digits>\d{1,3}(?:[ \u00a0\u202f'’]\d{3})+(?![\d])(?:[.,]\d+)?|\d+(?:[.,]\d+)*)"
)
_MINUS_WORDS = re.compile(
    r"\b(?:minus|menos|moins|meno|negativ\w*|négati\w*|below zero|abaixo)\b", re.IGNORECASE
)
_SIGNS = "≥≤≠≈±×÷"
"""That have to come through as they are."""
_MOST_NUMBERS = 200
"""Different ones, in a sentence whose numbers are not all the same; more are not compared one by one."""

_MYRIADS = re.compile("[千万億萬亿만억천]")
_ROMAN = re.compile(r"\b[IVXLCDM]{1,7}\b")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
_AFTERNOON = re.compile(
    r"\b(?:p\.?\s?m\b|noon)|da tarde|da noite|in the (?:afternoon|evening)", re.IGNORECASE
)
_SMALL_DIGITS = {ord(digit): " " for digit in "²³¹⁰⁴⁵⁶⁷⁸⁹"}  # they belong to units
_CLOCK = re.compile(r"\b\d{1,2}\s?(?:h|:|\.)\s?[0-5]\d\b")
_HALF_DAY_HOURS = 12
_DECADES = 100
_POWERS = (1e3, 1e6, 1e9, 1e12)
_POWER_WORDS = re.compile(
    r"\b(?:mil(?:\b|a\b|l|h|j|i[aoõó])|migliaia|thousand|tausend|duizend|bil(?:li|h|i[oõó])|tril|тыс|тис|мил|млн|млрд"
    r"|mld|mrd|mio\b|mln|mn\b|bn\b)|(?-i:\d\s?[kKM]\b)",
    re.IGNORECASE,
)
"""Beginnings of the words for thousands and more."""

_TRILLION = {
    "en": r"\btrillion",
    "pt": r"\b(?:bi|tri)li(?:ão|ões)|\btrilh(?:ão|ões)",
    "fr": r"\bbillions?\b",
    "es": r"\bbill(?:ón|ones)\b",
    "de": r"\bbillion",
    "it": r"\b(?:bilion|trilion|mille miliardi|mila miliardi)",
    "nl": r"\bbiljoen",
}
"""A million millions: what sounds alike is a thousand times as much in some languages as in others."""

_PERCENT = re.compile(r"(\b(?:pour|por|per) ?cent[oi]?\b)", re.IGNORECASE)
_BESIDE = re.compile(r"\d[ -]\d")

_SMALL_NUMBER = 12
"""Up to here every language writes numbers as words at will."""

_CURRENCIES = {
    "€": r"€|\beur\b|\beuros?\b(?!-\w)",
    "$": r"\$|\busd\b|\bdollar|\bd[óo]lar|\bdollari|\bbucks?\b|\breais\b|\bpesos?\b",
    "£": r"£|\bgbp\b|\bpounds?\b|\blibras?\b|\blivres? sterling|\bpfund\b|\bsterlin|\bquid\b",
    "¥": r"¥|\bjpy\b|\byens?\b|\bienes?\b|\byuan",
}
_UNITS = {
    "%": r"%|\bper ?cent|\bpor ?cento\b|\bpour ?cent\b|\bpor ciento\b|\bprozent|pontos percentuais",
    "km": r"\bkm|\bkilom|\bquil[oôó]m|\bchilom|\bkilóm",
    "cm": r"\bcm(?![^\W\d])|\bcent[ií]m",
    "mm": r"\bmm(?![^\W\d])|\bmil+[ií]m",
    "kg": r"\bkg(?![^\W\d])|\bkilo|\bquilo|\bchil",
    "°C": r"°\s?c\b|celsius|cent[ií]grad|\bgraus\b|\bdegrees?\b",
    "°F": r"°\s?f\b|fahrenheit",
    "MB": r"\bmb\b|\bmo\b|megab|mega-?octet",
    "GB": r"\bgb\b|\bgo\b|gigab|giga-?octet",
    "kW": r"\bkw|kilowatt|quilowatt|chilowatt",
    "MW": r"\bmw|megawatt",
    "GW": r"\bgw|gigawatt",
    "ha": r"\bha\b|hectare|hektar|ettar",
    "mph": r"\bmph\b|miles? per hour|miles? an hour|milhas? por hora|mi/h|m\.?p\.?h",
}
_KNOWN = {unit: re.compile(words, re.IGNORECASE) for unit, words in {**_CURRENCIES, **_UNITS}.items()}
_SHORT_UNIT = re.compile(r"\d\s?(%|km|cm|mm|kg|°C|°F|MB|GB|kW|MW|GW|ha|mph)(?![^\W\d_])")


def same_figures(sentence: str, translation: str, source: str, target: str) -> bool:
    """Return whether a translation has the numbers, signs and units of a sentence, and no others.

    The marks within numbers may differ, small numbers and centuries may be words or Roman, times may go
    by 12 or 24 hours. Languages are BCP-47 primary subtags.
    """
    return (
        _same_numbers(sentence, translation, source, target)
        and _same_units(sentence, translation)
        and (
            source not in _TRILLION
            or target not in _TRILLION
            or _has_trillions(sentence, source) == _has_trillions(translation, target)
        )
    )


def written_in_digits(sentence: str, language: str) -> str | None:
    """Return a sentence with the numbers that are said in words as digits; None where there are none.

    Nor is there an answer where digits would stand beside digits: “nineteen ninety-nine” is no 19 99.

    Args:
        sentence: What was said.
        language: BCP-47 primary subtag.
    """
    parts = _PERCENT.split(sentence)
    parts[::2] = [_in_digits(part, language) for part in parts[::2]]
    written = "".join(parts)
    beside = len(_BESIDE.findall(written)) > len(_BESIDE.findall(sentence))
    return None if written == sentence or beside else written


def _has_trillions(text: str, language: str) -> bool:
    return re.search(_TRILLION[language], text, re.IGNORECASE) is not None


def _same_numbers(sentence: str, translation: str, source: str, target: str) -> bool:
    said, told = Counter(_numbers(sentence)), Counter(_numbers(translation))
    if said == told:
        return True
    if max(len(said), len(told)) > _MOST_NUMBERS:
        return False
    if _MYRIADS.search(f"{sentence}{translation}"):
        return True  # 25,000 is 2万5千
    missing, extra = said - told, told - said
    if _CLOCK.search(sentence) and _digits(sentence) == _digits(translation) and _signs(said) == _signs(told):
        return True  # 12h30 and 12.30
    if _AFTERNOON.search(f"{sentence} {translation}"):
        _pair_hours(missing, extra)
    _pair_thousands(f"{sentence} {translation}", missing, extra)
    for number in list(missing):
        if _is_told(number, translation, target, extra):
            del missing[number]
    if missing:
        return False
    if source not in _WRITTEN:
        return True  # it may have been said in words
    words = {*_numbers(_in_digits(sentence, source)), *_romans(sentence)}
    return all(_is_small(number) or number in words or _decade(number, said) for number in extra)


def _is_told(number: str, translation: str, target: str, extra: Counter[str]) -> bool:
    """Return whether a number stands in a translation in another form."""
    if number.startswith("-"):
        return number[1:] in extra and _MINUS_WORDS.search(translation) is not None
    if _is_small(number) and target not in _WRITTEN:
        return True
    if number in _numbers(_in_digits(translation, target)) or _decade(number, extra):
        return True
    return number in _romans(translation) or (
        _is_small(number) and target in _WRITTEN and _is_ordinal(number, translation)
    )


def _is_small(number: str) -> bool:
    return number.isdigit() and int(number) <= _SMALL_NUMBER


_ORDINALS = (
    ("1", r"\b(?:first|once|on[ce]e|uma?|um|one|primeir|premi|primer|erst|prim[oa]|une?|ein)"),
    ("2", r"\b(?:second|segund|deuxi|seconde?|zweit|twice|duas?|dois|two)"),
    ("3", r"\b(?:third|terceir|troisi|tercer|dritt|terz|três|three)"),
    ("4", r"\b(?:fourth|quart|quatri|cuart|viert|quatro|four)"),
    ("5", r"\b(?:fifth|quint|cinqui|fünft|cinco|five)"),
    ("6", r"\b(?:sixth|sext|sixi|sechst|sest|seis|six)"),
    ("7", r"\b(?:seventh|sétim|septi|séptim|siebt|settim|sete|seven)"),
    ("8", r"\b(?:eighth|oitav|huiti|octav|acht|ottav|oito|eight)"),
    ("9", r"\b(?:ninth|non[oa]|neuvi|noven|neunt|nove|nine)"),
    ("10", r"\b(?:tenth|décim|dixi|zehnt|decim|dez|ten)"),
    ("11", r"\b(?:eleven|onz|once|elf|undic|décimo primeir)"),
    ("12", r"\b(?:twelfth|twelve|doz|douz|doce|zwölf|dodic|meio-dia|midday|noon|décimo segund)"),
    ("0", r"\b(?:zero|zéro|cero|null|nul|no)\b"),
)


def _is_ordinal(number: str, translation: str) -> bool:
    words = dict(_ORDINALS)
    return number in words and re.search(words[number], translation, re.IGNORECASE) is not None


def _decade(number: str, others: Counter[str]) -> bool:
    """Return whether a year's decade is among others: “the 1970s” are “os anos 70”."""
    return number.isdigit() and any(
        other.isdigit()
        and {len(number), len(other)} == {2, 4}
        and int(other) % _DECADES == int(number) % _DECADES
        for other in others
    )


def _pair_hours(missing: Counter[str], extra: Counter[str]) -> None:
    for number in list(missing):
        hours = (
            {str(int(number) + shift) for shift in (_HALF_DAY_HOURS, -_HALF_DAY_HOURS)}
            if number.isdigit()
            else ()
        )
        for hour in hours:
            if hour in extra:
                del missing[number], extra[hour]
                break


def _pair_thousands(texts: str, missing: Counter[str], extra: Counter[str]) -> None:
    """Take “24 mil” and “24,000” for the same, and so with millions."""
    for number in list(missing) if _POWER_WORDS.search(texts) else ():
        for other in list(extra):
            shares = float(other) / float(number) if float(number) else 0.0
            if any(isclose(shares, power) or isclose(shares, 1 / power) for power in _POWERS):
                del missing[number], extra[other]
                break


def _same_units(sentence: str, translation: str) -> bool:
    short = {match.group(1) for match in _SHORT_UNIT.finditer(sentence)}
    if any(not _KNOWN[unit].search(translation) for unit in short):
        return False
    # A sign that stays counts as its word; a currency that nobody named is as bad as one that is lost.
    said = {unit for unit in _CURRENCIES if _KNOWN[unit].search(sentence)}
    told = {unit for unit in _CURRENCIES if _KNOWN[unit].search(translation)}
    if any(unit in sentence and unit not in told for unit in _CURRENCIES) or (
        told - said and re.search(r"\d", sentence)
    ):
        return False
    return all(translation.count(sign) >= sentence.count(sign) for sign in _SIGNS)


def _numbers(text: str) -> list[str]:
    """Return the numbers of a text, without marks for thousands, a point before decimals."""
    found: list[str] = []
    for match in _NUMBER.finditer(unicodedata.normalize("NFKC", text.translate(_SMALL_DIGITS))):
        sign = "-" if match["sign"] else ""
        values = _values(re.sub(r"[ \u00a0\u202f'’]", "", match["digits"]))
        found += [f"{sign}{value}" if number == 0 else value for number, value in enumerate(values)]
    return found


def _values(digits: str) -> list[str]:
    """Return what one written number may say; what has too many marks (a date) is several."""
    groups = re.split(r"[.,]", digits)
    marks = re.findall(r"[.,]", digits)
    whole = all(len(group) == 3 for group in groups[1:])  # noqa: PLR2004 - thousands
    if whole or len(groups) == 1:
        return [str(int("".join(groups)))]
    *front, last = groups
    if len(groups) == 2 or (len(set(marks)) == 2 and all(len(group) == 3 for group in front[1:])):  # noqa: PLR2004
        decimals = last.rstrip("0")
        return [str(int("".join(front))) + (f".{decimals}" if decimals else "")]
    return [str(int(group)) for group in groups]


def _digits(text: str) -> str:
    return "".join(re.findall(r"\d", text))


def _signs(numbers: Counter[str]) -> int:
    return sum(count for number, count in numbers.items() if number.startswith("-"))


def _in_digits(text: str, language: str) -> str:
    if language in _WRITTEN:
        with suppress(ValueError):
            return str(alpha2digit(text, language))
    return text


def _romans(text: str) -> set[str]:
    return {str(_roman(numeral)) for numeral in _ROMAN.findall(text)}


def _roman(numeral: str) -> int:
    values = [_ROMAN_VALUES[letter] for letter in numeral]
    return sum(
        -value if any(later > value for later in values[place + 1 : place + 2]) else value
        for place, value in enumerate(values)
    )
