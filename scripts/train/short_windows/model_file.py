"""The file of a CTranslate2 model: variables by name, read and replaced in place.

Version 6 of the format: a number of the format, the name and revision of what the model is, then each
variable (name, number of dimensions, dimensions, type, size in bytes, bytes), then other names of variables.
Numbers are little-endian; names have a length before them and a zero byte behind.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from train.errors import NotTrainable

_FORMAT = 6
_TYPES: dict[int, type[np.generic]] = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}

Array = npt.NDArray[np.generic]


@dataclass(frozen=True, slots=True)
class _Variable:
    """Where a variable stands in the file, and what it is."""

    start: int
    size_bytes: int
    shape: tuple[int, ...]
    dtype: type[np.generic]


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file.

    Attributes:
        specification: What the model is, such as `WhisperSpec`.
        content: All its bytes.
        variables: Where each of them is.
    """

    specification: str
    content: bytes
    variables: Mapping[str, _Variable]

    @classmethod
    def read(cls, path: Path) -> ModelFile:
        """Read a file.

        Raises:
            NotTrainable: It is no model of that format.
        """
        try:
            reader = _Reader(path.read_bytes())
            if reader.number("<I") != _FORMAT:
                raise NotTrainable(f"{path} is not of format {_FORMAT} of CTranslate2.")
            specification = reader.name()
            reader.number("<I")
            variables = dict(reader.variable() for _ in range(reader.number("<I")))
        except (OSError, struct.error, KeyError, UnicodeDecodeError) as error:
            raise NotTrainable(f"{path} cannot be read as a model of CTranslate2: {error}") from error
        return cls(specification, reader.content, variables)

    def array(self, name: str) -> Array:
        """Return a variable; raises `NotTrainable` where there is none of that name."""
        if name not in self.variables:
            raise NotTrainable(f"The model has no {name}.")
        variable = self.variables[name]
        flat = np.frombuffer(
            self.content, variable.dtype, count=variable.size_bytes // np.dtype(variable.dtype).itemsize,
            offset=variable.start,
        )  # fmt: skip
        return flat.reshape(variable.shape)

    def replaced(self, arrays: Mapping[str, Array]) -> bytes:
        """Return the content with other values in variables, of the same shapes and types."""
        content = bytearray(self.content)
        for name, array in arrays.items():
            variable = self.variables[name]
            if array.shape != variable.shape:
                raise NotTrainable(f"{name} has another shape: {array.shape}, not {variable.shape}.")
            content[variable.start : variable.start + variable.size_bytes] = array.astype(
                variable.dtype
            ).tobytes()
        return bytes(content)


@dataclass(slots=True)
class _Reader:
    content: bytes
    place: int = 0

    def number(self, kind: str) -> int:
        (value,) = struct.unpack_from(kind, self.content, self.place)
        self.place += struct.calcsize(kind)
        return int(value)

    def name(self) -> str:
        length = self.number("<H")
        self.place += length
        return self.content[self.place - length : self.place].rstrip(b"\0").decode()

    def variable(self) -> tuple[str, _Variable]:
        name = self.name()
        shape = tuple(self.number("<I") for _ in range(self.number("<B")))
        dtype = _TYPES[self.number("<B")]
        size = self.number("<I")
        self.place += size
        return name, _Variable(self.place - size, size, shape, dtype)
