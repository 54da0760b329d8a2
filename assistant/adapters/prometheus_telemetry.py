"""Measurements of the running service, as Prometheus reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from assistant.core.speech.audio import SAMPLE_RATE
from assistant.ports.system import ServiceStatistics
from assistant.ports.translation import TranslationKind

_LAG_BUCKETS = (0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0)
_FACTOR_BUCKETS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 5.0)

_GAUGES = {
    "rooms": "Rooms in use.",
    "tracks": "Connected audio tracks.",
    "talking": "Tracks on which somebody is speaking.",
    "readers": "Connected readers.",
    "queued_finals": "Finals that wait for the recogniser.",
    "queued_partials": "Partials that wait for the recogniser.",
    "behind_seconds": "The age of the oldest speech that no caption shows.",
    "capacity": "People who may talk at the same time; 0 while nothing is known.",
    "step_seconds": "New audio between the partials of a track.",
}


_DOCUMENTED = {"queued_partials": "queued_drafts", "partial": "draft"}
"""Names that operators' dashboards know, where the code has better ones."""


class PrometheusTelemetry:
    """The `Telemetry` of the running service, with a registry of its own."""

    content_type: str = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._lag = Histogram(
            "assistant_caption_lag_seconds",
            "Time from the arrival of a caption's newest audio to the caption.",
            ("kind",),
            buckets=_LAG_BUCKETS,
            registry=self._registry,
        )
        self._factor = Histogram(
            "assistant_inference_real_time_factor",
            "Compute time of a recognition over the length of its audio.",
            ("kind",),
            buckets=_FACTOR_BUCKETS,
            registry=self._registry,
        )
        self._compute = self._counter("inference_seconds", "Time spent on recognitions.", "kind")
        self._recognised = self._counter("inference_audio_seconds", "Audio that was recognised.", "kind")
        self._rejected = self._counter("utterances_rejected", "Utterances that were no speech.", "reason")
        self._translation = Histogram(
            "assistant_translation_seconds",
            "Time from asking for a translation to having it.",
            ("kind",),
            buckets=_LAG_BUCKETS,
            registry=self._registry,
        )
        self._sentences = self._counter("translated_sentences", "Sentences that were translated.", "kind")
        self._received = self._counter("audio_received_seconds", "Audio that was accepted.")

    def follow(self, statistics: Callable[[], ServiceStatistics]) -> None:
        """Show what `statistics` returns at the moment of each `render`."""
        self._registry.register(_StatisticsCollector(statistics))

    def render(self) -> bytes:
        """Return all measurements now."""
        return generate_latest(self._registry)

    def inference_done(
        self, kind: Literal["partial", "final"], audio_seconds: float, compute_seconds: float
    ) -> None:
        """One recognition ran."""
        label = _DOCUMENTED.get(kind, kind)
        self._compute.labels(label).inc(compute_seconds)
        self._recognised.labels(label).inc(audio_seconds)
        if audio_seconds > 0:
            self._factor.labels(label).observe(compute_seconds / audio_seconds)

    def caption_published(self, *, final: bool, lag_seconds: float) -> None:
        """A caption went out, `lag_seconds` after its newest audio had arrived."""
        self._lag.labels("final" if final else "partial").observe(lag_seconds)

    def utterance_rejected(self, reason: str) -> None:
        """Something that was taken for speech turned out not to be."""
        self._rejected.labels(reason).inc()

    def audio_received(self, samples: int) -> None:
        """Samples were accepted."""
        self._received.inc(samples / SAMPLE_RATE)

    def translated(self, kind: TranslationKind, sentences: int, seconds: float) -> None:
        """A text was translated, `seconds` after it was asked for."""
        self._translation.labels(kind).observe(seconds)
        self._sentences.labels(kind).inc(sentences)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"assistant_{name}", text, labels, registry=self._registry)


class _StatisticsCollector(Collector):
    """Reads the service when measurements are asked for, so that nothing has to be kept in step."""

    def __init__(self, statistics: Callable[[], ServiceStatistics]) -> None:
        self._statistics = statistics

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Name the gauges without reading the service, which may not have started."""
        for name, text in _GAUGES.items():
            yield GaugeMetricFamily(f"assistant_{_DOCUMENTED.get(name, name)}", text)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Read the service once for all gauges."""
        now = self._statistics()
        for name, text in _GAUGES.items():
            documented = f"assistant_{_DOCUMENTED.get(name, name)}"
            yield GaugeMetricFamily(documented, text, value=float(getattr(now, name)))
