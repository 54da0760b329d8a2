"""Trains a very small translation model on short sentences, for tests: minutes on one core.

    python scripts/train/toy_translation.py train.tsv.xz /tmp/toy
    scripts/build_argos_package /tmp/toy/model --tokenizer /tmp/toy/sentencepiece.model …

The model is a plain Transformer (pre-norm, one matrix for both embeddings and the output) on
SentencePiece pieces that both languages share. It is written as a CTranslate2 model, int8, beside
`sentencepiece.model`. PyTorch is needed here and nowhere else; it is no dependency of the project.
"""

from __future__ import annotations

import argparse
import io
import lzma
import math
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import ctranslate2
import numpy as np
import sentencepiece
import torch
from torch import Tensor, nn
from torch.nn import functional

PAD, UNKNOWN, BEGIN, END = 0, 1, 2, 3
SPECIAL = {"pad_id": PAD, "unk_id": UNKNOWN, "bos_id": BEGIN, "eos_id": END, "pad_piece": "<blank>"}
LONGEST_PIECES = 64
"""Of a sentence that is learnt from."""

MOST_PLACES = 320
"""Position encodings in the model; the service may ask for longer text than was learnt from."""

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is trained, and for how long.

    Attributes:
        pairs: How many sentence pairs, those of the commonest words first.
        most_words: The longest sentence.
        pieces: Size of the vocabulary; smaller where the text is.
        width: Of the model; a multiple of `heads`.
        epochs: How often each pair is seen.
        batch_pieces: Pieces of the target side in a step.
        peak_rate: The highest learning rate.
    """

    pairs: int = 30_000
    most_words: int = 8
    pieces: int = 3000
    width: int = 128
    heads: int = 4
    encoder_layers: int = 3
    decoder_layers: int = 2
    epochs: int = 24
    batch_pieces: int = 2000
    peak_rate: float = 2.5e-3
    dropout: float = 0.05
    seed: int = 7


def read_pairs(corpus: Path, tag: str) -> list[Pair]:
    """Return the pairs of `corpus` (xz; tag, source, target by tabs) that have this tag."""
    with lzma.open(corpus, "rt", encoding="utf-8") as lines:
        rows = (line.rstrip("\n").split("\t") for line in lines)
        return [(row[1], row[2]) for row in rows if row[0] == tag]


def choose_pairs(pairs: Sequence[Pair], recipe: Recipe) -> list[Pair]:
    """Return the short pairs whose rarest word is the commonest, so that little data says much."""
    short = [pair for pair in pairs if max(len(side.split()) for side in pair) <= recipe.most_words]
    counts = [Counter(word for pair in short for word in _words(pair[side])) for side in (0, 1)]

    def rarest(pair: Pair) -> int:
        return min(counts[side][word] for side in (0, 1) for word in _words(pair[side]))

    return sorted((pair for pair in short if all(map(_words, pair))), key=rarest, reverse=True)[
        : recipe.pairs
    ]


def _words(sentence: str) -> list[str]:
    return "".join(letter if letter.isalnum() else " " for letter in sentence.casefold()).split()


def train_tokenizer(
    pairs: Sequence[Pair], recipe: Recipe, folder: Path
) -> sentencepiece.SentencePieceProcessor:
    """Write `sentencepiece.model` into `folder` and return it."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=(side for pair in pairs for side in pair),
        model_writer=model,
        vocab_size=recipe.pieces,
        character_coverage=1.0,
        hard_vocab_limit=False,
        num_threads=1,
        minloglevel=2,
        **SPECIAL,
    )
    (folder / "sentencepiece.model").write_bytes(model.getvalue())
    return sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())


class Attention(nn.Module):
    """Multi-head attention, its matrices fused as CTranslate2 has them."""

    def __init__(self, recipe: Recipe, *, itself: bool) -> None:
        super().__init__()
        self.heads = recipe.heads
        self.norm = nn.LayerNorm(recipe.width)
        sizes = (3,) if itself else (1, 2)
        self.into = nn.ModuleList(nn.Linear(recipe.width, size * recipe.width) for size in sizes)
        self.out = nn.Linear(recipe.width, recipe.width)

    def forward(self, states: Tensor, memory: Tensor | None, mask: Tensor | None, *, causal: bool) -> Tensor:
        """Return what to add to `states` (batch, length, width)."""
        normal = self.norm(states)
        if memory is None:
            parts = self.into[0](normal).chunk(3, -1)
        else:
            parts = self.into[0](normal), *self.into[1](memory).chunk(2, -1)
        query, key, value = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in parts)
        found = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask, is_causal=causal)
        return self.out(found.transpose(1, 2).flatten(2))


