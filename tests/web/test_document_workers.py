"""Documents and files over HTTP, made by real processes: nobody stops anybody else."""

from __future__ import annotations

import asyncio
import io
import time
import zipfile
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import httpx

from assistant.core.errors import CharactersUnprintable, WorkersBusy, WorkTooLarge
from assistant.engines.worker_pool import PoolLimits, WorkerPool
from tests.captions import a_caption
from tests.waiting import until
from tests.web.fakes import FakeCaptions
from tests.web.serving import Service, receive, serving

T = TypeVar("T")
SLEEP = partial(time.sleep, 60)
PATIENCE_SECONDS = 120.0
"""Workers compute only where nobody else wants to."""

DOCUMENT = "/v1/rooms/weekly/transcript?format=docx"
CHUNK = b"\1\0" * 1_600


class CountingPool(WorkerPool):
    """Counts what it is asked for."""

    asked = 0

    async def run(self, work: Callable[[], T], *, credential: str = "") -> T:
        """Return what `work` returns."""
        self.asked += 1
        return await super().run(work, credential=credential)


async def a_fake() -> FakeCaptions:
    fake = FakeCaptions()
    await fake.rooms.create_room("weekly", "Weekly meeting")
    fake.finals["weekly"] = [a_caption(seq) for seq in range(1, 6)]
    return fake


async def download(service: Service, client: httpx.AsyncClient | None = None) -> httpx.Response:
    return await (client or service.http).get(DOCUMENT, timeout=PATIENCE_SECONDS)


async def test_readers_who_want_the_same_share_it() -> None:
    """Thirty readers at once cost as much as two: one who begins it, and all who ask meanwhile."""
    pool = CountingPool()
    async with serving(await a_fake(), workers=pool) as service:
        answers = await asyncio.gather(*(download(service) for _ in range(30)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert 1 <= pool.asked <= 4


async def test_who_asks_after_a_correction_gets_it() -> None:
    """Sharing never hands out what is older than the request."""
    fake, pool = await a_fake(), CountingPool()
    async with serving(fake, workers=pool) as service:
        begun = asyncio.create_task(download(service))
        await until(lambda: pool.asked)
        fake.finals["weekly"] = [a_caption(1, "Corrected.")]
        answers = await asyncio.gather(download(service), begun)
    newer, older = (
        zipfile.ZipFile(io.BytesIO(answer.content)).read("word/document.xml").decode() for answer in answers
    )
    assert "Corrected." in newer
    assert "Corrected." not in older, "it was asked for before"


async def test_while_workers_are_stuck_captioning_goes_on() -> None:
    """A talker is acknowledged, the service answers, and a reader who must wait is told so at once."""
    pool = WorkerPool(PoolLimits(workers=1, waiting=2, waiting_each=1))
    async with serving(await a_fake(), workers=pool) as service:
        stuck = [asyncio.create_task(pool.run(SLEEP, credential=name)) for name in ("a", "b", "c")]
        await until(lambda: pool.pids)
        async with service.audio() as socket:
            assert (await receive(socket))["type"] == "ready"
            await socket.send(CHUNK)
            assert (await receive(socket))["type"] == "ack"
            answer = await download(service)
            assert answer.status_code == 503
            assert answer.headers["retry-after"].isdecimal()
            assert answer.json()["error"]["code"] == WorkersBusy.code
            assert answer.json()["error"]["retryable"]
            await socket.send(CHUNK)
            assert (await receive(socket))["type"] == "ack"
        for task in stuck:
            task.cancel()
        await asyncio.gather(*stuck, return_exceptions=True)
        assert (await download(service)).status_code == 200


async def test_what_is_too_large_is_told() -> None:
    """A document past its limits is refused with a status, a code and a sentence; the next is made."""
    pool = WorkerPool(PoolLimits(result_bytes=1 << 10))
    async with serving(await a_fake(), workers=pool) as service:
        answer = await download(service)
        assert answer.status_code == 422
        assert answer.json()["error"]["code"] == WorkTooLarge.code
        plain = await service.http.get("/v1/rooms/weekly/transcript?format=srt")
        assert plain.status_code == 200


async def test_characters_without_a_font_are_named() -> None:
    """A PDF would show boxes; another format has them."""
    fake = await a_fake()
    fake.finals["weekly"] = [a_caption(1, "Bonjour 𒀀 à tous.")]
    async with serving(fake, workers=WorkerPool()) as service:
        where = DOCUMENT.removesuffix("docx")
        answer = await service.http.get(f"{where}pdf", timeout=PATIENCE_SECONDS)
        assert answer.status_code == 422
        assert answer.json()["error"]["code"] == CharactersUnprintable.code
        assert "𒀀 (U+12000):" in answer.json()["error"]["message"]
        assert (await service.http.get(f"{where}html")).status_code == 200


async def test_a_reader_who_goes_away_frees_the_place() -> None:
    """What nobody waits for any more is not made."""
    pool = CountingPool(PoolLimits(workers=1))
    async with serving(await a_fake(), workers=pool) as service:
        stuck = asyncio.create_task(pool.run(SLEEP, credential="a"))
        await until(lambda: pool.pids)
        async with httpx.AsyncClient(
            base_url=str(service.http.base_url), trust_env=False, timeout=PATIENCE_SECONDS
        ) as leaving:
            waiting = asyncio.create_task(download(service, leaving))
            await until(lambda: len(pool._queue) == 1)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        await until(lambda: len(pool._queue) == 0)
        stuck.cancel()
        await asyncio.gather(stuck, return_exceptions=True)


async def test_glossaries_and_agendas_are_read_there() -> None:
    """What is wrong with a file is told as before."""
    pool = CountingPool()
    async with serving(await a_fake(), workers=pool) as service:
        kind = {"Content-Type": "text/csv"}
        good = await service.http.post(
            "/v1/glossary/read", content=b"term\nDigium\n", headers=kind, timeout=PATIENCE_SECONDS
        )
        assert good.json() == {"terms": [{"term": "Digium"}]}
        bad = await service.http.post(
            "/v1/glossary/read", content=b"nothing\n", headers=kind, timeout=PATIENCE_SECONDS
        )
        assert (bad.status_code, bad.json()["error"]["code"]) == (400, "glossary_invalid")
        json = await service.http.post(
            "/v1/glossary/read", json={"terms": [7] * 60_000}, timeout=PATIENCE_SECONDS
        )
        assert (json.status_code, json.json()["error"]["code"]) == (400, "invalid_input")
        assert pool.asked == 3


async def test_the_service_ends_at_once_whatever_its_workers_do() -> None:
    """Whoever waits for a document learns that the service ends; nothing waits for the document."""
    pool = WorkerPool(PoolLimits(workers=1))
    async with serving(await a_fake(), workers=pool) as service:
        stuck = asyncio.create_task(pool.run(SLEEP, credential="a"))
        await until(lambda: pool.pids)
        waiting = asyncio.create_task(download(service))
        await until(lambda: len(pool._queue) == 1)
        async with asyncio.timeout(15):
            await service.server.shutdown()
        assert (await waiting).json()["error"]["code"] == "shutting_down"
        await asyncio.gather(stuck, return_exceptions=True)
