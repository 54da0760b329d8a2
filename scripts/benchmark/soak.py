"""The mode `--soak`: some talk for long, among guests who do not behave, through kills and full disks."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Sequence

import httpx

from assistant.client import read_pcm
from assistant.core.speech.audio import Pcm
from benchmark.bench import Bench, errors_in
from benchmark.doors import Linger, Notes, OurDoor
from benchmark.reference import Reading
from benchmark.service import ServiceFailed
from benchmark.sheets import Report
from benchmark.soak_guests import behave_badly
from benchmark.soak_result import (
    Soak,
    calm_lags,
    gaps_in,
    gone_from,
    growth_percent,
    lost_in,
    soak_report,
    twice_in,
)
from benchmark.soak_service import SoakService, soaking
from benchmark.streams import Stream, streams_of
from benchmark.talk import Talk, TalkPlan, talk_all
from benchmark.talk_result import talk_run_of
from benchmark.talkers import recordings_in

_ROOM = "soak"
_TALKERS = 2
_MEETINGS_OF_GUESTS = 2
_MINUTES_FOR_A_KILL = 10
_FULL_SECONDS = 5.0
_PATIENCE_SECONDS = 240.0
_REQUEST_SECONDS = 60.0


def run_soak(bench: Bench) -> Report:
    """Let a service live through an hour, or as long as was said, and say what came of it."""
    options = bench.options
    count = max(_TALKERS, options.speakers)
    streams = streams_of(bench.pieces(), [60 * options.soak] * count)
    readings = bench.readings(recordings_in(streams))
    log = options.results / "service.log"
    with (
        bench.weights_to_use() as weights,
        soaking(options.model, log, weights, small_disk=not options.no_full_disk) as service,
    ):
        if not options.no_full_disk and not service.fillable:
            bench.say("The disk is not filled: that takes a small one of its own, which only root can make.")
        bench.say(f"{count} talking for {options.soak:g} minutes, among guests; seed {options.seed} …")
        soak = asyncio.run(_soak(bench, service, streams, readings))
    return soak_report(soak, bench.heading(f"soak of {options.soak:g} minutes, seed {options.seed}"))


async def _soak(
    bench: Bench, service: SoakService, streams: Sequence[Stream], readings: dict[str, Reading]
) -> Soak:
    options = bench.options
    dice = random.Random(options.seed)  # noqa: S311 - no secret depends on it
    speech = await asyncio.to_thread(lambda: read_pcm(recordings_in(streams)[0].path))
    notes = Notes()
    transcript: set[str] = set()

    async def read_transcript() -> None:
        transcript.update(await _caption_ids(service))

    door = OurDoor(service.endpoint, patience_seconds=_PATIENCE_SECONDS)
    plan = TalkPlan(
        _ROOM,
        pin_language=not options.auto_language,
        patience_seconds=_PATIENCE_SECONDS,
        linger=Linger(quiet_seconds=5.0, most_seconds=60.0),
    )
    began, used_before = time.monotonic(), time.process_time()
    watching = asyncio.create_task(service.watch())
    disturbing = asyncio.create_task(_disturb(bench, service, dice, speech))
    try:
        talking = asyncio.create_task(talk_all(door, plan, streams, notes, read_transcript))
        # A service that cannot be started again ends the run.
        await asyncio.wait([talking, disturbing], return_when=asyncio.FIRST_EXCEPTION)
        if disturbing.done() and disturbing.exception():
            talking.cancel()
        talks: list[Talk] = await talking
        guests = await disturbing
    except asyncio.CancelledError:
        raise ServiceFailed("The service did not come back; see its log.") from None
    finally:
        for task in (watching, disturbing):
            task.cancel()
        await asyncio.gather(watching, disturbing, return_exceptions=True)
    generator_cores = (time.process_time() - used_before) / (time.monotonic() - began)
    run = talk_run_of(talks, readings, None, generator_cores, notes.statuses)
    return Soak(
        run=run,
        lost=tuple(name for talk in talks for name in lost_in(talk, readings)),
        gaps=tuple(gap for talk in talks for gap in gaps_in(talk)),
        twice=tuple(name for talk in talks for name in twice_in(talk)),
        gone=tuple(gone_from([shown.caption for shown in notes.events], transcript)),
        calm=calm_lags(run, service.outages),
        growth_percent=growth_percent(service.samples),
        samples=tuple(service.samples),
        outages=tuple(service.outages),
        guests=guests,
        errors=errors_in(service.log.read_text(encoding="utf-8", errors="replace")),
        load_average=os.getloadavg()[2],
    )


async def _disturb(bench: Bench, service: SoakService, dice: random.Random, speech: Pcm) -> dict[str, int]:
    """Send guests for as long as is talked, with kills and full disks among them; return who came."""
    seconds = 60 * bench.options.soak
    now = asyncio.get_running_loop().time
    began_at = now()
    async with asyncio.TaskGroup() as group:
        meetings = [
            # Dice of its own each, so that what one does is not changed by how long another takes.
            group.create_task(
                behave_badly(service.endpoint, random.Random(dice.random()), speech, began_at + seconds)  # noqa: S311
            )
            for _ in range(_MEETINGS_OF_GUESTS)
        ]
        group.create_task(_break(bench, service, dice, began_at))
    counts: dict[str, int] = {}
    for meeting in meetings:
        for name, came in meeting.result().items():
            counts[name] = counts.get(name, 0) + came
    return counts


async def _break(bench: Bench, service: SoakService, dice: random.Random, began_at: float) -> None:
    """Kill the service and fill its disk in the first half; the second shows whether memory stays flat."""
    options = bench.options
    times = max(1, round(options.soak / _MINUTES_FOR_A_KILL))
    kinds = ["kill"] * (0 if options.no_kills else times) + ["full"] * (times if service.fillable else 0)
    dice.shuffle(kinds)
    half_seconds = 60 * options.soak / 2
    for number, kind in enumerate(kinds):
        due = began_at + half_seconds * (number + dice.uniform(0.3, 0.8)) / len(kinds)
        await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
        if kind == "kill":
            bench.say("killing the service …")
            await service.kill(dice.uniform(0.0, 3.0))
        else:
            bench.say(f"filling the disk for {_FULL_SECONDS:g} s …")
            await service.fill_disk(_FULL_SECONDS)


async def _caption_ids(service: SoakService) -> set[str]:
    url = service.endpoint.http_url("rooms", _ROOM, "transcript")
    async with httpx.AsyncClient(timeout=_REQUEST_SECONDS, trust_env=False) as http:
        answer = await http.get(url, params={"format": "json"})
        answer.raise_for_status()
        return {str(caption["id"]) for caption in answer.json()["captions"]}
