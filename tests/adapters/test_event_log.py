"""How log events are written."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog
from fastapi.exceptions import ResponseValidationError
from pydantic import TypeAdapter, ValidationError
from sqlalchemy.exc import SQLAlchemyError

from assistant.adapters.event_log import configure_logging
from assistant.adapters.sql_engine import open_engine

Configure = Callable[..., io.StringIO]
WORDS = " ".join(("spoken", "words"))
"""Put together here, because tracebacks show lines of source."""


@pytest.fixture
def configured() -> Iterator[Configure]:
    """Configure logging into a string; it is put back afterwards."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level

    def configure(log_format: str = "json", log_level: str = "info") -> io.StringIO:
        stream = io.StringIO()
        configure_logging(log_format, log_level, stream)  # type: ignore[arg-type] # one of the two
        return stream

    yield configure
    structlog.reset_defaults()
    root.handlers, root.level = before, level


def test_events_have_keys(configured: Configure) -> None:
    """An event is one line of JSON with its name, level, time and keys."""
    stream = configured()
    structlog.get_logger("x").info("room_created", room="weekly", seconds=1.5)
    event = json.loads(stream.getvalue())
    assert event.pop("timestamp").endswith("Z")
    assert event == {"event": "room_created", "level": "info", "room": "weekly", "seconds": 1.5}


def test_libraries_log_through_it(configured: Configure) -> None:
    """What a library logs has the same shape, its arguments filled in."""
    stream = configured()
    logging.getLogger("uvicorn.error").info("Started server process [%d]", 7)
    assert json.loads(stream.getvalue())["event"] == "Started server process [7]"


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_secrets_are_blacked_out(configured: Configure, log_format: str) -> None:
    """Tokens, sessions and people in addresses are not written, whoever logs them, nor in tracebacks."""
    stream = configured(log_format)
    logging.getLogger("uvicorn.error").info('"WebSocket %s" [accepted]', "/v1/x?a=1&token=s3cret&b=2")
    logging.getLogger("uvicorn.error").info("%s", "/v1/x?session=s3cret&participant=s3cret&name=s3cret+x")
    # An address whose question mark was written as a letter is a path; what follows is a token all the same.
    logging.getLogger("uvicorn.error").info("%s", "/v1/x%3Ftoken=s3cret /v1/x%253ftoken=s3cret")
    structlog.get_logger("x").warning("odd", address="/v1?token=s3cret", header="Bearer s3cret")
    try:
        int("GET /v1?token=s3cret")
    except ValueError:
        structlog.get_logger("x").exception("failed")
    written = stream.getvalue()
    assert "s3cret" not in written
    assert "/v1/x?…" in written
    assert "ValueError" in written


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_tracebacks_show_no_values(configured: Configure, log_format: str) -> None:
    """Local variables, which may be what people said, stay out of tracebacks."""
    stream = configured(log_format)
    spoken = "what somebody" + " said"
    try:
        _ = spoken, 1 / 0
    except ZeroDivisionError:
        structlog.get_logger("x").exception("failed")
        logging.getLogger("other").exception("failed too")
    assert stream.getvalue().count("ZeroDivisionError") == 2
    assert "what somebody said" not in stream.getvalue()


def test_less_than_the_level_is_not_written(configured: Configure) -> None:
    """Events below the level are left out; chatty libraries speak from warnings on."""
    stream = configured(log_level="warning")
    structlog.get_logger("x").info("quiet")
    assert stream.getvalue() == ""
    stream = configured(log_level="debug")
    logging.getLogger("httpx").info("HTTP Request: GET https://example.org/?token=x")
    assert stream.getvalue() == ""


def test_what_was_sent_is_not_in_tracebacks(configured: Configure) -> None:
    """Errors of validation and of the database come without the values that they are about."""
    stream = configured()
    adapter = TypeAdapter(list[int])
    try:
        adapter.validate_python([WORDS])
    except ValidationError:
        structlog.get_logger("x").exception("failed")
    faults = [{"type": "int", "loc": ("x",), "msg": "m", "input": WORDS}]
    structlog.get_logger("x").error("failed", exc_info=ResponseValidationError(faults))
    assert "validation error" in stream.getvalue()
    assert WORDS not in stream.getvalue()
    logging.getLogger("python_multipart.multipart").warning("Unknown field: %r", WORDS)
    assert WORDS not in stream.getvalue()


async def test_database_errors_come_without_values(configured: Configure, tmp_path: Path) -> None:
    """What was to be stored is what people said."""
    stream = configured()
    engine = await open_engine(f"sqlite+aiosqlite:///{tmp_path / 't.db'}")
    try:
        async with engine.connect() as connection:
            await connection.execute(sa.text("SELECT :words FROM nowhere"), {"words": WORDS})
    except SQLAlchemyError:
        structlog.get_logger("x").exception("failed")
    await engine.dispose()
    assert "nowhere" in stream.getvalue()
    assert WORDS not in stream.getvalue()
