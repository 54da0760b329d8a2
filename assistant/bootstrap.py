"""Chooses what is concrete: the only place where engines and adapters are built."""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from functools import partial
from shutil import disk_usage
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

import ctranslate2
import structlog
from fastapi import FastAPI

from assistant import __version__
from assistant.adapters.audio_journal import FileAudioJournal
from assistant.adapters.av_decoder import create_decoder
from assistant.adapters.data_folder import UPLOADS
from assistant.adapters.docs_publisher import LaSuiteDocs
from assistant.adapters.event_log import configure_logging
from assistant.adapters.http_jobs import HttpRecordingSource, HttpWebhook
from assistant.adapters.level_files import read_scale
from assistant.adapters.livekit_platform import LiveKitAccess, LiveKitPlatform
from assistant.adapters.livekit_webhooks import LiveKitWebhooks
from assistant.adapters.livekit_worker import AgentWorker
from assistant.adapters.memory_room_log import MemoryRoomLog
from assistant.adapters.openai_model import ModelAccess, OpenAiModel, is_private
from assistant.adapters.prometheus_telemetry import PrometheusTelemetry
from assistant.adapters.recording_file import open_recording
from assistant.adapters.sql_stores import SqlStores
from assistant.adapters.system_clock import SystemClock
from assistant.bots.bot_manager import BotManager
from assistant.bots.caption_relay import RelayRules
from assistant.bots.deps import BotDeps
from assistant.bots.status import BotRules
from assistant.captioning.deps import TrackDeps
from assistant.captioning.scheduler import InferenceScheduler
from assistant.captioning.track_registry import TrackRegistry, TrackRegistryRules
from assistant.core.addresses import is_loopback, local_url
from assistant.core.errors import (
    AssistantError,
    FileUnreadable,
    GlossaryInvalid,
    InvalidInput,
    ModelMissing,
    WeightsError,
)
from assistant.core.glossary.glossary import Glossary
from assistant.core.inference.capacity import Costs
from assistant.core.rooms import Room
from assistant.core.speech.hypothesis import Hypothesis
from assistant.core.translation.routes import RouteTable
from assistant.disk.reserve import SpaceReserve
from assistant.engines.registry import load_recogniser
from assistant.engines.sentences import split_sentences
from assistant.engines.translation_process import TranslationProcess
from assistant.engines.voice import GatedVoiceDetector, SileroModel
from assistant.engines.worker_pool import PoolLimits, WorkerPool
from assistant.export.formats import render
from assistant.export.glossary_files import read_glossary_file
from assistant.export.openai_formats import diarized
from assistant.export.summary_markdown import write_summary
from assistant.minutes.caption_editor import CaptionEditor, CaptionEditorDeps
from assistant.minutes.drafting.summary import summarise
from assistant.minutes.drafts import MinutesRules
from assistant.minutes.model import ModelReader
from assistant.minutes.news import MinutesNews
from assistant.minutes.service import MinutesService
from assistant.operations.calibration import calibrate
from assistant.operations.doors import check_doors, door_warnings, secrets_of
from assistant.ports.jobs import JobStore
from assistant.ports.links import LinkStore
from assistant.ports.meetings import MeetingStore
from assistant.ports.room_log import RoomLog
from assistant.ports.speech import Transcriber, TranscriberCapabilities, TranscriptionRequest, VoiceDetector
from assistant.ports.storage import AudioJournal
from assistant.ports.system import Telemetry, Workers
from assistant.readers.links import ReaderLinks
from assistant.readers.registry import Readers
from assistant.recordings.jobs import JobDeps, JobRules, JobService
from assistant.recordings.service import RecordingService
from assistant.recordings.transcription import RecordingDeps, RecordingRules
from assistant.rooms.glossary_service import GlossaryService
from assistant.rooms.registry import RoomRegistry, RoomRules
from assistant.rooms.service import CaptionService
from assistant.settings import Settings
from assistant.translation.room_translations import BY_SPEECH
from assistant.translation.translator import TranslationService
from assistant.web.app import create_app
from assistant.web.jobs import RESULTS
from assistant.web.limits import Limits
from assistant.web.services import WebSettings
from assistant.weights import WeightsStore
from assistant.weights.catalog import load_catalog
from assistant.weights.text_models import find_text_models

