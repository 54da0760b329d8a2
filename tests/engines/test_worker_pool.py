"""Processes for documents and files: real processes, real deaths."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import psutil
import pytest

from assistant.core.captions.caption import Caption
from assistant.core.errors import GlossaryInvalid, ShuttingDown, WorkersBusy, WorkTooLarge
from assistant.core.minutes.levels import DEFAULT_SCALE
from assistant.core.speech.audio import Span
from assistant.core.speech.hypothesis import Word
from assistant.engines.worker_pool import PoolLimits, WorkerPool
from assistant.export.formats import render
from assistant.export.glossary_csv import read_csv
from assistant.export.minutes_formats import render_minutes
from assistant.export.minutes_view import PrintOptions
from assistant.minutes.drafting.draft import DraftSource, draft
from tests.captions import a_caption
from tests.export.council_minutes import council
from tests.waiting import until

PATIENCE_SECONDS = 120.0
"""Workers compute only where nobody else wants to."""

ROOT = Path(__file__).parents[2]
SLEEP = partial(time.sleep, 60)
BURN = partial(sum, range(10**12))
ALLOCATE = partial(bytearray, 2 << 30)


@asynccontextmanager
async def a_pool(**limits: float) -> AsyncIterator[WorkerPool]:
    pool = WorkerPool(PoolLimits(**limits))  # type: ignore[arg-type] # whole numbers are numbers
    try:
        yield pool
    finally:
        await pool.close()


def runs(pid: int) -> bool:
    return psutil.pid_exists(pid) and bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)


async def test_work_is_done_elsewhere_at_the_lowest_priority() -> None:
    """What is asked for runs in another process, which computes only where nobody else wants to."""
    async with a_pool(workers=1) as pool:
        pid = await pool.run(os.getpid)
        assert [pid] == pool.pids
        assert pid != os.getpid()
        process = psutil.Process(pid)
        assert process.nice() == 19
        if sys.platform == "linux":
            assert os.sched_getscheduler(pid) == os.SCHED_IDLE
        assert await pool.run(os.getpid) == pid


async def test_errors_come_back_as_they_are() -> None:
    """What the work raises is raised where it was asked for, and the next work is done all the same."""
    async with a_pool(workers=1) as pool:
        with pytest.raises(GlossaryInvalid, match="term"):
            await pool.run(partial(read_csv, b"nothing,here\n"))
        with pytest.raises(ZeroDivisionError):
            await pool.run(partial(divmod, 1, 0))
        assert await pool.run(partial(divmod, 7, 2)) == (3, 1)


async def test_work_tells_how_far_it_is() -> None:
    """What is told on the way arrives before the result."""
    told: list[tuple[str, float]] = []
    async with a_pool(workers=1) as pool:
        nothing = DraftSource("weekly", "Weekly", [])
        minutes = await pool.run_told(partial(draft, nothing), lambda *step: told.append(step))
        assert minutes == draft(nothing)
    assert told[0][0] == "reading"
    assert told[-1][1] == 1.0


async def test_everything_that_is_printed_makes_the_way() -> None:
    """Transcripts and minutes of every level come as they do without another process."""
    minutes = council()
    captions = [said("Bonjour.", 1), said("Salut.", 2)]
    async with a_pool(workers=1) as pool:
        for level in DEFAULT_SCALE.levels:
            options = PrintOptions(lang="fr", level=level, copy_number=3, recipient="Ana")
            for kind in ("md", "html"):
                printed = partial(render_minutes, minutes, kind, options)
                assert await pool.run(printed) == printed()
                written = partial(render, captions, kind, title="Conseil", options=options)
                assert await pool.run(written) == written()


def said(text: str, seq: int) -> Caption:
    words = (Word(text, Span(0, 100), 0.9, (1, 2)),)
    return a_caption(seq, text, start_seconds=float(seq), end_seconds=seq + 1.0, words=words)


@pytest.mark.parametrize(
    ("work", "limits", "error"),
    [
        pytest.param(BURN, {"cpu_seconds": 1}, WorkTooLarge, id="burns"),
        pytest.param(ALLOCATE, {"memory_bytes": 512 << 20}, WorkTooLarge, id="allocates"),
        pytest.param(partial(bytes, 3 << 20), {"result_bytes": 1 << 20}, WorkTooLarge, id="writes"),
        pytest.param(SLEEP, {"wall_seconds": 1.0}, WorkersBusy, id="sleeps"),
        pytest.param(partial(os._exit, 3), {}, WorkTooLarge, id="dies"),
    ],
)
async def test_what_takes_too_much_harms_nobody(
    work: Callable[[], object], limits: dict[str, float], error: type[Exception]
) -> None:
    """Work past a limit is given up with a clear error; other work is done meanwhile and afterwards."""
    async with a_pool(workers=2, **limits) as pool:
        stuck = asyncio.create_task(pool.run(work, credential="greedy"))
        await asyncio.sleep(0)
        assert await pool.run(partial(divmod, 7, 2), credential="modest") == (3, 1)
        with pytest.raises(error):
            await stuck
        assert await pool.run(partial(divmod, 9, 2), credential="greedy") == (4, 1)


async def test_one_credential_never_has_all_workers() -> None:
    """However much somebody asks for, others are served at once."""
    async with a_pool(workers=2) as pool:
        greedy = [asyncio.create_task(pool.run(SLEEP, credential="greedy")) for _ in range(5)]
        await until(lambda: len(pool.pids) == 1)
        async with asyncio.timeout(PATIENCE_SECONDS):
            for _ in range(3):
                assert await pool.run(partial(divmod, 7, 2), credential="modest") == (3, 1)
        assert not any(task.done() for task in greedy)
        for task in greedy:
            task.cancel()
        await asyncio.gather(*greedy, return_exceptions=True)


async def test_what_waits_is_bounded_in_all_and_for_each() -> None:
    """Too much is refused at once with an error that says to come back, and frees no place of others."""
    async with a_pool(workers=1, waiting=3, waiting_each=2) as pool:
        waiting = [asyncio.create_task(pool.run(SLEEP, credential="a")) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(WorkersBusy):
            await pool.run(SLEEP, credential="a")
        waiting.append(asyncio.create_task(pool.run(SLEEP, credential="b")))
        await asyncio.sleep(0)
        with pytest.raises(WorkersBusy):
            await pool.run(SLEEP, credential="c")
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert await pool.run(partial(divmod, 7, 2), credential="c") == (3, 1)


async def test_who_goes_away_frees_their_place() -> None:
    """Work that nobody waits for any more is killed, and what waits behind it is done."""
    async with a_pool(workers=1) as pool:
        gone = asyncio.create_task(pool.run(SLEEP))
        await until(lambda: pool.pids)
        [pid] = pool.pids
        behind = asyncio.create_task(pool.run(os.getpid))
        await asyncio.sleep(0)
        gone.cancel()
        assert await behind != pid
        await until(lambda: not runs(pid))


async def test_idle_processes_end() -> None:
    """With nothing to do for a while, nothing is left of them; work after that starts another."""
    async with a_pool(workers=1, idle_seconds=0.05) as pool:
        pid = await pool.run(os.getpid)
        await until(lambda: not runs(pid))
        assert pool.pids == []
        assert await pool.run(os.getpid) != pid


async def test_a_process_that_had_much_memory_ends() -> None:
    """What libraries keep of a large document is given back with the process."""
    async with a_pool(workers=1, memory_bytes=512 << 20) as pool:
        assert await pool.run(partial(eval, "len(b'xx' * (160 << 20))")) == 320 << 20
        assert pool.pids == []


async def test_the_memory_of_the_service_is_not_theirs() -> None:
    """However large the process is that starts them, they are kept for the next work."""
    ballast = b"x" * (600 << 20)
    async with a_pool(workers=1, memory_bytes=512 << 20) as pool:
        pid = await pool.run(os.getpid)
        assert pool.pids == [pid]
    del ballast


async def test_closing_waits_for_nothing() -> None:
    """Whatever the processes do, they are gone when the pool is closed, and whoever waits learns why."""
    pool = WorkerPool(PoolLimits(workers=2))
    working = [asyncio.create_task(pool.run(BURN, credential=str(number))) for number in range(6)]
    await until(lambda: len(pool.pids) == 2)
    pids = pool.pids
    async with asyncio.timeout(PATIENCE_SECONDS):
        await pool.close()
    results = await asyncio.gather(*working, return_exceptions=True)
    assert all(isinstance(result, ShuttingDown) for result in results)
    await until(lambda: not any(map(runs, pids)))
    with pytest.raises(ShuttingDown):
        await pool.run(os.getpid)


async def test_the_journal_and_voice_activity_do_not_wait() -> None:
    """The process goes on with everything else while its workers burn, sleep and allocate."""
    async with a_pool(workers=2, memory_bytes=512 << 20) as pool:
        works: list[Callable[[], object]] = [BURN, SLEEP, ALLOCATE]
        busy = [
            asyncio.create_task(pool.run(work, credential=str(number)))
            for number, work in enumerate(works * 2)
        ]
        await until(lambda: pool.pids)
        async with asyncio.timeout(PATIENCE_SECONDS):
            for _ in range(20):
                assert await asyncio.to_thread(threading.get_ident) != threading.get_ident()
        for task in busy:
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)


PARENT = """
import asyncio
from functools import partial
from assistant.engines.worker_pool import WorkerPool

async def main():
    pool = WorkerPool()
    task = asyncio.create_task(pool.run(partial(sum, range(10**12))))
    while not pool.pids:
        await asyncio.sleep(0.01)
    print(*pool.pids, flush=True)
    await task

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell children of the death")
async def test_they_die_with_the_service() -> None:
    """Even `kill -9` of the service leaves no process behind, however busy that is."""
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, cwd=ROOT, stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    # It has begun to compute: by then it has said with whom it dies.
    await until(lambda: psutil.Process(pid).nice() == 19)
    parent.kill()
    await parent.communicate()
    await until(lambda: not runs(pid))


def test_it_imports_little() -> None:
    """A process is small and quick to start until it knows what it is for."""
    script = "import sys, assistant.engines.pooled_worker; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    unwanted = {
        "fastapi",
        "numpy",
        "onnxruntime",
        "ctranslate2",
        "structlog",
        "asyncio",
        "docx",
        "typst",
        "ssl",
    }
    assert not unwanted & set(modules.stdout.split())
