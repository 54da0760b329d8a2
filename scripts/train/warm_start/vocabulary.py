"""The vocabularies: those pieces of the parent's SentencePiece model that each language uses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sentencepiece
from google.protobuf.message import DecodeError
from sentencepiece.sentencepiece_model_pb2 import ModelProto  # type: ignore[attr-defined] # made at run time

from train.errors import NotTrainable
from train.warm_start.examples import Numbers

_SPECIAL = 2
"""The first two pieces end a sentence, and stand for what the vocabulary lacks."""
_RARE_SCORE = -12.0
_STANDS_FOR_SIGN = "|"
"""Signs that the parent lacks begin as this one does, which is rare."""
_THREADS = 1

Tokenizer = sentencepiece.SentencePieceProcessor


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Some pieces of another vocabulary, and what was added to them.

    Attributes:
        content: Of the SentencePiece file.
        stand_for: For each piece the number of the piece that it was in the other one, or begins as.
    """

    content: bytes
    stand_for: Numbers


def open_vocabulary(path: Path) -> Tokenizer:
    """Return a tokenizer.

    Raises:
        NotTrainable: The file is no SentencePiece model.
    """
    try:
        tokenizer = sentencepiece.SentencePieceProcessor(model_proto=path.read_bytes())
    except (OSError, RuntimeError) as error:
        raise NotTrainable(f"{path} cannot be read as a vocabulary.") from error
    if not tokenizer.get_piece_size():
        raise NotTrainable(f"{path} holds no vocabulary.")
    return tokenizer


def commonest(
    tokenizer: Tokenizer, texts: Iterable[tuple[float, Sequence[str]]], number: int, signs: str = ""
) -> Vocabulary:
    """Return the vocabulary of the pieces that are used most.

    Args:
        tokenizer: Has all pieces.
        texts: Sentences, and how much each lot of them counts, whatever its size.
        number: So many pieces; letters come before all others.
        signs: To add, if the tokenizer lacks them.
    """
    size = tokenizer.get_piece_size()
    uses = np.zeros(size)
    for share, sentences in texts:
        numbers = np.concatenate(
            [np.zeros(0, np.int64), *tokenizer.encode(list(sentences), num_threads=_THREADS)]
        )
        uses += share * np.bincount(numbers.astype(np.int64), minlength=size) / max(1, len(numbers))
    uses[[index for index in range(size) if len(tokenizer.id_to_piece(index)) == 1]] += 1.0
    uses[:_SPECIAL] = np.inf
    # The parent's pieces stand in the order of its own text, which decides between those that are not used.
    kept = np.sort(np.argsort(-uses, kind="stable")[:number])
    added = [sign for sign in signs if tokenizer.piece_to_id(sign) == tokenizer.unk_id()]
    stand_for = [*kept.tolist(), *[tokenizer.piece_to_id(_STANDS_FOR_SIGN)] * len(added)]
    return Vocabulary(_with_pieces(tokenizer, kept.tolist(), added), np.array(stand_for))


def _with_pieces(tokenizer: Tokenizer, kept: Sequence[int], added: Sequence[str]) -> bytes:
    """Return a SentencePiece file with some pieces of another, and signs that it lacks."""
    model = ModelProto()
    try:
        model.ParseFromString(tokenizer.serialized_model_proto())
    except DecodeError as error:
        raise NotTrainable("The parent's vocabulary cannot be read.") from error
    pieces = [model.pieces[index] for index in kept]
    pieces += [ModelProto.SentencePiece(piece=sign, score=_RARE_SCORE) for sign in added]
    del model.pieces[:]
    model.pieces.extend(pieces)
    model.trainer_spec.vocab_size = len(pieces)
    return bytes(model.SerializeToString())