_log = structlog.get_logger(__name__)

_TEXT_TO_IDENTIFY = 4_000
"""So many characters tell the language of a text."""

_JOBS = "jobs"
"""Whose work jobs are; they are done one after the other."""


def build_weights(settings: Settings) -> WeightsStore:
    """Return the weights on this machine."""
    return WeightsStore(settings.weights_dir, load_catalog(settings.catalog))


def build_transcriber(settings: Settings) -> Transcriber:
    """Load the speech recognition weights (blocks for seconds).

    Raises:
        ModelMissing: They are not on this machine.
        HashMismatch: A file is not what the catalogue says.
        ModelUnknown: The catalogue has no such model.
        WeightsError: The catalogue has a mistake, such as an engine that this version does not have.
    """
    device, compute_type = choose_device(settings)
    weights = build_weights(settings)
    return load_recogniser(
        weights.catalog.recogniser(settings.model),
        weights.path(settings.model),
        model=settings.model,
        device=device,
        compute_type=compute_type,
        workers=settings.workers or (1 if device == "cuda" else cores()),
    )


def build_text_engine(settings: Settings) -> TranslationProcess:
    """Return the text models of this machine; their process starts when they are first used."""
    engine = TranslationProcess(find_text_models(build_weights(settings)))
    installed = {model.name for model in engine.models}
    for name in settings.translation_models:
        if name not in installed:
            _log.warning("translation_model_missing", setting="ASSISTANT_TRANSLATION_MODELS", model=name)
    return engine


def build_workers(settings: Settings) -> WorkerPool:
    """Return what makes documents and reads files; its processes start when they are needed."""
    return WorkerPool(
        PoolLimits(
            workers=settings.document_workers,
            waiting=settings.documents_waiting,
            waiting_each=settings.documents_waiting_each,
            cpu_seconds=settings.document_cpu_seconds,
            wall_seconds=settings.document_seconds,
            memory_bytes=settings.document_memory_mb << 20,
            result_bytes=settings.max_document_output_bytes,
        )
    )


def build_translations(settings: Settings, telemetry: Telemetry | None = None) -> TranslationService:
    """Return what translates on this machine; nothing is loaded before it is used."""
    engine = build_text_engine(settings)
    routes = RouteTable(engine.models, settings.translation_models)
    return TranslationService(
        engine, routes, split_sentences, telemetry or PrometheusTelemetry(), SystemClock()
    )


def unreachable_languages(
    settings: Settings, routes: RouteTable, *, by_speech: Collection[str]
) -> tuple[str, ...]:
    """Return those languages of `translate_to` that no installed model leads to.

    Args:
        settings: Name the languages.
        routes: The ways that there are.
        by_speech: Languages into which the recogniser translates; rooms use `BY_SPEECH` only.
    """
    reached = {*routes.targets, *({BY_SPEECH} & {*by_speech})}
    return tuple(lang for lang in settings.translate_to if lang not in reached)


@asynccontextmanager
async def open_recordings(
    settings: Settings, transcriber: Transcriber, glossary: Glossary
) -> AsyncIterator[RecordingService]:
    """Lend what transcribes recordings of any length without rooms, with all workers of `transcriber`."""
    scheduler = InferenceScheduler(transcriber, PrometheusTelemetry(), SystemClock())
    deps = RecordingDeps(
        scheduler=scheduler,
        new_detector=build_detector_factory(),
        open_recording=open_recording,
        clock=SystemClock(),
        languages=frozenset(settings.languages),
    )
    scheduler.start()
    service = RecordingService(lambda: glossary, RecordingRules(most_seconds=math.inf))
    service.start(deps)
    try:
        yield service
    finally:
        await scheduler.close()


