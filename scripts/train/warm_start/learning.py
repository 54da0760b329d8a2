"""Learning: step by step from batches, in slices of any length that go on where the last one stopped.

A slice ends where it is told to, by the clock, by SIGTERM or by SIGINT, and keeps everything then: what comes
out in the end is the same, to the last bit on the same machine, however often it was stopped.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from train.stopping import Stopping
from train.teaching import REPORT_SECONDS, Say, precision, rate, update, write_whole
from train.warm_start.examples import Batch, Examples, Pools
from train.warm_start.marian import OUTPUT_BIAS, SOURCE, TARGET, MarianModel
from train.warm_start.recipe import Recipe
from train.warm_start.student import Student

_DEV_PAIRS = 200
_DEV_BATCH_PIECES = 2000
_FIRST_MEAN = 10.0
"""The mean of the weights follows sooner at first: after n steps each keeps at most n / (n + 10) of it."""


@dataclass(slots=True)
class Place:
    """How far learning has come: the next batch is number `batch` of `pool`.

    Attributes:
        step: Updates that were made.
        pieces: Target pieces that were learnt from.
        pool: Counted from 0.
        batch: Within the pool.
    """

    step: int = 0
    pieces: int = 0
    pool: int = 0
    batch: int = 0


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """The folder of what was learnt: `state.pt` to go on from, and mean weights at the last checkpoints."""

    folder: Path

    @property
    def state(self) -> Path:
        """Everything that learning needs to go on."""
        return self.folder / "state.pt"

    def weights(self) -> list[Path]:
        """Return the files of mean weights (float16, by Marian's names), the oldest first."""
        return sorted(self.folder.glob("weights-*.npz"))

    def keep(self, document: dict[str, Any], mean: Student, step: int, most: int) -> None:
        """Write both; only the last `most` weights stay."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"weights-{step:07}.npz"
        unfinished = self.folder / "part.npz"
        arrays: dict[str, Any] = {name: array.astype(np.float16) for name, array in mean.arrays().items()}
        np.savez(unfinished, **arrays)
        unfinished.replace(path)
        write_whole(self.state, document)
        for old in self.weights()[:-most]:
            old.unlink()


@dataclass(slots=True)
class Learner:
    """Teaches one model.

    Attributes:
        begun: The model that it was.
        examples: What there is to learn, and what to be tried on.
        pools: Draws from it.
        recipe: What is learnt, and how.
        checkpoints: Where it is kept.
        say: Takes a line of progress.
        device: `cuda` or `cpu`.
    """

    begun: MarianModel
    examples: Examples
    pools: Pools
    recipe: Recipe
    checkpoints: Checkpoints
    say: Say
    device: str
    model: Student = field(init=False)
    mean: Student = field(init=False)
    optimiser: torch.optim.Optimizer = field(init=False)
    place: Place = field(init=False, default_factory=Place)

    def __post_init__(self) -> None:
        torch.manual_seed(self.recipe.seed)
        # Numbers next to nothing would take a CPU a hundred times as long.
        torch.set_flush_denormal(True)
        self.model, self.mean = (Student(self.begun.weights).to(self.device) for _ in range(2))
        self.mean.requires_grad_(requires_grad=False)
        self.optimiser = torch.optim.AdamW(
            self._groups(),
            lr=self.recipe.peak_rate,
            betas=(0.9, 0.98),
            eps=1e-9,
            weight_decay=0.0,
            fused=True,
        )
        if self.checkpoints.state.is_file():
            self._go_on()

    @property
    def done(self) -> bool:
        """Whether all steps were made."""
        return self.place.step >= self.recipe.steps

    def learn(self, most_seconds: float) -> None:
        """Make steps until all are made, the time is over, or somebody stops it; then keep what is learnt."""
        began = told = time.monotonic()
        first, losses = self.place.pieces, []
        with Stopping() as stopping:
            for batch in self._batches():
                losses.append(self._step(batch))
                now = time.monotonic()
                if now - told > REPORT_SECONDS:
                    told = now
                    self._tell(torch.stack(losses).mean().item(), (self.place.pieces - first) / (now - began))
                    losses = []
                if stopping.asked or now - began > most_seconds:
                    break
                if self.place.step % self.recipe.checkpoint_steps == 0 and not self.done:
                    self._keep()
            self._keep()

    @torch.no_grad()
    def dev_loss(self) -> dict[str, float]:
        """Return the cross-entropy of the mean weights on dev pairs of each tag, in nats a piece."""
        found = {}
        for tag, pairs in self.examples.dev.items():
            total, pieces = 0.0, 0
            numbers = np.array(pairs[:_DEV_PAIRS])
            for batch in self.examples.batches(numbers, _DEV_BATCH_PIECES, (0,)) if pairs else ():
                size = int(batch.target_mask.sum())
                total += self._loss(self.mean, batch, 0.0).item() * size
                pieces += size
            found[tag] = total / max(1, pieces)
        return found

    def _groups(self) -> list[dict[str, Any]]:
        """Return what learns at which share of the rate; French may need less, and English rows may stay."""
        shares = {SOURCE: self.recipe.french_rate, TARGET: self.recipe.english_rate}
        if self.recipe.source == "en":
            shares = {SOURCE: self.recipe.english_rate, TARGET: self.recipe.french_rate}
        shares[OUTPUT_BIAS] = shares[TARGET]
        groups: dict[float, list[Tensor]] = {}
        for name, value in self.model.weights.items():
            share = shares.get(name, 1.0)
            value.requires_grad_(requires_grad=share > 0)
            if share > 0:
                groups.setdefault(share, []).append(value)
        return [{"params": values, "share": share} for share, values in groups.items()]

    def _batches(self) -> Iterator[Batch]:
        """Yield batches from the place on, and move it."""
        while not self.done:
            for batch in islice(self.pools.batches(self.place.pool), self.place.batch, None):
                self.place.batch += 1
                self.place.step += 1
                self.place.pieces += int(batch.target_mask.sum())
                yield batch
                if self.done:
                    return
            self.place.pool += 1
            self.place.batch = 0

    def _step(self, batch: Batch) -> Tensor:
        loss = self._loss(self.model, batch, self.recipe.label_smoothing)
        update(self.model, self.optimiser, loss, rate(self.recipe, self.place.step))
        follows = max(1 - self.recipe.running_mean, _FIRST_MEAN / (self.place.step + _FIRST_MEAN))
        with torch.no_grad():
            for name, value in self.model.weights.items():
                if value.requires_grad:
                    self.mean.weights[name].lerp_(value, follows)
        return loss.detach()

    def _loss(self, model: Student, batch: Batch, smoothing: float) -> Tensor:
        tensors = [torch.from_numpy(each).to(self.device, non_blocking=True) for each in batch]
        with precision(self.device):
            return model.loss((tensors[0], tensors[1], tensors[2], tensors[3]), smoothing)

    def _keep(self) -> None:
        document = {
            "place": asdict(self.place),
            "model": self.model.state_dict(),
            "mean": self.mean.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }
        self.checkpoints.keep(document, self.mean, self.place.step, self.recipe.averaged)
        losses = ", ".join(f"{tag} {loss:.3f}" for tag, loss in self.dev_loss().items())
        self.say(
            f"step {self.place.step}, {self.place.pieces / 1e6:.2f} million pieces: kept"
            + (f"; dev loss {losses}" if losses else "")
        )

    def _tell(self, loss: float, pieces_a_second: float) -> None:
        done = self.place.step / self.recipe.steps
        self.say(
            f"step {self.place.step} of {self.recipe.steps} ({done:.0%}): loss {loss:.3f}, "
            f"{pieces_a_second:,.0f} pieces/s"
        )

    def _go_on(self) -> None:
        state = torch.load(self.checkpoints.state, map_location=self.device, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.mean.load_state_dict(state["mean"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.place = Place(**state["place"])
        self.say(f"goes on after step {self.place.step}")
