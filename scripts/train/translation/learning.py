"""Learning: step by step from batches, in slices of any length that go on where the last one stopped."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from train.teaching import REPORT_SECONDS, Say, precision, rate, update, write_whole
from train.translation.examples import Epochs, Examples, Ids
from train.translation.model import Translator
from train.translation.pieces import PAD
from train.translation.recipe import Recipe

_DEV_BATCH_PIECES = 4000


@dataclass(slots=True)
class Place:
    """How far learning has come: the next batch is number `batch` of `epoch`, after `step` updates."""

    step: int = 0
    epoch: int = 0
    batch: int = 0


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """The folder of what was learnt: `state.pt` to go on from, and weights of the last steps."""

    folder: Path

    @property
    def state(self) -> Path:
        """Everything that learning needs to go on."""
        return self.folder / "state.pt"

    def weights(self) -> list[Path]:
        """Return the files of weights, the oldest first."""
        return sorted(self.folder.glob("weights-*.pt"))

    def keep(self, model: nn.Module, optimiser: torch.optim.Optimizer, place: Place, most: int) -> None:
        """Write both; only the last `most` weights stay."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(self.folder / f"weights-{place.step:07}.pt", model.state_dict())
        document = {
            "place": (place.step, place.epoch, place.batch),
            "model": model.state_dict(),
            "optimiser": optimiser.state_dict(),
            "random": torch.get_rng_state(),
        }
        write_whole(self.state, document)
        for old in self.weights()[:-most]:
            old.unlink()


@dataclass(slots=True)
class Learner:
    """Teaches one model.

    Attributes:
        recipe: What is learnt, and how.
        pieces: Size of the vocabulary.
        checkpoints: Where it is kept.
        dev: What the model is tried on and never learns, by tag.
        say: Takes a line of progress.
        device: `cuda` or `cpu`.
    """

    recipe: Recipe
    pieces: int
    checkpoints: Checkpoints
    dev: Mapping[str, Examples]
    say: Say
    device: str
    model: Translator = field(init=False)
    optimiser: torch.optim.Optimizer = field(init=False)
    place: Place = field(init=False, default_factory=Place)
    _kept: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        torch.manual_seed(self.recipe.seed)
        self.model = Translator(self.recipe, self.pieces).to(self.device)
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(),
            lr=self.recipe.peak_rate,
            betas=(0.9, 0.98),
            weight_decay=self.recipe.weight_decay,
            fused=self.device == "cuda",
        )
        if self.checkpoints.state.is_file():
            self._go_on()

    @property
    def done(self) -> bool:
        """Whether all steps were made."""
        return self.place.step >= self.recipe.steps

    def learn(self, epochs: Epochs, most_seconds: float) -> None:
        """Make steps until all are made, the time is over, or somebody interrupts; then keep what is learnt.

        Args:
            epochs: What there is to learn.
            most_seconds: How long, from now on.
        """
        began = told = time.monotonic()
        first, losses = self.place.step, []
        try:
            for source, target in self._batches(epochs):
                losses.append(self._step(source, target))
                now = time.monotonic()
                if now - told > REPORT_SECONDS:
                    told = now
                    self._tell(torch.stack(losses).mean().item(), (now - began) / (self.place.step - first))
                    losses = []
                if self.place.step % self.recipe.checkpoint_steps == 0:
                    self._keep()
                if now - began > most_seconds:
                    break
        except KeyboardInterrupt:
            # The step that was interrupted counts as made: it is one of thousands.
            self.say("interrupted; what was learnt is kept")
        if self.place.step != self._kept:
            self._keep()

    def dev_loss(self) -> dict[str, float]:
        """Return the cross-entropy for each piece of each tag's dev pairs, in nats."""
        self.model.eval()
        found = {tag: self._loss_on(examples) for tag, examples in self.dev.items()}
        self.model.train()
        return found

    def _batches(self, epochs: Epochs) -> Iterator[tuple[Ids, Ids]]:
        """Yield batches from the place on, and move it."""
        self.model.train()
        while not self.done:
            seed = (self.recipe.seed, self.place.epoch)
            batches = epochs.take(self.place.epoch).batches(self.recipe.batch_pieces, seed)
            for batch in islice(batches, self.place.batch, None):
                self.place.batch += 1
                self.place.step += 1
                yield batch
                if self.done:
                    return
            self.place.epoch += 1
            self.place.batch = 0

    def _step(self, source: Ids, target: Ids) -> Tensor:
        loss = self._loss(source, target, self.recipe.label_smoothing)
        update(self.model, self.optimiser, loss, rate(self.recipe, self.place.step))
        return loss.detach()

    def _loss(self, source: Ids, target: Ids, smoothing: float) -> Tensor:
        there, wanted = self._tensor(source), self._tensor(target)
        with precision(self.device):
            logits = self.model(there, wanted[:, :-1])
        return functional.cross_entropy(
            logits.float().flatten(0, 1),
            wanted[:, 1:].flatten(),
            ignore_index=PAD,
            label_smoothing=smoothing,
        )

    @torch.no_grad()
    def _loss_on(self, examples: Examples) -> float:
        total, number = 0.0, 0
        for source, target in examples.batches(_DEV_BATCH_PIECES, (0,)):
            pieces = int((target[:, 1:] != PAD).sum())
            total += self._loss(source, target, 0.0).item() * pieces
            number += pieces
        return total / number

    def _tensor(self, ids: Ids) -> Tensor:
        return torch.from_numpy(ids).to(self.device, torch.long, non_blocking=True)

    def _keep(self) -> None:
        self.checkpoints.keep(self.model, self.optimiser, self.place, self.recipe.averaged)
        self._kept = self.place.step
        losses = ", ".join(f"{tag} {loss:.3f}" for tag, loss in self.dev_loss().items())
        self.say(f"step {self.place.step}: kept" + (f"; dev loss {losses}" if losses else ""))

    def _tell(self, loss: float, seconds_each: float) -> None:
        left = (self.recipe.steps - self.place.step) * seconds_each / 60
        self.say(
            f"step {self.place.step} of {self.recipe.steps}, epoch {self.place.epoch + 1}: loss {loss:.3f}, "
            f"{seconds_each * 1000:.0f} ms a step, {left:.1f} minutes left"
        )

    def _go_on(self) -> None:
        state = torch.load(self.checkpoints.state, map_location=self.device, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        torch.set_rng_state(state["random"].cpu())
        self.place = Place(*state["place"])
        self._kept = self.place.step
        self.say(f"goes on after step {self.place.step}")
