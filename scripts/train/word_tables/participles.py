"""French participles: alone they are what Portuguese participles are, in the perfect a verb in the past."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from train.word_tables.text import Sentence

PERFECT = "#"
"""Behind a French participle that follows a form of avoir: `a parlé` is one word in Portuguese, falou."""

_AVOIR = frozenset(
    "ai as a avons avez ont avais avait avions aviez avaient aurai auras aura aurons aurez auront aurais "
    "aurait aurions auriez auraient ait aient aie eu".split()
)
_BETWEEN = frozenset(
    "pas jamais rien bien déjà plus toujours tout encore aussi beaucoup mal trop vraiment souvent enfin tous "
    "été probablement tellement assez même également juste donc peu presque récemment simplement finalement "
    "complètement".split()
)
"""May stand between avoir and the participle."""

_LOOKS = re.compile(r".(?:é|i|u|is|it|ert|us|ait|aint|eint|oint)$")
_NEVER = frozenset("qui aussi ainsi lui celui ici mais jamais depuis puis".split())
_MARKED_SHARE = 0.25
"""A form that follows avoir as often as that is mostly a participle."""

_PARTICIPLE = re.compile(r"[aií]d[oa]s?$")
_ENDINGS = {
    "aram": "ado", "avam": "ado", "amos": "ado", "ámos": "ado", "quei": "cado", "guei": "gado", "cei": "çado",
    "ou": "ado", "ei": "ado", "ava": "ado", "ar": "ado", "am": "ado", "a": "ado", "eram": "ido",
    "iram": "ido", "emos": "ido", "imos": "ido", "iam": "ido", "eu": "ido", "iu": "ido", "ia": "ido",
    "er": "ido", "ir": "ido", "em": "ido", "e": "ido", "i": "ido",
}  # fmt: skip
"""Ending of a Portuguese verb, and of its participle."""


def _irregular() -> dict[str, str]:
    """Return the participles of Portuguese verbs in the past that no ending gives."""
    told = (
        "feito=fez fiz fizeram fizemos, dito=disse disseram dissemos, visto=viu vi viram vimos, "
        "vindo=veio vim vieram viemos, ido=foi fui foram fomos, tido=teve tive tiveram, "
        "estado=esteve estive estiveram, posto=pôs pus puseram, dado=deu dei deram demos, "
        "podido=pôde pude puderam, sabido=soube souberam, trazido=trouxe trouxeram, "
        "querido=quis quiseram, havido=houve, escrito=escreveu escrevi escreveram, "
        "aberto=abriu abri abriram, coberto=cobriu, morrido=morreu, caído=caiu caí caíram, "
        "saído=saiu saí saíram, ganhado=ganhou, pago=pagou paguei, gasto=gastou, ouvido=ouviu"
    )
    found: dict[str, str] = {}
    for entry in told.split(", "):
        participle, _, forms = entry.partition("=")
        found |= dict.fromkeys(forms.split(), participle)
    for before in ("com", "su", "pro", "ex", "im", "dis", "o", "de", "re"):
        found |= {before + "pôs": before + "posto", before + "puseram": before + "posto"}
    return found


_IRREGULAR = _irregular()
_IRREGULAR_PARTICIPLES = frozenset(_IRREGULAR.values()) | frozenset(
    "ganho entregue eleito morto preso aceito suspenso incluído descoberto satisfeito desfeito previsto "
    "revisto inscrito descrito prescrito".split()
)


def mark_perfect(sentences: Iterable[Sentence]) -> None:
    """Mark the participles that follow a form of avoir, in place."""
    for words in sentences:
        for place, word in enumerate(words):
            if word in _AVOIR:
                behind = place + 1
                while behind < len(words) and words[behind] in _BETWEEN:
                    behind += 1
                if behind < len(words) and _LOOKS.search(words[behind]) and words[behind] not in _NEVER:
                    words[behind] += PERFECT


def is_participle(word: str) -> bool:
    """Return whether a Portuguese word may be a participle, of any gender and number."""
    return _PARTICIPLE.search(word) is not None or re.sub(r"[oa]s?$", "o", word) in _IRREGULAR_PARTICIPLES


def participle_of(word: str, known: Mapping[str, int]) -> str | None:
    """Return the participle of a Portuguese verb in any form; None where none of `known` is it."""
    if is_participle(word):
        return word
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    made = [
        word.removesuffix(ending) + participle
        for ending, participle in _ENDINGS.items()
        if word.endswith(ending) and len(word) >= len(ending) + 2
    ]
    best = max(made, key=lambda made_word: known.get(made_word, 0), default="")
    return best if known.get(best, 0) else None


def as_participles(
    alone: Mapping[str, float], perfect: Mapping[str, float], form: str, known: Mapping[str, int]
) -> dict[str, float]:
    """Return what stands for a French participle, so that avoir before it stays a word of its own.

    Args:
        alone: What stood for it elsewhere, and how often.
        perfect: What stood for it behind avoir.
        form: The French form.
        known: Portuguese words, and how often each was seen.
    """
    marked = sum(perfect.values())
    if not form.endswith("é") and marked < _MARKED_SHARE * (marked + sum(alone.values())):
        return dict(alone)
    found: dict[str, float] = {}

    def add(word: str, count: float) -> None:
        found[word] = found.get(word, 0.0) + count

    for word, count in perfect.items():
        if participle := participle_of(word, known):
            add(participle, count)
    masculine = form.endswith(("é", "u", "i"))
    for word, count in alone.items():
        participle = participle_of(word, known) if masculine else word if is_participle(word) else None
        if participle:
            add(participle, count)
        else:
            add(word, 0.3 * count)
    return found or dict(alone)


def participle_forms(french: Sequence[str]) -> list[str]:
    """Return the forms among French words that were marked, without their marks."""
    return sorted(word.removesuffix(PERFECT) for word in french if word.endswith(PERFECT))
