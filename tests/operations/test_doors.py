"""Settings that would open doors: refused at the start in plain words, or told in the log."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.bootstrap import build_app
from assistant.core.errors import InvalidInput
from assistant.operations.doors import check_doors, door_warnings, secrets_of
from assistant.settings import Settings

LONG = "a-long-random-token-0123456789"
OTHER = "another-long-random-token-98765"
OUTSIDE = {"host": "0.0.0.0", "token": LONG}  # noqa: S104 - nothing listens


def refusal(**settings: Any) -> str:
    """Return why settings are refused; empty where they are taken."""
    try:
        check_doors(Settings(**settings))
    except InvalidInput as error:
        return error.message
    return ""


@pytest.mark.parametrize(
    ("settings", "setting", "reason"),
    [
        ({"allowed_origins": ["*"]}, "ASSISTANT_ALLOWED_ORIGINS", "every page"),
        ({"allowed_origins": ["null"], "token": LONG}, "ASSISTANT_ALLOWED_ORIGINS", "null"),
        (
            {"allowed_origins": ["https://*.example.org"], "token": LONG},
            "ASSISTANT_ALLOWED_ORIGINS",
            "no site",
        ),
        ({"allowed_origins": ["example.org"]}, "ASSISTANT_ALLOWED_ORIGINS", "no site"),
        ({"allowed_origins": ["https://example.org/path"]}, "ASSISTANT_ALLOWED_ORIGINS", "no site"),
        ({"allowed_origins": ["https://example.org:x"]}, "ASSISTANT_ALLOWED_ORIGINS", "no site"),
        ({"officer_tokens": [""]}, "ASSISTANT_OFFICER_TOKENS", "empty"),
        ({"officer_tokens": [LONG, "  "]}, "ASSISTANT_OFFICER_TOKENS", "empty"),
        ({"lasuite_tokens": [""]}, "ASSISTANT_LASUITE_TOKENS", "empty"),
        ({"token": " "}, "ASSISTANT_TOKEN", "empty"),
        ({"token": f"{LONG}\n"}, "ASSISTANT_TOKEN", "white space"),
        ({"metrics_token": f" {LONG}"}, "ASSISTANT_METRICS_TOKEN", "white space"),
        ({"host": "0.0.0.0"}, "ASSISTANT_TOKEN", "open to everybody"),  # noqa: S104
        ({"host": "0.0.0.0", "token": "fifteen-letters"}, "ASSISTANT_TOKEN", "16"),  # noqa: S104
        ({"host": "meet.example", "token": "sh0rt"}, "ASSISTANT_TOKEN", "16"),
        (OUTSIDE | {"officer_tokens": ["sh0rt"]}, "ASSISTANT_OFFICER_TOKENS", "16"),
        (OUTSIDE | {"lasuite_tokens": [OTHER, "sh0rt"]}, "ASSISTANT_LASUITE_TOKENS", "16"),
        (OUTSIDE | {"metrics_token": "sh0rt"}, "ASSISTANT_METRICS_TOKEN", "16"),
        (OUTSIDE | {"jobs_webhook_secret": "sh0rt"}, "ASSISTANT_JOBS_WEBHOOK_SECRET", "16"),
        (OUTSIDE | {"livekit_api_secret": "secret"}, "ASSISTANT_LIVEKIT_API_SECRET", "16"),
        ({"token": "sh0rt", "public_url": "https://captions.example.org"}, "ASSISTANT_TOKEN", "16"),
        ({"token": "sh0rt", "trusted_proxies": ["127.0.0.1"]}, "ASSISTANT_TOKEN", "16"),
        ({"token": LONG, "officer_tokens": [LONG]}, "ASSISTANT_OFFICER_TOKENS", "ASSISTANT_TOKEN"),
        ({"token": LONG, "metrics_token": LONG}, "ASSISTANT_METRICS_TOKEN", "share one"),
        ({"lasuite_tokens": [LONG], "officer_tokens": [LONG]}, "ASSISTANT_LASUITE_TOKENS", "share one"),
        ({"token": LONG, "jobs_webhook_secret": LONG}, "ASSISTANT_JOBS_WEBHOOK_SECRET", "share one"),
        ({"token": LONG, "livekit_api_secret": LONG}, "ASSISTANT_LIVEKIT_API_SECRET", "share one"),
    ],
)
def test_what_opens_a_door_is_refused(settings: dict[str, Any], setting: str, reason: str) -> None:
    """One sentence names the setting and what to do; no secret is in it, and nothing is built."""
    told = refusal(**settings)
    assert setting in told
    assert told.endswith(".")
    assert reason in told
    secrets = [settings.get("token"), *settings.get("officer_tokens", []), settings.get("metrics_token")]
    assert not any(str(secret).strip() in told for secret in secrets if secret and str(secret).strip())
    with pytest.raises(InvalidInput):
        build_app(Settings(**settings))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"token": "sh0rt"},
        {"host": "::1", "lasuite_tokens": ["key"], "token": "s3cret"},
        {"allowed_origins": ["*"], "token": LONG},
        {"allowed_origins": ["https://example.org", "http://127.0.0.1:8080/", "https://[::1]"]},
        OUTSIDE | {"officer_tokens": [OTHER], "metrics_token": "sixteen-letters-"},
        {"public_url": "https://captions.example.org", "token": LONG},
        {"public_url": "http://localhost:8000", "token": "sh0rt"},
    ],
)
def test_what_keeps_them_shut_is_taken(settings: dict[str, Any]) -> None:
    """On this machine alone also short tokens, and none."""
    assert refusal(**settings) == ""


@given(st.text(max_size=20), st.lists(st.text(max_size=20), max_size=3), st.booleans())
def test_no_setting_of_a_token_is_a_fault(token: str, officers: list[str], outside: bool) -> None:  # noqa: FBT001
    """Whatever stands there is taken or refused; what is taken is nobody's other role."""
    host = "0.0.0.0" if outside else "127.0.0.1"  # noqa: S104 - nothing listens
    if not refusal(host=host, token=token, officer_tokens=officers):
        assert "" not in officers
        assert token not in officers
        assert not outside or min(len(one) for one in (token, *officers)) >= 16