def build_detector_factory() -> Callable[[], VoiceDetector]:
    """Return what makes a voice detector for each track; they share one network."""
    silero = SileroModel()
    return lambda: GatedVoiceDetector(silero)


def build_glossary(settings: Settings) -> Glossary:
    """Read the names and terms of all rooms; none where no file is set.

    Raises:
        FileUnreadable: The file is not there.
        GlossaryInvalid: It is no glossary, a line cannot be a term, or there are too many.
    """
    path = settings.glossary
    if path is None:
        return Glossary()
    try:
        return read_glossary_file(path, path.read_bytes())
    except OSError as error:
        raise FileUnreadable(f"The glossary {path} cannot be read ({error.strerror}).") from error
    except GlossaryInvalid as error:
        raise GlossaryInvalid(f"{path}: {error.message}") from error


def choose_device(settings: Settings) -> tuple[str, str]:
    """Return device and compute type: a GPU with float16 where there is one, else int8 on the CPU."""
    device = settings.device
    if device == "auto":
        device = "cuda" if ctranslate2.get_cuda_device_count() > 0 else "cpu"
    if settings.compute_type != "auto":
        return device, settings.compute_type
    return device, "float16" if device == "cuda" else "int8"


def cores() -> int:
    """Return how many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def build_captions(
    settings: Settings, stores: SqlStores, journal: AudioJournal, telemetry: Telemetry
) -> CaptionService:
    """Return live captions; they open the stores and load weights when they start."""

    async def open_deps() -> TrackDeps:
        return await _open_deps(settings, stores, journal, telemetry)

    async def open_log(room: Room) -> RoomLog:
        return MemoryRoomLog(room, stores.transcripts, stores.minutes)

    reserve = SpaceReserve(settings.disk_reserve_mb << 20, lambda: disk_usage(settings.data_dir).free)
    glossaries = GlossaryService(stores.transcripts, build_glossary(settings))
    rooms = RoomRegistry(
        stores.transcripts,
        open_log,
        glossaries,
        RoomRules(tuple(settings.translate_to), default_level=settings.default_level),
    )
    track_rules = TrackRegistryRules(
        max_tracks=settings.max_tracks,
        max_talkers=settings.max_talkers,
        shutdown_seconds=settings.shutdown_seconds,
    )
    recording_rules = RecordingRules(
        at_once=settings.recordings_at_once, most_seconds=settings.max_recording_hours * 3600
    )
    return CaptionService(
        open_deps,
        rooms,
        TrackRegistry(rooms.enter_to_speak, track_rules, reserve),
        Readers(rooms, stores.transcripts, stores.minutes),
        glossaries,
        RecordingService(lambda: glossaries.for_all_rooms, recording_rules),
        reserve,
    )


def build_app(settings: Settings) -> FastAPI:
    """Return the service; it opens the store and loads weights when it starts.

    Raises:
        InvalidInput: Settings would let in whoever is not meant to come in.
    """
    check_doors(settings)
    configure_logging(settings.log_format, settings.log_level, secrets=secrets_of(settings))
    for event, setting in door_warnings(settings):
        _log.warning(event, setting=setting)
    telemetry = PrometheusTelemetry()
    stores = SqlStores.at(settings.store_url)
    journal = FileAudioJournal(settings.journal_dir)
    captions = build_captions(settings, stores, journal, telemetry)
    telemetry.follow(captions.statistics)
    web = WebSettings(
        token=settings.token,
        lasuite_tokens=tuple(settings.lasuite_tokens),
        allowed_origins=tuple(settings.allowed_origins),
        loopback=is_loopback(settings.host),
        max_frame_bytes=settings.max_frame_bytes,
        audio_idle_seconds=settings.audio_idle_seconds,
        reader_stall_seconds=settings.reader_stall_seconds,
        max_recording_bytes=settings.max_recording_bytes,
        uploads_dir=settings.data_dir / UPLOADS,
        officer_tokens=tuple(settings.officer_tokens),
        metrics_token=settings.metrics_token,
        audio_kept=settings.keep_audio,
        docs_configured=bool(settings.docs_url and settings.docs_token),
        max_body_bytes=settings.max_body_bytes,
        max_glossary_bytes=settings.max_document_bytes,
        max_field_bytes=settings.max_field_bytes,
        limits=build_limits(settings),
    )
    links = build_links(settings, stores.links)
    workers = build_workers(settings)
    meetings = build_meetings(settings, captions, stores.meetings, links)
    docs = LaSuiteDocs(settings.docs_url, settings.docs_token)
    jobs = build_jobs(settings, captions, stores.jobs, docs, workers)
    return create_app(
        captions,
        settings=web,
        new_decoder=create_decoder,
        metrics=telemetry,
        clock=SystemClock(),
        links=links,
        # What starts last is closed first: nothing waits for documents.
        parts=(*(meetings.parts if meetings else ()), jobs, workers),
        listeners=meetings.listeners if meetings else None,
        webhooks=meetings.webhooks if meetings else None,
        docs=docs,
        jobs=jobs,
        minutes=build_minutes(settings, captions.rooms, stores, meetings, links, workers),
        clerks=CaptionEditor(
            captions.rooms,
            captions.tracks,
            CaptionEditorDeps(stores.transcripts, stores.meetings, journal, audio_kept=settings.keep_audio),
        ),
        meetings=stores.meetings,
        workers=workers,
    )


def build_limits(settings: Settings) -> Limits:
    """Return how much one caller may have."""
    names = {limit.name for limit in fields(Limits)} & set(Settings.model_fields)
    chosen = {name: getattr(settings, name) for name in names}
    chosen["max_tracks_per_credential"] = settings.max_tracks_per_credential or settings.max_tracks
    chosen["trusted_proxies"] = tuple(settings.trusted_proxies)
    return Limits(**chosen, answer_stall_seconds=settings.reader_stall_seconds)


def build_minutes(
    settings: Settings,
    rooms: RoomRegistry,
    stores: SqlStores,
    meetings: Meetings | None,
    links: ReaderLinks,
    workers: Workers,
) -> MinutesService:
    """Return what makes minutes of the meetings in `rooms`, and tells of them in `meetings`.

    Raises:
        InvalidInput: The scale of protection levels is none, or does not have the level of new rooms.
        FileUnreadable: Its file is not there.
    """
    scale = read_scale(settings.levels)
    scale.rank(settings.default_level)
    rules = MinutesRules(settings.timezone or machine_timezone(), settings.organisation, scale)
    if meetings is not None:
        languages = tuple(settings.livekit_notice_languages)
        rooms.followers.add(MinutesNews(meetings.listeners, links.shared, languages))
    return MinutesService(
        rooms, stores.minutes, stores.meetings, SystemClock(), rules, build_model_reader(settings), workers
    )


def build_model_reader(settings: Settings) -> ModelReader | None:
    """Return what reads meetings with the operator's language model; None where there is none.

    Raises:
        InvalidInput: The address is none, or lies outside private networks and is not allowed.
    """
    url = settings.minutes_model_url.rstrip("/")
    if not url:
        return None
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if parts.scheme not in {"http", "https"} or not host or parts.username:
        raise InvalidInput("ASSISTANT_MINUTES_MODEL_URL is no address of http or https.")
    literal = host.replace(".", "").isdigit() or ":" in host
    allowed = {name.lower() for name in settings.minutes_model_allowed_hosts}
    if literal and host not in allowed and not is_private(host):
        raise InvalidInput(
            f"ASSISTANT_MINUTES_MODEL_URL leads out of this network, to {host}: name it in"
            " ASSISTANT_MINUTES_MODEL_ALLOWED_HOSTS if what was said may go there."
        )
    access = ModelAccess(
        url=url,
        model=settings.minutes_model_name,
        key=settings.minutes_model_key,
        context_tokens=settings.minutes_model_context_tokens,
        timeout_seconds=settings.minutes_model_timeout_seconds,
        allowed_hosts=tuple(allowed),
    )
    return ModelReader(OpenAiModel(access))


def machine_timezone() -> str:
    """Return the IANA name of this machine's time zone; UTC where it does not say."""
    named = os.environ.get("TZ", "").lstrip(":")
    if not named:
        named = os.path.realpath("/etc/localtime").partition("zoneinfo/")[2]
    return named if named in available_timezones() else "UTC"


