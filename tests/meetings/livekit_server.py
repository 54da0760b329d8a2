"""A real LiveKit server as a process of its own, on loopback."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import httpx

from tests.free_ports import free_port

KEY = "devkey"
SECRET = "a-secret-for-tests-that-is-long-enough"  # noqa: S105 - of a server that lives for one test
HOW_TO_GET_IT = (
    "livekit-server is not here: CGO_ENABLED=0 go install "
    "github.com/livekit/livekit-server/cmd/server@v1.13.5, then name it: LIVEKIT_SERVER=/path/to/server"
)
_START_SECONDS = 30.0


def find_server() -> str | None:
    """Return the path of the server, or None."""
    return os.environ.get("LIVEKIT_SERVER") or shutil.which("livekit-server")


class LiveKitServer:
    """`livekit-server` on free ports; it can be stopped and started again."""

    def __init__(self, program: str, folder: Path) -> None:
        self.port, tcp, udp = free_port(), free_port(), free_port(socket.SOCK_DGRAM)
        self.url = f"ws://127.0.0.1:{self.port}"
        self.log = folder / "livekit.log"
        self._program = program
        self._config: dict[str, object] = {
            "port": self.port,
            "bind_addresses": ["127.0.0.1"],
            "keys": {KEY: SECRET},
            "rtc": {
                "tcp_port": tcp,
                "udp_port": udp,
                "node_ip": "127.0.0.1",
                "use_external_ip": False,
                "enable_loopback_candidate": True,
                "stun_servers": [f"127.0.0.1:{udp}"],  # else clients are sent to foreign ones
            },
            "room": {"departure_timeout": 2},
            "logging": {"level": "info"},
        }
        self._process: subprocess.Popen[bytes] | None = None

    def call(self, url: str) -> None:
        """Send webhooks there, from the next start on."""
        self._config["webhook"] = {"api_key": KEY, "urls": [url]}

    def start(self) -> None:
        """Start it and wait until it answers."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [self._program, "--config-body", json.dumps(self._config)],
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + _START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                if httpx.get(f"http://127.0.0.1:{self.port}", trust_env=False).is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError(f"livekit-server did not start:\n{self.log.read_text()[-2000:]}")

    def stop(self) -> None:
        """End it."""
        process, self._process = self._process, None
        if process:
            process.kill()
            process.wait()
