"""The mode in which many download documents while people talk: `--beside-readers`."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import cycle

import httpx
import numpy as np

from assistant.client import AudioStream
from assistant.core.speech.audio import SAMPLE_RATE, seconds_of
from benchmark.bench import Bench
from benchmark.result import Percentiles, percentiles
from benchmark.service import Running, ServiceFailed
from benchmark.sheets import DASH, Report, Sheet
from benchmark.streams import Piece, streams_of
from benchmark.talk_result import TalkRun
from benchmark.talk_tables import steps_report
from benchmark.talkers import measured_talk, recordings_in, summary_of
from benchmark.targets import Bound

_MINUTES = 2.0
_FORMATS = ("pdf", "docx", "odt")
_REQUEST_SECONDS = 600.0
_PAUSE_SECONDS = 1.0
_REST_SECONDS = 15.0
"""The bench shares the cores with the service: without a rest it would mostly measure itself."""
_SUBJECT_SECONDS = 180.0
_P95 = Bound("p95 of stable words, with readers against without", must=1.10, aim=1.05, unit=" times")


@dataclass(slots=True)
class _Downloads:
    """What readers got."""

    statuses: Counter[str] = field(default_factory=Counter)
    took_seconds: list[float] = field(default_factory=list)


def run_beside_readers(bench: Bench) -> Report:
    """Let people talk; then the same again while readers download what was said before."""
    options = bench.options
    minutes = options.minutes or _MINUTES
    streams = streams_of(bench.pieces(), [60 * minutes] * options.beside_talkers)
    readings = bench.readings(recordings_in(streams))
    downloads = _Downloads()
    room = bench.room()
    with bench.service() as running:
        bench.say("What will be downloaded …")
        lang = asyncio.run(_fill(running, room, bench.pieces()))
        bench.say(f"{len(streams)} talking alone …")
        quiet = asyncio.run(measured_talk(bench, running, streams, readings))
        bench.say(summary_of(quiet))
        bench.say(f"The same with {options.beside_readers} readers, who want “{lang}” as well …")

        async def both() -> TalkRun:
            reading = [
                asyncio.create_task(_download(running, room, ("", lang), downloads))
                for _ in range(options.beside_readers)
            ]
            try:
                return await measured_talk(bench, running, streams, readings)
            finally:
                for task in reading:
                    task.cancel()
                await asyncio.gather(*reading, return_exceptions=True)

        busy = asyncio.run(both())
        bench.say(summary_of(busy))
    what = (
        f"{len(streams)} talking for {minutes:g} minutes, without and with {options.beside_readers} readers"
    )
    heading = bench.heading(f"{what} who download {', '.join(_FORMATS)}")
    steps = steps_report([quiet, busy], heading)
    sheet = Sheet(
        "Talkers without and with readers who download",
        ("", "without", "with"),
        (
            ("words first shown p50 / p95, s", _lag(quiet.first_shown), _lag(busy.first_shown)),
            ("stable p50 / p95, s", _lag(quiet.stable), _lag(busy.stable)),
            ("documents", DASH, _counts(downloads.statuses)),
            ("document p50 / p95, s", DASH, _lag(percentiles(downloads.took_seconds))),
        ),
    )
    ratio = busy.stable.p95 / quiet.stable.p95 if busy.stable and quiet.stable else None
    target = _P95.held(ratio)
    return Report(heading, (sheet, *steps.sheets), (target, *steps.targets), steps.document)


async def _fill(running: Running, room: str, pieces: Sequence[Piece]) -> str:
    """Speak in a room faster than anybody does; return a language that it can be translated into."""
    async with _client(running) as http:
        read = (await http.get("/v1/languages")).raise_for_status().json()["read"]
    languages: list[str] = [readable["lang"] for readable in read]
    if not languages:
        raise ServiceFailed("No language can be read here; install a text model first.")
    stream = AudioStream(running.endpoint, room, "bench", language="auto")
    spoken_seconds = 0.0
    async with asyncio.timeout(_REQUEST_SECONDS), stream:
        for piece in cycle(pieces):
            await stream.send(piece.pcm)
            await stream.send(np.zeros(SAMPLE_RATE, dtype=np.int16))
            spoken_seconds += seconds_of(len(piece.pcm))
            if spoken_seconds > _SUBJECT_SECONDS:
                break
        await stream.stop()
    return next((lang for lang in languages if lang != "en"), languages[0])


async def _download(running: Running, room: str, languages: Sequence[str], downloads: _Downloads) -> None:
    """Download a transcript in every format and language at once, again and again with a rest between."""
    wanted = [(kind, lang) for lang in languages for kind in _FORMATS]
    async with _client(running) as http:
        while True:
            await asyncio.gather(*(_get(http, room, kind, lang, downloads) for kind, lang in wanted))
            await asyncio.sleep(_REST_SECONDS)


async def _get(http: httpx.AsyncClient, room: str, kind: str, lang: str, downloads: _Downloads) -> None:
    """Download one document; come back as often as the service asks for that."""
    query = {"format": kind} | ({"lang": lang} if lang else {})
    began = time.monotonic()
    while True:
        try:
            answer = await http.get(f"/v1/rooms/{room}/transcript", params=query)
        except httpx.HTTPError as error:
            downloads.statuses[type(error).__name__] += 1
            return
        downloads.statuses[str(answer.status_code)] += 1
        if answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
            break
        await asyncio.sleep(float(answer.headers.get("Retry-After", _PAUSE_SECONDS)))
    if answer.is_success:
        downloads.took_seconds.append(time.monotonic() - began)


def _client(running: Running) -> httpx.AsyncClient:
    token = running.endpoint.token
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.AsyncClient(
        base_url=running.endpoint.url, headers=headers, trust_env=False, timeout=_REQUEST_SECONDS
    )


def _counts(statuses: Counter[str]) -> str:
    return ", ".join(f"{count} × {status}" for status, count in sorted(statuses.items())) or DASH


def _lag(lag: Percentiles | None) -> str:
    return f"{lag.p50:.2f} / {lag.p95:.2f}" if lag else DASH
