"""La Suite Docs: creates documents for their owners, as one server to another."""

from __future__ import annotations

from http import HTTPStatus

import httpx

from assistant.adapters.http_client import open_http_client
from assistant.core.errors import DocsNotConfigured, DocsRefused, DocsUnreachable
from assistant.ports.jobs import Document
from assistant.tasks.retries import Backoff, keep_trying

_PATH = "/api/v1.0/documents/create-for-owner/"
_TIMEOUT = httpx.Timeout(180.0, connect=10.0)
_PAUSES = Backoff(0.5, 2.0)
_ATTEMPTS = 3


class LaSuiteDocs:
    """The `DocumentPublisher` of one installation of Docs; without an address it refuses."""

    def __init__(self, url: str, token: str, *, pauses: Backoff = _PAUSES) -> None:
        self._url = url.rstrip("/")
        self._token = token
        self._pauses = pauses

    async def publish(self, document: Document) -> tuple[str, str]:
        """Create a document for its owner; return its id and where it can be read."""
        if not self._url or not self._token:
            raise DocsNotConfigured("No Docs are configured: set ASSISTANT_DOCS_URL and _DOCS_TOKEN.")
        answer = await self._post(document)
        if answer.status_code != HTTPStatus.CREATED:
            raise DocsRefused(f"Docs answers {answer.status_code} and did not create the document.")
        try:
            id_ = str(answer.json()["id"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise DocsRefused("Docs created the document but did not say its id.") from error
        return id_, f"{self._url}/docs/{id_}/"

    async def _post(self, document: Document) -> httpx.Response:
        """Post it, again after faults of the server's."""
        body = {
            "title": document.title,
            "content": document.content,
            "sub": document.sub,
            "email": document.email,
        }
        # A language would have to be one of those that the installation has, in its own spelling.
        headers = {"Authorization": f"Bearer {self._token}"}
        async with open_http_client(_TIMEOUT, headers=headers) as client:

            async def post() -> httpx.Response:
                try:
                    answer = await client.post(f"{self._url}{_PATH}", json=body)
                except httpx.HTTPError as error:
                    raise DocsUnreachable("Docs does not answer.") from error
                if answer.is_server_error:
                    raise DocsUnreachable(f"Docs answers {answer.status_code}.")
                return answer

            return await keep_trying(post, DocsUnreachable, self._pauses, attempts=_ATTEMPTS)
