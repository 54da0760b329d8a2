"""How log events are written: structlog for ours, and through it what libraries log."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Callable, Collection, Mapping
from typing import Literal, TextIO
from urllib.parse import quote

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_QUERY = re.compile(r"""((?:/|\b\w+://)[^\s"'<>?]*?(?:\?|%(?:25)*3[Ff]))[^\s"'<>]+""")
"""What follows the path of an address: tokens, sessions and people may stand there under any name."""

_LEAST_CHARACTERS = 4
"""The shortest secret that is looked for; a shorter one would be found in every other word."""

_RESULT = re.compile(r"(/api/v2/results/[^/\s]+/)[^/\s\"'<>?]+")
"""The secret in the address of a result."""

_READER = re.compile(r"\breader\d\.[^\s\"'<>&]+")
"""The token of a link, wherever it stands."""

_BEARER = re.compile(r"(\bBearer\s+)[^\s\"',;]+", re.IGNORECASE)

_INPUT = re.compile(r"""(\binput_value=|'input': ).*""")
"""What a validation error shows of what was sent or said, up to the end of its line."""

_CHATTY = ("aiosqlite", "alembic", "asyncio", "av", "httpcore", "httpx", "libav", "sqlalchemy", "websockets")
"""Libraries whose news are of interest to their developers only."""

_QUOTING = ("python_multipart",)
"""Libraries whose warnings quote what somebody sent."""


def configure_logging(
    log_format: Literal["console", "json"],
    log_level: str,
    stream: TextIO | None = None,
    *,
    secrets: Collection[str] = (),
) -> None:
    """Write events of at least `log_level` to `stream` (standard error), one a line.

    What addresses are asked with is blacked out, and tracebacks show no values of variables, since these may
    be tokens or what people said.

    Args:
        log_format: Lines for people or JSON.
        log_level: The least level written.
        stream: Where to.
        secrets: Tokens that are written nowhere, wherever they may come from.
    """
    stream = stream or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    level = logging.getLevelNamesMapping()[log_level.upper()]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _blackout(secrets),
                _renderer(log_format, stream),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    for name in _QUOTING:
        logging.getLogger(name).setLevel(max(level, logging.ERROR))


def _blackout(secrets: Collection[str]) -> Processor:
    """Return what replaces tokens, and all that addresses are asked with, in every text of an event."""
    spelled = {secret for secret in secrets if len(secret) >= _LEAST_CHARACTERS}
    spellings = spelled | {quote(secret, safe="") for secret in spelled}
    # The longest first: a token may begin like another one.
    known = "|".join(map(re.escape, sorted(spellings, key=len, reverse=True)))
    pattern = re.compile(known) if known else None

    def blacked_out(text: str) -> str:
        for shown in (_QUERY, _RESULT, _BEARER, _INPUT):
            text = shown.sub(r"\1…", text)
        text = _READER.sub("reader…", text)
        return pattern.sub("…", text) if pattern else text

    def black_out(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {key: _each(value, blacked_out) for key, value in event.items()}

    return black_out


def _each(value: object, change: Callable[[str], str]) -> object:
    """Return a value with its texts changed, also those in lists and mappings."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _each(one, change) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_each(one, change) for one in value]
    return value


def _renderer(log_format: Literal["console", "json"], stream: TextIO) -> Processor:
    if log_format == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(
        colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
