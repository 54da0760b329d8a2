"""Measurements as Prometheus reads them."""

from __future__ import annotations

from dataclasses import replace

from prometheus_client.parser import text_string_to_metric_families

from assistant.adapters.prometheus_telemetry import PrometheusTelemetry
from assistant.ports.system import ServiceStatistics

_IDLE = ServiceStatistics(
    rooms=1, tracks=0, talking=0, readers=0, queued_finals=0, queued_partials=0, behind_seconds=0.0
)


def _values(telemetry: PrometheusTelemetry) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    families = text_string_to_metric_families(telemetry.render().decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_lag_is_told_apart_by_kind() -> None:
    """Partials and finals have a histogram each."""
    telemetry = PrometheusTelemetry()
    for lag in (0.4, 0.6):
        telemetry.caption_published(final=False, lag_seconds=lag)
    telemetry.caption_published(final=True, lag_seconds=1.7)
    values = _values(telemetry)
    lag_seconds = "assistant_caption_lag_seconds"
    assert values[f"{lag_seconds}_count", (("kind", "partial"),)] == 2
    assert values[f"{lag_seconds}_sum", (("kind", "partial"),)] == 1.0
    assert values[f"{lag_seconds}_bucket", (("kind", "partial"), ("le", "0.5"))] == 1
    assert values[f"{lag_seconds}_sum", (("kind", "final"),)] == 1.7


def test_work_is_counted_with_its_audio() -> None:
    """Compute seconds and audio seconds add up; their ratio of each recognition is a histogram."""
    telemetry = PrometheusTelemetry()
    telemetry.inference_done("partial", 4.0, 0.5)
    telemetry.inference_done("partial", 2.0, 0.5)
    telemetry.inference_done("final", 0.0, 0.1)
    values = _values(telemetry)
    partial = (("kind", "draft"),)
    assert values["assistant_inference_seconds_total", partial] == 1.0
    assert values["assistant_inference_audio_seconds_total", partial] == 6.0
    assert values["assistant_inference_real_time_factor_sum", partial] == 0.375
    assert values["assistant_inference_seconds_total", (("kind", "final"),)] == 0.1


def test_rejections_and_audio_are_counted() -> None:
    """What turned out to be no speech is counted by reason, received audio in seconds."""
    telemetry = PrometheusTelemetry()
    telemetry.utterance_rejected("looped")
    telemetry.utterance_rejected("looped")
    telemetry.audio_received(8_000)
    values = _values(telemetry)
    assert values["assistant_utterances_rejected_total", (("reason", "looped"),)] == 2
    assert values["assistant_audio_received_seconds_total", ()] == 0.5


def test_gauges_are_read_when_asked_for() -> None:
    """The state of the service is that of the moment of asking; nothing is read before."""
    telemetry = PrometheusTelemetry()
    now = [_IDLE]
    reads: list[ServiceStatistics] = []

    def statistics() -> ServiceStatistics:
        reads.append(now[0])
        return now[0]

    telemetry.follow(statistics)
    assert reads == []
    assert _values(telemetry)["assistant_readers", ()] == 0
    now[0] = replace(_IDLE, readers=5, queued_finals=2, behind_seconds=1.5, capacity=9, step_seconds=0.8)
    values = _values(telemetry)
    assert values["assistant_readers", ()] == 5
    assert values["assistant_queued_finals", ()] == 2
    assert values["assistant_behind_seconds", ()] == 1.5
    assert values["assistant_capacity", ()] == 9
    assert values["assistant_step_seconds", ()] == 0.8
    assert len(reads) == 2


def test_instances_share_nothing() -> None:
    """Two services in one process count for themselves."""
    one, other = PrometheusTelemetry(), PrometheusTelemetry()
    one.audio_received(16_000)
    assert _values(other)["assistant_audio_received_seconds_total", ()] == 0