class Layer(nn.Module):
    """One layer of the encoder, or with `crossing` of the decoder."""

    def __init__(self, recipe: Recipe, *, crossing: bool) -> None:
        super().__init__()
        self.itself = Attention(recipe, itself=True)
        self.cross = Attention(recipe, itself=False) if crossing else None
        self.norm = nn.LayerNorm(recipe.width)
        self.wide = nn.Linear(recipe.width, 4 * recipe.width)
        self.narrow = nn.Linear(4 * recipe.width, recipe.width)
        self.drop = nn.Dropout(recipe.dropout)

    def forward(self, states: Tensor, memory: Tensor | None, mask: Tensor) -> Tensor:
        """Return the next states; `mask` (batch, 1, 1, source length) hides padding of the source."""
        own_mask = mask if self.cross is None else None
        states = states + self.drop(self.itself(states, None, own_mask, causal=self.cross is not None))
        if self.cross is not None:
            states = states + self.drop(self.cross(states, memory, mask, causal=False))
        return states + self.drop(self.narrow(functional.relu(self.wide(self.norm(states)))))


class Translator(nn.Module):
    """The whole model, as it is trained: it is given the target and says what comes next at each place."""

    def __init__(self, recipe: Recipe, pieces: int) -> None:
        super().__init__()
        self.scale = math.sqrt(recipe.width)
        self.embedding = nn.Embedding(pieces, recipe.width, padding_idx=PAD)
        nn.init.normal_(self.embedding.weight, std=recipe.width**-0.5)
        self.register_buffer("places", _sinusoids(MOST_PLACES, recipe.width))
        self.encoder = nn.ModuleList(Layer(recipe, crossing=False) for _ in range(recipe.encoder_layers))
        self.decoder = nn.ModuleList(Layer(recipe, crossing=True) for _ in range(recipe.decoder_layers))
        self.encoder_norm = nn.LayerNorm(recipe.width)
        self.decoder_norm = nn.LayerNorm(recipe.width)
        self.drop = nn.Dropout(recipe.dropout)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Return logits (batch, target length, pieces) for ids (batch, length)."""
        mask = (source != PAD)[:, None, None, :]
        states = self._embed(source)
        for layer in self.encoder:
            states = layer(states, None, mask)
        memory, states = self.encoder_norm(states), self._embed(target)
        for layer in self.decoder:
            states = layer(states, memory, mask)
        return functional.linear(self.decoder_norm(states), self.embedding.weight)

    def _embed(self, ids: Tensor) -> Tensor:
        return self.drop(self.embedding(ids) * self.scale + self.places[: ids.shape[1]])


def _sinusoids(length: int, width: int) -> Tensor:
    """Return the position encodings of "Attention is all you need"."""
    angles = torch.arange(length)[:, None] * torch.exp(torch.arange(0, width, 2) * (-math.log(1e4) / width))
    return torch.stack((angles.sin(), angles.cos()), -1).flatten(1)


def train(
    pairs: Sequence[Pair], tokenizer: sentencepiece.SentencePieceProcessor, recipe: Recipe
) -> Translator:
    """Return a model that was shown all pairs `recipe.epochs` times."""
    random.seed(recipe.seed)
    torch.manual_seed(recipe.seed)
    examples = [(tokenizer.encode(source), tokenizer.encode(target)) for source, target in pairs]
    examples = [pair for pair in examples if max(map(len, pair)) < LONGEST_PIECES]
    model = Translator(recipe, tokenizer.get_piece_size()).train()
    steps = recipe.epochs * sum(1 for _ in _batches(examples, recipe))
    optimiser = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.98), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, recipe.peak_rate, total_steps=steps, pct_start=0.1
    )
    for epoch in range(recipe.epochs):
        began, losses = time.monotonic(), []
        for source, target in _batches(examples, recipe):
            losses.append(_learn(model, optimiser, source, target))
            schedule.step()
        seconds = time.monotonic() - began
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.3f}, {seconds:.0f} s", flush=True)
    return model.eval()


def _learn(model: Translator, optimiser: torch.optim.Optimizer, source: Tensor, target: Tensor) -> float:
    logits = model(source, target[:, :-1])
    wanted = target[:, 1:]
    loss = functional.cross_entropy(
        logits.flatten(0, 1), wanted.flatten(), ignore_index=PAD, label_smoothing=0.05
    )
    optimiser.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
    return loss.item()


def _batches(examples: list[tuple[list[int], list[int]]], recipe: Recipe) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield padded batches of sentences of one length, in random order."""
    random.shuffle(examples)
    ordered = sorted(examples, key=lambda pair: (len(pair[1]), len(pair[0])))
    batches, batch = [], []
    for pair in ordered:
        if batch and (len(batch) + 1) * (len(pair[1]) + 2) > recipe.batch_pieces:
            batches.append(batch)
            batch = []
        batch.append(pair)
    batches.append(batch)
    random.shuffle(batches)
    for chosen in batches:
        yield (
            _padded([source for source, _ in chosen]),
            _padded([[BEGIN, *target, END] for _, target in chosen]),
        )