@dataclass(frozen=True, slots=True)
class Meetings:
    """What goes into the meetings of a platform, and what tells of them."""

    listeners: BotManager
    webhooks: LiveKitWebhooks
    worker: AgentWorker | None

    @property
    def parts(self) -> tuple[BotManager | AgentWorker, ...]:
        """What lives as long as the service, in the order in which it starts."""
        return (self.listeners, self.worker) if self.worker else (self.listeners,)


def build_meetings(
    settings: Settings, captions: CaptionService, store: MeetingStore, links: ReaderLinks
) -> Meetings | None:
    """Return what listens to LiveKit's meetings; None where no server is configured.

    Raises:
        InvalidInput: An address without a key.
    """
    if not settings.livekit_url:
        return None
    if not settings.livekit_api_key or not settings.livekit_api_secret:
        raise InvalidInput(
            "ASSISTANT_LIVEKIT_URL wants ASSISTANT_LIVEKIT_API_KEY and ASSISTANT_LIVEKIT_API_SECRET as well."
        )
    if not settings.public_url:
        # What people in a meeting are told would lead to their own machines, or nowhere.
        _log.warning("public_url_missing", setting="ASSISTANT_PUBLIC_URL")
    access = LiveKitAccess(
        url=settings.livekit_url,
        api_key=settings.livekit_api_key,
        api_secret=settings.livekit_api_secret,
        name=settings.livekit_agent_name,
        recording_indicator=settings.livekit_recording_indicator,
        encryption_key=settings.livekit_encryption_key,
        ice_servers=tuple(settings.livekit_ice_servers),
    )
    rules = BotRules(
        empty_seconds=settings.livekit_empty_seconds,
        relay=RelayRules(settings.livekit_text_streams, settings.livekit_legacy_packets),
        notices=settings.livekit_notices,
        languages=tuple(settings.livekit_notice_languages),
    )
    tools = BotDeps(
        captions.rooms,
        captions.tracks,
        captions.readers,
        store,
        LiveKitPlatform(access),
        SystemClock(),
        links.shared,
        rules,
    )
    bots = BotManager(tools, settings.livekit_rooms)
    worker = AgentWorker(access, bots, version=__version__) if settings.livekit_worker else None
    return Meetings(bots, LiveKitWebhooks(access), worker)


