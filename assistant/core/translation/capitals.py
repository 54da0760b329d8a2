"""Sentences in capitals, whose words small models do not know."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.core.translation.names import GIVEN_NAMES

_WORD = re.compile(r"[^\W\d_]+")
_VOWELS = frozenset("AEIOUYÀÁÂÃÄÅÆÈÉÊËÌÍÎÏÒÓÔÕÖØŒÙÚÛÜÝАЕЁИОУЫЭЮЯІЇЄΑΕΗΙΟΥΩΆΈΉΊΌΎΏ")
_SHORT_NAMES = frozenset(
    "EU UE UN ONU UK USA EUA NATO OTAN IMF FMI UNESCO UNICEF OECD OCDE WTO OMC OMS EP BCE ILO AI IA".split()
)
"""Abbreviations that could be read as words."""

_TITLES = frozenset("MR MRS MS DR SR SRA MME".split())
_CALLED = frozenset(
    "MR MRS MS MISS DR DRA SR SRA SRTA SENHOR SENHORA DONA MME MLLE MONSIEUR MADAME HERR FRAU PROF SEÑOR "
    "SEÑORA SIG SIGNOR SIGNORA".split()
)
"""Behind these words is a name, which a model would translate in small letters (White, Leitão)."""

_DAYS = frozenset(
    "MONDAY TUESDAY WEDNESDAY THURSDAY FRIDAY SATURDAY SUNDAY JANUARY FEBRUARY APRIL JUNE JULY AUGUST "
    "SEPTEMBER OCTOBER NOVEMBER DECEMBER".split()
)
"""That English writes with a capital."""
_MONTH = re.compile(
    r"(?:\d(?:ST|ND|RD|TH)?\s+(?:OF\s+)?|\b(?:IN|OF|SINCE|UNTIL|BY|LAST|NEXT)\s+)(?P<month>MAY|MARCH)\b"
    r"|\b(?P<before>MAY|MARCH)\s+\d"
)
"""Words that are months where they stand beside a day, a year or such a word."""
_ORDINALS = frozenset("ST ND RD TH".split())

_LEAST_LETTERS = 5
"""A single word in capitals that is shorter may be an abbreviation."""

_SHOUTED_SHARE = 0.7
"""Share of a sentence's letters, where a name or two in small letters stand among capitals."""


_STRESSED = {
    "en": "not no never nobody none nothing must all only against yes cannot always very really "
    "first last next before after now today tomorrow yesterday again also both every each "
    "any more less most least same other another than then there here this that these "
    "those what which when where why how will would should could shall have had was were "
    "are is did does red green blue yellow black white orange big small large old new "
    "good bad left right up down out off stop wait please one two three four five six "
    "seven eight nine ten half twice once public private open closed free full important "
    "urgent wrong true false",
    "pt": "não nunca ninguém nenhum nenhuma nada contra todos todas só apenas sempre jamais "
    "muito muita mesmo mais menos primeiro primeira último última antes depois agora hoje "
    "amanhã ontem também ambos cada outro outra sim vermelho vermelha verde azul amarelo "
    "amarela preto preta branco branca grande pequeno pequena novo nova velho bom mau "
    "esquerda direita aqui ali este esta esse essa isto isso quando onde como porque um "
    "dois duas três quatro cinco seis sete oito nove dez metade público pública privado "
    "aberto aberta fechado fechada importante urgente obrigatório obrigatória errado "
    "certo verdade falso deve devem",
    "fr": "pas non jamais personne aucun aucune rien contre tous toutes seulement oui toujours "
    "très plus moins premier première dernier dernière avant après maintenant demain hier "
    "aussi chaque autre même rouge vert verte bleu bleue jaune noir noire blanc blanche "
    "grand grande petit petite nouveau nouvelle bon mauvais gauche droite ici quand "
    "comment pourquoi deux trois quatre cinq six sept huit neuf dix public publique privé "
    "ouvert fermé important urgent faux vrai doit doivent",
    "es": "no nunca nadie ningún ninguna nada contra todos todas solo sólo sí siempre jamás muy "
    "más menos primero primera último última antes después ahora hoy mañana ayer también "
    "cada otro otra mismo rojo roja verde azul amarillo amarilla negro negra blanco "
    "blanca grande pequeño pequeña nuevo nueva bueno malo izquierda derecha aquí cuando "
    "donde cómo dos tres cuatro cinco seis siete ocho nueve diez público pública privado "
    "abierto cerrado importante urgente falso debe deben",
    "de": "nicht nein nie niemand kein keine keinen nichts gegen alle nur ja immer muss sehr "
    "mehr weniger erste ersten letzte letzten vor nach jetzt heute morgen gestern auch "
    "jede jeder jedes andere beide rot rote roten grün grüne grünen blau blaue blauen "
    "gelb gelbe gelben schwarz schwarze schwarzen weiß weiße weißen groß große großen "
    "klein kleine kleinen neu neue neuen gut links rechts hier wann wo warum zwei drei "
    "vier fünf sechs sieben acht neun zehn öffentlich offen geschlossen wichtig dringend "
    "falsch richtig müssen",
    "it": "non no mai nessuno nessuna niente nulla contro tutti tutte solo sì sempre molto più "
    "meno primo prima ultimo ultima dopo adesso ora oggi domani ieri anche ogni altro "
    "altra stesso rosso rossa verde blu giallo gialla nero nera bianco bianca grande "
    "piccolo piccola nuovo nuova buono sinistra destra qui quando dove perché due tre "
    "quattro cinque sei sette otto nove dieci pubblico pubblica privato aperto chiuso "
    "importante urgente falso vero deve devono",
}
"""Words that are stressed with capitals, and change what is said, or stay untranslated, where a model does
not know them so. Other words in capitals may be abbreviations, and stay."""
_STRESSED_WORDS = {language: frozenset(words.split()) for language, words in _STRESSED.items()}

