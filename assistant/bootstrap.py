"""Chooses what is concrete: the only place where engines and adapters are built."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass, fields
from functools import partial
from shutil import disk_usage
from typing import Any

import structlog
from fastapi import FastAPI

from assistant import __version__
from assistant.adapters.audio_journal import FileAudioJournal
from assistant.adapters.av_decoder import create_decoder
from assistant.adapters.data_folder import UPLOADS
from assistant.adapters.docs_publisher import LaSuiteDocs
from assistant.adapters.event_log import configure_logging
from assistant.adapters.http_jobs import HttpRecordingSource, HttpWebhook
from assistant.adapters.lasuite_jobs import LaSuiteDialect
from assistant.adapters.level_files import read_scale
from assistant.adapters.livekit_dispatches import UnansweredDispatches
from assistant.adapters.livekit_platform import LiveKitAccess, LiveKitPlatform
from assistant.adapters.livekit_webhooks import LiveKitWebhooks
from assistant.adapters.livekit_worker import AgentWorker
from assistant.adapters.memory_room_log import MemoryRoomLog
from assistant.adapters.openai_model import ModelAccess, OpenAiModel
from assistant.adapters.prometheus_telemetry import PrometheusTelemetry
from assistant.adapters.recording_file import open_recording
from assistant.adapters.sql_stores import SqlStores
from assistant.adapters.system_clock import SystemClock, machine_timezone
from assistant.bots.bot_manager import BotManager
from assistant.bots.caption_relay import RelayRules
from assistant.bots.consent_links import ConsentLinks
from assistant.bots.deps import BotDeps
from assistant.bots.status import BotRules
from assistant.captioning.calibration import calibrate
from assistant.captioning.crosstalk import Crosstalk
from assistant.captioning.deps import TrackDeps
from assistant.captioning.loading import load_recognition
from assistant.captioning.scheduler import InferenceScheduler
from assistant.captioning.track_registry import TrackRegistry, TrackRegistryRules
from assistant.core.addresses import is_loopback, local_url
from assistant.core.errors import FileUnreadable, GlossaryInvalid, InvalidInput
from assistant.core.glossary.glossary import Glossary
from assistant.core.inference.capacity import Costs
from assistant.core.meetings.notices import sender_name
from assistant.core.rooms import Room
from assistant.core.space_reserve import SpaceReserve
from assistant.core.translation.routes import RouteTable
from assistant.engines.devices import choose_device, cores
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
from assistant.minutes.drafts import MinutesRules
from assistant.minutes.model import ModelReader
from assistant.minutes.news import MinutesNews
from assistant.minutes.service import MinutesService
from assistant.minutes.summaries import Summaries
from assistant.operations.doors import check_doors, door_warnings, secrets_of
from assistant.ports.jobs import JobStore
from assistant.ports.links import LinkStore
from assistant.ports.meetings import MeetingPlatform, MeetingStore
from assistant.ports.room_log import RoomLog
from assistant.ports.speech import Transcriber, VoiceDetector
from assistant.ports.storage import AudioJournal
from assistant.ports.system import Telemetry, Workers
from assistant.readers.links import ReaderLinks
from assistant.readers.registry import Readers
from assistant.recordings.jobs import JobDeps, JobRules, JobService
from assistant.recordings.service import RecordingService, recordings_alone
from assistant.recordings.transcription import RecordingDeps, RecordingRules
from assistant.rooms.glossary_service import GlossaryService
from assistant.rooms.registry import RoomRegistry, RoomRules
from assistant.service.caption_service import CaptionService
from assistant.settings import Settings
from assistant.translation.room_translations import unreachable
from assistant.translation.translator import TranslationService
from assistant.web.app import create_app
from assistant.web.jobs import RESULTS
from assistant.web.limits import Limits
from assistant.web.services import Lifetime, Services, WebSettings
from assistant.weights import WeightsStore
from assistant.weights.catalog import load_catalog
from assistant.weights.text_models import find_text_models

_log = structlog.get_logger(__name__)


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
    device, compute_type = choose_device(settings.device, settings.compute_type)
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
    routes = RouteTable(engine.models, settings.translation_models, rough=settings.rough_translations)
    return TranslationService(
        engine, routes, split_sentences, telemetry or PrometheusTelemetry(), SystemClock()
    )


def measure_costs(transcriber: Transcriber) -> Costs:
    """Return what recognitions cost on this machine; blocks for seconds, raises as `calibrate` does."""
    return calibrate(transcriber, open_recording)


def open_recordings(
    settings: Settings, transcriber: Transcriber, glossary: Glossary
) -> AbstractAsyncContextManager[RecordingService]:
    """Lend what transcribes recordings of any length without rooms, with all workers of `transcriber`."""
    deps = RecordingDeps(
        scheduler=InferenceScheduler(transcriber, PrometheusTelemetry(), SystemClock()),
        new_detector=build_detector_factory(),
        open_recording=open_recording,
        clock=SystemClock(),
        languages=frozenset(settings.languages),
        crosstalk=settings.crosstalk,
    )
    return recordings_alone(deps, glossary)


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


def build_captions(
    settings: Settings, stores: SqlStores, journal: AudioJournal, telemetry: Telemetry
) -> CaptionService:
    """Return live captions; they open the stores and load weights when they start."""

    async def open_log(room: Room) -> RoomLog:
        return await MemoryRoomLog.open(room, stores.transcripts, stores.minutes)

    reserve = SpaceReserve(settings.disk_reserve_mb << 20, lambda: disk_usage(settings.data_dir).free)
    glossaries = GlossaryService(stores.transcripts, build_glossary(settings))
    room_rules = RoomRules(tuple(settings.translate_to), default_level=settings.default_level)
    rooms = RoomRegistry(stores.transcripts, open_log, glossaries, room_rules)
    track_rules = TrackRegistryRules(**_same_named(TrackRegistryRules, settings))
    recording_rules = RecordingRules(
        at_once=settings.recordings_at_once, most_seconds=settings.max_recording_hours * 3600
    )
    return CaptionService(
        partial(_open_deps, settings, stores, journal, telemetry),
        rooms,
        TrackRegistry(rooms.enter_to_speak, track_rules, reserve),
        Readers(rooms, stores.transcripts, stores.minutes),
        glossaries,
        RecordingService(lambda: glossaries.for_all_rooms, recording_rules),
        open_recording,
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
        **_same_named(WebSettings, settings),
        loopback=is_loopback(settings.host),
        uploads_dir=settings.data_dir / UPLOADS,
        audio_kept=settings.keep_audio,
        docs_configured=bool(settings.docs_url and settings.docs_token),
        max_glossary_bytes=settings.max_document_bytes,
        limits=build_limits(settings),
    )
    links = build_links(settings, stores.links)
    workers = build_workers(settings)
    meetings = build_meetings(settings, captions, stores.meetings, links)
    docs = LaSuiteDocs(settings.docs_url, settings.docs_token)
    jobs = build_jobs(settings, captions, stores.jobs, docs, workers)
    minutes = build_minutes(settings, captions.rooms, stores, workers)
    editor = CaptionEditorDeps(stores.transcripts, stores.meetings, journal, audio_kept=settings.keep_audio)
    # What starts last is closed first: nothing waits for documents.
    parts = (minutes, *meetings.parts, jobs, workers)
    return create_app(
        Services(
            captions,
            web,
            new_decoder=create_decoder,
            metrics=telemetry,
            clock=SystemClock(),
            lifetime=Lifetime(captions, parts),
            links=links,
            docs=docs,
            minutes=minutes,
            clerks=CaptionEditor(captions.rooms, captions.tracks, editor),
            meetings=stores.meetings,
            workers=workers,
            listeners=meetings.listeners,
            webhooks=meetings.webhooks,
            jobs=jobs,
        )
    )


def build_limits(settings: Settings) -> Limits:
    """Return how much one caller may have."""
    chosen = _same_named(Limits, settings)
    chosen["max_tracks_per_credential"] = settings.max_tracks_per_credential or settings.max_tracks
    return Limits(**chosen, answer_stall_seconds=settings.reader_stall_seconds)


def _same_named(rules: type[Any], settings: Settings, prefix: str = "") -> dict[str, Any]:
    """Return by field of `rules` the settings of the same names behind `prefix`, lists as tuples."""
    names = [field.name for field in fields(rules) if prefix + field.name in Settings.model_fields]
    chosen = {name: getattr(settings, prefix + name) for name in names}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in chosen.items()}


def build_minutes(
    settings: Settings, rooms: RoomRegistry, stores: SqlStores, workers: Workers
) -> MinutesService:
    """Return what makes minutes of the meetings in `rooms`.

    Raises:
        InvalidInput: The scale of protection levels is none, or does not have the level of new rooms.
        FileUnreadable: Its file is not there.
    """
    scale = read_scale(settings.levels)
    scale.rank(settings.default_level)
    rules = MinutesRules(settings.timezone or machine_timezone(), settings.organisation, scale)
    minutes = MinutesService(
        rooms, stores.minutes, stores.meetings, SystemClock(), rules, build_model_reader(settings), workers
    )
    rooms.followers.add(minutes.follower)
    return minutes


def build_model_reader(settings: Settings) -> ModelReader | None:
    """Return what reads meetings with the operator's language model; None where there is none.

    Raises:
        InvalidInput: The address is none, or lies outside private networks and is not allowed.
    """
    url = settings.minutes_model_url.rstrip("/")
    if not url:
        return None
    chosen = _same_named(ModelAccess, settings, "minutes_model_")
    access = ModelAccess(**chosen | {"url": url, "model": settings.minutes_model_name})
    access.check_url()
    return ModelReader(OpenAiModel(access))


@dataclass(frozen=True, slots=True)
class Meetings:
    """What goes into the meetings of all platforms, and what tells of them; nothing where none is configured.

    Attributes:
        listeners: The bots in meetings.
        webhooks: Reads what LiveKit tells of its meetings.
        parts: What lives as long as the service, in the order in which it starts.
    """

    listeners: BotManager | None = None
    webhooks: LiveKitWebhooks | None = None
    parts: tuple[BotManager | AgentWorker, ...] = ()


def build_meetings(
    settings: Settings, captions: CaptionService, store: MeetingStore, links: ReaderLinks
) -> Meetings:
    """Return what listens to meetings, where a platform is configured.

    Raises:
        InvalidInput: An address without a key.
    """
    livekit = livekit_access(settings)
    # A meeting is on the first that knows its name; LiveKit, to which any name may belong, comes last.
    platforms: list[MeetingPlatform] = [LiveKitPlatform(livekit)] if livekit else []
    if not platforms:
        return Meetings()
    if not settings.public_url:
        # What people in a meeting are told would lead to their own machines, or nowhere.
        _log.warning("public_url_missing", setting="ASSISTANT_PUBLIC_URL")
    rules = BotRules(
        empty_seconds=settings.livekit_empty_seconds,
        relay=RelayRules(settings.livekit_text_streams, settings.livekit_legacy_packets),
        notices=settings.livekit_notices,
        languages=tuple(settings.livekit_notice_languages),
        listed_as=livekit.shown_name if livekit and livekit.visible else "",
        recording_indicator=settings.livekit_recording_indicator,
    )
    # Without a public address a link would lead people to their own machines: none is promised then.
    base_url, hours = settings.public_url, settings.reader_link_hours
    consent = ConsentLinks(base_url, settings.livekit_api_secret, hours, SystemClock()) if base_url else None
    heard = captions.rooms, captions.tracks, captions.readers
    deps = BotDeps(*heard, store, platforms, SystemClock(), links.shared, rules, consent)
    bots = BotManager(deps, settings.livekit_rooms)
    captions.rooms.followers.add(MinutesNews(bots, links.shared, rules.languages))
    if livekit is None:
        return Meetings(bots, None, (bots,))
    unanswered = UnansweredDispatches(livekit, bots)
    worker = AgentWorker(livekit, bots, unanswered, version=__version__)
    parts = (bots, worker) if settings.livekit_worker else (bots,)
    return Meetings(bots, LiveKitWebhooks(livekit), parts)


def livekit_access(settings: Settings) -> LiveKitAccess | None:
    """Return how LiveKit is reached; None where no server is configured.

    Raises:
        InvalidInput: An address without a key.
    """
    if not settings.livekit_url:
        return None
    if not settings.livekit_api_key or not settings.livekit_api_secret:
        raise InvalidInput(
            "ASSISTANT_LIVEKIT_URL wants ASSISTANT_LIVEKIT_API_KEY and ASSISTANT_LIVEKIT_API_SECRET as well."
        )
    return LiveKitAccess(
        **_same_named(LiveKitAccess, settings, "livekit_"),
        name=settings.livekit_agent_name,
        shown_name=sender_name(settings.livekit_notice_languages),
    )


def build_jobs(
    settings: Settings, captions: CaptionService, store: JobStore, docs: LaSuiteDocs, workers: Workers
) -> JobService:
    """Return what does La Suite's jobs; without `jobs_sources` it refuses them."""
    webhook = None
    if settings.jobs_webhook_url:
        webhook = HttpWebhook(
            settings.jobs_webhook_url, settings.jobs_webhook_token, settings.jobs_webhook_secret
        )
    zone = settings.timezone or machine_timezone()
    summaries = Summaries(
        captions.rooms, workers, SystemClock(), zone, lambda told: write_summary(**asdict(told))
    )
    deps = JobDeps(
        recordings=captions.recordings,
        reserve=captions.reserve,
        store=store,
        source=HttpRecordingSource(settings.jobs_sources, settings.max_recording_bytes),
        dialect=LaSuiteDialect(),
        webhook=webhook,
        docs=docs,
        clock=SystemClock(),
        result_url=lambda job, secret: f"{base_url_of(settings)}{RESULTS}{job}/{secret}",
        render=lambda told: diarized(
            told.captions, duration_seconds=told.duration_seconds, warnings=told.warnings
        ),
        write=lambda captions, title: render(captions, "md", title=title).decode(),
        summarise=summaries.of,
    )
    rules = JobRules(settings.data_dir / UPLOADS, keep_seconds=settings.jobs_keep_hours * 3600)
    return JobService(deps, rules)


