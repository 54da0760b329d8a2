"""The vocabulary: SentencePiece pieces that both languages share."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import sentencepiece

from train.errors import NotTrainable

PAD, UNKNOWN, BEGIN, END = 0, 1, 2, 3
_SPECIAL: dict[str, Any] = {
    "pad_id": PAD,
    "unk_id": UNKNOWN,
    "bos_id": BEGIN,
    "eos_id": END,
    "pad_piece": "<blank>",
}
_MOST_SENTENCES = 400_000
_LONGEST_BYTES = 2000

Tokenizer = sentencepiece.SentencePieceProcessor


def train_pieces(sentences: Iterable[str], number: int, path: Path, threads: int) -> None:
    """Write a SentencePiece model (Kudo 2018) of at most `number` pieces.

    Raises:
        NotTrainable: The text is too little for any.
    """
    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(sentences),
            model_writer=model,
            vocab_size=number,
            character_coverage=0.9999,
            hard_vocab_limit=False,
            input_sentence_size=_MOST_SENTENCES,
            max_sentence_length=_LONGEST_BYTES,
            # Letters that are rare, in names above all, are written as their bytes.
            byte_fallback=True,
            split_digits=True,
            num_threads=threads,
            minloglevel=2,
            **_SPECIAL,
        )
    except (RuntimeError, OSError) as error:
        raise NotTrainable(f"No vocabulary can be made of this text: {error}") from error
    path.write_bytes(model.getvalue())


def open_pieces(path: Path) -> Tokenizer:
    """Return the tokenizer that `train_pieces` wrote."""
    return sentencepiece.SentencePieceProcessor(model_proto=path.read_bytes())


def vocabulary(tokenizer: Tokenizer) -> list[str]:
    """Return all pieces in the order of their ids."""
    return [tokenizer.id_to_piece(index) for index in range(tokenizer.get_piece_size())]
