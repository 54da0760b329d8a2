"""Numbers and texts that requests may hold: such as the columns of the database can take."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from assistant.core.plain_text import one_line

MOST_COUNT = 2**31 - 1
"""The largest number of a version or revision."""

MOST_SEQ = 10**15 - 1
"""The largest `seq` of an event: exact in JSON's numbers, and in a column of 64 bits."""

MOST_SECONDS = 10**7
"""Four months: longer than any recording."""

Count = Annotated[int, Field(ge=0, le=MOST_COUNT)]
"""Which version, or which revision of minutes."""

Seq = Annotated[int, Field(ge=0, le=MOST_SEQ)]
"""Which event of a room, or which revision of a caption."""

Seconds = Annotated[float, Field(ge=0, le=MOST_SECONDS, allow_inf_nan=False)]
"""A moment of a recording."""

Line = Annotated[str, AfterValidator(one_line)]
"""A text that is kept and printed on one line; a limit of its length stands at its field."""