@pytest.mark.parametrize(
    ("settings", "warned"),
    [
        ({}, []),
        ({"public_url": "https://c.example.org", "token": LONG}, []),
        (
            {"public_url": "http://c.example.org", "token": LONG},
            [("token_travels_unencrypted", "ASSISTANT_PUBLIC_URL")],
        ),
        ({"public_url": "https://c.example.org"}, [("public_without_token", "ASSISTANT_TOKEN")]),
        ({"trusted_proxies": ["127.0.0.1"]}, [("public_without_token", "ASSISTANT_TOKEN")]),
        (
            {"allowed_origins": ["http://site.example"]},
            [("origin_can_be_forged", "ASSISTANT_ALLOWED_ORIGINS")],
        ),
        ({"metrics_token": LONG}, [("token_without_effect", "ASSISTANT_METRICS_TOKEN")]),
        (
            {"docs_url": "http://docs.example.org", "docs_token": LONG},
            [("token_travels_unencrypted", "ASSISTANT_DOCS_URL")],
        ),
        ({"docs_url": "http://127.0.0.1:8071", "docs_token": LONG}, []),
        (
            {"livekit_url": "ws://lk.example.org", "livekit_api_secret": LONG},
            [("token_travels_unencrypted", "ASSISTANT_LIVEKIT_URL")],
        ),
    ],
)
def test_what_should_not_stay_so_is_told(settings: dict[str, Any], warned: list[tuple[str, str]]) -> None:
    """As an event and the setting that it is about."""
    assert door_warnings(Settings(**settings)) == warned


def test_every_secret_is_known_to_who_must_not_write_it() -> None:
    """All settings that are not shown are among them."""
    hidden = [name for name, field in Settings.model_fields.items() if not field.repr]
    values = {name: f"value-of-{name}" for name in hidden}
    listed = {"officer_tokens", "lasuite_tokens"}
    given_values: dict[str, Any] = {
        name: [value] if name in listed else value for name, value in values.items()
    }
    assert secrets_of(Settings(**given_values)) == set(values.values())
