"""French in Portuguese words: the form in which models that know Portuguese learn French soonest.

A small model that was trained on Portuguese and English learns French in an hour where it meets words that it
knows: French grammar, Portuguese words ("relexification"). `WordForWord` puts them into what a model
reads; `FrenchCode` takes them out of what it writes, and loses nothing: each French form has a code.
A model needs the very tables that it was trained with; they lie beside its weights.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from assistant.core.errors import PackageInvalid
from assistant.core.translation.capitals import capital_first
from assistant.core.translation.french_names import is_name, is_surely_a_name, leads, names_in, people_in
from assistant.core.translation.masking import plain_letter
from assistant.core.translation.terminology import invented_names_beside


def _pairs(text: str) -> dict[str, str]:
    return {one: other for one, _, other in (pair.partition("=") for pair in text.split(", "))}


MARKS = "§¶†‡¤¦¬±×÷¿"
"""Behind the code of a French form: it is the second, the third, … of those that share a Portuguese word."""

AS_IT_IS = "¡"
"""Behind a word that stands for itself, though a French form has the same code."""

FRENCH_LETTERS = frozenset("àâäçéèêëîïôöùûüÿœæÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŸŒÆ’«»\u00a0\u202f")
"""What French text has that Portuguese may lack; `WordForWord` leaves none that a model does not know."""

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*'?")
_TOKEN = re.compile(r"[^\W\d_]+(?:[-'][^\W\d_]+)*'?|\s+|.", re.DOTALL)
_CODED = re.compile(
    rf"[^\W\d_{MARKS}{AS_IT_IS}]+(?:[-'][^\W\d_{MARKS}{AS_IT_IS}]+)*'?[{MARKS}{AS_IT_IS}]*|\s+|.", re.DOTALL
)
_NOT = re.compile(r"\b(ne |n')(\w+(?:'\w+)?(?: \w+)?) pas\b", re.IGNORECASE)
_NE = re.compile(r"\bn(?:e\s|')[^,.;:?!]{0,20}$", re.IGNORECASE)
_SPOKEN_NOT = re.compile(
    r"\b(c'est|y a|j'ai|j'suis|sais|suis|peux|peut|veux|veut|vais|va|est|sont|as|a|ont|avez|faut|fait|crois"
    r"|pense|comprends|vois|connais|aime|était|avait|marche|entends) pas\b(?! (?:mal|seulement)\b)",
    re.IGNORECASE,
)
"""Who speaks leaves out “ne”."""

_FOREIGN = re.compile(r"[^\W\d_a-zA-ZàâçéèêëîïôùûœæÀÂÇÉÈÊËÎÏÔÙÛŒÆ]")
_NO_LETTER = r"(?!\w)"
_INVERTED = re.compile(
    r"(?P<verb>\w+)-(?:t-)?(?P<who>je|tu|il|elle|on|nous|vous|ils|elles|ce|moi|toi|lui|le|la|les|y|en)"
)
_POINTED = re.compile(r"(?P<noun>\w+)-(?:ci|là)")
_CONTRACTED = _pairs(
    "de o=do, de os=dos, de a=da, de as=das, de um=dum, em o=no, em os=nos, em a=na, em as=nas, "
    "a o=ao, a os=aos, por o=pelo, por os=pelos"
)
_CONTRACTION = re.compile(rf"\b(?:{'|'.join(_CONTRACTED)})\b", re.IGNORECASE)

_ELIDED = _pairs(
    "l'=le, d'=de, n'=ne, qu'=que, s'=se, c'=ce, j'=je, m'=me, t'=te, jusqu'=jusque, lorsqu'=lorsque, "
    "puisqu'=puisque, quoiqu'=quoique"
)
_ELISION = re.compile(r"(?:l|d|n|qu|s|c|j|m|t|jusqu|lorsqu|puisqu|quoiqu)'(?=\w)", re.IGNORECASE)
_ELIDING = {full: elided for elided, full in _ELIDED.items()} | {"la": "l'"}
_JOINED = _pairs(
    "de la=da, dans le=no, dans la=na, dans les=nos, par le=pelo, par la=pela, par les=pelos, à la=à, "
    "dans un=num, dans une=numa, de un=dum, de une=duma, du=do, des=dos, au=ao, aux=aos"
)
"""French words that one Portuguese word stands for."""
_APART = {portuguese: french for french, portuguese in _JOINED.items()} | _pairs(
    "das=des, nas=dans les, às=aux, pelas=par les, as=les"
)
_PHRASES = _pairs(
    "il y a=há, il y avait=havia, parce que=porque, peut-être=talvez, c'est=é, bien sûr=claro, "
    "d'abord=primeiro, aujourd'hui=hoje, jusqu'à=até, afin que=para, tandis que=enquanto"
)
"""Coded as one, with their codes."""
_PHRASE = re.compile(
    rf"(?<![\w'-])(?:{'|'.join(sorted(_PHRASES, key=len, reverse=True))})(?![\w'-])", re.IGNORECASE
)
_FEMININE = re.compile(rf"(?:a|ção|são|dade|gem|ude)[{MARKS}]?$")
_VOWEL = re.compile(r"[aeiouyhàâäéèêëîïôöùûüœæ]", re.IGNORECASE)
_ASPIRATED = frozenset(
    "hache haie haies haine halal hall halle halles halo halogène halte haltère hamac hameau hameaux "
    "hanche hanches hangar hangars hanovre hanter hantise happer hackathon hacker hackers hardware "
    "harde hargne haricot haricots harcèlement harnais harpe hasard hasards hasardeux hausse hausser "
    "hausses haussier haut haute hautement hautes hauteur hauteurs hauts havane havre haye hâte "
    "handicap handicapé handicapée handicapés handicaps hein hernie hérisser hérisson héros heurt "
    "heurter heurté heurts hibou hiérarchie hiérarchies hiérarchique hip hisser hit hobby hockey "
    "holding hollandais hollande homard hongrie hongrois honte honteuse honteux hoquet hors hot hotte "
    "housse hub hublot hubs huche huée huit huitaine huitième hurlement hurlements hurler husky hutte "
    "haïti onze onzième oui ouistiti".split()
)
"""Before these a French article keeps its vowel."""


@dataclass(frozen=True, slots=True)
class Relexified:
    """A sentence as a model reads it.

    Attributes:
        text: What the model is given.
        restored: Turns the model's answer into the translation.
        names: What has to stand in the translation as it was said.
    """

    text: str
    restored: Callable[[str], str]
    names: tuple[str, ...] = ()


class WordForWord:
    """Puts Portuguese words into French text; its order and its names stay.

    Args:
        table: The Portuguese word of each French word or phrase, in small letters. What has a capital is
            taken as it is written: `Bruxelles` for the city, `Pierre` for the man, which stands for itself.
        letters: The characters that the model knows; empty for all. Names with others go in without their
            marks, and get them back.
        names: Words of the table that are called the same in every language: Nantes.
    """

    def __init__(
        self,
        table: Mapping[str, str],
        letters: frozenset[str] = frozenset(),
        names: Collection[str] = frozenset(),
    ) -> None:
        self._words = {
            french: french if _is_torn(french, other) else other
            for french, other in table.items()
            if _WORD.fullmatch(french)
        }
        phrases = {french.lower(): other for french, other in table.items() if french not in self._words}
        longest_first = sorted(phrases, key=len, reverse=True)
        known = "|".join(
            re.escape(phrase) + (_NO_LETTER if phrase[-1].isalnum() else "") for phrase in longest_first
        )
        self._phrases = phrases
        self._part = re.compile(
            rf"(?<![\w'-])(?P<phrase>{known})|{_WORD.pattern}" if known else _WORD.pattern, re.IGNORECASE
        )
        self._letters = letters
        self._names = frozenset(names)

    @classmethod
    def read(cls, path: Path, letters: frozenset[str] = frozenset()) -> WordForWord:
        """Return what a table says; raises `PackageInvalid`.

        Args:
            path: In each line a French and a Portuguese word and, where every language calls it so, `name`.
            letters: The characters that the model knows.
        """
        rows = list(_rows(path, 2, 3))
        return cls({row[0]: row[1] for row in rows}, letters, {row[0] for row in rows if row[2:]})

    def prepare(self, sentence: str, hidden: Collection[str] = ()) -> Relexified:
        """Return a sentence as the model may read it, and how its answer becomes the translation.

        Args:
            sentence: In French.
            hidden: Names that the model does not copy: an invented one, which it does, stands for each.
        """
        text = _plain(sentence)
        text = _SPOKEN_NOT.sub(_with_ne, text)
        text = _NOT.sub(r"\1\2", text)
        kept = _Kept.hiding(hidden, sentence)
        text = self._part.sub(partial(self._replaced, kept), text)
        text = _CONTRACTION.sub(lambda match: _in_case(match[0], _CONTRACTED[match[0].lower()]), text)
        return Relexified(re.sub(r"\s+", " ", text).strip(), kept.restored, tuple(dict.fromkeys(kept.names)))

    def _replaced(self, kept: _Kept, match: re.Match[str]) -> str:
        word = match[0]
        if "phrase" in match.re.groupindex and match["phrase"]:
            target: str | None = _in_case(word, self._phrases[word.lower()])
        else:
            target = self._target(word, match.string[: match.start()], match.string[match.end() :])
        if target is None or word in self._names:
            return self._known(word, kept)
        return target + " " if word.endswith("'") else target

    def _target(self, word: str, before: str, behind: str) -> str | None:
        """Return what stands for a word; None for a name, and for what the table does not have."""
        if word[:1].isupper() and is_surely_a_name(word, before, behind):
            return None
        if word[:1].isupper() and word.lower() in self._words and leads(word, before):
            return _in_case(word, self._words[word.lower()])
        if word in self._words:
            first = word[:1].isupper() and self._words[word] == word and word.lower() in self._words
            return None if first else self._words[word]
        if word[:1].isupper() and (
            is_name(word, before, behind) or (word.isupper() and len(word.strip("'")) > 1)
        ):
            return None
        target = self._words.get(word.lower())
        if target is None:
            target = self._of_parts(word.lower())
        return None if target is None else _in_case(word, target)

    def _of_parts(self, word: str) -> str | None:
        """Return what stands for a verb with who does it behind, or for a thing that is pointed at."""
        if parts := _INVERTED.fullmatch(word):
            verb, who = (self._words.get(part) for part in (parts["verb"], parts["who"]))
            return f"{verb} {who}" if verb and who else None
        if parts := _POINTED.fullmatch(word):
            return self._words.get(parts["noun"])
        return None

    def _known(self, word: str, kept: _Kept) -> str:
        """Return a word in letters that the model knows, or what stands for a name."""
        if word[:1].isupper() and not word.isupper():
            kept.names.append(word)
        if word in kept.stands:
            return kept.stands[word]
        if not self._letters or self._letters >= set(word):
            return word
        plain = "".join(letter if letter in self._letters else plain_letter(letter) for letter in word)
        if word[:1].isupper():
            kept.stands[word] = plain
        return plain


@dataclass(slots=True)
class _Kept:
    """What of a sentence stays as it was said.

    Attributes:
        stands: What the model reads in place of names.
        names: All that there are.
    """

    stands: dict[str, str]
    names: list[str] = field(default_factory=list)

    @classmethod
    def hiding(cls, names: Collection[str], sentence: str) -> _Kept:
        """Return what hides names of a sentence, as far as there are invented ones."""
        return cls(dict(zip(names, invented_names_beside(sentence), strict=False)))

    def restored(self, answer: str) -> str:
        """Return an answer with names as they were said."""
        for name, plain in self.stands.items():
            answer = re.sub(rf"\b{re.escape(plain)}\b", name.replace("\\", r"\\"), answer)
        return answer


class FrenchCode:
    """French written in Portuguese words, and back.

    Each French form stands for a Portuguese word; where several share one, the rarer ones carry a mark
    behind it. Names and unknown words stay as they are. “de la” and “da” are one word, “l'” is “o” or “a”:
    the rules of French spelling bring them back.

    Args:
        forms: French forms and their Portuguese words in small letters, the form that is used most first; a
            name that French has a word of its own for (Chine) with a capital.
        others: The French form that is nearest to a Portuguese word which stands for none; models write such.
    """

    def __init__(self, forms: Iterable[tuple[str, str]], others: Mapping[str, str] | None = None) -> None:
        self._codes: dict[str, str] = {}
        self._places: set[str] = set()
        back: defaultdict[str, list[str]] = defaultdict(list)
        for french, portuguese in forms:
            rank, low = len(back[portuguese]), french.lower()
            if rank > len(MARKS) or low in self._codes:
                continue
            back[portuguese].append(low)
            self._codes[low] = portuguese + (MARKS[rank - 1] if rank else "")
            if low != french:
                self._places.add(portuguese)
        self._back: dict[str, list[str]] = dict(back)
        self._others = {word: form for word, form in (others or {}).items() if word not in back}

    @classmethod
    def read(cls, path: Path) -> FrenchCode:
        """Return what a table says; raises `PackageInvalid`.

        Args:
            path: In each line a French form, its Portuguese word and, where the model alone might write that
                word, `back`.
        """
        forms: list[tuple[str, str]] = []
        others: dict[str, str] = {}
        for french, portuguese, *back in _rows(path, 2, 3):
            if back:
                others[portuguese] = french
            else:
                forms.append((french, portuguese))
        return cls(forms, others)

    def encode(self, text: str) -> str:
        """Return French text in Portuguese words; a model learns to write it."""
        words = list(_french_tokens(re.sub(r"\s+", " ", _plain(text)).strip()))
        out: list[str] = []
        place = 0
        while place < len(words):
            code, used = self._coded(words, place)
            out.append(code)
            place += used
        return re.sub(r" +", " ", re.sub(r" ([?!:;])", r"\1", "".join(out))).strip()

    def decode(self, answer: str, source: str = "") -> str:
        """Return in French what a model wrote.

        Args:
            answer: French in Portuguese words.
            source: What it translates; names in it stay as they are written there.
        """
        names = names_in(source)
        text = "".join(self._form(token, names) for token in _CODED.findall(answer))
        text = re.sub(r" *([?!:;])(?=\s|$)", r" \1", "".join(_elided(_TOKEN.findall(text))))
        return re.sub(r" +", " ", text).strip()

    def prepare(self, sentence: str, hidden: Collection[str] = ()) -> Relexified:
        """Return a sentence, which the model reads as it is, and how its answer becomes French.

        Args:
            sentence: In English.
            hidden: Names that the model does not copy: an invented one, which it does, stands for each.
        """
        kept = _Kept.hiding(hidden, sentence)
        text = sentence
        for name, stands in kept.stands.items():
            text = re.sub(rf"\b{re.escape(name)}\b", stands, text)
        return Relexified(text, partial(self._restored, text, kept), people_in(sentence))

    def _restored(self, source: str, kept: _Kept, answer: str) -> str:
        return kept.restored(self.decode(answer, source))

    def _coded(self, words: list[str], place: int) -> tuple[str, int]:
        """Return the code of a word, or of it and those behind it, and how many that takes."""
        word = words[place]
        low = word.lower()
        if low in _PHRASES and (" " in low or "'" in low or "-" in low):
            return self._plain_code(word, low), 1
        full = _ELIDED.get(low, low)
        follows = next((at for at in range(place + 1, len(words)) if not words[at].isspace()), None)
        after = words[follows].lower() if follows is not None and follows <= place + 2 else ""
        if low == "s'" and after in {"il", "ils"}:
            full = "si"
        if low == "l'":
            full = "la" if _FEMININE.search(self._codes.get(after, "")) else "le"
        if after and follows is not None:
            pair = {"de": "du", "à": "à la"}.get(full, "") if after == "l'" else f"{full} {after}"
            if pair in _JOINED:
                space = " " if after.endswith("'") else ""
                return _in_case(word, _JOINED[pair]) + space, follows + 1 - place
        code = _in_case(word, _JOINED[low]) if low in _JOINED else self._plain_code(word, full)
        return code + (" " if low in _ELIDED else ""), 1

    def _plain_code(self, word: str, full: str) -> str:
        mixed = word[1:].lower() != word[1:] and word.lower() not in _ELIDED  # THIS, États-Unis
        if full in self._codes and not mixed:
            return _in_case(word, self._codes[full])
        clash = word.lower() in self._back or word.lower() in _APART
        return word + AS_IT_IS if clash else word

    def _form(self, token: str, names: frozenset[str]) -> str:
        """Return the French form of a token of a model's answer."""
        word = token.rstrip(MARKS + AS_IT_IS)
        mark = token[len(word) :][:1]
        low = word.lower()
        if mark == AS_IT_IS or not any(map(str.isalpha, low)):
            return word
        if word in names and not mark and low not in self._places:
            return word
        if not mark and low in _APART:
            return _in_case(word, _APART[low])
        if word.isupper() and len(word) > 1:
            return word
        if forms := self._back.get(low):
            rank = MARKS.index(mark) + 1 if mark else 0
            return _in_case(word, forms[min(rank, len(forms) - 1)])
        return _in_case(word, self._others[low]) if low in self._others else word


