"""How people say that the meeting goes on to the next point."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_ORDINALS: Mapping[str, tuple[str, ...]] = {
    "fr": ("premier|première", "deuxième|second|seconde", "troisième", "quatrième", "cinquième", "sixième",
           "septième", "huitième", "neuvième", "dixième", "onzième", "douzième"),
    "en": ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
           "eleventh", "twelfth"),
    "de": ("erste[rn]?s?", "zweite[rn]?s?", "dritte[rn]?s?", "vierte[rn]?s?", "fünfte[rn]?s?",
           "sechste[rn]?s?", "siebte[rn]?s?", "achte[rn]?s?", "neunte[rn]?s?", "zehnte[rn]?s?"),
    "es": ("primer[oa]?", "segund[oa]", "tercer[oa]?", "cuart[oa]", "quint[oa]", "sext[oa]", "séptim[oa]",
           "octav[oa]", "noven[oa]", "décim[oa]"),
    "pt": ("primeir[oa]", "segund[oa]", "terceir[oa]", "quart[oa]", "quint[oa]", "sext[oa]", "sétim[oa]",
           "oitav[oa]", "non[oa]", "décim[oa]"),
    "it": ("prim[oa]", "second[oa]", "terz[oa]", "quart[oa]", "quint[oa]", "sest[oa]", "settim[oa]",
           "ottav[oa]", "non[oa]", "decim[oa]"),
}  # fmt: skip

_NUMBERS: Mapping[str, str] = {
    "fr": "un deux trois quatre cinq six sept huit neuf dix onze douze",
    "en": "one two three four five six seven eight nine ten eleven twelve",
    "de": "eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    "es": "uno dos tres cuatro cinco seis siete ocho nueve diez once doce",
    "pt": "um dois três quatro cinco seis sete oito nove dez onze doze",
    "it": "uno due tre quattro cinque sei sette otto nove dieci undici dodici",
}

_POINT: Mapping[str, str] = {
    "fr": r"points?|sujets?|dossiers?|délibérations?",
    "en": r"items?|points?|topics?|matters?",
    "de": r"(?:tagesordnungs)?punkte?s?|top|themas?",
    "es": r"puntos?|temas?|asuntos?",
    "pt": r"pontos?|assuntos?|temas?|itens|item",
    "it": r"punt[oi]|argoment[oi]",
}

_MOVES: Mapping[str, str] = {
    "fr": r"\b(?:on passe|passons|nous passons|je vous propose de passer|on va passer|nous allons passer|"
    r"nous en venons|on en vient|venons-en|on arrive|nous abordons|abordons|on aborde|"
    r"on (?:commence|démarre|attaque)|commençons|nous commençons) (?:donc |maintenant |tout de suite |"
    r"à présent |alors )*(?:au|à la|à l['’]|aux|à|avec|par|sur)\s*",
    "en": r"\b(?:(?:let['’]s|we(?:['’]ll| will| can| should)?|shall we|i['’]d like to|can we)(?: now)? "
    r"(?:(?:move|turn|go|come|get)(?: on)?(?: now)? to|(?:start|begin|kick)(?: off)? (?:with|by))|"
    r"(?:moving|turning)(?: on)?(?: now)? to|next up (?:is|we have)|next (?:we have|on the agenda is))\s+",
    "de": r"\b(?:(?:wir )?kommen (?:wir )?(?:nun |jetzt |dann |damit )*(?:zu[mr]?)|gehen wir "
    r"(?:weiter )?zu[mr]?|(?:wir )?beginnen (?:wir )?mit|weiter (?:geht es )?mit|fangen wir mit)\s+",
    "es": r"\b(?:pasamos|pasemos|vamos a pasar|empezamos|empecemos|comenzamos|comencemos) "
    r"(?:ahora |entonces |ya )*(?:al|a la|a los|a las|a|con|por)\s+",
    "pt": r"\b(?:passamos|passemos|vamos passar|começamos|comecemos|comecem|avançamos|avancemos) "
    r"(?:agora |então |já )*(?:ao|à|aos|às|para o|para a|para|com|pelo|pela)\s+",
    "it": r"\b(?:passiamo|veniamo|cominciamo|iniziamo|partiamo) (?:ora |adesso |quindi |dunque )*"
    r"(?:al|alla|allo|all['’]|ai|agli|alle|a|con|da|dal|dalla)\s*",
}

_NEXT: Mapping[str, str] = {
    "fr": r"(?:point|sujet|dossier) suivant|prochain (?:point|sujet)",
    "en": r"next (?:item|point|topic)",
    "de": r"nächste[rn]?s? (?:punkt|tagesordnungspunkt|thema)",
    "es": r"(?:siguiente|próximo) (?:punto|tema)|(?:punto|tema) siguiente",
    "pt": r"(?:próximo|seguinte) (?:ponto|assunto)|(?:ponto|assunto) seguinte",
    "it": r"(?:prossimo|successivo) (?:punto|argomento)|(?:punto|argomento) (?:successivo|seguente)",
}


@dataclass(frozen=True, slots=True)
class Announcement:
    """A sentence with which the meeting goes on to another point.

    Attributes:
        number: Which point of the agenda, from 1; None where none was named.
        topic: What was named as the topic; may be empty.
    """

    number: int | None
    topic: str


@dataclass(frozen=True, slots=True)
class _Rules:
    move: re.Pattern[str]
    next_point: re.Pattern[str]
    numbered: re.Pattern[str]
    ordinal: re.Pattern[str]
    ordinals: tuple[re.Pattern[str], ...]
    numbers: tuple[str, ...]


def _rules(lang: str) -> _Rules:
    point, numbers = _POINT[lang], _NUMBERS[lang].split()
    ordinals = "|".join(_ORDINALS[lang])
    return _Rules(
        move=re.compile(_MOVES[lang], re.IGNORECASE),
        next_point=re.compile(rf"\b(?:{_NEXT[lang]})\b", re.IGNORECASE),
        numbered=re.compile(
            rf"\b(?:{point})\s*(?:numéro|number|nummer|número|numero|n°|no\.?|#)?\s*"
            rf"(\d{{1,2}}|{'|'.join(numbers)})\b(?!\s*(?:%|€|euros?))",
            re.IGNORECASE,
        ),
        ordinal=re.compile(rf"\b({ordinals})\s+(?:{point})\b|\b(?:{point})\s+({ordinals})\b", re.IGNORECASE),
        ordinals=tuple(re.compile(rf"(?:{pattern})$", re.IGNORECASE) for pattern in _ORDINALS[lang]),
        numbers=tuple(numbers),
    )


_RULES = {lang: _rules(lang) for lang in _POINT}

_MOST_WORDS = 40
"""In a longer sentence the words have come by chance."""
_TOPIC_END = re.compile(r"[.,;:!?…]")
_ARTICLES = re.compile(
    r"^(?:(?:le|la|les|du|de la|des|the|der|die|das|dem|den|el|los|las|o|a|os|as|il|lo|i|gli)\s+|l['’])",
    re.IGNORECASE,
)


def read_announcement(sentence: str, lang: str) -> Announcement | None:
    """Return what a sentence announces; None where it announces nothing.

    Args:
        sentence: As it was said.
        lang: BCP-47 primary subtag; of others than those with rules nothing is known.
    """
    rules = _RULES.get(lang)
    if rules is None or len(sentence.split()) > _MOST_WORDS:
        return None
    number = _number_in(sentence, rules)
    move = rules.move.search(sentence)
    if number is None and not rules.next_point.search(sentence) and not (move and _is_short(sentence)):
        return None
    return Announcement(number, _topic_in(sentence, rules, move))


def _is_short(sentence: str) -> bool:
    return len(sentence.split()) <= _MOST_WORDS // 2


def _number_in(sentence: str, rules: _Rules) -> int | None:
    if found := rules.numbered.search(sentence):
        word = found.group(1).lower()
        return int(word) if word.isdigit() else rules.numbers.index(word) + 1
    if found := rules.ordinal.search(sentence):
        word = found.group(1) or found.group(2)
        return next((at for at, one in enumerate(rules.ordinals, 1) if one.match(word)), None)
    return None


def _topic_in(sentence: str, rules: _Rules, move: re.Match[str] | None) -> str:
    """Return what stands behind the announcement: after a comma or colon, or after the moving words."""
    marks = [found for found in (rules.next_point.search(sentence), rules.numbered.search(sentence),
                                 rules.ordinal.search(sentence)) if found]  # fmt: skip
    rest = sentence[max((mark.end() for mark in marks), default=move.end() if move else 0) :]
    rest = rest.lstrip(" ,;:–—-")
    end = _TOPIC_END.search(rest)
    topic = rest[: end.start()] if end else rest
    return _ARTICLES.sub("", topic.strip()).strip()
