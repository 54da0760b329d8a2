"""The service works where there is no network, and asks for none."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.weights, pytest.mark.slow]

PROBE = """
import asyncio, sys
from pathlib import Path
from assistant.client import AudioStream, Endpoint, read_pcm
from tests.live.service import LiveService

service = LiveService(Path(sys.argv[1]), Path(sys.argv[2]))
service.start()

async def talk():
    async with AudioStream(Endpoint(service.url), "council", "reader", language="en") as stream:
        await stream.send(read_pcm(Path(sys.argv[3])))
        await stream.stop()

try:
    asyncio.run(talk())
    print("HEARD", service.transcript("council")[0]["text"])
finally:
    service.stop()
"""


def isolated(*command: str) -> list[str]:
    """Return the command in a network namespace that has nothing but its own loopback."""
    return [
        "unshare",
        "--map-root-user",
        "--net",
        "sh",
        "-c",
        'ip link set lo up && exec "$@"',
        "sh",
        *command,
    ]


def can_isolate() -> bool:
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return False
    return subprocess.run(isolated("true"), capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not can_isolate(), reason="needs unshare and ip: apt-get install util-linux iproute2")
def test_captions_come_without_any_network(tmp_path: Path, whisper_weights: Path) -> None:
    """In a network namespace with only loopback the whole way works, so nothing outside is needed."""
    root = Path(__file__).parents[2]
    recording = root / "tests" / "fixtures" / "speech" / "jfk.flac"
    probe = [sys.executable, "-c", PROBE, str(tmp_path), str(whisper_weights.parent), str(recording)]
    done = subprocess.run(
        isolated(*probe), capture_output=True, text=True, cwd=root, timeout=150, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "HEARD And so my fellow Americans" in done.stdout


AUDIT = """
import sys
def watch(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = str(arguments[1][0])
        if not (host.startswith("127.") or host in ("::1", "localhost")):
            print("CONNECT", host, flush=True)
    if event == "socket.getaddrinfo" and arguments[0] not in (None, "127.0.0.1", "localhost", "::1"):
        print("LOOKUP", arguments[0], flush=True)
sys.addaudithook(watch)
from assistant.cli import main
sys.argv = ["assistant", *sys.argv[1:]]
main()
"""


@pytest.mark.parametrize("command", [("doctor",), ("models", "list"), ("models", "verify"), ("--help",)])
def test_no_command_but_pull_looks_outside(
    command: tuple[str, ...], tmp_path: Path, whisper_weights: Path
) -> None:
    """Neither a connection nor a look-up of a name is even tried."""
    environment = {
        "ASSISTANT_MODELS_DIR": str(whisper_weights.parent),
        "ASSISTANT_DATA_DIR": str(tmp_path),
        "PATH": "/usr/bin:/bin",
    }
    done = subprocess.run(
        [sys.executable, "-c", AUDIT, *command],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
        check=False,
    )
    assert "CONNECT" not in done.stdout
    assert "LOOKUP" not in done.stdout
    assert done.stdout.strip()
