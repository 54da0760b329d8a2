"""Teach a Firefox model that knows Portuguese to read or write French, and make it a model for the service.

French is put into Portuguese words: one by one where it is read (--words), in code where written (--code).
The output folder holds all that was done: what it began with, examples, checkpoints, the model and its card.
Call it again with the same folder and it goes on where it stopped; with --minutes it stops by itself, and
SIGTERM does it no harm. Learning alone needs no more than PyTorch and NumPy.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from train import corpus as corpora
from train.errors import NotTrainable
from train.options import Log, add_common, device_of, device_title, recipe_of, run_steps, threads_of
from train.warm_start.model_files import ModelFiles, table_kind
from train.warm_start.recipe import SIZES, Recipe

if TYPE_CHECKING:
    from train.warm_start.learning import Checkpoints

STEPS = ("prepare", "learn", "export", "measure")
_LANGUAGES = ("fr", "en")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `run` reads."""
    add_common(parser, STEPS, list(SIZES))
    option = parser.add_argument
    option(
        "--from", dest="source", choices=_LANGUAGES, default="fr", help="language read (default: %(default)s)"
    )
    option("--words", type=Path, metavar="TABLE", help="from French: French and Portuguese words")
    option("--code", type=Path, metavar="TABLE", help="from English: French forms and their code")
    option("--parent", type=Path, help="the Firefox model to begin with (default: as it is installed)")
    option(
        "--start",
        type=Path,
        metavar="MODEL",
        help="begin with a model that this recipe made, its table and vocabularies",
    )
    option("--corpus", type=Path, nargs="+", default=[], help="tab-separated: tag, sentences (.xz too)")
    option("--dev", type=Path, nargs="*", default=[], help="the same, never learnt from")
    option("--columns", default="fr,en", help="languages of the columns (default: %(default)s)")
    option("--sources", type=Path, default=corpora.SOURCES, help="what the tags are, TOML")
    option("--as-it-is", action="store_true", help="learn no more: make a model of what was learnt so far")
    option(
        "--blend",
        type=float,
        default=0.9,
        help="share of what was learnt; the rest is as it began (default: %(default)s)",
    )
    option("--mt", type=Path, help="a folder of parallel text NAME.LANG to score the model on")
    option("--limits", type=Path, help="Markdown for the card: where the model fails")


