"""How votes went, as it is announced."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from assistant.core.minutes.document import Vote, VoteResult
from assistant.minutes.drafting.number_words import in_digits, number_of, number_pattern


@dataclass(frozen=True, slots=True)
class _VoteWords:
    """Regular expressions; `voices` may stand between a number and what it counts."""

    voices: str
    in_favour: str
    against: str
    abstention: str
    unanimous: str
    adopted: str
    rejected: str
    call: str
    tied: str = r"(?!)"
    score: str = r"(?!)"


_WORDS: Mapping[str, _VoteWords] = {
    "fr": _VoteWords(
        voices=r"(?:voix |votes? |personnes? |élus |membres )?(?:exprimé\w* |est |sont |se sont )?",
        in_favour=r"pour|favorables?|en faveur",
        against=r"contre|défavorables?|opposé\w*",
        abstention=r"abstentions?|abst(?:iennent|enu\w*)|s'abstiennent|nuls?|blancs?",
        unanimous=r"(?:à l'|l')unanimité|unanimement|aucune voix contre",
        adopted=r"adopté\w*|approuvé\w*|accepté\w*|votée?s?|retenue?s?|passe|majorité|validé\w*|élue?",
        rejected=r"rejeté\w*|repoussé\w*|refusé\w*|n'est pas adopté\w*|n'est pas approuvé\w*|battue?",
        call=r"qui (?:est|vote) (?:pour|contre)|qui s'abstient|mets? (?:\w+ )?aux voix|passons au vote|on vote|"
        r"nous votons|mettre aux voix|procédons au vote|contre ?\?|abstentions? ?\?|pour ?\?|à main levée",
        tied=r"égalité (?:des|de) voix|partage des voix",
        score=r"(?:par|avec)\s+{n}\s+(?:voix )?(?:contre|à)\s+{n}",
    ),
    "en": _VoteWords(
        voices=r"(?:votes? |members |councillors |people |hands )?(?:have |has )?(?:voted |are |is |were |was )?(?:cast )?",
        in_favour=r"(?:in )?favou?r|for|ayes?|yes|in support",
        against=r"against|opposed|noes|nays?|no\b",
        abstention=r"abstentions?|abstain(?:ed|ing|s)?|abstain",
        unanimous=r"unanimous(?:ly)?|unanimity|nem\.? ?con\.?|none against|nobody against",
        adopted=r"carried|carries|adopted|approved|passe[sd]|the ayes have it|agreed|accepted|elected",
        rejected=r"rejected|defeated|lost|falls|fails|failed|not carried|the noes have it|voted down|not adopted",
        call=r"all (?:those )?in favou?r|those (?:in favou?r|against)|any (?:against|abstentions?)|put (?:it|this|that|the "
        r"\w+) to (?:the|a) vote|show of hands|(?:for|against) ?\?|let's vote|we'll vote|take a vote|against ?\?|abstentions? ?\?",
        tied=r"\btied?\b|casting vote",
        score=r"(?<!from )(?:by|with)?\s*{n}\s*(?:votes? )?(?:to|–|-)\s*{n}\b(?! (?:percent|per cent|million|thousand|o'clock|pm|am))",
    ),
    "de": _VoteWords(
        voices=r"(?:stimmen |personen |mitglieder )?(?:sind |haben )?",
        in_favour=r"dafür|ja-?stimmen|ja\b|für(?: den| die| das)?|zustimm\w+",
        against=r"dagegen|gegenstimmen?|nein-?stimmen|nein\b|gegen\b",
        abstention=r"enthaltungen|enthaltung|enthalten sich",
        unanimous=r"einstimmig",
        adopted=r"angenommen|beschlossen|genehmigt|mehrheitlich|mit mehrheit",
        rejected=r"abgelehnt",
        call=r"wer ist (?:dafür|dagegen)|wer enthält sich|gegenstimmen ?\?|enthaltungen ?\?|abstimm\w+|handzeichen",
        tied=r"stimmengleichheit",
        score=r"mit {n} (?:zu|gegen) {n}",
    ),
    "es": _VoteWords(
        voices=r"(?:votos? |personas |miembros )?(?:están? |han votado |votan )?",
        in_favour=r"a favor|afirmativos|síes",
        against=r"en contra|negativos|noes",
        abstention=r"abstenci(?:ones|ón)|se abstienen?",
        unanimous=r"(?:por )?unanimidad|unánime\w*",
        adopted=r"aprobad\w+|adoptad\w+|mayoría|aceptad\w+",
        rejected=r"rechazad\w+|denegad\w+|no (?:se aprueba|queda aprobad\w+)",
        call=r"votos (?:a favor|en contra)|quién (?:está a favor|vota)|abstenciones ?\?|pasamos a (?:votar|votación)|"
        r"votamos|someter? a votación",
        tied=r"empate",
        score=r"por {n} (?:votos )?(?:contra|a) {n}",
    ),
    "pt": _VoteWords(
        voices=r"(?:votos? |pessoas |membros )?(?:est(?:á|ão) |votaram )?",
        in_favour=r"a favor|favoráveis",
        against=r"contra",
        abstention=r"abstenç(?:ões|ão)|abst(?:ém|êm)-se",
        unanimous=r"(?:por )?unanimidade|unânime\w*",
        adopted=r"aprovad\w+|adotad\w+|maioria|aceite\b",
        rejected=r"rejeitad\w+|chumbad\w+|recusad\w+",
        call=r"votos (?:a favor|contra)|quem (?:vota|está a favor)|abstenções ?\?|passamos à votação|vamos votar|"
        r"pôr à votação",
        tied=r"empate",
        score=r"por {n} (?:votos )?(?:contra|a) {n}",
    ),
    "it": _VoteWords(
        voices=r"(?:voti |persone |membri )?(?:sono )?",
        in_favour=r"a favore|favorevol[ei]",
        against=r"contro|contrari[oae]?",
        abstention=r"astension[ei]|astenut[oi]|si astengono",
        unanimous=r"(?:all')?unanimità|unanime\w*",
        adopted=r"approvat\w+|adottat\w+|maggioranza|accolt\w+",
        rejected=r"respint\w+|bocciat\w+",
        call=r"chi è (?:favorevole|contrario)|chi si astiene|voti (?:a favore|contrari)|astenuti ?\?|contrari ?\?|"
        r"passiamo (?:al voto|alla votazione)|votiamo|mett(?:o|iamo) ai voti",
        tied=r"parità",
        score=r"con {n} (?:voti )?(?:contro|a) {n}",
    ),
}

_MOST_LINES = 6
"""A vote is announced within so many sentences."""
_PATIENCE = 3
"""So many sentences may come between the numbers and a result that does not follow from them."""
_ANSWER_WORDS = 6
"""An answer to "who is for?" is that short."""


@dataclass(frozen=True, slots=True)
class _Patterns:
    counts: Mapping[str, tuple[re.Pattern[str], ...]]
    score: re.Pattern[str]
    unanimous: re.Pattern[str]
    adopted: re.Pattern[str]
    rejected: re.Pattern[str]
    tied: re.Pattern[str]
    call: re.Pattern[str]
    asked: Mapping[str, re.Pattern[str]]
    number: re.Pattern[str]


@cache
def _patterns(lang: str) -> _Patterns | None:
    words = _WORDS.get(lang)
    if words is None:
        return None
    number = number_pattern(lang)

    def compiled(pattern: str) -> re.Pattern[str]:
        return re.compile(rf"(?<!\w)(?:{pattern})", re.IGNORECASE)

    kinds = {"in_favour": words.in_favour, "against": words.against, "abstentions": words.abstention}
    return _Patterns(
        counts={
            kind: (
                compiled(rf"{number}\s+{words.voices}(?:{named})(?!\w)"),
                compiled(rf"(?:{named})\s*[:,]\s*{number}(?!\w)"),
            )
            for kind, named in kinds.items()
        },
        score=compiled(words.score.replace("{n}", number)),
        unanimous=compiled(words.unanimous),
        adopted=compiled(rf"(?:{words.adopted})(?!\w)"),
        rejected=compiled(rf"(?:{words.rejected})(?!\w)"),
        tied=compiled(words.tied),
        call=compiled(words.call),
        asked={
            kind: re.compile(rf"(?:{named})[^?]{{0,20}}\?\s*$", re.IGNORECASE)
            for kind, named in kinds.items()
        },
        number=re.compile(rf"(?<![\w]){number}(?![\w])", re.IGNORECASE),
    )


def read_vote(text: str, lang: str) -> Vote | None:
    """Return how a vote went, of which a text tells; None where it tells of none.

    Args:
        text: One or several sentences.
        lang: BCP-47 primary subtag; without tables nothing is found.
    """
    return _read(_plain(text, lang), lang)


def _plain(text: str, lang: str) -> str:
    return in_digits(text.replace("’", "'"), lang)


def _read(text: str, lang: str) -> Vote | None:
    patterns = _patterns(lang)
    if patterns is None:
        return None
    counts = _counts(text, lang, patterns)
    unanimous = bool(patterns.unanimous.search(text))
    if not counts and not unanimous:
        return None
    if len(counts) == 1 and not unanimous and not _speaks_of_votes(text, patterns):
        return None  # "three against the wall" counts no votes
    return _vote(counts, text, patterns, unanimous=unanimous)


def _vote(counts: Mapping[str, int], text: str, patterns: _Patterns, *, unanimous: bool) -> Vote:
    return Vote(
        in_favour=counts.get("in_favour"),
        against=counts.get("against"),
        abstentions=counts.get("abstentions"),
        result=_result(counts, text, patterns, unanimous=unanimous),
        unanimous=unanimous,
    )


def _speaks_of_votes(text: str, patterns: _Patterns) -> bool:
    return bool(
        patterns.adopted.search(text)
        or patterns.rejected.search(text)
        or patterns.call.search(text)
        or re.search(r"\b(?:voix|votes?|stimmen|votos?|voti)\b", text, re.IGNORECASE)
    )


def _counts(text: str, lang: str, patterns: _Patterns) -> dict[str, int]:
    counts: dict[str, int] = {}
    for kind, rules in patterns.counts.items():
        for rule in rules:
            if found := rule.search(text):
                counts[kind] = number_of(found.group(1), lang)
                break
    if "in_favour" not in counts and (found := patterns.score.search(text)):
        counts["in_favour"], counts["against"] = (number_of(found.group(at), lang) for at in (1, 2))
    return counts


def _result(counts: Mapping[str, int], text: str, patterns: _Patterns, *, unanimous: bool) -> VoteResult:
    if patterns.rejected.search(text):
        return "rejected"
    if patterns.tied.search(text):
        return "tied"
    if patterns.adopted.search(text) or unanimous:
        return "adopted"
    if "in_favour" in counts and "against" in counts:
        difference = counts["in_favour"] - counts["against"]
        return "adopted" if difference > 0 else "rejected" if difference < 0 else "tied"
    return ""


def read_votes(sentences: Sequence[tuple[str, str]]) -> list[tuple[int, int, Vote]]:
    """Return the votes in a talk: the position of the first and last sentence of each, and how it went.

    "Who is in favour? Twelve. Against? Three. The motion is carried." is one vote, whoever says which part.

    Args:
        sentences: Pairs of text and BCP-47 primary subtag, in order.
    """
    sentences = [(_plain(text, lang), lang) for text, lang in sentences]
    votes = []
    at = 0
    while at < len(sentences):
        end, vote = _vote_from(sentences, at)
        if vote is None:
            at += 1
            continue
        votes.append((at, end, vote))
        at = end + 1
    return votes


def _vote_from(sentences: Sequence[tuple[str, str]], at: int) -> tuple[int, Vote | None]:
    text, lang = sentences[at]
    patterns = _patterns(lang)
    if patterns is None:
        return at, None
    if not patterns.call.search(text):
        vote = _read(text, lang)
        if vote is None and at + 1 < len(sentences) and _counts(text, lang, patterns):
            # The word that makes votes of these numbers may come right behind them.
            joined = f"{text} {sentences[at + 1][0]}"
            if patterns.adopted.search(sentences[at + 1][0]) or patterns.rejected.search(
                sentences[at + 1][0]
            ):
                vote = _read(joined, lang)
                return (at + 1, vote) if vote else (at, None)
        if vote is None or (vote.result and vote.in_favour is None and not vote.unanimous):
            return at, None if vote is None else vote
        return _with_result(sentences, at, vote, text, lang)
    return _called_vote(sentences, at, lang, patterns)


def _with_result(
    sentences: Sequence[tuple[str, str]], at: int, vote: Vote, text: str, lang: str
) -> tuple[int, Vote]:
    """Let the sentences behind the numbers add to them: the rest of the numbers, and the result."""
    end = at
    for further in range(at + 1, min(at + _MOST_LINES, len(sentences))):
        joined = f"{text} {sentences[further][0]}"
        more = _read(sentences[further][0], lang)
        patterns = _patterns(lang)
        told = patterns is not None and (
            patterns.adopted.search(sentences[further][0]) or patterns.rejected.search(sentences[further][0])
        )
        if more is None and not told:
            if vote.result not in {"", "tied"} or further > at + _PATIENCE:
                break
            continue
        text, end = joined, further
        vote = _read(joined, lang) or vote
        if told:
            break
    return end, vote


def _called_vote(
    sentences: Sequence[tuple[str, str]], at: int, lang: str, patterns: _Patterns
) -> tuple[int, Vote | None]:
    """Read a vote that is called for kind by kind."""
    counts: dict[str, int] = {}
    asked, end, told = "", at, ""
    for position in range(at, min(at + 2 * _MOST_LINES, len(sentences))):
        text = sentences[position][0]
        found = _counts(text, lang, patterns)
        kind = next((kind for kind, rule in patterns.asked.items() if rule.search(text)), "")
        answer = patterns.number.search(text) if asked and len(text.split()) <= _ANSWER_WORDS else None
        result = (
            patterns.adopted.search(text) or patterns.rejected.search(text) or patterns.unanimous.search(text)
        )
        if not (found or kind or answer or result or patterns.call.search(text)):
            if position - end > 1:
                break
            continue
        counts |= {name: number for name, number in found.items() if name not in counts}
        if answer and not found and asked not in counts:
            counts[asked] = number_of(answer.group(1), lang)
        asked, end, told = kind or ("" if answer else asked), position, f"{told} {text}"
        if result and not text.rstrip().endswith("?"):
            break
    unanimous = bool(patterns.unanimous.search(told))
    announced = patterns.adopted.search(told) or patterns.rejected.search(told)
    if not counts and not unanimous and not announced:
        return at, None
    return end, _vote(counts, told, patterns, unanimous=unanimous)