def build_links(settings: Settings, store: LinkStore) -> ReaderLinks:
    """Return what makes the links for people who only read."""
    base_url, hours = base_url_of(settings), settings.reader_link_hours
    return ReaderLinks(base_url, settings.token, hours, SystemClock(), store)


def base_url_of(settings: Settings) -> str:
    """Return the address under which people reach the service."""
    return settings.public_url or local_url(settings.host, settings.port)


async def _open_deps(
    settings: Settings, stores: SqlStores, journal: AudioJournal, telemetry: Telemetry
) -> tuple[TrackDeps, TranslationService]:
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    load = partial(build_transcriber, settings)
    loading = asyncio.to_thread(load_recognition, load, open_recording, model=settings.model)
    recognition, _ = await asyncio.gather(loading, stores.database.start())
    translations = build_translations(settings, telemetry)
    by_speech = recognition.transcriber.capabilities.translates_to
    for lang in unreachable(settings.translate_to, translations.routes, by_speech=by_speech):
        _log.warning("translation_route_missing", setting="ASSISTANT_TRANSLATE_TO", lang=lang)
    deps = TrackDeps(
        store=stores.transcripts,
        journal=journal,
        scheduler=InferenceScheduler(recognition.transcriber, telemetry, SystemClock(), recognition.costs),
        new_detector=build_detector_factory(),
        clock=SystemClock(),
        telemetry=telemetry,
        languages=frozenset(settings.languages),
        missing=recognition.missing,
        keep_audio=settings.keep_audio,
        crosstalk=Crosstalk(enabled=settings.crosstalk),
    )
    return deps, translations
