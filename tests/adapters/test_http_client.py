"""HTTP clients are built in one place, by the rules of docs/egress.md."""

from __future__ import annotations

import ast
import ssl
from pathlib import Path

import httpx
import pytest

from assistant.adapters.docs_publisher import LaSuiteDocs
from assistant.adapters.http_client import open_blocking_http_client, open_http_client
from assistant.core.errors import DocsUnreachable
from assistant.ports.jobs import Document
from assistant.tasks.retries import Backoff

PACKAGE = Path(__file__).parents[2] / "assistant"
MAKERS = {"AsyncClient", "Client", "HTTPTransport", "AsyncHTTPTransport"}
MAKERS |= {"get", "post", "put", "patch", "delete", "head", "options", "request", "stream"}
"""What of httpx builds a client, if only for one request."""


def builds(source: str) -> bool:
    """Return whether a module calls something of httpx that builds a client."""
    calls = (node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return any(
        isinstance(call, ast.Attribute)
        and isinstance(call.value, ast.Name)
        and call.value.id == "httpx"
        and call.attr in MAKERS
        for call in calls
    )


def test_one_module_builds_clients() -> None:
    """Everybody else asks it, so that certificates and proxies are the same for all."""
    sources = {path: path.read_text("utf-8") for path in PACKAGE.rglob("*.py")}
    building = [path.relative_to(PACKAGE).as_posix() for path, source in sources.items() if builds(source)]
    assert building == ["adapters/http_client.py"]
    assert not [path for path, source in sources.items() if "from httpx import" in source]
    assert not [path for path, source in sources.items() if "urllib.request" in source]


def proxies_of(client: httpx.Client | httpx.AsyncClient) -> set[str]:
    """Return the addresses that a client reaches through a proxy."""
    return {pattern.pattern for pattern, transport in client._mounts.items() if transport}


def test_proxies_of_the_environment_are_used_where_that_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """And by nobody else; a proxy that is named takes their place."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    assert proxies_of(open_http_client(1.0)) == set()
    assert proxies_of(open_http_client(1.0, proxies=True)) == {"https://"}
    with open_blocking_http_client(1.0) as client:
        assert proxies_of(client) == set()
    with open_blocking_http_client(1.0, proxies=True, proxy="http://other.example:3128") as client:
        assert proxies_of(client) == {"all://"}


def test_redirects_are_followed_where_that_is_asked_for() -> None:
    """The service goes nowhere that no setting names."""
    assert not open_http_client(1.0).follow_redirects
    with open_blocking_http_client(1.0) as here, open_blocking_http_client(1.0, redirects=True) as there:
        assert (here.follow_redirects, there.follow_redirects) == (False, True)


def test_certificates_of_an_own_authority_are_read(tmp_path: Path) -> None:
    """A file that is none is refused at once, not at the first connection."""
    wrong = tmp_path / "authority.pem"
    wrong.write_text("none")
    with pytest.raises(ssl.SSLError):
        open_blocking_http_client(1.0, certificates=str(wrong))


async def test_docs_that_do_not_answer_are_asked_again() -> None:
    """Three times in all, with a pause drawn for each; then they count as away."""
    pauses: list[float] = []

    def drawn(_low: float, high: float) -> float:
        pauses.append(high)
        return 0.0

    docs = LaSuiteDocs("http://127.0.0.1:9", "token", pauses=Backoff(0.5, 2.0, drawn))
    with pytest.raises(DocsUnreachable):
        await docs.publish(Document("Title", "Text", "sub", "who@example.org"))
    assert len(pauses) == 3
