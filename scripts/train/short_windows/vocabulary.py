"""What the recipe must know of Whisper's tokens, out of the files beside the weights."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from train.errors import NotTrainable


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Ids of tokens.

    Attributes:
        start: What every text begins with.
        languages: Of the languages; none in a model of one language.
        after: What follows the language: the task, and that there are no time stamps.
        end: Of the text.
        suppressed: What no text has.
        suppressed_first: What no text begins with.
    """

    start: int
    languages: tuple[int, ...]
    after: tuple[int, ...]
    end: int
    suppressed: tuple[int, ...]
    suppressed_first: tuple[int, ...]

    @classmethod
    def read(cls, weights: Path) -> Vocabulary:
        """Read `tokenizer.json` and `config.json` of a directory of weights.

        Raises:
            NotTrainable: One of them is missing or not what it should be.
        """
        try:
            tokenizer = json.loads((weights / "tokenizer.json").read_text("utf-8"))
            config = json.loads((weights / "config.json").read_text("utf-8"))
            ids = {added["content"]: added["id"] for added in tokenizer["added_tokens"]}
            languages = tuple(config.get("lang_ids") or ())
            task = (ids["<|transcribe|>"],) if languages else ()
            return cls(
                start=ids["<|startoftranscript|>"],
                languages=languages,
                after=(*task, ids["<|notimestamps|>"]),
                end=ids["<|endoftext|>"],
                suppressed=tuple(config["suppress_ids"]),
                suppressed_first=tuple(config["suppress_ids_begin"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise NotTrainable(f"{weights} holds no Whisper vocabulary: {error!r}") from error
