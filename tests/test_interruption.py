"""Ctrl-C and SIGTERM: every command ends at once, and none shows where in its code it was."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.waiting import PATIENCE_SECONDS

SPEECH = Path(__file__).parent / "fixtures" / "speech" / "jfk.flac"
INTERRUPTED = 130

ASSISTANT = """
import signal
# Whoever runs the tests in the background has Ctrl-C ignored, and processes inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
from assistant.cli import main
main()
"""

PRESSED_AT_IMPORT = """
import os, signal, sys

signal.signal(signal.SIGINT, signal.default_int_handler)
module, sys.argv = sys.argv[1], ["assistant", *sys.argv[2:]]

class Press:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            sys.meta_path.remove(self)
            print("pressed", flush=True)
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Press())
from assistant.cli import main
main()
"""

PRESSED_AT_WORK = """
import os, signal, sys

signal.signal(signal.SIGINT, signal.default_int_handler)
presses, sys.argv = int(sys.argv[1]), ["assistant", *sys.argv[2:]]

from assistant.engines.whisper import WhisperTranscriber

recognise = WhisperTranscriber.transcribe

def press(*arguments):
    global presses
    if presses:
        presses -= 1
        os.kill(os.getpid(), signal.SIGINT)
    return recognise(*arguments)

WhisperTranscriber.transcribe = press
from assistant.cli import main
main()
"""

CATALOGUE = """
format = 1
default = ["slow"]

[licences]
"MIT" = "Text."

[[models]]
name = "slow"
title = "Slow"
kind = "speech"
languages = ["*"]
memory_bytes = 10
licence = "MIT"
attribution = "Nobody"
homepage = "http://127.0.0.1"

[[models.sources]]
kind = "url"
base = "http://127.0.0.1:{port}/"
files = [{ path = "model.bin", size_bytes = 10, sha256 = "{hash}" }]
"""


@contextmanager
def running(*command: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Run a command in a group of its own, as a terminal does; it is gone when the block ends."""
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ | {"ASSISTANT_TOKEN": "", "PYTHONUNBUFFERED": "1", **environment},
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for the end of a process that shows nothing of its inside; return its code and what it wrote."""
    told, complained = process.communicate(timeout=PATIENCE_SECONDS)
    for text in (told, complained):
        assert "Traceback" not in text, text
        assert "KeyboardInterrupt" not in text, text
        assert "CancelledError" not in text, text
    return process.returncode, told


@contextmanager
def silent_server(asked: Callable[[], object]) -> Iterator[int]:
    """Listen on a port, call `asked` when somebody connects, and never answer."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        held: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                held.append(connection)
                asked()

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        for connection in held:
            connection.close()


@pytest.mark.parametrize(
    ("module", "command"),
    [
        ("assistant.cli.memory", ("demo",)),
        ("typer", ("demo",)),
        ("assistant.demo", ("demo", "--url", "http://127.0.0.1:9")),
        ("pydantic_settings", ("serve", "--demo")),
        ("assistant.bootstrap", ("serve", "--demo", "--port", "0")),
        ("assistant.bootstrap", ("transcribe", str(SPEECH))),
        ("assistant.weights.pull", ("models", "pull")),
        ("assistant.operations.doctor", ("doctor",)),
        ("httpx", ("join", "meeting")),
        ("rich.table", ("models", "list")),
    ],
)
def test_ctrl_c_while_a_command_begins(module: str, command: tuple[str, ...], tmp_path: Path) -> None:
    """Importing takes a second or more, in which people change their minds."""
    probe = (sys.executable, "-c", PRESSED_AT_IMPORT, module, *command)
    with running(*probe, ASSISTANT_DATA_DIR=str(tmp_path)) as process:
        code, told = ended(process)
        assert (code, told) == (INTERRUPTED, "pressed\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("command", ["demo", "join", "pull"])
def test_a_signal_while_a_command_waits_for_a_server(
    command: str, number: signal.Signals, tmp_path: Path
) -> None:
    """A server that says nothing does not keep anybody."""
    asked = threading.Event()
    with silent_server(asked.set) as port:
        catalogue = tmp_path / "catalogue.toml"
        catalogue.write_text(CATALOGUE.replace("{port}", str(port)).replace("{hash}", "0" * 64))
        arguments = {
            "demo": ("demo", "--url", f"http://127.0.0.1:{port}"),
            "join": ("join", "meeting", "--url", f"http://127.0.0.1:{port}"),
            "pull": ("models", "pull", "slow", "--catalog", str(catalogue)),
        }[command]
        assistant = (sys.executable, "-c", ASSISTANT, *arguments)
        with running(*assistant, ASSISTANT_DATA_DIR=str(tmp_path)) as process:
            assert asked.wait(PATIENCE_SECONDS)
            os.killpg(process.pid, number)
            assert ended(process)[0] in {0, INTERRUPTED, -signal.SIGTERM}


@pytest.mark.weights
@pytest.mark.parametrize("presses", [1, 2, 3])
def test_ctrl_c_while_a_recording_is_transcribed(presses: int, tmp_path: Path, whisper_weights: Path) -> None:
    """What is being recognised is not waited for longer than it takes, and nothing is written."""
    arguments = ("transcribe", str(SPEECH), "--output", str(tmp_path / "out"))
    models = {"ASSISTANT_MODELS_DIR": str(whisper_weights.parent)}
    probe = (sys.executable, "-c", PRESSED_AT_WORK, str(presses), *arguments)
    with running(*probe, ASSISTANT_DATA_DIR=str(tmp_path), **models) as process:
        assert ended(process) == (INTERRUPTED, "")
    assert not (tmp_path / "out").exists()


@pytest.mark.weights
@pytest.mark.slow
@pytest.mark.parametrize("presses", [1, 2])
def test_ctrl_c_while_the_demo_runs(presses: int, tmp_path: Path, whisper_weights: Path) -> None:
    """The service ends what was begun; whoever presses again does not wait for it."""
    serve = (sys.executable, "-c", ASSISTANT, "serve", "--demo", "--port", "0")
    settings = {
        "ASSISTANT_DATA_DIR": str(tmp_path),
        "ASSISTANT_MODELS_DIR": str(whisper_weights.parent),
        "ASSISTANT_LOG_LEVEL": "error",
    }
    with running(*serve, **settings) as process:
        assert process.stdout is not None
        while "Read captions" not in (line := process.stdout.readline()):
            assert line or process.poll() is None
        deadline = time.monotonic() + PATIENCE_SECONDS
        os.killpg(process.pid, signal.SIGINT)
        while presses > 1 and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.2)
            os.kill(process.pid, signal.SIGINT)
        # In the last moments of the interpreter the signal itself ends it, which shells show as 130.
        assert ended(process)[0] in {0, INTERRUPTED, -signal.SIGINT}
