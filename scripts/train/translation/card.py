"""The model card and the licence that go with a package."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmark.published import SOURCE, published_of

from train.translation.corpus import Source
from train.translation.recipe import Recipe
from train.translation.scores import Score

_NAMES = {
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "it": "Italian",
    "pt": "Portuguese",
}

LIMITS = """- Most of the text that it learnt from is written, and much of it is the language of statutes:
  legal sentences come out best, everyday talk less well, jokes and idioms badly.
- Names, figures and terms that were not in the text may come out wrong. Check what matters.
- It translates sentence by sentence and knows nothing of what was said before: “it” and “they” are guesses.
- Nobody's words may rest on a machine's translation alone."""
"""What is true of every model of this recipe."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the card tells.

    Attributes:
        pairs: How many were learnt from, by tag.
        sources: What the tags are.
        weights: How many numbers the model has.
        steps: Updates that were made.
        device: What computed them.
        model_sha256: Of `model.bin`.
        scores: Of dev text and of what else was tried.
        meeting: Meeting sentences: as said, as translated, as a person would.
        limits: Lines of Markdown about where it fails.
    """

    pairs: Mapping[str, int]
    sources: Mapping[str, Source]
    weights: int
    steps: int
    device: str
    model_sha256: str
    scores: Sequence[Score]
    meeting: Sequence[tuple[str, str, str]]
    limits: str = LIMITS


def card(recipe: Recipe, facts: Facts) -> str:
    """Return the model card, Markdown."""
    heading = (
        f"# {language_name(recipe.source)} to {language_name(recipe.target)}\n\n"
        f"A text model for live captions, trained from open data alone: a Transformer of "
        f"{recipe.encoder_layers} layers of encoder and {recipe.decoder_layers} of decoder, "
        f"{facts.weights / 1e6:.1f} million weights, int8, for CTranslate2, packaged for Argos Translate."
    )
    parts = {
        "What it learnt from": _data(facts),
        "How": _training(recipe, facts),
        "Scores": _scores(recipe, facts.scores),
        "Meeting sentences": _meeting(facts.meeting),
        "Where it fails": facts.limits.strip(),
    }
    return "\n\n".join((heading, *(f"## {title}\n\n{text}" for title, text in parts.items()))) + "\n"


def licence(facts: Facts) -> str:
    """Return who may use the package, plain text."""
    terms = "\n".join(
        f"- {facts.sources[tag].title}: {facts.sources[tag].licence} ({facts.sources[tag].attribution})"
        for tag in sorted(facts.pairs)
    )
    return (
        "These weights may be used under the Apache License, Version 2.0, which can be read at\n"
        "https://www.apache.org/licenses/LICENSE-2.0, with the attributions below kept beside them.\n\n"
        f"They were made from this text, which is not in them:\n{terms}\n"
    )


def language_name(code: str) -> str:
    """Return the English name of a language; its code where that is not known here."""
    return _NAMES.get(code, code)


def _data(facts: Facts) -> str:
    rows = [
        (source.title, source.licence, source.attribution, f"{facts.pairs[tag]:,}", f"{source.share:g}")
        for tag, source in sorted(facts.sources.items())
        if tag in facts.pairs
    ]
    return _table(("text", "licence", "attribution", "pairs", "times in an epoch"), rows)


def _training(recipe: Recipe, facts: Facts) -> str:
    live = recipe.live
    return (
        f"{facts.steps:,} steps of at most {recipe.batch_pieces:,} pieces on {facts.device}; mean of the "
        f"last {recipe.averaged} checkpoints; label smoothing {recipe.label_smoothing:g}; {recipe.pieces:,} "
        f"pieces of SentencePiece for both. Of the pairs {live.bare:.0%} were made bare (lower case, no "
        f"punctuation), {live.cut:.0%} were cut off, {live.hesitant:.0%} got filler words, "
        f"{live.typographic:.0%} other typography, {live.joined:.0%} were joined to the one before, as live "
        f"captions are.\n\nSHA-256 of `model.bin`: `{facts.model_sha256}`"
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


def _meeting(sentences: Iterable[tuple[str, str, str]]) -> str:
    return _table(("said", "translated", "by a person"), sentences)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
