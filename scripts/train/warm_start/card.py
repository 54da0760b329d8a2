"""The model card and the licence that lie beside a model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmark.published import SOURCE, published_of

from train.corpus import Source
from train.warm_start.groups import HEARD
from train.warm_start.recipe import Recipe
from train.warm_start.scores import Score
from train.warm_start.starting import PARENTS

_NAMES = {"en": "English", "fr": "French"}

LIMITS = """- Much of the text that it learnt from is of parliaments and statutes: everyday talk, jokes and
  idioms come out less well.
- Names, figures and terms that were not in the text may come out wrong. Check what matters.
- It translates sentence by sentence and knows nothing of what was said before: “it” and “they” are guesses.
- It was Portuguese, and a rare word may still come out so.
- Nobody's words may rest on a machine's translation alone."""
"""What is true of every model of this recipe."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the card tells.

    Attributes:
        pairs: How many were learnt from, by group: a tag, or copies of pairs.
        shares: Of each group in all that was learnt.
        sources: What the tags are.
        began: What it was before.
        began_sha256: Of the weights of that.
        table: The file of French and Portuguese words that it needs.
        table_sha256: Of that file.
        model_sha256: Of its weights.
        checkpoints: After which steps the weights were taken that it is the mean of.
        blend: Share of them; the rest is what it was.
        device: What computed them.
        scores: Of dev text and of what else was tried.
        meeting: Meeting sentences: as said, as translated, as a person would.
        limits: Lines of Markdown about where it fails.
    """

    pairs: Mapping[str, int]
    shares: Mapping[str, float]
    sources: Mapping[str, Source]
    began: str
    began_sha256: str
    table: str
    table_sha256: str
    model_sha256: str
    checkpoints: Sequence[str]
    blend: float
    device: str
    scores: Sequence[Score]
    meeting: Sequence[tuple[str, str, str]]
    limits: str = LIMITS


def card(recipe: Recipe, facts: Facts) -> str:
    """Return the model card, Markdown."""
    heading = (
        f"# {_NAMES[recipe.source]} to {_NAMES[recipe.target]}\n\n"
        f"A text model for live captions: `{PARENTS[recipe.source]}`, which went on learning from open data, "
        "with French in Portuguese words; int8, for the engine of Firefox Translations. It works with "
        f"`{facts.table}` and no other table."
    )
    parts = {
        "What it learnt from": _data(facts),
        "How": _training(recipe, facts),
        "Scores": _scores(recipe, facts.scores),
        "Meeting sentences": _table(("said", "translated", "by a person"), facts.meeting),
        "Where it fails": facts.limits.strip(),
    }
    return "\n\n".join((heading, *(f"## {title}\n\n{text}" for title, text in parts.items()))) + "\n"


def licence(facts: Facts) -> str:
    """Return who may use the model, plain text."""
    terms = "\n".join(
        f"- {source.title}: {source.licence} ({source.attribution})"
        for tag, source in sorted(facts.sources.items())
        if tag in facts.pairs
    )
    return (
        "These weights are a modified form of a model of Firefox Translations (Mozilla, the Bergamot\n"
        "project) and, like it, under the Mozilla Public License, Version 2.0, which can be read at\n"
        "https://www.mozilla.org/MPL/2.0/, with the attributions below kept beside them.\n\n"
        f"They were made from this text, which is not in them:\n{terms}\n"
    )


def _data(facts: Facts) -> str:
    rows = []
    for name, pairs in sorted(facts.pairs.items()):
        source = facts.sources.get(name)
        origin = (
            (source.title, source.licence, source.attribution)
            if source
            else (f"copies of these, like {name}", "", "")
        )
        rows.append((*origin, f"{pairs:,}", f"{facts.shares[name]:.1%}"))
    return _table(("text", "licence", "attribution", "pairs", "of what was learnt"), rows)


def _training(recipe: Recipe, facts: Facts) -> str:
    live = recipe.live
    return (
        f"Steps of at most {recipe.batch_pieces:,} pieces on {facts.device}; {facts.blend:.0%} of the mean "
        f"of what was there after {' and '.join(facts.checkpoints)} of {recipe.steps:,}, the rest as before; "
        f"label smoothing {recipe.label_smoothing:g}. Of the copies that look like {HEARD}, {live.bare:.0%} "
        f"are bare (lower case, no punctuation), {live.cut:.0%} cut off, {live.hesitant:.0%} with "
        f"filler words, {live.typographic:.0%} other typography, {live.joined:.0%} behind another one.\n\n"
        + _table(
            ("file", "SHA-256"),
            (
                ("the weights", f"`{facts.model_sha256}`"),
                (f"before: {facts.began}", f"`{facts.began_sha256}`"),
                (facts.table, f"`{facts.table_sha256}`"),
            ),
        )
    )


def _scores(recipe: Recipe, scores: Sequence[Score]) -> str:
    rows: list[tuple[str, ...]] = []
    for each in scores:
        figures = f"{each.bleu:.1f}", f"{each.chrf:.1f}"
        rows.append((each.text, "this one", f"{each.sentences:,}", *figures))
        rows += [
            (each.text, f"{other.model}, {SOURCE}", "997", f"{other.bleu:.1f}", "")
            for other in published_of(each.text, recipe.source, recipe.target)
        ]
    if not rows:
        return "Not measured."
    return _table(("text", "model", "sentences", "BLEU", "chrF"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
