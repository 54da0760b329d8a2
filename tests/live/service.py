"""The real service as a process of its own: started, killed and started again."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.free_ports import free_port
from tests.waiting import PATIENCE_SECONDS

_START_SECONDS = 90.0


class LiveService:
    """`assistant serve` on a free loopback port; its data stays in one directory across restarts."""

    descriptors = 0
    """How many files it may have open; 0: as many as this process."""

    def __init__(self, folder: Path, weights_dir: Path, **settings: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "service.log"
        self.data = folder / "data"
        self.environment = os.environ | {
            "ASSISTANT_DATA_DIR": str(self.data),
            "ASSISTANT_MODELS_DIR": str(weights_dir),
            "ASSISTANT_TOKEN": "",
            "ASSISTANT_MAX_TALKERS": "100",  # a busy test machine must not refuse the second speaker
            **{f"ASSISTANT_{name.upper()}": value for name, value in settings.items()},
        }
        self._process: subprocess.Popen[bytes] | None = None

    def set(self, **settings: str) -> None:
        """Change settings, for the next start."""
        self.environment |= {f"ASSISTANT_{name.upper()}": value for name, value in settings.items()}

    def start(self) -> None:
        """Start it and wait until it is ready."""
        command = self.command("serve", "--no-demo", "--port", str(self.port))
        if self.descriptors:
            command = ["sh", "-c", f'ulimit -n {self.descriptors} && exec "$@"', "sh", *command]
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                command, env=self.environment, stdout=output, stderr=subprocess.STDOUT
            )
        deadline = time.monotonic() + _START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/health/ready", trust_env=False).is_success:
                    return
            time.sleep(0.1)
        raise AssertionError(f"the service did not start:\n{self.log.read_text()[-3000:]}")

    def command(self, *arguments: str) -> list[str]:
        """Return how the assistant is run with these arguments."""
        return [sys.executable, "-m", "assistant.cli", *arguments]

    def kill(self) -> None:
        """End it without a chance to tidy up."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to end; return its exit status."""
        return self._end(signal.SIGTERM)

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None
        return self._process.pid

    def children(self) -> list[psutil.Process]:
        """Return the processes that it has started."""
        assert self._process is not None
        children: list[psutil.Process] = psutil.Process(self._process.pid).children(recursive=True)
        return children

    def get(self, path: str, **query: Any) -> httpx.Response:
        """Ask it for something."""
        return httpx.get(f"{self.url}{path}", params=query, trust_env=False, timeout=PATIENCE_SECONDS)

    def post(self, path: str, body: object = None) -> httpx.Response:
        """Ask it to do something, and require that it does."""
        answer = httpx.post(f"{self.url}{path}", json=body, trust_env=False, timeout=PATIENCE_SECONDS)
        answer.raise_for_status()
        return answer

    def delete(self, path: str) -> httpx.Response:
        """Ask it to end something."""
        return httpx.delete(f"{self.url}{path}", trust_env=False, timeout=PATIENCE_SECONDS)

    def transcript(self, room: str) -> list[dict[str, Any]]:
        """Return the captions of a room's transcript."""
        answer = self.get(f"/v1/rooms/{room}/transcript", format="json")
        answer.raise_for_status()
        captions: list[dict[str, Any]] = answer.json()["captions"]
        return captions

    def tell(self, process: subprocess.Popen[bytes], number: signal.Signals) -> None:
        """Send it a signal."""
        process.send_signal(number)

    def _end(self, number: signal.Signals) -> int:
        if self._process is None:
            return 0
        process, self._process = self._process, None
        with contextlib.suppress(ProcessLookupError):
            self.tell(process, number)
        try:
            return process.wait(40.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"the service did not end:\n{self.log.read_text()[-3000:]}") from None
