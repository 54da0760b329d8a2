"""The mode `--update-cost`: CPU of one update, against decoding a padded window from scratch."""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict, dataclass

import httpx
from faster_whisper import WhisperModel
from prometheus_client.parser import text_string_to_metric_families

from assistant.client import Endpoint
from assistant.core.speech.audio import Pcm, samples_of, seconds_of, to_waveform
from benchmark.bench import Bench
from benchmark.reference import utterances_of
from benchmark.service import Running, ServiceFailed
from benchmark.sheets import DASH, Report, Sheet
from benchmark.streams import Stream, streams_of
from benchmark.talk_result import TalkRun
from benchmark.talkers import measured_talk
from benchmark.targets import UPDATE_RATIO

_MINUTES = 1.0
_STEP_SECONDS = 3.0
_SHORTEST_SECONDS = 0.5
_WINDOW_SECONDS = 30.0
_REQUEST_SECONDS = 10.0
_COUNT = "assistant_inference_real_time_factor_count"
_SECONDS = "assistant_inference_seconds_total"


@dataclass(frozen=True, slots=True)
class Work:
    """Recognitions of one kind.

    Attributes:
        count: How many ran.
        seconds: What they took.
    """

    count: float = 0.0
    seconds: float = 0.0

    def __sub__(self, other: Work) -> Work:
        return Work(self.count - other.count, self.seconds - other.seconds)

    @property
    def each_seconds(self) -> float | None:
        """Seconds of one recognition; None where none ran."""
        return self.seconds / self.count if self.count else None


@dataclass(frozen=True, slots=True)
class UpdateCost:
    """What updates cost.

    Attributes:
        drafts: By the service's own telemetry, time by the clock.
        finals: Likewise.
        service_cpu_seconds: All CPU of the service meanwhile; None where its process is not known.
        padded: CPU of plain faster-whisper on the same audio so far, from scratch each time.
    """

    drafts: Work
    finals: Work
    service_cpu_seconds: float | None
    padded: Work

    @property
    def ratio(self) -> float | None:
        """How many times less a draft costs than a padded window."""
        draft, padded = self.draft_cpu_seconds or self.drafts.each_seconds, self.padded.each_seconds
        return padded / draft if draft and padded else None

    @property
    def draft_cpu_seconds(self) -> float | None:
        """CPU of one draft, its share of voice activity, sockets and disk included.

        The service's clock also runs while other programs have the processor, so its telemetry only
        divides the service's CPU time between drafts and finals.
        """
        seconds = self.drafts.seconds + self.finals.seconds
        if self.service_cpu_seconds is None or not self.drafts.count or not seconds:
            return None
        return self.service_cpu_seconds * self.drafts.seconds / seconds / self.drafts.count


def run_update_cost(bench: Bench) -> Report:
    """Let one talk, read the service's telemetry, then decode the same audio the plain way."""
    minutes = bench.options.minutes or _MINUTES
    stream = streams_of(bench.pieces(), [60 * minutes])[0]
    with bench.service() as running:
        bench.say(f"One talking for {minutes:g} minutes …")
        drafts, finals, run = asyncio.run(_replay(bench, running, stream))
    bench.say("The same audio in padded windows from scratch …")
    padded = _padded(bench, stream)
    cost = UpdateCost(drafts, finals, run.load.cpu_seconds if run.load else None, padded)
    return cost_report(cost, bench.heading(f"cost of an update, {minutes:g} minutes of {stream.lang}"))


def cost_report(cost: UpdateCost, heading: str) -> Report:
    """Return the report of a run."""
    rows = (
        (
            "draft: its share of all CPU of the service",
            f"{cost.drafts.count:.0f}",
            _each(cost.draft_cpu_seconds),
            _times(cost.padded.each_seconds, cost.draft_cpu_seconds),
        ),
        _row("draft: by the service's clock", cost.drafts, cost.padded),
        _row("final: by the service's clock", cost.finals, cost.padded),
        _row("padded window, greedy, from scratch", cost.padded, cost.padded),
    )
    sheet = Sheet("CPU of one update", ("", "updates", "seconds each", "times less than padded"), rows)
    document: dict[str, object] = {"cost": asdict(cost), "ratio": cost.ratio}
    return Report(heading, (sheet,), (UPDATE_RATIO.held(cost.ratio),), document)


