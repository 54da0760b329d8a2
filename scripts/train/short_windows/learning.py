"""Distillation: the short window is taught to say what the full one says.

The teacher is the model as it was, with the window of 30 seconds that it was trained on; the student begins
as its copy and hears the same speech in a window that is little longer. It learns the teacher's distribution
of each next token (Hinton et al. 2015, "Distilling the Knowledge in a Neural Network"; temperature 1) over
the teacher's own text, and, with a small weight, the encoder's states at the speech, which the times of words
come from. No text is needed, so any licensed speech will do. Some batches keep the full window.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from train.short_windows.listening import Text
from train.short_windows.recipe import Recipe
from train.short_windows.speech import FRAMES_A_SECOND, MOST_FRAMES, Pieces
from train.short_windows.whisper import Whisper
from train.teaching import REPORT_SECONDS, Say, precision, rate, update, write_whole

_MARGIN_SECONDS = 1.0
"""Behind the speech, where losses are told: what a draft of the service has."""


@dataclass(slots=True)
class Distiller:
    """Teaches one model.

    Attributes:
        teacher: The model as it was; not changed.
        pieces: What there is to hear.
        texts: What it says, of each usable piece.
        end: The token that ends a text.
        recipe: How it is learnt.
        state: Where to keep what is learnt, and to go on from.
        say: Takes a line of progress.
        device: `cuda` or `cpu`.
    """

    teacher: Whisper
    pieces: Pieces
    texts: Sequence[Text]
    end: int
    recipe: Recipe
    state: Path
    say: Say
    device: str
    student: Whisper = field(init=False)
    optimiser: torch.optim.Optimizer = field(init=False)
    step: int = field(init=False, default=0)
    _kept: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.student = deepcopy(self.teacher).to(self.device).train()
        self.teacher = self.teacher.to(self.device).eval().requires_grad_(requires_grad=False)
        self.optimiser = torch.optim.AdamW(
            self.student.parameters(), lr=self.recipe.peak_rate, weight_decay=0.0
        )
        if self.state.is_file():
            stored = torch.load(self.state, map_location=self.device, weights_only=True)
            self.student.load_state_dict(stored["model"])
            self.optimiser.load_state_dict(stored["optimiser"])
            self.step = self._kept = stored["step"]
            self.say(f"goes on after step {self.step}")

    @property
    def done(self) -> bool:
        """Whether all steps were made."""
        return self.step >= self.recipe.steps

    def learn(self, most_seconds: float) -> None:
        """Make steps until all are made, the time is over, or somebody interrupts; keep what is learnt."""
        learnt = [text for index, text in enumerate(self.texts) if index % self.recipe.held_out or self._few]
        ordered = sorted(learnt, key=lambda text: self.pieces.frames[text.piece])
        if self.step == 0:
            self._tell_losses()
        began = told = time.monotonic()
        losses: list[Tensor] = []
        try:
            while not self.done:
                self.step += 1
                losses.append(self._learn(*self._batch(ordered)))
                if time.monotonic() - told > REPORT_SECONDS:
                    told = time.monotonic()
                    self.say(
                        f"step {self.step} of {self.recipe.steps}: loss {torch.stack(losses).mean():.4f}"
                    )
                    losses = []
                if self.step % self.recipe.checkpoint_steps == 0:
                    self._keep()
                if time.monotonic() - began > most_seconds:
                    break
        except KeyboardInterrupt:
            self.say("interrupted; what was learnt is kept")
        if self.step != self._kept:
            self._keep()

    @torch.no_grad()
    def losses(self) -> tuple[float, float]:
        """Return how far short and full windows are from the teacher, on pieces that are not learnt from.

        In nats for each token.
        """
        held = [text for index, text in enumerate(self.texts) if index % self.recipe.held_out == 0]
        held = sorted(held, key=lambda text: self.pieces.frames[text.piece])[:: max(1, len(held) // 64)]
        found: list[list[float]] = [[], []]
        for start in range(0, len(held), self.recipe.batch):
            some = held[start : start + self.recipe.batch]
            for kind, frames in enumerate((self._frames(some, _MARGIN_SECONDS), MOST_FRAMES)):
                found[kind].append(self._distance(some, frames)[0].item())
        short, full = (float(np.mean(each)) for each in found)
        return short, full

    @property
    def _few(self) -> bool:
        """Whether there is too little to hold anything out."""
        return len(self.texts) < self.recipe.held_out

    def _batch(self, ordered: Sequence[Text]) -> tuple[Sequence[Text], int]:
        """Return texts of about one length, and the window of this step."""
        draw = np.random.default_rng((self.recipe.seed, self.step))
        start = int(draw.integers(0, max(1, len(ordered) - self.recipe.batch + 1)))
        some = ordered[start : start + self.recipe.batch]
        padded = draw.random() < self.recipe.padded_share
        margin = draw.uniform(0, self.recipe.margin_seconds)
        return some, MOST_FRAMES if padded else self._frames(some, margin)

    def _frames(self, texts: Sequence[Text], margin_seconds: float) -> int:
        speech = max(int(self.pieces.frames[text.piece]) for text in texts)
        return min(MOST_FRAMES, 2 * round((speech + margin_seconds * FRAMES_A_SECOND) / 2))

    def _learn(self, texts: Sequence[Text], frames: int) -> Tensor:
        tokens, states = self._distance(texts, frames)
        loss = tokens + self.recipe.encoder_weight * states
        update(self.student, self.optimiser, loss, rate(self.recipe, self.step))
        return tokens.detach()

    def _distance(self, texts: Sequence[Text], frames: int) -> tuple[Tensor, Tensor]:
        """Return how far the student with that window is from the teacher: in its texts, in its states."""
        chosen = [text.piece for text in texts]
        tokens, told = self._tokens(texts)
        with precision(self.device):
            with torch.no_grad():
                whole = self.teacher.encode(self._window(chosen, MOST_FRAMES))
                wanted = self.teacher.decode(tokens, whole).float().log_softmax(-1)
            states = self.student.encode(self._window(chosen, frames))
            found = self.student.decode(tokens, states).float().log_softmax(-1)
        far = functional.kl_div(found, wanted, reduction="none", log_target=True).sum(-1)
        speech = min(states.shape[1], max(int(self.pieces.frames[piece]) for piece in chosen) // 2)
        apart = functional.mse_loss(states[:, :speech].float(), whole[:, :speech].float())
        return (far * told).sum() / told.sum(), apart

    def _tokens(self, texts: Sequence[Text]) -> tuple[Tensor, Tensor]:
        """Return prompts and texts (batch, length), and a 1 at each token that a text token comes after."""
        longest = max(len(text.prompt) + len(text.tokens) for text in texts)
        tokens = torch.full((len(texts), longest), self.end)
        told = torch.zeros(len(texts), longest)
        for row, text in enumerate(texts):
            first, length = len(text.prompt), len(text.tokens)
            tokens[row, : first + length] = torch.tensor([*text.prompt, *text.tokens])
            told[row, first - 1 : first + length] = 1.0
        return tokens.to(self.device), told.to(self.device)

    def _window(self, chosen: Sequence[int], frames: int) -> Tensor:
        return torch.from_numpy(self.pieces.window(chosen, frames)).to(self.device, non_blocking=True)

    def _keep(self) -> None:
        document = {
            "model": self.student.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
        }
        write_whole(self.state, document)
        self._kept = self.step
        self._tell_losses()

    def _tell_losses(self) -> None:
        short, full = self.losses()
        self.say(f"step {self.step}: short windows are {short:.4f} from the teacher, full ones {full:.4f}")
