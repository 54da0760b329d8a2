"""Numbers as people say them, up to 199, in six languages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

_A_HUNDRED = 100

_BASIC: Mapping[str, str] = {
    "fr": "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept "
    "dix-huit dix-neuf",
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen",
    "de": "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn "
    "siebzehn achtzehn neunzehn",
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis "
    "diecisiete dieciocho diecinueve",
    "pt": "zero um dois três quatro cinco seis sete oito nove dez onze doze treze catorze quinze dezasseis "
    "dezassete dezoito dezanove",
    "it": "zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici "
    "sedici diciassette diciotto diciannove",
}
_TENS: Mapping[str, str] = {
    "fr": "vingt trente quarante cinquante soixante soixante-dix quatre-vingt quatre-vingt-dix",
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
    "de": "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    "es": "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    "pt": "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
    "it": "venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
}
_HUNDRED = {"fr": "cent", "en": "one hundred", "de": "hundert", "es": "cien", "pt": "cem", "it": "cento"}
_FURTHER: Mapping[str, Mapping[str, int]] = {
    "fr": {"une": 1, "aucun": 0, "aucune": 0, "quatre-vingts": 80},
    "en": {"a": 1, "no": 0, "none": 0, "nil": 0},
    "de": {"ein": 1, "eine": 1, "einer": 1, "keine": 0, "kein": 0, "zwo": 2},
    "es": {"un": 1, "una": 1, "ninguno": 0, "ninguna": 0, "ningún": 0},
    "pt": {"uma": 1, "duas": 2, "nenhum": 0, "nenhuma": 0, "dezesseis": 16, "dezessete": 17, "dezenove": 19},
    "it": {"un": 1, "una": 1, "nessuno": 0, "nessuna": 0, "nessun": 0},
}


def _compounds(lang: str, tens: str, ones: str) -> Iterator[str]:
    """Yield the ways to write tens and ones together."""
    if lang == "de":
        yield f"{'ein' if ones == 'eins' else ones}und{tens}"
    elif lang == "it":
        yield (tens[:-1] if ones in {"uno", "otto"} else tens) + ones
        yield (tens[:-1] if ones in {"uno", "otto"} else tens) + ones.replace("tre", "tré")
    elif lang in {"es", "pt"}:
        joiner = "y" if lang == "es" else "e"
        yield f"{tens} {joiner} {ones}"
        if lang == "es" and tens == "veinte":
            accents = {"dos": "veintidós", "tres": "veintitrés", "seis": "veintiséis"}
            yield accents.get(ones, f"veinti{ones}")
    else:
        yield f"{tens}-{ones}"
        yield f"{tens} {ones}"
        if lang == "fr" and ones in {"un", "onze"}:
            yield f"{tens} et {ones}"
            yield f"{tens}-et-{ones}"


@cache
def number_words(lang: str) -> Mapping[str, int]:
    """Return the number of each word or group of words; none for a language without a table."""
    if lang not in _BASIC:
        return {}
    basic = _BASIC[lang].split()
    found = {word: number for number, word in enumerate(basic)} | dict(_FURTHER[lang])
    for position, tens in enumerate(_TENS[lang].split()):
        value = 20 + 10 * position
        found[tens] = value
        # In French seventy and ninety are counted on from sixty and eighty.
        most = 20 if lang == "fr" and tens in {"soixante", "quatre-vingt"} else 10
        for number in range(1, most):
            for compound in _compounds(lang, tens, basic[number]):
                found.setdefault(compound, value + number)
    found |= {word.replace("-", " "): number for word, number in found.items() if "-" in word}
    hundred = _HUNDRED[lang]
    found |= {f"{hundred} {word}": _A_HUNDRED + number for word, number in found.items() if number}
    return found | {hundred: _A_HUNDRED}


@cache
def number_pattern(lang: str) -> str:
    """Return a regular expression of one group that finds digits and number words."""
    words = sorted(number_words(lang), key=len, reverse=True)
    return rf"(\d{{1,6}}|{'|'.join(map(re.escape, words))})" if words else r"(\d{1,6})"


def number_of(text: str, lang: str) -> int:
    """Return the number that a match of `number_pattern` is."""
    return int(text) if text.isdigit() else number_words(lang)[text.lower()]
