"""What this machine has, and how many people it should be able to caption at a time."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from assistant.bootstrap import build_transcriber, build_weights, measure_costs
from assistant.core.errors import AssistantError
from assistant.core.translation.routes import RouteTable
from assistant.engines.devices import choose_device, cores, gpus
from assistant.operations.egress import outside_addresses
from assistant.ports.speech import Transcriber
from assistant.settings import Settings
from assistant.translation.room_translations import unreachable
from assistant.weights.text_models import find_text_models

INSTRUCTION_SETS = (
    "avx",
    "avx2",
    "avx512f",
    "avx512_vnni",
    "avx_vnni",
    "amx_int8",
    "asimd",
    "asimddp",
    "i8mm",
)
"""CPU features, as Linux spells them, by which CTranslate2's arithmetic gets faster."""

_CORES_A_SPEAKER = 0.25
"""Cores that one of many talking people keeps busy with Whisper base, for want of a measurement."""

_HEADROOM = 0.8
"""The share of the machine that may be busy, for want of a measurement."""


@dataclass(frozen=True, slots=True)
class SpeakerEstimate:
    """How many people may talk at the same time.

    Attributes:
        speakers: Their number.
        basis: What the number rests on, in words.
    """

    speakers: int
    basis: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was found; holds no secrets.

    Attributes:
        python: The version of Python.
        system: The operating system and its processor.
        cores: Processor cores this process may use.
        memory_bytes: Main memory.
        free_memory_bytes: Main memory that is not in use.
        gpus: CUDA devices that CTranslate2 can use.
        device: What recognition would run on.
        compute_type: CTranslate2's name of the arithmetic it would use.
        instruction_sets: Those of `INSTRUCTION_SETS` that the processor has.
        model: The chosen speech weights.
        weights_dir: Where weights are kept.
        installed: Weights on this machine.
        missing: Default and chosen weights that are not.
        translations: Languages that can be read, each with those that it is translated from.
        always_into: Languages that every room is translated into.
        unreachable: Those of `always_into` that nothing leads to.
        preferred: Text models that win over others of their languages.
        absent: Those of `preferred` that are not installed.
        data_dir: Where transcripts and the journal are kept.
        free_disk_bytes: Room on the disk of the data directory.
        estimate: How many people may talk at the same time.
        outside: Each address beyond this machine that the configuration names, with its use.
    """

    python: str
    system: str
    cores: int
    memory_bytes: int
    free_memory_bytes: int
    gpus: int
    device: str
    compute_type: str
    instruction_sets: tuple[str, ...]
    model: str
    weights_dir: str
    installed: tuple[str, ...]
    missing: tuple[str, ...]
    translations: tuple[tuple[str, tuple[str, ...]], ...]
    always_into: tuple[str, ...]
    unreachable: tuple[str, ...]
    preferred: tuple[str, ...]
    absent: tuple[str, ...]
    data_dir: str
    free_disk_bytes: int
    estimate: SpeakerEstimate
    outside: tuple[str, ...]


def examine(settings: Settings) -> Report:
    """Return what this machine has; takes a few seconds where weights can be measured.

    Raises:
        WeightsError: The catalogue is unreadable or lacks the chosen model.
    """
    store = build_weights(settings)
    store.catalog.model(settings.model)
    installed = store.installed()
    wanted = dict.fromkeys((settings.model, *store.catalog.default))
    text_models = [model for model, _ in find_text_models(store)]
    routes = RouteTable(text_models, settings.translation_models, rough=settings.rough_translations)
    transcriber, obstacle = _load(settings, installed)
    by_speech = transcriber.capabilities.translates_to if transcriber else ()
    memory = psutil.virtual_memory()
    device, compute_type = choose_device(settings.device, settings.compute_type)
    return Report(
        python=platform.python_version(),
        system=f"{platform.system()} {platform.machine()}",
        cores=cores(),
        memory_bytes=memory.total,
        free_memory_bytes=memory.available,
        gpus=gpus(),
        device=device,
        compute_type=compute_type,
        instruction_sets=read_instruction_sets(Path("/proc/cpuinfo")),
        model=settings.model,
        weights_dir=str(settings.weights_dir),
        installed=installed,
        missing=tuple(name for name in wanted if name not in installed),
        translations=tuple((lang, tuple(routes.into(lang))) for lang in routes.targets),
        always_into=tuple(settings.translate_to),
        unreachable=unreachable(settings.translate_to, routes, by_speech=by_speech),
        preferred=tuple(settings.translation_models),
        absent=tuple(sorted({*settings.translation_models} - {model.name for model in text_models})),
        data_dir=str(settings.data_dir),
        free_disk_bytes=free_disk_bytes(settings.data_dir),
        estimate=_measured(settings, transcriber) if transcriber else _guessed(obstacle),
        outside=tuple(map(str, outside_addresses(settings))),
    )


def read_instruction_sets(cpuinfo: Path) -> tuple[str, ...]:
    """Return those of `INSTRUCTION_SETS` that Linux reports; none where there is no such file."""
    try:
        lines = cpuinfo.read_text("ascii", "replace").splitlines()
    except OSError:
        return ()
    flags = next((line for line in lines if line.lower().startswith(("flags", "features"))), "")
    present = set(flags.partition(":")[2].split())
    return tuple(name for name in INSTRUCTION_SETS if name in present)


def free_disk_bytes(directory: Path) -> int:
    """Return the room on the disk that holds `directory`, which need not exist yet."""
    existing = next(path for path in (directory.absolute(), *directory.absolute().parents) if path.exists())
    return shutil.disk_usage(existing).free


def _load(settings: Settings, installed: Sequence[str]) -> tuple[Transcriber | None, str]:
    """Return what recognises speech, or why it cannot be had."""
    if settings.model not in installed:
        return None, f"{settings.model} is not installed"
    try:
        return build_transcriber(settings), ""
    except (AssistantError, RuntimeError, ValueError) as error:
        return None, f"{settings.model} could not be run: {error}"


def _guessed(reason: str) -> SpeakerEstimate:
    speakers = int(cores() * _HEADROOM / _CORES_A_SPEAKER)
    return SpeakerEstimate(max(1, speakers), f"a guess from {cores()} cores; {reason}")


def _measured(settings: Settings, transcriber: Transcriber) -> SpeakerEstimate:
    """Return an estimate from a real recognition, or from the cores where that is not possible."""
    try:
        costs, capabilities = measure_costs(transcriber), transcriber.capabilities
    except (AssistantError, RuntimeError, ValueError) as error:
        return _guessed(f"{settings.model} could not be run: {error}")
    basis = (
        f"{settings.model}, {capabilities.workers} at a time: a few seconds of speech"
        f" take {costs.partial_seconds * 1000:.0f} ms as a partial;"
        f" a final takes {costs.final_share * 1000:.0f} ms for each second of speech"
    )
    speakers = costs.talkers(workers=capabilities.workers, batch=capabilities.batch)
    if settings.max_talkers:
        return SpeakerEstimate(settings.max_talkers, f"as ASSISTANT_MAX_TALKERS says; measured {speakers}")
    return SpeakerEstimate(speakers, basis)
