"""The configuration, read once, from the environment (`ASSISTANT_…`) and the command line."""

from __future__ import annotations

import json
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import platformdirs
from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from assistant.core.errors import LanguageUnknown
from assistant.core.language import parse_language


def _parts(value: object) -> object:
    """Return the list in a text: what stands between commas, or a list in JSON."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except ValueError:
            raise ValueError("it begins like a list in JSON and is none; commas are enough") from None
    return [part.strip() for part in value.split(",") if part.strip()]


def _languages(tags: list[str]) -> list[str]:
    """Return the primary subtag of each tag, once."""
    try:
        return list(dict.fromkeys(map(parse_language, tags)))
    except LanguageUnknown as error:
        raise ValueError(error.message) from None


def _networks(networks: list[str]) -> list[str]:
    """Return addresses and networks as they were given, if they are some."""
    for network in networks:
        try:
            ip_network(network, strict=False)
        except ValueError:
            raise ValueError(f"{network} is no address and no network such as 10.0.0.0/8") from None
    return networks


def _origin(url: str) -> str:
    """Return an address of http or https without a slash at its end; empty stays empty."""
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        raise ValueError("it is no address") from None
    host_fits = parts.hostname and "@" not in parts.netloc and not any(map(str.isspace, url))
    if parts.scheme not in {"http", "https"} or not host_fits or not port_fits:
        raise ValueError("it must begin with http:// or https:// and a host")
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise ValueError("nothing may follow the host: the pages want an address of their own")
    return f"{parts.scheme}://{parts.netloc}"


def _time_zone(name: str) -> str:
    """Return the name of a time zone that there is; empty stays empty."""
    if name and name not in available_timezones():
        raise ValueError("it is no time zone, such as Europe/Paris")
    return name


Names = Annotated[list[str], BeforeValidator(_parts)]
"""A list of names, separated by commas or in JSON."""

Networks = Annotated[Names, AfterValidator(_networks)]
"""A list of addresses and networks (CIDR), separated by commas or in JSON."""

Languages = Annotated[Names, AfterValidator(_languages)]
"""A list of language tags, separated by commas or in JSON."""

TimeZone = Annotated[str, AfterValidator(_time_zone)]
"""The IANA name of a time zone, or empty."""

PublicUrl = Annotated[str, AfterValidator(_origin)]
"""Scheme and host, without a slash at the end; or empty."""


class Settings(BaseSettings):
    """Everything an operator may choose; each has a default that works on a laptop, offline."""

    # Lists are read here: the library's own way, JSON only, fails without naming the setting.
    model_config = SettingsConfigDict(
        env_prefix="ASSISTANT_", enable_decoding=False, frozen=True, extra="forbid"
    )

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    token: str = Field(
        "",
        repr=False,
        description="Bearer token that every request carries; empty on loopback: none is asked for.",
    )
    metrics_token: str = Field(
        "",
        repr=False,
        description="Bearer token that opens /metrics, and nothing else; that of the service opens it too.",
    )
    public_url: PublicUrl = Field(
        "",
        description="Address under which people reach this service, such as https://captions.example.org;"
        " default: where it listens.",
    )
    reader_link_hours: float = Field(
        24.0,
        gt=0,
        le=24 * 366,
        description="How long a link for readers opens its room, and a personal link of a meeting is good.",
    )
    allowed_origins: Names = Field(
        default_factory=list, description="Origins of other sites whose pages may use this service."
    )
    data_dir: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("meeting-assistant", appauthor=False),
        description="Where transcripts, the audio journal and weights are kept.",
    )
    models_dir: Path | None = Field(None, description="Where weights are; default: data_dir/models.")
    disk_reserve_mb: int = Field(
        256,
        ge=0,
        description="MiB of the disk of data_dir that are kept for captions: below it recordings are refused,"
        " below half of it files and imports too, below a quarter new speakers; 0: nothing is refused.",
    )
    catalog: Path | None = Field(None, description="The catalogue of weights; default: the one that ships.")
    database_url: str = Field("", description="SQLAlchemy URL; default: SQLite in data_dir.")
    bundle_public_key: str = Field(
        "",
        description="Public key of Ed25519 (its text, or a file) by which bundles of weights must be signed.",
    )
    model: str = Field("whisper-base", description="Speech recognition weights, a name from the catalogue.")
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="Where to compute.")
    compute_type: str = Field("auto", description="CTranslate2 compute type; auto: int8 or float16.")
    workers: int = Field(0, ge=0, description="Recognitions at a time; 0: one per core, one on a GPU.")
    languages: Languages = Field(
        default_factory=list, description="Spoken languages to choose among; empty means all."
    )
    translation_models: Names = Field(
        default_factory=list,
        description="Names of models that win over others of their pair, the most wanted first;"
        " empty: the best.",
    )
    fetch_better: bool = Field(
        default=True,
        description="Whether scripts/run looks once, at installation, for better translation models than the"
        " ones that come along.",
    )
    rough_translations: bool = Field(
        default=True,
        description="Whether rough translation models are used; else it is as if they were not there.",
    )
    translate_to: Languages = Field(
        default_factory=list,
        description="Languages that every room is translated into, whether somebody reads them or not.",
    )
    glossary: Path | None = Field(
        None, description="A file of names and terms for all rooms: CSV, TBX, or text with one per line."
    )
    max_tracks: int = Field(200, ge=1, description="Connected audio tracks, silent ones included.")
    max_talkers: int = Field(
        0, ge=0, description="People talking at a time, beyond whom nobody joins; 0: as measured."
    )
    max_frame_bytes: int = Field(1 << 20, ge=1024, description="Largest WebSocket frame.")
    max_recording_bytes: int = Field(2 << 30, ge=1024, description="Largest recording that is uploaded.")
    max_recording_hours: float = Field(12.0, gt=0, description="Longest recording that is transcribed.")
    recordings_at_once: int = Field(2, ge=1, description="Recordings that are transcribed at a time.")
    audio_idle_seconds: float = Field(60.0, gt=0, description="An audio socket silent for longer is closed.")
    max_body_bytes: int = Field(1 << 16, ge=1024, description="Largest body of a request; but for")
    max_document_bytes: int = Field(
        1 << 20, ge=1024, description="glossaries, agendas, changes to minutes and jobs."
    )
    max_field_bytes: int = Field(
        1 << 20, ge=1024, description="All fields of a form together, without its file."
    )
    max_json_depth: int = Field(
        64, ge=8, le=128, description="Lists and objects in JSON that stand in each other."
    )
    max_url_bytes: int = Field(8_000, ge=256, le=8_000, description="Longest address of a request.")
    max_query_parameters: int = Field(64, ge=16, description="Parameters of one address.")
    max_headers: int = Field(100, ge=16, le=120, description="Headers of one request.")
    max_header_bytes: int = Field(32_768, ge=1024, description="All headers of one request together.")
    request_head_seconds: float = Field(
        10.0, gt=0, description="How long the headers of a request may take to come."
    )
    min_upload_bytes_per_second: int = Field(
        500, ge=0, description="A body that comes slower, or an answer that is taken slower, is given up."
    )
    keep_alive_seconds: float = Field(
        5.0, gt=0, description="How long a connection without a request is kept."
    )
    socket_ping_seconds: float = Field(
        20.0, gt=0, description="How often a WebSocket is asked whether it is still there,"
    )
    socket_pong_seconds: float = Field(60.0, gt=0, description="and how long it may take to answer.")
    max_connections: int = Field(
        0, ge=0, description="Connections at a time; 0: what descriptors allow, but for the reserved ones."
    )
    reserved_descriptors: int = Field(
        128, ge=16, description="Descriptors that connections leave to the journal and the store."
    )
    max_connections_per_address: int = Field(
        2_000, ge=1, description="Connections of one client address; of IPv6: of one /64 network."
    )
    max_connections_per_credential: int = Field(
        4_000, ge=1, description="Requests and sockets at a time with one token."
    )
    max_readers_per_credential: int = Field(
        2_000, ge=1, description="Readers with one token; a link that many open is one."
    )
    max_tracks_per_credential: int = Field(
        0, ge=0, description="Audio sockets with one token; 0: as many as max_tracks."
    )
    trusted_proxies: Networks = Field(
        default_factory=list,
        description="Proxies whose word on the client's address is taken: addresses, or networks in CIDR"
        " notation.",
    )
    reader_stall_seconds: float = Field(30.0, gt=0, description="A reader stuck for longer is let go.")
    shutdown_seconds: float = Field(20.0, gt=0, description="How long open utterances may take to finish.")
    document_workers: int = Field(
        2, ge=1, le=64, description="Processes that make documents and read glossaries and agendas."
    )
    documents_waiting: int = Field(64, ge=1, description="Documents that may wait for them in all;")
    documents_waiting_each: int = Field(16, ge=1, description="and of one token.")
    document_cpu_seconds: int = Field(60, ge=1, description="Computing that one document may take;")
    document_seconds: float = Field(
        240.0, gt=0, description="and time, with what it waits for captions, which go first."
    )
    document_memory_mb: int = Field(1024, ge=256, description="Memory of one of these processes, in MiB.")
    max_document_output_bytes: int = Field(128 << 20, ge=1 << 20, description="Largest document made.")
    log_format: Literal["console", "json"] = Field("console", description="How log events are written.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least level written."
    )

    livekit_url: str = Field(
        "", description="LiveKit server whose meetings are listened to, such as wss://livekit.example.org."
    )
    livekit_api_key: str = Field("", description="Name of the key at the LiveKit server.")
    livekit_api_secret: str = Field("", repr=False, description="Secret of that key.")
    livekit_agent_name: str = Field(
        "multi-user-transcriber", description="Name under which LiveKit dispatches the listener."
    )
    livekit_worker: bool = Field(
        default=True, description="Whether the listener registers as an agent worker."
    )
    livekit_rooms: Names = Field(
        default_factory=list,
        description="Meetings that are listened to when a webhook tells of them, such as council-*.",
    )
    livekit_text_streams: bool = Field(
        default=True, description="Whether captions go into the meeting as text streams (lk.transcription)."
    )
    livekit_legacy_packets: bool = Field(
        default=True,
        description="Whether they go in as transcription packets as well, for Visio's page.",
    )
    livekit_notices: bool = Field(
        default=True, description="Whether people are told in the chat who listens."
    )
    livekit_notice_languages: Languages = Field(
        default_factory=lambda: ["en", "fr"], description="Languages of that notice."
    )
    livekit_recording_indicator: bool = Field(
        default=True, description="Whether LiveKit's clients show that the meeting is recorded."
    )
    livekit_visible: bool = Field(
        default=False,
        description="Whether people see the listener among the participants, with its name and its state.",
    )
    livekit_encryption_key: str = Field(
        "", repr=False, description="Shared key of meetings that are encrypted from end to end."
    )
    livekit_ice_servers: Names = Field(
        default_factory=list,
        description="STUN and TURN servers, such as stun:stun.example.org:3478; empty: the LiveKit host"
        " alone; “server”: those that LiveKit names.",
    )
    livekit_empty_seconds: float = Field(
        30.0, ge=4, description="How long a meeting may be empty before the listener leaves it."
    )

    lasuite_tokens: Names = Field(
        default_factory=list,
        repr=False,
        description="Tokens that open transcription of recordings and La Suite's jobs, and nothing else.",
    )
    jobs_sources: Names = Field(
        default_factory=list,
        description="Hosts (name or name:port) from which recordings of La Suite's jobs are fetched.",
    )
    jobs_webhook_url: str = Field("", description="Who is told of the end of a job; empty: nobody.")
    jobs_webhook_token: str = Field("", repr=False, description="Bearer token of that webhook.")
    jobs_webhook_secret: str = Field("", repr=False, description="Secret that signs calls of that webhook.")
    jobs_keep_hours: float = Field(24.0, gt=0, description="How long jobs and their results are kept.")
    docs_url: str = Field("", description="La Suite Docs, where transcripts are published.")
    docs_token: str = Field("", repr=False, description="Its server-to-server token.")

    crosstalk: bool = Field(
        default=True,
        description="Whether a voice that several microphones of a room hear is captioned once,"
        " where it is loudest; else by each of them.",
    )
    keep_audio: bool = Field(
        default=False,
        description="Whether audio is kept until its room is deleted, so that clerks can listen again;"
        " else it goes when it is captioned.",
    )
    minutes_model_url: str = Field(
        "",
        description="OpenAI-compatible address of a language model that reads meetings for their minutes,"
        " such as http://127.0.0.1:11434/v1; empty: none.",
    )
    minutes_model_name: str = Field("", description="The model's name there.")
    minutes_model_key: str = Field("", repr=False, description="Its bearer token; may be empty.")
    minutes_model_context_tokens: int = Field(
        8192, ge=4096, description="How many tokens prompt and answer may have together."
    )
    minutes_model_timeout_seconds: float = Field(120.0, gt=0, description="How long an answer may take.")
    minutes_model_allowed_hosts: Names = Field(
        default_factory=list,
        description="Hosts outside private networks to which what was said may go.",
    )
    organisation: str = Field("", description="Whose meetings these are; it stands at the head of minutes.")
    timezone: TimeZone = Field(
        "", description="IANA time zone in which minutes tell days and times; empty: that of the machine."
    )
    levels: Path | None = Field(
        None,
        description="A TOML file with the scale of protection levels; default: public, internal, restricted,"
        " confidential.",
    )
    default_level: str = Field("", description="Protection level of new rooms; empty: the lowest.")
    officer_tokens: Names = Field(
        default_factory=list,
        repr=False,
        description="Tokens of those who may lower a protection level; they open everything else as well.",
    )

    @property
    def weights_dir(self) -> Path:
        """Where weights are kept."""
        return self.models_dir or self.data_dir / "models"

    @property
    def store_url(self) -> str:
        """The SQLAlchemy URL of the transcript store."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / 'transcripts.db'}"

    @property
    def journal_dir(self) -> Path:
        """Where received audio is kept until it is captioned."""
        return self.data_dir / "journal"