def _is_torn(word: str, other: str) -> bool:
    """Return whether what stands for a name is only what a vocabulary knew of it: “Ller” for Müller."""
    if not word[:1].isupper() or len(other) >= len(word) or not _FOREIGN.search(word):
        return False
    letters = iter(word.lower())
    return all(letter in letters for letter in other.lower())


def _plain(text: str) -> str:
    """Return a text with plain apostrophes, quotation marks and spaces."""
    text = re.sub(r"«\s*|\s*»", '"', re.sub(r"[’ʼ‘]", "'", text))
    return re.sub(r"[\u00a0\u202f\u2009]", " ", text)


def _with_ne(match: re.Match[str]) -> str:
    verb = match[1]
    if _NE.search(match.string[: match.start()]):
        return match[0]
    if verb.lower() == "c'est":
        return f"{_in_case(verb, 'ne')} c'est pas"
    if verb.lower().startswith("j'"):
        return f"{verb[0]}e n'{verb[2:]} pas"
    elided = _VOWEL.match(verb) is not None
    return f"{'n' + chr(39) if elided else 'ne '}{verb} pas"


def _in_case(model: str, text: str) -> str:
    """Return a text with a capital where the model of it has one."""
    return capital_first(text) if model[:1].isupper() else text


def _french_tokens(text: str) -> Iterator[str]:
    """Yield words, phrases, elisions and everything else, white space too."""
    done = 0
    for phrase in _PHRASE.finditer(text):
        yield from _elisions(text[done : phrase.start()])
        yield phrase[0]
        done = phrase.end()
    yield from _elisions(text[done:])


