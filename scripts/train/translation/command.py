"""Train a text model between two languages, and package it for the service.

The output folder holds all that was done: the recipe, the vocabulary, checkpoints, the averaged weights, the
model, its card and the package. Call it again with the same folder and it goes on where it stopped; with
--minutes it stops by itself. Learning alone needs no more than PyTorch, NumPy and SentencePiece.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from train.errors import NotTrainable
from train.options import Log, add_common, device_of, device_title, recipe_of, run_steps, threads_of
from train.translation import corpus as corpora
from train.translation import pieces as vocabularies
from train.translation.recipe import SIZES, Recipe

STEPS = ("pieces", "learn", "average", "package")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `run` reads."""
    add_common(parser, STEPS, list(SIZES))
    option = parser.add_argument
    option("--corpus", type=Path, nargs="+", default=[], help="tab-separated: tag, sentences (.xz too)")
    option("--dev", type=Path, nargs="*", default=[], help="the same, never learnt from")
    option("--columns", default="fr,en", help="languages of the columns (default: %(default)s)")
    option("--from", dest="source", default="fr", help="language read (default: %(default)s)")
    option("--to", dest="target", default="en", help="language written (default: %(default)s)")
    option("--sources", type=Path, default=corpora.SOURCES, help="what the tags are, TOML")
    option("--mt", type=Path, help="a folder of parallel text NAME.LANG to score the package on")
    option("--limits", type=Path, help="Markdown for the card: where the model fails")
    option("--version", default="1.0", help="of the package (default: %(default)s)")


def run(arguments: argparse.Namespace) -> None:
    """Do what is not done yet, step by step.

    Raises:
        NotTrainable: Something is missing or not what it should be.
    """
    folder: Path = arguments.output
    wanted = Recipe(arguments.source, arguments.target, **SIZES[arguments.size])
    work = Work(folder, recipe_of(folder, wanted, arguments.changes), arguments)
    run_steps(work, STEPS, arguments.stop_after)


@dataclass(frozen=True, slots=True)
class Work:
    """The steps; each leaves files in the folder, and returns whether the next can be done.

    Attributes:
        folder: The output.
        recipe: Of the model.
        arguments: Of the command line.
    """

    folder: Path
    recipe: Recipe
    arguments: argparse.Namespace

    def pieces(self) -> bool:
        """Make the vocabulary, and write down what it was made of."""
        if self._pieces.is_file():
            return True
        corpus = self._corpus()
        counts = {tag: len(pairs) for tag, pairs in sorted(corpus.items())}
        self._say(
            f"{sum(counts.values()):,} pairs: " + ", ".join(f"{tag} {n:,}" for tag, n in counts.items())
        )
        (self.folder / "corpus.json").write_text(json.dumps(counts, indent=1) + "\n", "utf-8")
        sentences = (side for pairs in corpus.values() for pair in pairs for side in pair)
        vocabularies.train_pieces(sentences, self.recipe.pieces, self._pieces, self._threads)
        self._say(f"vocabulary of {self._tokenizer().get_piece_size():,} pieces")
        return True

    def learn(self) -> bool:
        """Learn until all steps are made or the time is over."""
        # Whoever brings averaged weights and no checkpoints learnt on another machine.
        if self._averaged.is_file() and not self._checkpoints.is_dir():
            return True
        import torch  # noqa: PLC0415 - slow to import, and needed here only

        from train.translation.examples import Epochs, encode  # noqa: PLC0415
        from train.translation.learning import Checkpoints, Learner  # noqa: PLC0415

        device = device_of(self.arguments.device)
        torch.set_num_threads(self._threads)
        tokenizer = self._tokenizer()
        dev = {tag: encode(iter(pairs), tokenizer, 0.0, 1) for tag, pairs in self._dev().items()}
        learner = Learner(
            self.recipe, tokenizer.get_piece_size(), Checkpoints(self._checkpoints), dev, self._say, device
        )
        if learner.done:
            return True
        what = device_title(device, self._threads)
        weights = sum(each.numel() for each in learner.model.parameters())
        self._say(f"{weights / 1e6:.1f} million weights learn on {what}")
        (self.folder / "device.txt").write_text(what + "\n", "utf-8")
        sources = corpora.read_sources(self.arguments.sources)
        with Epochs(self._corpus(), sources, self.recipe, self._pieces, self._threads) as epochs:
            learner.learn(epochs, self.arguments.minutes * 60)
        if not learner.done:
            self._say(f"stopped after step {learner.place.step}; call it again to go on")
        return learner.done

    def average(self) -> bool:
        """Average the last checkpoints."""
        if self._averaged.is_file():
            return True
        from train.translation.averaging import average  # noqa: PLC0415 - imports PyTorch
        from train.translation.learning import Checkpoints  # noqa: PLC0415

        average(Checkpoints(self._checkpoints).weights(), self._averaged)
        return True

    def package(self) -> bool:
        """Convert, score, and write card and package."""
        from train.translation.packaging import Finished  # noqa: PLC0415 - imports the service's engines

        finished = Finished(self.folder, self.recipe, self._tokenizer(), self._averaged)
        sources = corpora.read_sources(self.arguments.sources)
        limits = self.arguments.limits.read_text("utf-8") if self.arguments.limits else ""
        path = finished.write(
            self.arguments.version, sources, self._dev(), self.arguments.mt, limits, self._say
        )
        self._say(f"{path} ({path.stat().st_size / 1e6:.1f} MB); its card is {self.folder / 'README.md'}")
        return True

    @property
    def _pieces(self) -> Path:
        return self.folder / "sentencepiece.model"

    @property
    def _averaged(self) -> Path:
        return self.folder / "averaged.npz"

    @property
    def _checkpoints(self) -> Path:
        return self.folder / "checkpoints"

    @property
    def _threads(self) -> int:
        return threads_of(self.arguments.threads)

    def _tokenizer(self) -> vocabularies.Tokenizer:
        return vocabularies.open_pieces(self._pieces)

    def _corpus(self) -> dict[str, list[corpora.Pair]]:
        if not self.arguments.corpus:
            raise NotTrainable("Name what to learn from: --corpus FILE.")
        corpus = self._read(self.arguments.corpus)
        corpora.check_licensed(corpus, corpora.read_sources(self.arguments.sources))
        return corpora.commonest(corpus, self.recipe.commonest) if self.recipe.commonest else corpus

    def _dev(self) -> dict[str, list[corpora.Pair]]:
        return self._read(self.arguments.dev) if self.arguments.dev else {}

    def _read(self, files: Sequence[Path]) -> dict[str, list[corpora.Pair]]:
        languages = self.recipe.source, self.recipe.target
        columns = self.arguments.columns.split(",")
        return corpora.read_corpus(files, columns, languages, self.recipe.most_words)

    def _say(self, line: str) -> None:
        Log(self.folder).say(line)