_ADVERB = {"en": "ly", "pt": "mente", "fr": "ement", "es": "mente", "it": "mente"}
_ROMAN = re.compile("[IVXLC]+")
_NUMERAL = re.compile(r"[ -][IVX]{2,4}\b")
_LONG = 7
"""Letters of an adverb at least, which is no abbreviation then."""


def without_stress(sentence: str, language: str, kept: Sequence[tuple[int, int]] = ()) -> str:
    """Return a sentence, of the same length, whose stressed words are in small letters.

    Args:
        sentence: In small letters but for those, such as “NOBODY voted against”.
        language: BCP-47 primary subtag.
        kept: From where to where it stays as it is, such as a term of the glossary.
    """

    def small(match: re.Match[str]) -> str:
        word = match.group()
        inside = any(start < match.end() and match.start() < end for start, end in kept)
        if inside or len(word) == 1 or not word.isupper() or not _is_stressed(word, language):
            return word
        if _NUMERAL.match(sentence, match.end()):
            return word  # RED II is a directive
        first = not any(map(str.isalnum, sentence[: match.start()]))
        return word.capitalize() if first else word.lower()

    return _WORD.sub(small, sentence)


def _is_stressed(word: str, language: str) -> bool:
    """Return whether a word in capitals is a common one, whatever is beside it."""
    small = word.lower()
    adverb = len(word) >= _LONG and small.endswith(_ADVERB.get(language, " "))
    return small in _STRESSED_WORDS.get(language, frozenset()) or (adverb and word not in _SHORT_NAMES)


def names_beside(sentence: str, language: str) -> Iterator[tuple[int, int]]:
    """Yield from where to where names in capitals stand in a sentence in small letters.

    They are two words in capitals or more (CLARA COSTA), or one behind a given name (Jean DUPONT).

    Args:
        sentence: In small letters but for those and abbreviations.
        language: BCP-47 primary subtag.
    """
    words = list(_WORD.finditer(sentence))
    number = 0
    while number < len(words):
        end = number
        while (
            end < len(words)
            and _may_be_name(words[end].group(), language)
            and (end == number or sentence[words[end - 1].end() : words[end].start()] in {" ", "-"})
        ):
            end += 1
        before = words[number - 1] if number else None
        given = (
            before is not None
            and before.group().lower() in GIVEN_NAMES
            and sentence[before.end() : words[number].start()].isspace()
        )
        if end > number + 1 or (end > number and given):
            yield words[number].start(), words[end - 1].end()
        number = max(end, number + 1)


def _may_be_name(word: str, language: str) -> bool:
    name = len(word) > 1 and word.isupper() and not _ROMAN.fullmatch(word)
    return name and not _is_abbreviation(word) and not _is_stressed(word, language)


def is_shouted(sentence: str) -> bool:
    """Return whether a sentence is written in capitals, and is more than an abbreviation or two."""
    words = [word for word in _WORD.findall(sentence) if word.upper() != word.lower()]
    capitals = [word for word in words if word.isupper()]
    plain = [word for word in capitals if len(word) > 1 and not _is_abbreviation(word)]
    letters = sum(map(len, words))
    if sum(map(len, capitals)) < _SHOUTED_SHARE * letters or not plain:
        return False
    return len(plain) > 1 or len(plain[0]) >= _LEAST_LETTERS or len(capitals) > 2  # noqa: PLR2004 - a sentence


def sentence_case(sentence: str, language: str, kept: Sequence[tuple[int, int]] = ()) -> str:
    """Return a sentence in small letters, of the same length, but for its first letter and abbreviations.

    Names behind a title keep their capital, and what English writes with one.

    Args:
        sentence: In capitals.
        language: BCP-47 primary subtag; “I” stays in English.
        kept: From where to where it stays as it is, such as a term of the glossary.
    """
    large = set(_large(sentence, language))

    def small(match: re.Match[str]) -> str:
        word = match.group()
        inside = any(start < match.end() and match.start() < end for start, end in kept)
        if language == "en" and word in _ORDINALS and sentence[match.start() - 1 : match.start()].isdigit():
            return word.lower()
        if inside or not word.isupper() or (len(word) > 1 and _is_abbreviation(word)):
            return word
        if word in _TITLES or match.start() in large:
            return word.capitalize()
        if word == "I" and language == "en":
            return word
        # Letters whose small form is two (İ) stay, so that places in the sentence hold.
        return "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in word)

    return capital_first(_WORD.sub(small, sentence))


def _large(sentence: str, language: str) -> Iterator[int]:
    """Yield where words begin that keep a capital: names behind a title, and days and months in English."""
    called = False
    for match in _WORD.finditer(sentence):
        word = match.group()
        if called or (language == "en" and word in _DAYS):
            yield match.start()
        after = sentence[match.end() : match.end() + 2]
        called = (word in _CALLED and after[:1] in {" ", "."}) or (word == "M" and after == ". ")
    if language == "en":
        for month in _MONTH.finditer(sentence):
            yield month.start(month.lastgroup or 0)


def capital_first(sentence: str) -> str:
    """Return a sentence with a capital as its first letter."""
    first = _WORD.search(sentence)
    if first is None:
        return sentence
    place = first.start()
    letter = sentence[place].upper()
    return sentence[:place] + (letter if len(letter) == 1 else sentence[place]) + sentence[place + 1 :]


def _is_abbreviation(word: str) -> bool:
    return word in _SHORT_NAMES or (word not in _TITLES and not _VOWELS & set(word))
