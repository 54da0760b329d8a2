"""Teach a Whisper model to do with audio windows that are as long as the speech.

The output folder holds all that was done: pieces of speech, their texts, what was learnt, the model and
its card. Call it again with the same folder and it goes on where it stopped; with --minutes it stops by
itself. The speech needs no text, only a licence. Listening and learning need no more than PyTorch and NumPy.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from train.errors import NotTrainable
from train.options import Log, add_common, device_of, device_title, recipe_of, run_steps, threads_of
from train.short_windows.model_file import ModelFile
from train.short_windows.recipe import SIZES, Recipe
from train.short_windows.speech import Pieces, read_speech
from train.short_windows.vocabulary import Vocabulary

STEPS = ("speech", "listen", "learn", "install", "measure")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `run` reads."""
    add_common(parser, STEPS, list(SIZES))
    option = parser.add_argument
    option("--weights", type=Path, help="Whisper for CTranslate2 (default: whisper-base as it is installed)")
    option("--speech", type=Path, help="a folder of recordings to learn from")
    option("--licence", default="", help="of the speech, for the card")
    option("--measure", type=Path, help="a folder with manifest.jsonl to measure on, as for the bench")
    option("--measure-minutes", type=float, default=20.0, help="of it (default: %(default)s)")


def run(arguments: argparse.Namespace) -> None:
    """Do what is not done yet, step by step.

    Raises:
        NotTrainable: Something is missing or not what it should be.
    """
    folder: Path = arguments.output
    recipe = recipe_of(folder, Recipe(**SIZES[arguments.size]), arguments.changes)
    work = Work(folder, recipe, arguments)
    run_steps(work, STEPS, arguments.stop_after)


@dataclass(frozen=True, slots=True)
class Work:
    """The steps; each leaves files in the folder, and returns whether the next can be done.

    Attributes:
        folder: The output.
        recipe: How it is learnt.
        arguments: Of the command line.
    """

    folder: Path
    recipe: Recipe
    arguments: argparse.Namespace

    def speech(self) -> bool:
        """Cut the recordings into pieces."""
        if self._pieces.is_file():
            return True
        if self.arguments.speech is None:
            raise NotTrainable("Name what to learn from: --speech FOLDER.")
        mels = self._file().array("encoder/conv1/weight").shape[1]
        pieces = read_speech(self.arguments.speech, mels, self.recipe, self._log.say)
        pieces.save(self._pieces)
        self._log.say(f"{len(pieces)} pieces, {pieces.minutes:.1f} minutes of speech")
        return True

    def listen(self) -> bool:
        """Write down what the weights make of each piece with the full window."""
        if self._texts.is_file():
            return True
        from train.short_windows.listening import listen, save_texts  # noqa: PLC0415 - imports PyTorch
        from train.short_windows.whisper import Whisper  # noqa: PLC0415

        device = self._device()
        model = Whisper.of(self._file()).to(device).eval()
        pieces, vocabulary = Pieces.load(self._pieces), Vocabulary.read(self._weights)
        texts = listen(model, pieces, vocabulary, self.recipe.batch, device, self._log.say)
        if not texts:
            raise NotTrainable("The weights hear no usable text in this speech.")
        save_texts(texts, self._texts)
        return True

    def learn(self) -> bool:
        """Learn until all steps are made or the time is over."""
        if self._model.is_file() and not self._state.is_file():
            return True
        from train.short_windows.learning import Distiller  # noqa: PLC0415 - imports PyTorch
        from train.short_windows.listening import load_texts  # noqa: PLC0415
        from train.short_windows.whisper import Whisper  # noqa: PLC0415

        device, file = self._device(), self._file()
        distiller = Distiller(
            Whisper.of(file),
            Pieces.load(self._pieces),
            load_texts(self._texts),
            Vocabulary.read(self._weights).end,
            self.recipe,
            self._state,
            self._log.say,
            device,
        )
        if not distiller.done:
            self._log.say(f"learns on {device_title(device, self._threads)}")
            distiller.learn(self.arguments.minutes * 60)
            self._model.unlink(missing_ok=True)
        if not distiller.done:
            self._log.say(f"stopped after step {distiller.step}; call it again to go on")
            return False
        if not self._model.is_file():
            self._model.parent.mkdir(parents=True, exist_ok=True)
            self._model.write_bytes(file.replaced(distiller.student.arrays()))
        return True

    def install(self) -> bool:
        """Make the weights a model that the service can use."""
        from train.short_windows.installing import install  # noqa: PLC0415 - imports the service

        install(self._model.parent, self._weights, self.folder / "catalog.toml")
        return True

    def measure(self) -> bool:
        """Compare the weights as they were with those that learnt, and write the card."""
        from assistant.weights.manifest import sha256_of  # noqa: PLC0415 - not where learning runs
        from train.short_windows.card import card  # noqa: PLC0415
        from train.short_windows.measuring import measure, table  # noqa: PLC0415 - imports the engine

        scores = ""
        if self.arguments.measure is not None:
            both = (("as they were", self._weights), ("short windows", self._model.parent))
            minutes = self.arguments.measure_minutes
            scores = table(measure(self.arguments.measure, both, minutes, self._log.say))
        digest, spoken = sha256_of(self._model), Pieces.load(self._pieces).minutes
        text = card(self.recipe, self._weights.name, spoken, self.arguments.licence, digest, scores)
        (self.folder / "README.md").write_text(text, "utf-8")
        self._log.say(f"the model is {self._model.parent}; its card is {self.folder / 'README.md'}")
        return True

    @property
    def _pieces(self) -> Path:
        return self.folder / "speech.npz"

    @property
    def _texts(self) -> Path:
        return self.folder / "texts.jsonl"

    @property
    def _state(self) -> Path:
        return self.folder / "state.pt"

    @property
    def _model(self) -> Path:
        return self.folder / "models" / f"{self._weights.name}-short-windows" / "model.bin"

    @property
    def _log(self) -> Log:
        return Log(self.folder)

    @property
    def _threads(self) -> int:
        return threads_of(self.arguments.threads)

    @property
    def _weights(self) -> Path:
        if self.arguments.weights is not None:
            return Path(self.arguments.weights)
        from assistant.cli.console import read_settings  # noqa: PLC0415 - not where learning runs

        return read_settings().weights_dir / "whisper-base"

    def _file(self) -> ModelFile:
        return ModelFile.read(self._weights / "model.bin")

    def _device(self) -> str:
        import torch  # noqa: PLC0415

        torch.manual_seed(self.recipe.seed)
        torch.set_num_threads(self._threads)
        return device_of(self.arguments.device)
