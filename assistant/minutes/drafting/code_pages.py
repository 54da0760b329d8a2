"""Text in one of the code pages of Windows, told by which letters languages have, and where."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

WESTERN = "cp1252"
"""What Excel and other programs on Windows write in Western Europe."""

MISREAD = re.compile(
    r"(?<=[^\W\d_])[¡-©«-¶¸¹»-¿׀÷×†‡‰‹›€‚„ˆ˜](?=[^\W\d_])|(?<=[a-zß-ÿ])[À-ÞŠŽŒŸ]|[À-ÿ]{4,}|ƒ"
)
"""What no Western language has in its words, but other encodings do where they are read as `WESTERN`."""

_WORD = re.compile(r"[^\W\d_]+")
_MARKS = frozenset("€‚„…†‡‰‹›‘’“”•–—™ˆ˜«»§°©®·±¿¡¶´¨¸µ¬¦¢£¥¤\u00a0\u00ad²³¹ºª¼½¾×÷")
_CUT = re.compile(r"(?<=[^\W\d_])[¡-©«-¶¸¹»-¿×÷†‡‰‹›€‚„ˆ˜](?=[^\W\d_])")
"""A sign between letters, which is none of a word."""
_VOWELS = frozenset("аеёиоуыэюяіїєӣαεηιουωάέήίόύώϊϋΐΰ")
_VOWEL_SHARE = (0.3, 0.65)

_RUSSIAN = (
    "о11 е8.5 а8 и7.4 н6.7 т6.3 с5.5 р4.7 в4.5 л4.4 к3.5 м3.2 д3 п2.8 у2.6 я2 "
    "ы1.9 ь1.7 г1.7 з1.6 б1.6 ч1.4 й1.2 х1 ж.9 ш.7 ю.6 ц.5 щ.4 э.3 ф.3 ъ.1 ё.1"
)
_OTHER_CYRILLIC = " і3 ї.5 є.5 ґ.1 ў.5 ј2 љ.5 њ.7 ћ.6 ђ.2 џ.1 ќ.3 ѓ.2 ѕ.1"
_GREEK = (
    "α12 ο10 ι9.4 ε8.5 τ8.5 ν7.9 η5.3 σ4.9 π4.5 ρ4.5 μ4.2 υ4.3 κ4.1 ς4 λ3.2 ω2 γ2 "
    "δ1.8 χ1.4 θ1.3 φ1 β.8 ξ.5 ζ.4 ψ.2"
)


@dataclass(frozen=True)
class _Language:
    """A language in its code page.

    Attributes:
        page: The code page.
        letters: Its letters beyond a to z, small.
        never: Where it has none of them.
        needed: What a text of it has somewhere.
        shares: How many of a hundred letters each is, where all letters are others than ours.
    """

    page: str
    letters: str
    never: str = r"(?!)"
    needed: str = ""
    shares: str = ""

    @cached_property
    def known(self) -> frozenset[str]:
        return frozenset(self.letters)

    @cached_property
    def wrong(self) -> re.Pattern[str]:
        return re.compile(self.never)

    @cached_property
    def frequencies(self) -> dict[str, float]:
        return {each[0]: math.log(float(each[1:]) / 100) for each in self.shares.split()}


_CYRILLIC = {
    "ru": "ё", "uk": "іїєґ", "be": "ёіў", "bg": "", "sr": "јљњћђџ", "mk": "јљњџќѓѕ"
}  # fmt: skip
_COMMON_CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюя"

_FRENCH_GRAVE = r"è(?!(?:qu|gu|[bcdfghjklmnpqrstvx]{1,3})e|s?\b)"
"""Words of other languages that have it are French as well: Barrière."""
_ENYE = r"ñ(?![aeiouáéíóú])"
_CZECH = r"[pt]øe"
"""Danish has no such words, and Czech ones begin so: před."""

_LANGUAGES = (
    # Western ones first: where letters leave it open, that is what was written. With those of names.
    _Language(
        WESTERN,
        "àâäçéèêëîïôöœùûüÿáíóúñãåø",
        rf"{_FRENCH_GRAVE}|(?<![bcdefglmoqrstu])û|(?<!\b)œ(?![uit])|(?<!\bo)ù|ù\B|ê\b|{_ENYE}|{_CZECH}",
    ),
    _Language(WESTERN, "áâàãçéêíóôõúüñ", rf"ã(?!o|e|s?\b|i|m)|õ(?!e)|\b[ãõ]|[ij]ê\b|{_ENYE}"),
    _Language(WESTERN, "áéíóúüñçàèòïªº", rf"è(?=[aeiou])|k\w{{0,9}}è|è\w{{0,9}}k|[ªº](?=\w)|{_ENYE}"),
    _Language(WESTERN, "äöüßéàèçñáô", rf"{_FRENCH_GRAVE}|{_ENYE}"),
    _Language(WESTERN, "àèéìíòóùúîüö", r"[àìòùóú](?!\b)|è(?!\b)"),
    _Language(WESTERN, "éëïöüèêáíóúàâäçñ", rf"{_FRENCH_GRAVE}|ê\b|{_ENYE}"),
    _Language(WESTERN, "åäöéüàæøáèòóôêâñç", rf"{_FRENCH_GRAVE}|æ(?=[aiou])|ê\b|{_ENYE}|{_CZECH}"),
    _Language(WESTERN, "áðéíóúýþæöü", r"\bð|æ(?=[aeiou])", needed="[áíóúæ]"),
    _Language(WESTERN, "õäöüšž", r"õ\b", needed="[äü]|õu"),
    _Language("cp1250", "áčďéěíňóřšťúůýžäöü", r"\b[ěů]"),
    _Language("cp1250", "áäčďéíĺľňóôŕšťúýž"),
    _Language("cp1250", "ąćęłńóśźżéöü", r"\b[ąęń]|ą[aeiouy]"),
    _Language("cp1250", "áéíóöőúüű"),
    _Language("cp1250", "ăâîşţșțéöü", r"\bă|ţ(?=[bcdfghjklmnprsvz])"),
    _Language("cp1250", "čćđšžéöü"),
    _Language("cp1254", "çğıöşüâîûi̇", r"\bğ"),
    *(
        _Language("cp1251", _COMMON_CYRILLIC + more, r"\b[ъыь]", shares=_RUSSIAN + _OTHER_CYRILLIC)
        for more in _CYRILLIC.values()
    ),
    _Language("cp1253", "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ", r"ς\B|σ\b", shares=_GREEK),
)


def of_windows(data: bytes) -> str | None:
    """Return text in the code page whose letters are those of one language; None where no page's are.

    Args:
        data: Text in Windows-1250, -1251, -1252, -1253 or -1254.
    """
    found = list(_readings(data))
    western = _decoded(data, WESTERN)
    if western is not None and MISREAD.search(western):
        western = None
        found = [reading for reading in found if reading[0].page != WESTERN]
    if not found:
        return western
    spelt = [reading for reading in found if reading[0].shares]
    if spelt and len(spelt) == len(found):
        return max(spelt, key=lambda reading: _likelihood(*reading))[1]
    return next(text for language, text in found if not language.shares)


def unread_line(data: bytes) -> tuple[int, str]:
    """Return the number, from 1, of the first line not in Western letters, and what is legible of it.

    Args:
        data: Text that `of_windows` has no reading of.
    """
    lines = data.splitlines()
    for number, line in enumerate(lines, 1):
        text = _decoded(line, WESTERN)
        if text is None or MISREAD.search(text):
            return number, _legible(line)
    number = next((number for number, line in enumerate(lines, 1) if not line.isascii()), 1)
    return number, _legible(lines[number - 1]) if lines else ""


def _legible(line: bytes) -> str:
    return re.sub("\ufffd+", "…", line.decode("ascii", "replace")).strip()


def _readings(data: bytes) -> Iterator[tuple[_Language, str]]:
    """Yield the languages whose letters are those of a text in their code page, with the text."""
    for language in _LANGUAGES:
        text = _decoded(data, language.page)
        if text is not None and _fits(language, text):
            yield language, text


def _decoded(data: bytes, page: str) -> str | None:
    try:
        return data.decode(page)
    except UnicodeDecodeError:
        return None


def _fits(language: _Language, text: str) -> bool:
    """Return whether all letters are those of a language, where it has them, and no sign is within a word."""
    foreign = [letter for letter in text if not letter.isascii()]
    if any(not letter.isalpha() and letter not in _MARKS for letter in foreign):
        return False
    words = [word for word in _WORD.findall(text) if not word.isascii()]
    small = [_small(word) for word in words]
    letters = "".join(small)
    if not letters or not all(letter.isascii() or letter in language.known for letter in letters):
        return False
    if any(map(_is_mixed, set(words))) or any(map(language.wrong.search, set(small))):
        return False
    if _CUT.search(text):
        return False
    if language.shares:
        vowels = sum(letter in _VOWELS for letter in letters)
        least, most = _VOWEL_SHARE
        if any(map(str.isascii, letters)) or not least <= vowels / len(letters) <= most:
            return False
    return not language.needed or re.search(language.needed, letters) is not None


def _is_mixed(word: str) -> bool:
    """Return whether a small letter is before a capital: Žlutý and ŽLUTÝ are words, QualitŽ is none."""
    return any(one.islower() and other.isupper() for one, other in pairwise(word))


def _small(word: str) -> str:
    return unicodedata.normalize("NFC", word.replace("İ", "i").lower())


def _likelihood(language: _Language, text: str) -> float:
    """Return how likely the letters of a text are in a language: a mean natural logarithm."""
    letters = [_base(letter) for letter in text.lower() if letter.isalpha() and not letter.isascii()]
    return sum(language.frequencies.get(letter, -8.0) for letter in letters) / len(letters)


def _base(letter: str) -> str:
    """Return a Greek letter without its accent; in Cyrillic й is a letter of its own."""
    return unicodedata.normalize("NFD", letter)[0] if "\u0370" <= letter < "\u0400" else letter
