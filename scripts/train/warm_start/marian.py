"""Files of Marian models, as Firefox has them: matrices int8, `model.*.intgemm.alphas.bin`.

A matrix lies transposed on disk, its multiplier behind it; an embedding lies as it is. There is also the
multiplier of what each matrix is multiplied with ("alpha"), which was measured when the model was made.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from train.errors import NotTrainable

SHARED, SOURCE, TARGET = "Wemb", "encoder_Wemb", "decoder_Wemb"
"""The embeddings: of a parent, which has one for both languages; of the language read; of the one written."""

OUTPUT_BIAS = "decoder_ff_logit_out_b"

_FORMAT = 1
_INT8, _FLOAT32, _TEXT = 0x4101, 0x404, 0x101
_ARCHITECTURE = "special:model.yml"
_ALPHA = "_QuantMultA"
_OUTPUT_ALPHA = f"none{_ALPHA}"
"""Of the output layer: the engine looks for it under this name."""
_BLOCK = 256
_MOST = 127.0

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class MarianModel:
    """A model in memory.

    Attributes:
        weights: By Marian's names: matrices (in, out), embeddings (pieces, width), all else (1, n).
        alphas: By the name of a matrix: 127 over the largest number that it is multiplied with.
        architecture: YAML.
    """

    weights: Mapping[str, Array]
    alphas: Mapping[str, float]
    architecture: str

    @classmethod
    def read(cls, path: Path) -> MarianModel:
        """Read a file.

        Raises:
            NotTrainable: It cannot be read, or is no such model.
        """
        try:
            return cls._of(path.read_bytes())
        except OSError as error:
            raise NotTrainable(f"{path} cannot be read as a model ({error.strerror}).") from error
        except (struct.error, ValueError) as error:
            raise NotTrainable(f"{path} cannot be read as a model of Marian.") from error

    @classmethod
    def _of(cls, content: bytes) -> MarianModel:
        weights: dict[str, Array] = {}
        alphas: dict[str, float] = {}
        architecture = ""
        for name, kind, shape, data in _items(content):
            size = int(np.prod(shape))
            if kind == _TEXT:
                architecture = data.rstrip(b"\0").decode()
            elif name.endswith(_ALPHA):
                if kind == _FLOAT32:  # that of a shared embedding is int8, and the engine does not use it
                    of = TARGET if name == _OUTPUT_ALPHA else name.removesuffix(_ALPHA)
                    alphas[of] = struct.unpack_from("<f", data)[0]
            elif kind == _INT8:
                whole = np.frombuffer(data, np.int8, size)
                (scale,) = struct.unpack_from("<f", data, size)
                matrix = whole.reshape(shape) if _is_embedding(name) else whole.reshape(shape[::-1]).T
                weights[name] = matrix.astype(np.float32) / np.float32(scale)
            elif kind == _FLOAT32:
                weights[name] = np.frombuffer(data, np.float32, size).reshape(shape).copy()
        return cls(weights, alphas, architecture)

    def write(self, path: Path) -> None:
        """Write a file that fxtranslate and Marian load."""
        items = [(name, *_stored(name, array)) for name, array in self.weights.items()]
        items += [
            (_OUTPUT_ALPHA if name == TARGET else name + _ALPHA, _FLOAT32, (1, 1), struct.pack("<f", alpha))
            for name, alpha in self.alphas.items()
        ]
        text = self.architecture.encode() + b"\0"
        padded = [(*rest, data + bytes(-len(data) % _BLOCK)) for *rest, data in sorted(items)]
        path.write_bytes(_file([*padded, (_ARCHITECTURE, _TEXT, (len(text),), text)]))  # type: ignore[list-item] # of four

    def with_vocabularies(
        self, sources: npt.NDArray[np.int64], targets: npt.NDArray[np.int64]
    ) -> MarianModel:
        """Return a model of one vocabulary as one of two.

        Args:
            sources: Which of its pieces are read, by number; one may serve several times.
            targets: Which are written.
        """
        weights = dict(self.weights)
        rows, bias = weights.pop(SHARED), weights[OUTPUT_BIAS]
        weights |= {SOURCE: rows[sources], TARGET: rows[targets], OUTPUT_BIAS: bias[:, targets]}
        sizes = f"dim-vocabs:\n  - {len(sources)}\n  - {len(targets)}\n"
        text = re.sub(r"dim-vocabs:\n(?:  - \d+\n)+", sizes, self.architecture)
        text = text.replace("tied-embeddings-all: true", "tied-embeddings-all: false")
        return MarianModel(
            weights, self.alphas, text.replace("tied-embeddings: false", "tied-embeddings: true")
        )


def _items(content: bytes) -> Iterator[tuple[str, int, tuple[int, ...], bytes]]:
    """Yield name, kind, shape and bytes of all that a file holds."""
    version, count = struct.unpack_from("<QQ", content)
    if version != _FORMAT or 32 * count > len(content):
        raise ValueError
    heads = [struct.unpack_from("<QQQQ", content, 16 + 32 * index) for index in range(count)]
    place, names, shapes = 16 + 32 * count, [], []
    for length, *_ in heads:
        names.append(content[place : place + length].rstrip(b"\0").decode())
        place += length
    for _, _, dimensions, _ in heads:
        shapes.append(struct.unpack_from(f"<{dimensions}i", content, place))
        place += 4 * dimensions
    place += 8 + struct.unpack_from("<Q", content, place)[0]
    for name, (_, kind, _, length), shape in zip(names, heads, shapes, strict=True):
        yield name, kind, shape, content[place : place + length]
        place += length


def _file(items: list[tuple[str, int, tuple[int, ...], bytes]]) -> bytes:
    """Return the bytes of a file that holds these: name, kind, shape and bytes of each."""
    head = struct.pack("<QQ", _FORMAT, len(items))
    head += b"".join(
        struct.pack("<QQQQ", len(name.encode()) + 1, kind, len(shape), len(data))
        for name, kind, shape, data in items
    )
    head += b"".join(name.encode() + b"\0" for name, *_ in items)
    head += b"".join(struct.pack(f"<{len(shape)}i", *shape) for _, _, shape, _ in items)
    gap = -(len(head) + 8) % _BLOCK
    return b"".join((head, struct.pack("<Q", gap), bytes(gap), *(data for *_, data in items)))


def _stored(name: str, array: Array) -> tuple[int, tuple[int, ...], bytes]:
    """Return kind, shape and bytes of weights as they are written."""
    if min(array.shape) == 1:
        return _FLOAT32, (1, array.size), array.astype("<f4").tobytes()
    scale = np.float32(_MOST / max(float(np.abs(array).max()), 1e-9))
    whole = np.rint(array * scale).astype(np.int8)
    matrix = whole if _is_embedding(name) else np.ascontiguousarray(whole.T)
    return _INT8, array.shape, matrix.tobytes() + struct.pack("<f", scale)


def _is_embedding(name: str) -> bool:
    return name.endswith(SHARED)