def build_jobs(
    settings: Settings, captions: CaptionService, store: JobStore, docs: LaSuiteDocs, workers: Workers
) -> JobService:
    """Return what does La Suite's jobs; without `jobs_sources` it refuses them."""
    webhook = None
    if settings.jobs_webhook_url:
        webhook = HttpWebhook(
            settings.jobs_webhook_url, settings.jobs_webhook_token, settings.jobs_webhook_secret
        )
    tools = JobDeps(
        recordings=captions.recordings,
        reserve=captions.reserve,
        store=store,
        source=HttpRecordingSource(settings.jobs_sources, settings.max_recording_bytes),
        webhook=webhook,
        docs=docs,
        clock=SystemClock(),
        result_url=lambda job, secret: f"{base_url_of(settings)}{RESULTS}{job}/{secret}",
        render=lambda told: diarized(told.captions, duration_seconds=told.duration_seconds),
        write=lambda captions, title: render(captions, "md", title=title).decode(),
        summarise=lambda text: _summary(text, captions.rooms, settings, workers),
    )
    rules = JobRules(settings.data_dir / UPLOADS, keep_seconds=settings.jobs_keep_hours * 3600)
    return JobService(tools, rules)


async def _summary(text: str, rooms: RoomRegistry, settings: Settings, workers: Workers) -> str:
    """Return the summary of a transcript in the language that it seems to be in, as Markdown."""
    guess = await rooms.translations.identify(text[:_TEXT_TO_IDENTIFY])
    lang = guess.language if guess else "en"
    zone = ZoneInfo(settings.timezone or machine_timezone())
    today = datetime.fromtimestamp(SystemClock().now(), tz=zone).date()
    told = await workers.run(partial(summarise, text, lang, today), credential=_JOBS)
    return write_summary(
        told.lang,
        points=told.points,
        decisions=told.decisions,
        actions=told.actions,
        questions=told.questions,
    )