def _elisions(text: str) -> Iterator[str]:
    for found in _TOKEN.findall(text):
        token = found
        while elision := _ELISION.match(token):
            yield elision[0]
            token = token[elision.end() :]
        yield token


def _elided(words: list[str]) -> list[str]:
    """Return words and the white space between them with the elisions that French spelling wants."""
    spoken = list(words)
    for place, word in enumerate(words[:-2]):
        low, after = word.lower(), words[place + 2]
        if not words[place + 1].isspace() or not after[:1].isalpha():
            continue
        if low == "si" and after.lower() in {"il", "ils"}:
            elided = "s'"
        elif low in {"du", "au"} and _elides(after):
            elided = "de l'" if low == "du" else "à l'"
        elif low in _ELIDING and _elides(after):
            if low == "ce" and after.lower() not in {"est", "était", "étaient", "en", "est-ce"}:
                continue
            elided = _ELIDING[low]
        else:
            continue
        spoken[place], spoken[place + 1] = _in_case(word, elided), ""
    return spoken


def _elides(word: str) -> bool:
    """Return whether an article before a word loses its vowel."""
    low = re.split(r"\W", word.lower(), maxsplit=1)[0]
    y = low.startswith("y") and low != "y"
    return _VOWEL.match(low) is not None and low not in _ASPIRATED and not y


def _rows(path: Path, *widths: int) -> Iterator[tuple[str, ...]]:
    """Yield the cells of each line of a table."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise PackageInvalid(f"The word table {path.name} cannot be read.") from error
    for number, line in enumerate(lines, 1):
        cells = tuple(line.split("\t"))
        if len(cells) not in widths or not all(cells):
            raise PackageInvalid(f"Line {number} of the word table {path.name} is damaged.")
        yield cells
