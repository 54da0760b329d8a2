"""How well a finished model translates, as the service would use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from benchmark.parallel_text import ParallelTextBroken, read_parallel

from assistant.ports.translation import Translator
from train.corpus import Pair
from train.errors import NotTrainable
from train.warm_start.live_speech import bare
from train.warm_start.recipe import Recipe
from train.warm_start.scores import Score, score

MEETING = Path(__file__).parents[2] / "benchmark" / "meeting"
"""What is said in meetings, in both languages."""


def scores(
    translator: Translator,
    recipe: Recipe,
    dev: Mapping[str, Sequence[Pair]],
    parallel_text: Path | None,
    say: Callable[[str], None],
) -> list[Score]:
    """Return BLEU and chrF of dev pairs, as they are and bare, and of parallel text.

    Args:
        translator: Of the model.
        recipe: Says which languages.
        dev: Pairs by tag.
        parallel_text: A folder of files `NAME.LANG`, if any.
        say: Takes a line of progress.

    Raises:
        NotTrainable: The folder holds no parallel text.
    """
    found = []
    for name, pairs in _texts(recipe, dev, parallel_text):
        found.append(score(translator, name, *map(list, zip(*pairs, strict=True))))
        say(f"{name}: BLEU {found[-1].bleu:.1f}, chrF {found[-1].chrf:.1f}")
    return found


def meeting(translator: Translator, recipe: Recipe) -> list[tuple[str, str, str]]:
    """Return sentences of meetings: as said, as translated, as a person would."""
    (text,) = read_parallel(MEETING)
    said, wanted = (text.lines[language] for language in (recipe.source, recipe.target))
    return list(zip(said, translator.translate(said), wanted, strict=True))


def _texts(
    recipe: Recipe, dev: Mapping[str, Sequence[Pair]], parallel_text: Path | None
) -> Iterator[tuple[str, Sequence[Pair]]]:
    for tag, pairs in sorted(dev.items()):
        yield f"dev, {tag}", pairs
        yield f"dev, {tag}, bare", [Pair(bare(pair.source), pair.target) for pair in pairs]
    if parallel_text is None:
        return
    try:
        texts = read_parallel(parallel_text)
    except (ParallelTextBroken, OSError) as error:
        raise NotTrainable(str(error)) from error
    for text in texts:
        if {recipe.source, recipe.target} <= set(text.lines):
            yield text.name, list(map(Pair, text.lines[recipe.source], text.lines[recipe.target]))
