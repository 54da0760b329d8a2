"""A pytest plugin: what the tests of a worker start does not outlive it, however the run ends.

Whoever interrupts a run in several processes gives each worker some seconds, then kills it. A service, a
browser or a meeting server that its test has started would go on for ever.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Generator

import pytest
import xdist
from xdist.workermanage import NodeManager

# Longer than a worker takes, which asks itself to end after five seconds and gives up after ten more.
NodeManager.EXIT_TIMEOUT = 30

# All that a test starts inherits the names of the run and of the worker, which the worker alone sets.
_KEEPER = """
import contextlib, os, sys
import psutil
mine = {name: os.environ[name] for name in ("PYTEST_XDIST_TESTRUNUID", "PYTEST_XDIST_WORKER")}
sys.stdin.read()  # which ends with the worker
for process in psutil.process_iter():
    with contextlib.suppress(psutil.Error):
        if process.pid != os.getpid() and mine.items() <= process.environ().items():
            process.kill()
"""


@pytest.fixture(scope="session", autouse=True)
def keeper(request: pytest.FixtureRequest) -> Generator[None]:
    """Kill what is left when the worker is gone."""
    if not xdist.is_xdist_worker(request):
        yield
        return
    # A worker asks itself by this signal, which is ignored in what a shell starts in the background.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    command = [sys.executable, "-c", _KEEPER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True):
        yield
