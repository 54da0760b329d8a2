"""The letters and signs that a text model knows, by sentencepiece (C++)."""

from __future__ import annotations

from pathlib import Path

import sentencepiece

from assistant.core.errors import PackageInvalid

_BLANK = "\u2581"
"""What stands for a space in pieces."""


def vocabulary_letters(path: Path) -> frozenset[str]:
    """Return every character of the pieces in a SentencePiece model; of all others it makes an unknown one.

    Empty where single bytes are pieces: then there is nothing that the model could not read.

    Raises:
        PackageInvalid: The file is damaged.
    """
    try:
        pieces = sentencepiece.SentencePieceProcessor(model_file=str(path))
    except (RuntimeError, OSError) as error:
        raise PackageInvalid("The vocabulary of the text model is damaged.") from error
    numbers = range(pieces.get_piece_size())
    if any(map(pieces.is_byte, numbers)):
        return frozenset()
    known = (number for number in numbers if not pieces.is_control(number) and not pieces.is_unknown(number))
    return frozenset("".join(map(pieces.id_to_piece, known))) - {_BLANK}
