"""How log events are written: structlog for ours, and through it what libraries log."""

from __future__ import annotations

import logging
import re
import sys
from typing import Literal, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_SECRET = re.compile(r"""([?&](?:token|session|participant|name)=)[^&\s"']+""")
"""What lets somebody in, lets somebody speak as another, or names a person."""

_BEARER = re.compile(r"(\bBearer\s+)[^\s\"',;]+", re.IGNORECASE)

_INPUT = re.compile(r"""(\binput_value=|'input': ).*""")
"""What a validation error shows of what was sent or said, up to the end of its line."""

_CHATTY = ("aiosqlite", "alembic", "asyncio", "av", "httpcore", "httpx", "libav", "sqlalchemy", "websockets")
"""Libraries whose news are of interest to their developers only."""

_QUOTING = ("python_multipart",)
"""Libraries whose warnings quote what somebody sent."""


def configure_logging(
    log_format: Literal["console", "json"], log_level: str, stream: TextIO | None = None
) -> None:
    """Write events of at least `log_level` to `stream` (standard error), one a line.

    Tokens, sessions and people in addresses are blacked out, and tracebacks show no values of
    variables, since these may be tokens or what people said.
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
                black_out_secrets,
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


def black_out_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace tokens, sessions and names of people in every text of an event."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = _INPUT.sub(r"\1…", _BEARER.sub(r"\1…", _SECRET.sub(r"\1…", value)))
    return event


def _renderer(log_format: Literal["console", "json"], stream: TextIO) -> Processor:
    if log_format == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(
        colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