def build_links(settings: Settings, store: LinkStore) -> ReaderLinks:
    """Return what makes the links for people who only read."""
    base_url, hours = base_url_of(settings), settings.reader_link_hours
    return ReaderLinks(base_url, settings.token, hours, SystemClock(), store)


def base_url_of(settings: Settings) -> str:
    """Return the address under which people reach the service."""
    return settings.public_url or local_url(settings.host, settings.port)


async def _open_deps(
    settings: Settings, stores: SqlStores, journal: AudioJournal, telemetry: Telemetry
) -> TrackDeps:
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    loading = asyncio.create_task(asyncio.to_thread(_load, settings))
    await stores.database.start()
    transcriber, costs, missing = await loading
    translations = build_translations(settings, telemetry)
    by_speech = transcriber.capabilities.translates_to
    for lang in unreachable_languages(settings, translations.routes, by_speech=by_speech):
        _log.warning("translation_route_missing", setting="ASSISTANT_TRANSLATE_TO", lang=lang)
    return TrackDeps(
        store=stores.transcripts,
        journal=journal,
        scheduler=InferenceScheduler(transcriber, telemetry, SystemClock(), costs),
        new_detector=build_detector_factory(),
        clock=SystemClock(),
        telemetry=telemetry,
        translations=translations,
        open_recording=open_recording,
        languages=frozenset(settings.languages),
        missing=missing,
        keep_audio=settings.keep_audio,
    )


def _load(settings: Settings) -> tuple[Transcriber, Costs | None, tuple[str, ...]]:
    """Load the weights; without them the service still shows what was said before."""
    try:
        transcriber = build_transcriber(settings)
    except (ModelMissing, WeightsError) as error:
        _log.warning("weights_missing", model=settings.model, code=error.code)
        return _AbsentTranscriber(settings.model, error.message), None, (error.message,)
    capabilities = transcriber.capabilities
    _log.info(
        "weights_loaded",
        model=capabilities.model,
        device=capabilities.device,
        compute_type=capabilities.compute_type,
        workers=capabilities.workers,
    )
    return transcriber, _costs(transcriber), ()


def _costs(transcriber: Transcriber) -> Costs | None:
    """Measure what recognitions cost; without that, what really runs is measured."""
    try:
        costs = calibrate(transcriber)
    except (AssistantError, RuntimeError, ValueError) as error:
        _log.warning("calibration_failed", error=type(error).__name__)
        return None
    capabilities = transcriber.capabilities
    _log.info(
        "calibrated",
        draft_seconds=round(costs.partial_seconds, 3),
        final_share=round(costs.final_share, 3),
        further_share=round(costs.further_share, 2),
        talkers=costs.talkers(workers=capabilities.workers, batch=capabilities.batch),
    )
    return costs


class _AbsentTranscriber:
    """Stands where the weights are missing; nobody can be heard then."""

    def __init__(self, model: str, message: str) -> None:
        self.capabilities = TranscriberCapabilities(model, frozenset(), "cpu", "none", 30.0, 1)
        self._message = message

    def transcribe(self, request: TranscriptionRequest) -> Hypothesis:
        """Refuse."""
        del request
        raise ModelMissing(self._message)

    def transcribe_all(self, requests: Sequence[TranscriptionRequest]) -> list[Hypothesis]:
        """Refuse."""
        del requests
        raise ModelMissing(self._message)
