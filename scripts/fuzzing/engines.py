"""Two ways to make inputs: led by coverage (atheris), or by mutations of seeds (Hypothesis)."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

FINDINGS = Path("fuzz-findings")
_TIMEOUT_SECONDS = 20
_MOST_MEMORY_MB = 2_048
_MOST_INPUT_BYTES = 1 << 15


@st.composite
def mutations(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """Return a seed with some bytes changed, taken out or put in."""
    data = bytearray(draw(st.sampled_from(list(seeds))))
    for _ in range(draw(st.integers(0, 8))):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.integers(0, 16))] = draw(st.binary(max_size=16))
    return bytes(data)


def has_atheris() -> bool:
    """Return whether inputs can be led by coverage here."""
    try:
        import atheris  # noqa: F401, PLC0415 # pyright: ignore[reportMissingImports] - it may be missing
    except ImportError:
        return False
    return True


def by_coverage(name: str, seeds: Sequence[bytes], seconds: int) -> int:
    """Run a target in a process of its own, which libFuzzer ends at a crash, a hang or too much memory."""
    FINDINGS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as corpus:
        for seed in seeds:
            Path(corpus, hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
        options = [
            f"-max_total_time={seconds}",
            f"-timeout={_TIMEOUT_SECONDS}",
            f"-rss_limit_mb={_MOST_MEMORY_MB}",
            f"-max_len={_MOST_INPUT_BYTES}",
            f"-artifact_prefix={FINDINGS}/{name}-",
            "-print_final_stats=1",
        ]
        return subprocess.run(
            [sys.executable, "-m", "fuzzing.coverage", name, *options, corpus], check=False
        ).returncode


def by_mutation(name: str, run: Callable[[bytes], None], seeds: Sequence[bytes], seconds: int) -> int:
    """Run a target on mutated seeds for so long; return 1 and keep the input where it raises."""
    tried = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:

        @settings(max_examples=500, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(mutations(seeds) | st.binary(max_size=400))
        def check(data: bytes) -> None:
            nonlocal tried
            tried += 1
            try:
                run(data)
            except Exception:
                FINDINGS.mkdir(exist_ok=True)
                (FINDINGS / f"{name}-{hashlib.sha256(data).hexdigest()[:16]}").write_bytes(data)
                raise

        check()
    print(f"{name}: {tried} inputs, none of which failed")
    return 0
