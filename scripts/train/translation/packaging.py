"""From averaged weights to a package with its scores and its card."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from argos_package.build import Description, build_package, opened
from benchmark.parallel_text import ParallelTextBroken, read_parallel

from assistant.engines.argos import ArgosTranslator
from assistant.weights.manifest import sha256_of
from train.errors import NotTrainable
from train.translation.card import LIMITS, Facts, card, licence
from train.translation.conversion import convert
from train.translation.corpus import Pair, Source
from train.translation.live_speech import bare
from train.translation.pieces import Tokenizer, vocabulary
from train.translation.recipe import Recipe
from train.translation.scores import Score, score

MEETING = Path(__file__).with_name("meeting.tsv")
"""What is said in meetings, in several languages."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A model that has learnt.

    Attributes:
        folder: Where everything is written.
        recipe: Of the model.
        tokenizer: Its vocabulary.
        weights: Averaged, as `averaging.average` wrote them.
    """

    folder: Path
    recipe: Recipe
    tokenizer: Tokenizer
    weights: Path

    def write(
        self,
        version: str,
        sources: Mapping[str, Source],
        dev: Mapping[str, Sequence[Pair]],
        parallel_text: Path | None,
        limits: str,
        say: Callable[[str], None],
    ) -> Path:
        """Write the package, `README.md` beside it, and return the package's path.

        Args:
            version: Of the package.
            sources: What the corpus is made of.
            dev: Pairs to score it on.
            parallel_text: A folder with more of them, files `NAME.LANG`.
            limits: Markdown about where the model fails; empty for what is always true.
            say: Takes a line of progress.

        Raises:
            NotTrainable: The folder lacks something, or the parallel text is none.
        """
        convert(self.weights, self.recipe, vocabulary(self.tokenizer), self._model)
        description = Description(self.recipe.source, self.recipe.target, version)
        package = self.folder / description.file_name
        self._build(package, description)
        with opened(package) as translator:
            scores = []
            for name, pairs in self._texts(dev, parallel_text):
                scores.append(score(translator, name, *map(list, zip(*pairs, strict=True))))
                say(f"{name}: BLEU {scores[-1].bleu:.1f}, chrF {scores[-1].chrf:.1f}")
            meeting = self._meeting(translator)
        facts = self._facts(sources, scores, meeting, limits or LIMITS)
        (self.folder / "README.md").write_text(card(self.recipe, facts), "utf-8")
        (self.folder / "LICENSE").write_text(licence(facts), "utf-8")
        self._build(package, description)
        return package

    @property
    def _model(self) -> Path:
        return self.folder / "model"

    def _build(self, package: Path, description: Description) -> None:
        texts = [self.folder / "LICENSE", self.folder / "README.md"]
        for path in texts:
            path.touch()
        build_package(
            package,
            description,
            model=self._model,
            tokenizer=self.folder / "sentencepiece.model",
            licence=texts[0],
            readme=texts[1],
        )

    def _texts(
        self, dev: Mapping[str, Sequence[Pair]], parallel_text: Path | None
    ) -> Iterator[tuple[str, Sequence[Pair]]]:
        """Yield what the package is scored on; dev also as a recogniser writes it without punctuation."""
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
            if {self.recipe.source, self.recipe.target} <= set(text.lines):
                lines = text.lines[self.recipe.source], text.lines[self.recipe.target]
                yield text.name, list(map(Pair, *lines))

    def _meeting(self, translator: ArgosTranslator) -> list[tuple[str, str, str]]:
        with MEETING.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines, delimiter="\t"))
        if not {self.recipe.source, self.recipe.target} <= set(rows[0]):
            return []
        said = [row[self.recipe.source] for row in rows]
        wanted = [row[self.recipe.target] for row in rows]
        return list(zip(said, translator.translate(said), wanted, strict=True))

    def _facts(
        self,
        sources: Mapping[str, Source],
        scores: Sequence[Score],
        meeting: Sequence[tuple[str, str, str]],
        limits: str,
    ) -> Facts:
        with np.load(self.weights) as arrays:
            weights = sum(arrays[name].size for name in arrays.files)
        return Facts(
            pairs=json.loads(self._text("corpus.json")),
            sources=sources,
            weights=weights,
            steps=self.recipe.steps,
            device=self._text("device.txt").strip(),
            model_sha256=sha256_of(self._model / "model.bin"),
            scores=scores,
            meeting=meeting,
            limits=limits,
        )

    def _text(self, name: str) -> str:
        try:
            return (self.folder / name).read_text("utf-8")
        except OSError as error:
            raise NotTrainable(
                f"{self.folder} lacks {name}: bring it from where the model learnt."
            ) from error