def _padded(rows: list[list[int]]) -> Tensor:
    return nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True, padding_value=PAD)


def export(
    model: Translator, tokenizer: sentencepiece.SentencePieceProcessor, recipe: Recipe, folder: Path
) -> None:
    """Write the model into `folder` as CTranslate2 reads it, int8."""
    layers = recipe.encoder_layers, recipe.decoder_layers
    spec = ctranslate2.specs.TransformerSpec.from_config(layers, recipe.heads, pre_norm=True)
    places = model.places.numpy().copy()
    embedding = _values(model.embedding.weight)
    for side, modules, norm in (
        (spec.encoder, model.encoder, model.encoder_norm),
        (spec.decoder, model.decoder, model.decoder_norm),
    ):
        side.position_encodings.encodings = places
        _copy_norm(norm, side.layer_norm)
        for module, layer in zip(modules, side.layer, strict=True):
            _copy_layer(module, layer)
    spec.encoder.embeddings[0].weight = embedding
    spec.decoder.embeddings.weight = embedding
    spec.decoder.projection.weight = embedding
    vocabulary = [tokenizer.id_to_piece(index) for index in range(tokenizer.get_piece_size())]
    spec.register_source_vocabulary(vocabulary)
    spec.register_target_vocabulary(vocabulary)
    spec.validate()
    spec.optimize(quantization="int8")
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))


def _copy_layer(module: Layer, layer: ctranslate2.specs.LayerSpec) -> None:
    _copy_attention(module.itself, layer.self_attention)
    if module.cross is not None:
        _copy_attention(module.cross, layer.attention)
    _copy_norm(module.norm, layer.ffn.layer_norm)
    _copy_linear(module.wide, layer.ffn.linear_0)
    _copy_linear(module.narrow, layer.ffn.linear_1)


def _copy_attention(module: Attention, attention: ctranslate2.specs.LayerSpec) -> None:
    _copy_norm(module.norm, attention.layer_norm)
    for linear, target in zip((*module.into, module.out), attention.linear, strict=True):
        _copy_linear(linear, target)


def _copy_linear(module: nn.Linear, linear: ctranslate2.specs.LayerSpec) -> None:
    linear.weight, linear.bias = _values(module.weight), _values(module.bias)


def _copy_norm(module: nn.LayerNorm, norm: ctranslate2.specs.LayerSpec) -> None:
    norm.gamma, norm.beta = _values(module.weight), _values(module.bias)


def _values(parameter: nn.Parameter) -> np.ndarray:
    # A copy: CTranslate2 quantises in place.
    return parameter.detach().numpy().copy()


def main() -> None:
    """Train and write what the arguments name."""
    summary, _, rest = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        description=summary, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path, help="an xz file of lines: tag, source and target sentence")
    parser.add_argument("output", type=Path, help="a folder for model/, sentencepiece.model and pairs.tsv")
    parser.add_argument("--tag", default="tatoeba", help="which pairs of the corpus (default: %(default)s)")
    usual = Recipe()
    parser.add_argument("--pairs", type=int, default=usual.pairs, help="how many (default: %(default)s)")
    parser.add_argument("--epochs", type=int, default=usual.epochs, help="how often (default: %(default)s)")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    recipe = Recipe(pairs=arguments.pairs, epochs=arguments.epochs)
    arguments.output.mkdir(parents=True, exist_ok=True)
    pairs = choose_pairs(read_pairs(arguments.corpus, arguments.tag), recipe)
    (arguments.output / "pairs.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in pairs), "utf-8")
    tokenizer = train_tokenizer(pairs, recipe, arguments.output)
    export(train(pairs, tokenizer, recipe), tokenizer, recipe, arguments.output / "model")


if __name__ == "__main__":
    main()
