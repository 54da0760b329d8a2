"""Switches that keep libraries from speaking to anybody by themselves.

Several libraries count their use, look for newer versions or fetch models when nobody asked them to. They
read their switches from the environment, most of them once, while they are imported; so the package turns
these before it imports anything (`assistant/__init__`), and processes that it starts inherit them. What
cannot be switched off is never called; docs/egress.md goes through every dependency.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from types import MappingProxyType

SWITCHES = MappingProxyType(
    {
        # onnxruntime sends events to its maker, and keeps a device id and a queue of events below the home
        # directory; its call that disables telemetry comes after the first event.
        "ORT_DISABLE_TELEMETRY": "1",
        # huggingface_hub comes with faster-whisper and tokenizers: it fetches models by name, counts its
        # use, looks for newer versions of itself, and shows a token that it finds.
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_UPDATE_CHECK": "1",
        "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
        # hf-xet, its transport, has a telemetry of its own.
        "HF_HUB_DISABLE_XET": "1",
        # What several libraries have agreed on.
        "DO_NOT_TRACK": "1",
        # FastAPI sets up OpenTelemetry's exporters where the environment names a collector, and hands it
        # whole addresses, tokens included; web/app.py says no as well.
        "FASTAPI_OTEL_AUTO_CONFIGURE": "false",
        "OTEL_SDK_DISABLED": "true",
        "OTEL_TRACES_EXPORTER": "none",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_LOGS_EXPORTER": "none",
        # pydantic loads plugins that happen to be installed; those there are send what is validated away.
        "PYDANTIC_DISABLE_PLUGINS": "__all__",
    }
)
"""Variables of the environment, with the value that means silence."""

_PROXIES = frozenset(("http_proxy", "https_proxy", "all_proxy", "ws_proxy", "wss_proxy", "ftp_proxy"))


def silence_libraries(environment: MutableMapping[str, str] = os.environ) -> None:
    """Turn all switches, whatever they were set to: nothing that leaves is a matter of taste here."""
    environment.update(SWITCHES)


def forget_proxies(environment: MutableMapping[str, str] = os.environ) -> None:
    """Take the proxies out of the environment of the service, which reaches only what its settings name.

    Its own clients ignore them anyway; LiveKit's library takes them even for this machine, and would hand
    a proxy the token and the signalling of every meeting.
    """
    for name in [name for name in environment if name.lower() in _PROXIES]:
        del environment[name]
