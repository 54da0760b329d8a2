"""The two tables: Portuguese words for French text that is read, and a code for French that is written."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from num2words import num2words

from train.errors import NotTrainable
from train.word_tables.alignment import Links
from train.word_tables.families import Families
from train.word_tables.participles import PERFECT, as_participles, participle_forms
from train.word_tables.recipe import Recipe
from train.word_tables.text import (
    FRENCH_CONTRACTIONS,
    FRENCH_PRONOUNS,
    PORTUGUESE_CONTRACTIONS,
    parted,
    plain,
)

BY_HAND = Path(__file__).with_name("by_hand.tsv")

WORDS, CODE, BACK, NAME = "words", "code", "back", "name"

Pool = dict[str, dict[str, float]]
"""What stood for each French form in small letters, and how often."""

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_ENGLISH = 5
"""A Portuguese word that is met so much oftener in English text is none."""
_LIKELY = 0.9
_USUAL = 0.3
"""A word is believed that stood for a form about once, or in such a share of the cases."""
_UNLIKELY = 0.08
_FAIRLY = 0.15
_SURE = 2.0
_MAJORITY = 0.5
_SHORTEST_GUESS = 4
_PLACE = 0.15
_NAME = 0.3
"""A form that is met in small letters in smaller shares is a place that has a capital, or a name."""
_MET = 5
_CONTINUING = 0.4
"""Weight of a Portuguese -ndo where the French form is not in -nt: of “en train de”, and of English -ing."""
_BACK_SHARE = 0.25
_BACK_COUNT = 0.8


@dataclass(frozen=True, slots=True)
class ByHand:
    """Function words, phrases and what else no corpus says well.

    Attributes:
        words: Portuguese for French words and phrases that are read.
        code: Codes of French forms, the one that is met most first.
        back: The French of Portuguese words that stand for no form of their own.
    """

    words: dict[str, str]
    code: dict[str, str]
    back: dict[str, str]

    @classmethod
    def read(cls, path: Path = BY_HAND) -> ByHand:
        """Return what a table says: French, Portuguese and, where a row is for one thing only, which.

        Raises:
            NotTrainable: A row is damaged.
        """
        found = cls(_numerals(), {}, {})
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            french, portuguese, use = [*line.split("\t"), "", "", ""][:3]
            if not portuguese or use not in {"", WORDS, CODE, BACK}:
                raise NotTrainable(f"{path}, line {number} is damaged.")
            if use in {"", WORDS}:
                found.words[french] = found.words[french.lower()] = portuguese
            if use in {"", CODE}:
                found.code[french] = portuguese
            if use == BACK:
                found.back[portuguese] = french
        return found


@dataclass(frozen=True, slots=True)
class Forms:
    """French forms as a corpus has them, in small letters.

    Attributes:
        counts: How often each is met.
        small: How often it is met without a capital.
        weighed: How often it is met where no part of the corpus outweighs the others.
    """

    counts: Counter[str]
    small: Counter[str]
    weighed: Counter[str]

    def is_place(self, form: str) -> bool:
        """Return whether a form is written with a capital: Allemagne."""
        return self.counts[form] >= _MET and self.small[form] < _PLACE * self.counts[form]


@dataclass(frozen=True, slots=True)
class Tables:
    """What was made.

    Attributes:
        words: Portuguese for French words and phrases that are read.
        code: French forms and their codes, of those that share one the commonest first.
        back: The French form for Portuguese words that are no code.
        guessed: Forms among the words that no sentence had, whose words their relatives or endings gave.
    """

    words: dict[str, str]
    code: list[tuple[str, str]]
    back: dict[str, str]
    guessed: frozenset[str]

    def write(self, folder: Path, names: Collection[str] = ()) -> list[Path]:
        """Write both tables as the service reads them; return where they are.

        Args:
            folder: Where to.
            names: Words that are called the same in every language.
        """
        words, code = folder / "words.fr-pt.tsv", folder / "code.fr-pt.tsv"
        marks = dict.fromkeys(names, f"\t{NAME}")
        rows = [f"{french}\t{other}{marks.get(french, '')}\n" for french, other in sorted(self.words.items())]
        words.write_text("".join(rows), "utf-8")
        rows = [f"{french}\t{other}\n" for french, other in self.code]
        rows += [f"{french}\t{other}\t{BACK}\n" for other, french in sorted(self.back.items())]
        code.write_text("".join(rows), "utf-8")
        return [words, code]


def make_tables(
    links: Links, forms: Forms, english: Mapping[str, int], by_hand: ByHand, recipe: Recipe
) -> Tables:
    """Return the tables that an alignment gives.

    Args:
        links: Of French and Portuguese words.
        forms: That the tables should have.
        english: How often words are met in English; the Portuguese is a translation, and has some left.
        by_hand: What the alignment does not decide.
        recipe: Weights.
    """
    known = {
        word: count for word, count in links.portuguese.items() if english.get(word, 0) < _ENGLISH * count
    }
    pool = pooled(links, known)
    families = Families(sure_words(pool), known)
    aligned, doubtful = _aligned(pool, links, families, recipe)
    families = Families({form: word for form, word in aligned.items() if form not in by_hand.words}, known)
    for form, choices in pool.items():
        if form in aligned and len(form) > 3 and len(choices) > 1:  # noqa: PLR2004 - a stem and an ending
            aligned[form] = best_choice(form, choices, families, recipe, families.guess(form))
    guessed = _guessed(forms, aligned, doubtful, by_hand, families)
    words = aligned | guessed
    words |= _compounds(forms, words | by_hand.words)
    words = {form: word for form, word in words.items() if _usable(form, word, forms, by_hand)}
    code = _code(words, pool, forms, known, by_hand, recipe)
    back = _back(links, {form for form, _ in code}, {other for _, other in code}, by_hand)
    read = {(form.capitalize() if forms.is_place(form) else form): word for form, word in words.items()}
    read = {form: (word.capitalize() if form[:1].isupper() else word) for form, word in read.items()}
    placed = [(_with_place(form, other, forms), other) for form, other in code]
    return Tables(words | read | by_hand.words, placed, back, frozenset(guessed))


def pooled(links: Links, known: Mapping[str, int]) -> Pool:
    """Return what stood for each French form, whatever its capitals; for participles, participles."""
    pool: Pool = {}
    capitals: Pool = {}
    for form, choices in links.counts.items():
        if not form.endswith(PERFECT):
            (pool if form == form.lower() else capitals)[form] = _settled(form, choices, known)
    for form, choices in sorted(capitals.items()):
        low = form.lower()
        if links.french.get(low, 0) < _NAME * links.french[form]:
            merged = pool.setdefault(low, {})
            for word, count in choices.items():
                merged[word.lower()] = merged.get(word.lower(), 0.0) + count
    for form in participle_forms(list(links.counts)):
        perfect = _settled(form, links.counts[form + PERFECT], known)
        pool[form] = as_participles(pool.get(form, {}), perfect, form, known)
    return {form: choices for form, choices in pool.items() if choices}


def sure_words(pool: Pool) -> dict[str, str]:
    """Return the words that stood for most of several occurrences of a form."""
    best = {form: max(choices, key=lambda word: (choices[word], word)) for form, choices in pool.items()}
    return {
        form: word
        for form, word in best.items()
        if pool[form][word] >= _SURE and pool[form][word] >= _MAJORITY * sum(pool[form].values())
    }


def best_choice(
    form: str,
    choices: Mapping[str, float],
    families: Families,
    recipe: Recipe,
    votes: Mapping[str, float] | None = None,
) -> str:
    """Return the likeliest of the words that stood for a form: often seen, with a fitting ending."""
    cast = max(sum(votes.values()), 1.0) if votes else 1.0

    def score(word: str) -> tuple[float, str]:
        value = choices[word]
        if len(form) > _SHORTEST_GUESS:
            fit = families.fits(form, word)
            value = (value + fit) * (fit + 0.05) ** recipe.endings
        if word.endswith("ndo") and not form.endswith("nt"):
            value *= _CONTINUING
        if votes:
            value *= 1 + recipe.family * votes.get(word, 0.0) / cast
        return value, word

    return max(choices, key=score)


def _settled(form: str, choices: Mapping[str, float], known: Mapping[str, int]) -> dict[str, float]:
    """Return choices without capitals that the words need not have, and without initials."""
    found: dict[str, float] = {}
    for word, count in choices.items():
        if word[1:] != word[1:].lower() and word[1:] != form[1:] and "-" not in word:
            continue
        low = word.lower()
        small = form == form.lower() and (known.get(low, 0) > _NAME * known.get(word, 1) or "-" in word)
        found[low if small else word] = found.get(low if small else word, 0.0) + count
    return found


def _aligned(
    pool: Pool, links: Links, families: Families, recipe: Recipe
) -> tuple[dict[str, str], dict[str, tuple[str, float]]]:
    """Return the words that are believed, and the best of the others with their share."""
    believed: dict[str, str] = {}
    doubtful: dict[str, tuple[str, float]] = {}
    seen: Counter[str] = Counter()
    for form, count in links.french.items():
        seen[form.lower().removesuffix(PERFECT)] += count
    for form, choices in pool.items():
        likely = {word: count for word, count in choices.items() if count >= _UNLIKELY}
        if not likely:
            continue
        word = best_choice(form, likely, families, recipe)
        share = likely[word] / max(seen[form], 1)
        if likely[word] >= _LIKELY or share >= _USUAL:
            believed[form] = word
        else:
            doubtful[form] = word, share
    return believed, doubtful


def _guessed(
    forms: Forms,
    aligned: Mapping[str, str],
    doubtful: Mapping[str, tuple[str, float]],
    by_hand: ByHand,
    families: Families,
) -> dict[str, str]:
    """Return words for forms that are met, and that no sentence gave one."""
    guessed: dict[str, str] = {}
    for form, count in sorted(forms.counts.items()):
        if count < 2 or len(form) < _SHORTEST_GUESS or form in aligned or form in by_hand.words:  # noqa: PLR2004 - no slip
            continue
        if "-" in form or form.endswith("'") or forms.small[form] < _NAME * count:
            continue
        votes = families.guess(form)
        word, share = doubtful.get(form, ("", 0.0))
        if votes:
            guessed[form] = max(votes, key=lambda other: (votes[other], other))
        elif share >= _FAIRLY:
            guessed[form] = word
    return guessed


def _compounds(forms: Forms, words: Mapping[str, str]) -> dict[str, str]:
    """Return what stands for a verb with its pronouns behind: donne-moi is dá me."""
    found: dict[str, str] = {}
    for form, count in forms.counts.items():
        head, tail = parted(form)
        if count > 1 and tail and form not in words and head in words and tail != ["t"]:
            pronouns = [FRENCH_PRONOUNS[word] for word in tail if FRENCH_PRONOUNS[word]]
            found[form] = " ".join([words[head], *pronouns])
    return found


def _usable(form: str, word: str, forms: Forms, by_hand: ByHand) -> bool:
    if form in by_hand.words or form.endswith("'") or PERFECT in form:
        return False
    if forms.is_place(form):
        return (word.lower() != form and plain(form)[:3] == plain(word)[:3]) or forms.counts[form] > _MET**2
    return True


def _code(
    words: Mapping[str, str],
    pool: Pool,
    forms: Forms,
    known: Mapping[str, int],
    by_hand: ByHand,
    recipe: Recipe,
) -> list[tuple[str, str]]:
    """Return a code for each form: where two want the same, the rarer takes another word if it has one."""
    not_codes = set(PORTUGUESE_CONTRACTIONS) | {"as"}

    def fit(word: str) -> bool:
        return word not in not_codes and _WORD.fullmatch(word) is not None and word in known

    small = {word.lower() for word in known}
    code = dict(by_hand.code)
    used = Counter(code.values())
    wanted = {form: word.lower() for form, word in words.items() if form not in code}
    for form in sorted(wanted, key=lambda form: (-forms.counts[form], form)):
        word, choices = wanted[form], pool.get(form, {})
        if form in FRENCH_CONTRACTIONS or form == "des" or form in by_hand.words:
            continue
        if used[word]:
            least = max(recipe.alternative * choices.get(word, 0.0), _BACK_COUNT)
            others = sorted((other for other in choices if choices[other] >= least), key=choices.__getitem__)
            free = [
                other
                for other in reversed(others)
                if not used[other] and fit(other) and (form.endswith("nt") or not other.endswith("ndo"))
            ]
            word = free[0] if free else word
        if word not in not_codes and _WORD.fullmatch(word) and word in small:
            code[form] = word
            used[word] += 1

    def place(form: str) -> tuple[int, float, str]:
        if form in by_hand.code:
            return 0, float(list(by_hand.code).index(form)), form
        choices = pool.get(form, {})
        share = (choices.get(code[form], 0.0) + 0.2) / (sum(choices.values()) + 0.4)
        return 1, -share * forms.weighed[form], form

    return [(form, code[form]) for form in sorted(code, key=place)]


def _back(links: Links, coded: set[str], codes: set[str], by_hand: ByHand) -> dict[str, str]:
    """Return the form that stood most often for each word that is no code."""
    seen: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    for form, choices in links.counts.items():
        plain_form = form.removesuffix(PERFECT)
        if plain_form == plain_form.lower():
            for word, count in choices.items():
                if word == word.lower():
                    seen[word][plain_form] += count
    back = dict(by_hand.back)
    for word, choices_of in sorted(seen.items()):
        form = max(choices_of, key=lambda other: (choices_of[other], other))
        often = choices_of[form] >= _BACK_COUNT and choices_of[form] >= _BACK_SHARE * links.portuguese[word]
        if often and form in coded and word not in back and _WORD.fullmatch(word):
            back[word] = form
    return {
        word: form
        for word, form in back.items()
        if (word not in codes and word not in PORTUGUESE_CONTRACTIONS) or word in by_hand.back
    }


def _with_place(form: str, other: str, forms: Forms) -> str:
    return form.capitalize() if forms.is_place(form) and len(other) > 2 else form  # noqa: PLR2004 - articles


def _numerals() -> dict[str, str]:
    """Return the numbers up to a hundred, as French writes them with hyphens."""
    return {
        num2words(number, lang="fr").replace(" ", "-"): num2words(number, lang="pt_BR")
        for number in range(17, 100)
    }


def english_words(sentences: Iterable[str]) -> Counter[str]:
    """Return how often words are met in English sentences."""
    return Counter(match.lower() for sentence in sentences for match in _WORD.findall(sentence))
