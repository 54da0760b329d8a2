"""What runs beside the server: it says when and where the service can be used, and plays the demo."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass

import httpx

from assistant.adapters.http_client import open_http_client
from assistant.cli.console import complain, out
from assistant.web.server import CaptionServer

_POLL_SECONDS = 0.1
_HINT_AFTER_POLLS = 100
_JOIN_POLLS = 100
_CHILD_SECONDS = 3.0
_ANSWER_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Address:
    """Where people of this machine reach the service.

    Attributes:
        url: The service's address, without a path.
        shown_token: Put into links; only a token that was made up for this run.
        token: What requests must carry, or empty.
    """

    url: str
    shown_token: str = ""
    token: str = ""

    def link(self, path: str) -> str:
        """Return a link that opens."""
        return f"{self.url}{path}" + (f"?token={self.shown_token}" if self.shown_token else "")


async def accompany(
    server: CaptionServer, address: Address, children: contextlib.AsyncExitStack, *, demo: bool
) -> None:
    """Say where the service is, and play the demo beside it once it is ready.

    Args:
        server: Is being run.
        address: Where people reach the server.
        children: Ends the demo's process when it is closed.
        demo: Whether there is a demo.
    """
    headers = {"Authorization": f"Bearer {address.token}"} if address.token else {}
    # The service is on this machine, so no proxy of the environment has a part in it.
    async with open_http_client(_ANSWER_SECONDS, base_url=address.url, headers=headers) as client:
        await _until(client, "/health/live")
        if not demo:
            out().print(f"Open {address.link('/')}", markup=False)
        await _until(client, "/health/ready")
        if demo:
            await _play(server, client, address, children)


async def _play(
    server: CaptionServer, client: httpx.AsyncClient, address: Address, children: contextlib.AsyncExitStack
) -> None:
    old_room = await _demo_room(client)
    child = await _start_demo(address)
    children.push_async_callback(_end, child)
    # The meeting begins with an empty room; whoever opened the old one would be shown out.
    polls = 0
    while _both_run(server, child) and polls < _JOIN_POLLS and await _demo_room(client) in {old_room, None}:
        await asyncio.sleep(_POLL_SECONDS)
        polls += 1
    out().print(f"Read captions: {address.link('/rooms/demo')}", markup=False)
    while _both_run(server, child):  # noqa: ASYNC110  # signals set an attribute, not an event
        await asyncio.sleep(_POLL_SECONDS)
    if child.returncode is None:
        _ask_to_end(child)
    elif not server.should_exit:
        complain("The demo meeting ended; the service goes on.")


def _both_run(server: CaptionServer, child: Process) -> bool:
    # The server tells that it was asked to stop by nothing but this attribute.
    return child.returncode is None and not server.should_exit


async def _until(client: httpx.AsyncClient, path: str) -> None:
    """Wait until `path` answers with success, and say why it does not if that takes long."""
    polls = 0
    while problem := await _problem(client, path):
        polls += 1
        if polls == _HINT_AFTER_POLLS:
            complain(f"The service is not ready yet: {problem}")
        await asyncio.sleep(_POLL_SECONDS)


async def _problem(client: httpx.AsyncClient, path: str) -> str:
    try:
        answer = await client.get(path)
    except httpx.HTTPError:
        return "it does not answer."
    if answer.is_success:
        return ""
    try:
        return " ".join(answer.json()["missing"])
    except (ValueError, KeyError, TypeError):
        return f"it answers {answer.status_code}."


async def _demo_room(client: httpx.AsyncClient) -> float | None:
    """Return when the room of the demo was made, or None if there is none."""
    try:
        answer = await client.get("/v1/rooms/demo")
        return float(answer.json()["created_at"]) if answer.is_success else None
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return None


async def _start_demo(address: Address) -> Process:
    command = (sys.executable, "-m", "assistant.cli", "demo", "--url", address.url, "--end-with-stdin")
    # The token goes through the environment: command lines can be seen by all users of a machine.
    environment = os.environ | {"ASSISTANT_TOKEN": address.token}
    return await asyncio.create_subprocess_exec(*command, stdin=PIPE, env=environment, start_new_session=True)


async def _end(child: Process) -> None:
    """Ask a process to end, and end it if it does not."""
    if child.returncode is not None:
        return
    _ask_to_end(child)
    try:
        await asyncio.wait_for(child.wait(), _CHILD_SECONDS)
    except TimeoutError:
        child.kill()
        await child.wait()


def _ask_to_end(child: Process) -> None:
    # It may have ended in the moment before.
    with contextlib.suppress(ProcessLookupError):
        child.terminate()
