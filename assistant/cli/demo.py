"""`assistant demo`: a meeting of recorded people, through the public door."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import Annotated

import typer

from assistant.cli.console import read_settings


def demo(
    url: Annotated[str, typer.Option(help="Where the service is.")] = "http://127.0.0.1:8000",
    end_with_stdin: Annotated[bool, typer.Option("--end-with-stdin", hidden=True)] = False,
) -> None:
    """Play a meeting of three recorded people into a running service, over and over.

    A token, if the service wants one, is taken from ASSISTANT_TOKEN.
    """
    from assistant.demo import play

    if end_with_stdin:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    play(url, read_settings().token)


def _end_with_stdin() -> None:
    """End this process when its standard input does, so that it cannot outlive whoever started it."""
    # Not through the buffered file: a thread that waits in it would break the interpreter's end.
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
