"""Memory of a long-running service, seen from outside of a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_BUSY = """
import gc, threading
import numpy as np
from assistant.cli.memory import give_back_memory, prepare_memory, settle_memory

def resident_kb():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

prepare_memory()
settle_memory()
before = resident_kb()
kept = []

def work():
    large = []
    for _ in range(400):
        large.append(np.ones(25_000))  # 200 kB, with something small behind it that stays
        kept.append(bytearray(600))

threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
busy = resident_kb()
give_back_memory()
print(gc.get_freeze_count() > 0, busy - before, resident_kb() - before)
"""

_MANY_LENGTHS = """
import numpy as np
from assistant.bootstrap import build_transcriber
from assistant.cli.memory import give_back_memory, prepare_libraries, prepare_memory
from assistant.ports.speech import TranscriptionRequest
from assistant.settings import Settings

def resident_kb():
    give_back_memory()
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

prepare_libraries()
prepare_memory()
transcriber = build_transcriber(Settings())
noise = np.random.default_rng(7).normal(0, 0.01, 16_000 * 8).astype(np.float32)

def hear(lengths):
    for samples in lengths:
        transcriber.transcribe(TranscriptionRequest(noise[:samples], "en"))

hear(range(16_000, 40_000, 2_000))
before = resident_kb()
hear(range(40_000, 128_000, 2_000))
print(resident_kb() - before)
"""


_MULTIPLYING = """
import contextlib, os, sys
from assistant.cli import main

sys.argv = ["assistant", "--help"]
with contextlib.redirect_stdout(sys.stderr), contextlib.suppress(SystemExit):
    main()

import numpy as np
np.ones((500, 500)) @ np.ones((500, 500))
print(len(os.listdir("/proc/self/task")))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_small_products_start_no_threads() -> None:
    """The command line tells numpy so before anything imports it; threads that spin cost speakers."""
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    ended = subprocess.run(
        [sys.executable, "-c", _MULTIPLYING], capture_output=True, text=True, check=True, env=environment
    )
    assert int(ended.stdout) == 1


@pytest.mark.weights
@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_memory_does_not_grow_with_each_length_of_window(whisper_weights: Path) -> None:
    """What a recognition of one length needed is not kept for the next one, which has another."""
    assert whisper_weights.is_dir()
    ended = subprocess.run([sys.executable, "-c", _MANY_LENGTHS], capture_output=True, text=True, check=True)
    assert int(ended.stdout) < 20_000


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_memory_of_a_busy_time_is_given_back() -> None:
    """Holes between small blocks that stay go back to the system; loaded objects are left alone."""
    ended = subprocess.run([sys.executable, "-c", _BUSY], capture_output=True, text=True, check=True)
    frozen, busy_kb, left_kb = ended.stdout.split()
    assert frozen == "True"
    assert int(left_kb) < 20_000
    assert int(left_kb) <= int(busy_kb)
