"""`assistant serve`: the service, and beside it the demo meeting."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
import socket
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.console import DataDirectory, ModelsDirectory, SpeechModel, read_settings
from assistant.core.addresses import is_loopback, local_url
from assistant.core.errors import Unavailable
from assistant.operations.doors import check_doors
from assistant.operations.offline import forget_proxies

if TYPE_CHECKING:
    from assistant.cli.companion import Address
    from assistant.web.server import CaptionServer


_STARTED_POLL_SECONDS = 0.1
_GIVE_BACK_SECONDS = 20.0


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

    Beyond this machine it asks for a token: that of ASSISTANT_TOKEN, or a random one, which is shown.
    """
    forget_proxies()
    settings = read_settings(host=host, port=port, model=model, data_dir=data_dir, models_dir=models_dir)
    made_token = "" if settings.token or is_loopback(settings.host) else secrets.token_urlsafe(24)
    if made_token:
        settings = settings.model_copy(update={"token": made_token})
    check_doors(settings)
    with listen(settings.host, settings.port) as listener:
        # Only now what takes seconds: a port in use is told at once.
        from assistant.cli.memory import prepare_memory

        prepare_memory()
        from assistant.adapters.data_folder import claimed
        from assistant.bootstrap import build_app
        from assistant.cli.companion import Address
        from assistant.web.descriptors import raise_descriptor_limit
        from assistant.web.server import CaptionServer

        raise_descriptor_limit()
        # A port that was picked just now, as links name it.
        settings = settings.model_copy(update={"port": listener.getsockname()[1]})
        url = local_url(settings.host, settings.port)
        server = CaptionServer(build_app(settings), host=settings.host, port=settings.port)
        # uvicorn raises the signals that ended it once more; by then all is closed.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        # libuv's loop, which reads sockets at half the cost, where there is one.
        new_loop = server.config.get_loop_factory()
        with claimed(settings.data_dir, url), asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(_run(server, listener, Address(url, made_token, settings.token), demo=demo))
    if not server.started:
        raise Unavailable("The service could not start.")


async def _run(server: CaptionServer, listener: socket.socket, address: Address, *, demo: bool) -> None:
    from assistant.cli.companion import accompany
    from assistant.tasks.owner import TaskOwner

    async with contextlib.AsyncExitStack() as children, TaskOwner() as beside:
        beside.start(accompany(server, address, children, demo=demo), "companion")
        beside.start(_tend_memory(server), "memory")
        await server.serve(sockets=[listener])


async def _tend_memory(server: CaptionServer) -> None:
    """Settle memory when all is loaded, and give back now and then what a busy time has left over."""
    from assistant.cli.memory import give_back_memory, settle_memory

    while not server.started:  # noqa: ASYNC110 - the server has no event that tells it
        await asyncio.sleep(_STARTED_POLL_SECONDS)
    settle_memory()
    while True:
        await asyncio.sleep(_GIVE_BACK_SECONDS)
        await asyncio.to_thread(give_back_memory)


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