def run(arguments: argparse.Namespace) -> None:
    """Do what is not done yet, step by step.

    Raises:
        NotTrainable: Something is missing or not what it should be.
    """
    folder: Path = arguments.output
    target = _LANGUAGES[1 - _LANGUAGES.index(arguments.source)]
    wanted = Recipe(arguments.source, target, **SIZES[arguments.size])
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

    def prepare(self) -> bool:
        """Make the model that is begun with, and the examples that it will learn from."""
        if self._examples.is_file():
            return True
        from assistant.engines.vocabulary import vocabulary_letters  # noqa: PLC0415 - not where learning runs
        from assistant.weights.manifest import sha256_of  # noqa: PLC0415
        from train.warm_start.examples import Examples  # noqa: PLC0415
        from train.warm_start.groups import Group, groups_of  # noqa: PLC0415
        from train.warm_start.starting import begin, go_on_from, parent_files  # noqa: PLC0415
        from train.warm_start.vocabulary import open_vocabulary  # noqa: PLC0415
        from train.warm_start.wording import in_portuguese_words, read_table  # noqa: PLC0415

        start: Path | None = self.arguments.start
        earlier = ModelFiles.found(start) if start else parent_files(self.recipe, self.arguments.parent)
        begun = self._begun()
        path = self._table(earlier)
        table = read_table(path, self.recipe.source, vocabulary_letters(earlier.vocabularies[0]))
        groups = groups_of(self._corpus(), corpora.read_sources(self.arguments.sources), self.recipe)
        written = partial(in_portuguese_words, table)
        learnt = {name: Group(group.share, written(group.pairs)) for name, group in groups.items()}
        begun.folder.mkdir(parents=True, exist_ok=True)
        if begun.table:
            shutil.copyfile(path, begun.table)
        if start:
            go_on_from(earlier, begun)
        else:
            begin(earlier, begun, self.recipe, table, learnt)
        facts = {
            "began": "an earlier model of this recipe" if start else earlier.folder.name,
            "began_sha256": sha256_of(earlier.model),
            "pairs": {name: len(group.pairs) for name, group in groups.items()},
            "shares": {name: group.share for name, group in groups.items()},
        }
        self._facts.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", "utf-8")
        dev = {tag: written(pairs) for tag, pairs in self._dev().items()}
        source, target = map(open_vocabulary, begun.vocabularies)
        examples = Examples.of({name: group.pairs for name, group in learnt.items()}, dev, (source, target))
        examples.save(self._examples)
        for name, group in groups.items():
            self._say(f"{name}: {len(group.pairs):,} pairs, {group.share:.1%} of what is learnt")
        self._say(f"{source.get_piece_size():,} pieces are read, {target.get_piece_size():,} written")
        return True

    def learn(self) -> bool:
        """Learn until all steps are made or the time is over."""
        if self.arguments.as_it_is:
            return True
        import torch  # noqa: PLC0415 - slow to import, and needed here only

        from train.warm_start.examples import Examples, Pools  # noqa: PLC0415
        from train.warm_start.learning import Learner  # noqa: PLC0415
        from train.warm_start.marian import MarianModel  # noqa: PLC0415

        device, threads = device_of(self.arguments.device), threads_of(self.arguments.threads)
        torch.set_num_threads(threads)
        examples = Examples.load(self._examples)
        shares = json.loads(self._facts.read_text("utf-8"))["shares"]
        learner = Learner(
            MarianModel.read(self._begun().model),
            examples,
            Pools(examples, shares, self.recipe),
            self.recipe,
            self._checkpoints(),
            self._say,
            device,
        )
        if learner.done:
            return True
        what = device_title(device, threads)
        self._say(f"learns on {what}")
        self._device.write_text(what + "\n", "utf-8")
        learner.learn(self.arguments.minutes * 60)
        if not learner.done:
            self._say(f"stopped after step {learner.place.step}; call it again to go on")
        return learner.done

    def export(self) -> bool:
        """Make the model of the last checkpoints."""
        import torch  # noqa: PLC0415

        from train.warm_start.examples import Examples  # noqa: PLC0415
        from train.warm_start.exporting import blended  # noqa: PLC0415 - imports PyTorch
        from train.warm_start.marian import MarianModel  # noqa: PLC0415

        torch.set_num_threads(threads_of(self.arguments.threads))
        begun, made = self._begun(), self._made()
        examples = Examples.load(self._examples)
        checkpoints = self._checkpoints().weights()
        model = blended(MarianModel.read(begun.model), checkpoints, self.arguments.blend, examples)
        made.folder.mkdir(parents=True, exist_ok=True)
        for path in begun.folder.iterdir():
            if path != begun.model:
                shutil.copyfile(path, made.folder / path.name)
        model.write(made.model)
        self._say(f"{made.folder} is made of {', '.join(path.name for path in checkpoints)}")
        return True

    def measure(self) -> bool:
        """Score the model, and write its card."""
        from assistant.engines.firefox import FirefoxTranslator  # noqa: PLC0415 - not where learning runs
        from assistant.weights.manifest import sha256_of  # noqa: PLC0415
        from train.warm_start.card import LIMITS, Facts, card, licence  # noqa: PLC0415
        from train.warm_start.measuring import meeting, scores  # noqa: PLC0415

        made = self._made()
        translator = FirefoxTranslator(made.folder)
        begun = json.loads(self._facts.read_text("utf-8"))
        facts = Facts(
            pairs=begun["pairs"],
            shares=begun["shares"],
            sources=corpora.read_sources(self.arguments.sources),
            began=begun["began"],
            began_sha256=begun["began_sha256"],
            table=made.table.name if made.table else "",
            table_sha256=sha256_of(made.table) if made.table else "",
            model_sha256=sha256_of(made.model),
            checkpoints=[path.stem.rpartition("-")[2].lstrip("0") for path in self._checkpoints().weights()],
            blend=self.arguments.blend,
            device=self._device.read_text("utf-8").strip() if self._device.is_file() else "another machine",
            scores=scores(translator, self.recipe, self._dev(), self.arguments.mt, self._say),
            meeting=meeting(translator, self.recipe),
            limits=self.arguments.limits.read_text("utf-8") if self.arguments.limits else LIMITS,
        )
        (made.folder / "README.md").write_text(card(self.recipe, facts), "utf-8")
        (made.folder / "LICENSE").write_text(licence(facts), "utf-8")
        pair = f"{self.recipe.source}-{self.recipe.target}"
        self._say(f"the model is {made.folder}: assistant models install {made.folder} --pair {pair}")
        return True

    @property
    def _examples(self) -> Path:
        return self.folder / "examples.npz"

    @property
    def _facts(self) -> Path:
        return self.folder / "begun.json"

    @property
    def _device(self) -> Path:
        return self.folder / "device.txt"

    def _begun(self) -> ModelFiles:
        return ModelFiles.named(self.folder / "begun", self.recipe)

    def _made(self) -> ModelFiles:
        return ModelFiles.named(self.folder / "model", self.recipe)

    def _checkpoints(self) -> Checkpoints:
        from train.warm_start.learning import Checkpoints  # noqa: PLC0415 - imports PyTorch

        return Checkpoints(self.folder / "checkpoints")

    def _table(self, earlier: ModelFiles) -> Path:
        """Return the table that was named; a model that was made before has its own."""
        kind = table_kind(self.recipe.source)
        path: Path | None = getattr(self.arguments, kind) or earlier.table
        if path is None:
            raise NotTrainable(f"Name the table of French in Portuguese words: --{kind} TABLE.")
        return path

    def _corpus(self) -> dict[str, list[corpora.Pair]]:
        if not self.arguments.corpus:
            raise NotTrainable("Name what to learn from: --corpus FILE.")
        corpus = self._read(self.arguments.corpus)
        corpora.check_licensed(corpus, corpora.read_sources(self.arguments.sources))
        return corpus

    def _dev(self) -> dict[str, list[corpora.Pair]]:
        return self._read(self.arguments.dev) if self.arguments.dev else {}

    def _read(self, files: Sequence[Path]) -> dict[str, list[corpora.Pair]]:
        languages = self.recipe.source, self.recipe.target
        columns = self.arguments.columns.split(",")
        return corpora.read_corpus(files, columns, languages, self.recipe.most_words)

    def _say(self, line: str) -> None:
        Log(self.folder).say(line)
