"""What the weights make of each piece with the full window: the texts that short windows are to give, too."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from train.short_windows.speech import FRAMES_A_SECOND, MOST_FRAMES, Pieces
from train.short_windows.vocabulary import Vocabulary
from train.short_windows.whisper import Whisper

_TOKENS_A_SECOND = 7.5
_SPARE_TOKENS = 12
"""As the service bounds a text; one that reaches the bound goes round in circles."""
_LONGEST_RUN = 8
_TIMES = 4


@dataclass(frozen=True, slots=True)
class Text:
    """What one piece says: its prompt, and the tokens of the text without the end."""

    piece: int
    prompt: tuple[int, ...]
    tokens: tuple[int, ...]


@torch.no_grad()
def listen(
    model: Whisper,
    pieces: Pieces,
    vocabulary: Vocabulary,
    batch: int,
    device: str,
    say: Callable[[str], None],
) -> list[Text]:
    """Return the texts of all pieces that have a usable one: not empty, not cut by the bound, no loop."""
    order = np.argsort(pieces.frames, kind="stable")
    texts: list[Text] = []
    for start in range(0, len(order), batch):
        chosen = order[start : start + batch].tolist()
        memory = model.encode(torch.from_numpy(pieces.window(chosen, MOST_FRAMES)).to(device))
        prompts = _prompts(model, memory, vocabulary)
        most = _SPARE_TOKENS + int(_TOKENS_A_SECOND * pieces.frames[chosen].max() / FRAMES_A_SECOND)
        for piece, prompt, tokens in zip(
            chosen, prompts, greedy(model, memory, prompts, vocabulary, most), strict=True
        ):
            bound = _SPARE_TOKENS + _TOKENS_A_SECOND * pieces.frames[piece] / FRAMES_A_SECOND
            if tokens and len(tokens) < bound and not goes_round(tokens):
                texts.append(Text(piece, tuple(prompt), tuple(tokens)))
        say(f"listened to {min(start + batch, len(order))} of {len(order)} pieces, {len(texts)} are usable")
    return texts


@torch.no_grad()
def greedy(
    model: Whisper, memory: Tensor, prompts: Sequence[Sequence[int]], vocabulary: Vocabulary, most: int
) -> list[list[int]]:
    """Return the likeliest next token after the other, for each of a batch, at most `most` of them.

    Args:
        model: What decodes.
        memory: The encoder's states (batch, places, width).
        prompts: Of one length.
        vocabulary: Tells where a text ends, and what none has.
        most: Tokens of a text.
    """
    tokens = torch.tensor(prompts, device=memory.device)
    first = tokens.shape[1]
    ended = torch.zeros(len(prompts), dtype=torch.bool, device=memory.device)
    while tokens.shape[1] < first + most and not ended.all():
        logits = model.decode(tokens, memory)[:, -1].float()
        logits[:, list(vocabulary.suppressed)] = -torch.inf
        # Time stamps stand behind all other tokens.
        logits[:, vocabulary.after[-1] + 1 :] = -torch.inf
        if tokens.shape[1] == first:
            logits[:, list(vocabulary.suppressed_first)] = -torch.inf
        best = logits.argmax(-1).masked_fill(ended, vocabulary.end)
        ended |= best == vocabulary.end
        tokens = torch.cat((tokens, best[:, None]), 1)
    texts = tokens[:, first:].tolist()
    return [text[: text.index(vocabulary.end)] if vocabulary.end in text else text for text in texts]


def goes_round(tokens: Sequence[int]) -> bool:
    """Whether some run of one to eight tokens stands four times in a row."""
    return any(
        all(tokens[at + place] == tokens[at + place % run] for place in range(_TIMES * run))
        for run in range(1, _LONGEST_RUN + 1)
        for at in range(len(tokens) - _TIMES * run + 1)
    )


def save_texts(texts: Sequence[Text], path: Path) -> None:
    """Write them as JSON, one in each line."""
    lines = [json.dumps([text.piece, text.prompt, text.tokens]) for text in texts]
    unfinished = path.with_suffix(".part")
    unfinished.write_text("\n".join(lines) + "\n", "utf-8")
    unfinished.replace(path)


def load_texts(path: Path) -> list[Text]:
    """Read what `save_texts` wrote."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]
    return [Text(piece, tuple(prompt), tuple(tokens)) for piece, prompt, tokens in rows]


@torch.no_grad()
def _prompts(model: Whisper, memory: Tensor, vocabulary: Vocabulary) -> list[list[int]]:
    """Return the prompt of each of a batch, in the language that is heard."""
    if not vocabulary.languages:
        return [[vocabulary.start, *vocabulary.after] for _ in memory]
    start = torch.full((len(memory), 1), vocabulary.start, device=memory.device)
    heard = model.decode(start, memory)[:, -1, list(vocabulary.languages)].argmax(-1).tolist()
    return [[vocabulary.start, vocabulary.languages[index], *vocabulary.after] for index in heard]
