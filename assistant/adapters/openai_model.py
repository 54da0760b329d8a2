"""A language model behind an OpenAI-compatible address: vLLM, llama.cpp, Ollama, Albert.

Words of a meeting go there, so the address must be of this machine or a private network unless the operator
names its host. Names are resolved before each request, and all of their addresses must be private.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import socket
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from urllib.parse import urlsplit

import httpx

from assistant.adapters.http_client import open_http_client
from assistant.core.errors import InvalidInput, ModelAnswerInvalid, ModelUnreachable
from assistant.ports.minutes import ModelPrompt
from assistant.tasks.retries import Backoff, keep_trying

_MOST_ANSWER_BYTES = 1 << 20
_PAUSES = Backoff(1.0, 1.5)
_ATTEMPTS = 2


@dataclass(frozen=True, slots=True)
class ModelAccess:
    """Where the model is.

    Attributes:
        url: The API's address up to and with `/v1`, without a slash at the end.
        model: Its name there.
        key: Bearer token; may be empty.
        context_tokens: What prompt and answer may have together.
        timeout_seconds: For one answer.
        allowed_hosts: Hosts outside private networks that the operator names.
    """

    url: str
    model: str
    key: str = ""
    context_tokens: int = 8192
    timeout_seconds: float = 120.0
    allowed_hosts: tuple[str, ...] = ()

    def check_url(self) -> None:
        """Raise `InvalidInput` where the address is none, or is a number outside of private networks."""
        parts = urlsplit(self.url)
        host = (parts.hostname or "").lower()
        if parts.scheme not in {"http", "https"} or not host or parts.username:
            raise InvalidInput("ASSISTANT_MINUTES_MODEL_URL is no address of http or https.")
        literal = host.replace(".", "").isdigit() or ":" in host
        allowed = {name.lower() for name in self.allowed_hosts}
        if literal and host not in allowed and not is_private(host):
            raise InvalidInput(
                f"ASSISTANT_MINUTES_MODEL_URL leads out of this network, to {host}: name it in"
                " ASSISTANT_MINUTES_MODEL_ALLOWED_HOSTS if what was said may go there."
            )


class OpenAiModel:
    """The `LanguageModel` of one address."""

    def __init__(self, access: ModelAccess, *, pauses: Backoff = _PAUSES) -> None:
        self._access = access
        self._pauses = pauses
        self._strict = True

    @property
    def context_tokens(self) -> int:
        """What prompt and answer may have together."""
        return self._access.context_tokens

    async def complete(self, prompt: ModelPrompt) -> str:
        """Return the answer to a prompt; once more after a fault of the server's."""
        return await keep_trying(
            partial(self._ask, prompt), ModelUnreachable, self._pauses, attempts=_ATTEMPTS
        )

    async def _ask(self, prompt: ModelPrompt) -> str:
        await check_address(self._access.url, self._access.allowed_hosts)
        status, body = await self._post(prompt, strict=self._strict)
        if status == HTTPStatus.BAD_REQUEST and self._strict:
            # Not every server knows schemas; all know JSON.
            self._strict = False
            status, body = await self._post(prompt, strict=False)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
            raise ModelUnreachable(f"The language model answers {status}.")
        if status != HTTPStatus.OK:
            raise ModelAnswerInvalid(f"The language model answers {status}: check its address, name and key.")
        try:
            content = json.loads(body)["choices"][0]["message"]["content"]
        except (ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
            raise ModelAnswerInvalid("The language model answers in another shape than is known.") from error
        if not isinstance(content, str) or not content.strip():
            raise ModelAnswerInvalid("The language model answers nothing.")
        return content

    async def _post(self, prompt: ModelPrompt, *, strict: bool) -> tuple[int, bytes]:
        access = self._access
        schema = {"name": "minutes", "strict": True, "schema": dict(prompt.schema)}
        form = {"type": "json_schema", "json_schema": schema} if strict else {"type": "json_object"}
        body = {
            "model": access.model,
            "messages": [
                {"role": "system", "content": prompt.system},
                {"role": "user", "content": prompt.user},
            ],
            "temperature": 0,
            "max_tokens": prompt.most_tokens,
            "stream": False,
            "response_format": form,
        }
        headers = {"Authorization": f"Bearer {access.key}"} if access.key else {}
        try:
            async with (
                asyncio.timeout(access.timeout_seconds),
                open_http_client(httpx.Timeout(access.timeout_seconds, connect=10.0)) as client,
                client.stream("POST", f"{access.url}/chat/completions", json=body, headers=headers) as answer,
            ):
                return answer.status_code, await _bounded(answer)
        except (httpx.HTTPError, TimeoutError, OSError) as error:
            raise ModelUnreachable("The language model does not answer, or not in time.") from error


async def _bounded(answer: httpx.Response) -> bytes:
    received = bytearray()
    async for chunk in answer.aiter_bytes():
        received += chunk
        if len(received) > _MOST_ANSWER_BYTES:
            raise ModelAnswerInvalid("The language model's answer has no end.")
    return bytes(received)


async def check_address(url: str, allowed: Collection[str]) -> None:
    """Raise `ModelUnreachable` unless words may go to that address.

    The check and the connection resolve the name one after the other: whoever rules the name service of this
    network could tell them apart, and could as well read what passes through it.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if host in {name.lower() for name in allowed}:
        return
    try:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, parts.port or 80, type=socket.SOCK_STREAM)
    except OSError as error:
        raise ModelUnreachable(f"The host of the language model is not known here: {host}.") from error
    if not found or not all(is_private(str(entry[4][0])) for entry in found):
        raise ModelUnreachable(
            f"The language model at {host} is outside this network; name its host in"
            " ASSISTANT_MINUTES_MODEL_ALLOWED_HOSTS if words may go there."
        )


def is_private(address: str) -> bool:
    """Return whether an IP address is of this machine or a private network."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    parsed = mapped or parsed
    return parsed.is_private and not parsed.is_unspecified
