"""Settings that would open doors: what is refused at the start, and what is only told."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from assistant.core.addresses import is_loopback
from assistant.core.errors import InvalidInput
from assistant.settings import Settings

LEAST_TOKEN_CHARACTERS = 16
"""The shortest token that may open a service which others can reach; shorter ones are found by trying."""

_PLAIN = frozenset(("http", "ws"))


def check_doors(settings: Settings) -> None:
    """Raise unless settings keep out whoever is not meant to come in.

    Raises:
        InvalidInput: They do not; with all that is wrong, one sentence for each setting, without any secret.
    """
    faults = [*_origin_faults(settings), *_token_faults(settings), *_role_faults(settings)]
    if faults:
        raise InvalidInput(" ".join(dict.fromkeys(faults)))


def door_warnings(settings: Settings) -> list[tuple[str, str]]:
    """Return what works and should not stay so: an event for the log, and the setting that it is about."""
    found = []
    if settings.token and _is_plain(settings.public_url):
        found.append(("token_travels_unencrypted", "ASSISTANT_PUBLIC_URL"))
    if not settings.token and is_reachable(settings):
        found.append(("public_without_token", "ASSISTANT_TOKEN"))
    if not settings.token:
        plain = [origin for origin in settings.allowed_origins if _is_plain(origin)]
        found += [("origin_can_be_forged", "ASSISTANT_ALLOWED_ORIGINS")] * bool(plain)
        # These open doors that stand open anyway.
        for name, secrets in _tokens(settings):
            if name not in {"ASSISTANT_TOKEN", "ASSISTANT_OFFICER_TOKENS"} and any(secrets):
                found.append(("token_without_effect", name))
    carried = (
        ("ASSISTANT_LIVEKIT_URL", settings.livekit_url, settings.livekit_api_secret),
        ("ASSISTANT_JOBS_WEBHOOK_URL", settings.jobs_webhook_url, settings.jobs_webhook_token),
        ("ASSISTANT_DOCS_URL", settings.docs_url, settings.docs_token),
        ("ASSISTANT_MINUTES_MODEL_URL", settings.minutes_model_url, settings.minutes_model_key),
    )
    found += [
        ("token_travels_unencrypted", name) for name, url, secret in carried if secret and _is_plain(url)
    ]
    return found


def secrets_of(settings: Settings) -> set[str]:
    """Return every secret in the settings, for what must never write one."""
    others = (
        settings.livekit_api_secret,
        settings.livekit_encryption_key,
        settings.jobs_webhook_token,
        settings.jobs_webhook_secret,
        settings.docs_token,
        settings.minutes_model_key,
    )
    return {*others, *(token for _, tokens in _tokens(settings) for token in tokens)} - {""}


def is_reachable(settings: Settings) -> bool:
    """Return whether others than this machine can reach the service: where it listens, or through a proxy."""
    behind_proxy = bool(settings.trusted_proxies) or _is_outside(settings.public_url)
    return not is_loopback(settings.host) or behind_proxy


def _origin_faults(settings: Settings) -> Iterator[str]:
    name = "ASSISTANT_ALLOWED_ORIGINS"
    for origin in settings.allowed_origins:
        if origin == "*":
            if not settings.token:
                yield (
                    f"{name} is * and no token is set: every page that anybody opens could use the service."
                    " Name the sites, or set ASSISTANT_TOKEN."
                )
        elif origin.lower() == "null":
            yield f"{name} has “null”, which any page can pretend to be: name the sites."
        elif not _is_origin(origin):
            yield (
                f"{name} has something that is no site: write each as https://host or https://host:port,"
                " without a path or *."
            )


def _token_faults(settings: Settings) -> Iterator[str]:
    if not settings.token and not is_loopback(settings.host):
        yield "The service would be open to everybody who reaches it: set ASSISTANT_TOKEN."
    for name, secrets in _secrets(settings):
        for secret in secrets:
            if not secret.strip():
                yield f"{name} has an empty one: take it out."
            elif secret != secret.strip() or not secret.isprintable():
                yield f"{name} has white space around it or control characters in it, which no request has."
            elif is_reachable(settings) and len(secret) < LEAST_TOKEN_CHARACTERS:
                yield (
                    f"{name} is shorter than {LEAST_TOKEN_CHARACTERS} characters, and others than this"
                    " machine can reach the service: take a long random one."
                )


def _role_faults(settings: Settings) -> Iterator[str]:
    known: dict[str, str] = {}
    for name, secrets in _secrets(settings):
        for secret in secrets:
            other = known.setdefault(secret, name)
            if other != name:
                yield f"{name} and {other} share one: whoever holds it has both roles. Take one for each."


def _tokens(settings: Settings) -> Iterator[tuple[str, list[str]]]:
    """Yield the settings whose values open the service, with these values."""
    yield "ASSISTANT_TOKEN", _if_set(settings.token)
    yield "ASSISTANT_OFFICER_TOKENS", settings.officer_tokens
    yield "ASSISTANT_LASUITE_TOKENS", settings.lasuite_tokens
    yield "ASSISTANT_METRICS_TOKEN", _if_set(settings.metrics_token)


def _secrets(settings: Settings) -> Iterator[tuple[str, list[str]]]:
    """Yield the same, with secrets that sign what comes in or goes out."""
    yield from _tokens(settings)
    yield "ASSISTANT_JOBS_WEBHOOK_SECRET", _if_set(settings.jobs_webhook_secret)
    yield "ASSISTANT_LIVEKIT_API_SECRET", _if_set(settings.livekit_api_secret)


def _if_set(secret: str) -> list[str]:
    return [secret] if secret else []


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
        fits = parts.port is None or parts.port > 0
    except ValueError:
        return False
    plain = not (parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc or "*" in text)
    return fits and plain and parts.scheme in {"http", "https"} and bool(parts.hostname)


def _is_outside(url: str) -> bool:
    host = urlsplit(url).hostname
    return bool(host) and not is_loopback(str(host))


def _is_plain(url: str) -> bool:
    return urlsplit(url).scheme in _PLAIN and _is_outside(url)