def work_in(metrics: str, kind: str) -> Work:
    """Return the recognitions of a kind (`draft` or `final`) that a `/metrics` page counts."""
    values = {
        sample.name: sample.value
        for family in text_string_to_metric_families(metrics)
        for sample in family.samples
        if sample.name in {_COUNT, _SECONDS} and sample.labels.get("kind") == kind
    }
    return Work(values.get(_COUNT, 0.0), values.get(_SECONDS, 0.0))


async def _replay(bench: Bench, running: Running, stream: Stream) -> tuple[Work, Work, TalkRun]:
    before = await _metrics(running.endpoint)
    run = await measured_talk(bench, running, [stream], {})
    after = await _metrics(running.endpoint)
    drafts, finals = (work_in(after, kind) - work_in(before, kind) for kind in ("draft", "final"))
    if not drafts.count:
        raise ServiceFailed(
            f"The service's /metrics counted no draft ({_COUNT}); was anything recognised? "
            + "; ".join([*run.refusals, *run.troubles])
        )
    return drafts, finals, run


async def _metrics(endpoint: Endpoint) -> str:
    async with httpx.AsyncClient(
        headers=endpoint.headers, timeout=_REQUEST_SECONDS, trust_env=not endpoint.local
    ) as http:
        try:
            response = await http.get(f"{endpoint.url.rstrip('/')}/metrics")
            response.raise_for_status()
        except httpx.HTTPError as error:
            raise ServiceFailed(f"/metrics of the service cannot be read: {error}") from error
    return response.text


def _padded(bench: Bench, stream: Stream) -> Work:
    """Return what plain faster-whisper needs at one moment in 3 s: the utterance so far, from scratch.

    One thread, greedy, no time stamps and no fall-back: the least that a server without any memory of
    its last update can do.
    """
    model = WhisperModel(
        str(bench.weights()), device="cpu", compute_type="int8", cpu_threads=1, num_workers=1
    )
    pcm = stream.pcm()
    language = None if bench.options.auto_language else stream.lang
    clips = [pcm[start:end] for start, end in moments_of(pcm)]
    total_seconds = 0.0
    for number, clip in enumerate([clips[0], *clips] if clips else []):
        began = time.process_time()
        segments, _ = model.transcribe(
            to_waveform(clip),
            language=language,
            beam_size=1,
            temperature=0.0,
            without_timestamps=True,
            condition_on_previous_text=False,
        )
        list(segments)  # it decodes while it is read
        # The first call warms up.
        total_seconds += time.process_time() - began if number else 0.0
    return Work(len(clips), total_seconds)


def moments_of(pcm: Pcm) -> list[tuple[int, int]]:
    """Return for one moment in 3 s the utterance up to it, at most 30 s: first and last sample."""
    spans = list(utterances_of(pcm))
    moments = []
    for step in range(1, int(seconds_of(pcm.size) / _STEP_SECONDS) + 1):
        now = samples_of(step * _STEP_SECONDS)
        span = next((each for each in spans if each.start_samples <= now < each.end_samples), None)
        if span is not None and now - span.start_samples >= samples_of(_SHORTEST_SECONDS):
            moments.append((max(span.start_samples, now - samples_of(_WINDOW_SECONDS)), now))
    return moments


def _row(name: str, work: Work, padded: Work) -> tuple[str, ...]:
    each = work.each_seconds
    return name, f"{work.count:.0f}", _each(each), _times(padded.each_seconds, each)


def _each(seconds: float | None) -> str:
    return DASH if seconds is None else f"{seconds:.3f}"


def _times(padded: float | None, each: float | None) -> str:
    return DASH if not padded or not each else f"{padded / each:.1f}"
