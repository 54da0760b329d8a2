"""`assistant serve`: the service, and beside it the demo meeting."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import secrets
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.console import DataDirectory, ModelsDirectory, SpeechModel, complain, out, read_settings
from assistant.core.errors import Unavailable

if TYPE_CHECKING:
    import httpx

    from assistant.web.server import CaptionServer

_POLL_SECONDS = 0.1
_HINT_AFTER_POLLS = 100
_CHILD_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Address:
    """Where people of this machine reach the service.

    Attributes:
        url: Without a path.
        token: Shown in links only if it was made up for this run.
    """

    url: str
    token: str = ""

    def link(self, path: str) -> str:
        """Return a link that opens."""
        return f"{self.url}{path}" + (f"?token={self.token}" if self.token else "")


def serve(
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; default: 127.0.0.1.", show_default=False)
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(help="Port to listen on; default: 8000, 0 takes a free one.", show_default=False),
    ] = None,
    model: SpeechModel = None,
    demo: Annotated[
        bool, typer.Option("--demo/--no-demo", help="Play a meeting of three recorded people.")
    ] = False,
    data_dir: DataDirectory = None,
    models_dir: ModelsDirectory = None,
) -> None:
    """Run the service until it is interrupted.

    Where it listens beyond this machine and no token is set (ASSISTANT_TOKEN), a random one is made
    and shown.
    """
    settings = read_settings(host=host, port=port, model=model, data_dir=data_dir, models_dir=models_dir)
    made_token = "" if settings.token or is_loopback(settings.host) else secrets.token_urlsafe(24)
    if made_token:
        settings = settings.model_copy(update={"token": made_token})
    with listen(settings.host, settings.port) as listener:
        # Only now what takes seconds: a port in use is told at once.
        from assistant.bootstrap import build_app
        from assistant.web.server import CaptionServer

        address = Address(local_url(settings.host, listener.getsockname()[1]), made_token)
        server = CaptionServer(build_app(settings), host=settings.host, port=settings.port)
        # uvicorn raises the signals that ended it once more; by then all is closed.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        asyncio.run(_run(server, listener, address, settings.token if demo else None))
    if not server.started:
        raise Unavailable("The service could not start.")


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        Unavailable: The address cannot be had; the message says why.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise Unavailable(
            f"Cannot listen on {host} port {port}: {reason}. Another --port may be free."
        ) from error
    return listener


def local_url(host: str, port: int) -> str:
    """Return the URL by which this machine reaches a service that listens on `host`."""
    if host in {"", "0.0.0.0"}:  # noqa: S104  # recognised here, not bound
        host = "127.0.0.1"
    elif host == "::":
        host = "::1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def _run(
    server: CaptionServer, listener: socket.socket, address: Address, demo_token: str | None
) -> None:
    """Serve until a signal comes; with a token (it may be empty) also play the demo meeting."""
    async with contextlib.AsyncExitStack() as children:
        beside = asyncio.create_task(_accompany(server, address, demo_token, children))
        try:
            await server.serve(sockets=[listener])
        finally:
            beside.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await beside


async def _accompany(
    server: CaptionServer, address: Address, demo_token: str | None, children: contextlib.AsyncExitStack
) -> None:
    """Say where the service is, and play the demo beside it once it is ready."""
    import httpx

    # The service is on this machine, so no proxy of the environment has a part in it.
    async with httpx.AsyncClient(trust_env=False) as client:
        await _until(client, f"{address.url}/health/live")
        if demo_token is None:
            out().print(f"Open {address.link('/')}", markup=False)
        await _until(client, f"{address.url}/health/ready")
    if demo_token is None:
        return
    child = await _start_demo(address.url, demo_token)
    children.push_async_callback(_end, child)
    out().print(f"Read captions: {address.link('/rooms/demo')}", markup=False)
    # The server tells that it was asked to stop by nothing but this attribute.
    while child.returncode is None and not server.should_exit:  # noqa: ASYNC110  # no event to wait for
        await asyncio.sleep(_POLL_SECONDS)
    if child.returncode is None:
        _ask_to_end(child)
    elif not server.should_exit:
        complain("The demo meeting ended; the service goes on.")


async def _until(client: httpx.AsyncClient, url: str) -> None:
    """Wait until `url` answers with success, and say why it does not if that takes long."""
    polls = 0
    while problem := await _problem(client, url):
        polls += 1
        if polls == _HINT_AFTER_POLLS:
            complain(f"The service is not ready yet: {problem}")
        await asyncio.sleep(_POLL_SECONDS)


async def _problem(client: httpx.AsyncClient, url: str) -> str:
    import httpx

    try:
        answer = await client.get(url)
    except httpx.HTTPError:
        return "it does not answer."
    if answer.is_success:
        return ""
    try:
        return " ".join(answer.json()["missing"])
    except (ValueError, KeyError, TypeError):
        return f"it answers {answer.status_code}."


async def _start_demo(url: str, token: str) -> Process:
    command = (sys.executable, "-m", "assistant.cli", "demo", "--url", url, "--end-with-stdin")
    # The token goes through the environment: command lines can be seen by all users of a machine.
    environment = os.environ | {"ASSISTANT_TOKEN": token}
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
