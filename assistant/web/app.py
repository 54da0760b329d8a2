"""Puts the web layer together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, WebSocket
from starlette.middleware.cors import CORSMiddleware

from assistant import __version__
from assistant.core.errors import NotFound
from assistant.web.audio_in import audio_router
from assistant.web.auth import Gate
from assistant.web.caption_events import caption_events_router
from assistant.web.captions_out import captions_router
from assistant.web.clerks import clerks_router
from assistant.web.consent import consent_router
from assistant.web.contract import install_contract
from assistant.web.documents import documents_router
from assistant.web.errors import install_error_handlers
from assistant.web.glossaries import glossaries_router
from assistant.web.health import health_router
from assistant.web.jobs import jobs_router
from assistant.web.languages import languages_router
from assistant.web.links import links_router
from assistant.web.listeners import listeners_router
from assistant.web.minutes import minutes_router
from assistant.web.minutes_events import minutes_events_router
from assistant.web.minutes_records import minutes_records_router
from assistant.web.pages import BrowserRules, install_pages
from assistant.web.request_rules import RequestRules
from assistant.web.rooms import rooms_router
from assistant.web.services import Services
from assistant.web.shares import Shares
from assistant.web.sockets import serve_socket
from assistant.web.transcriptions import transcriptions_router
from assistant.web.wrong_tokens import WrongTokens

_TITLE = "Meeting assistant"


def create_app(services: Services, *, wrong_tokens: WrongTokens | None = None) -> FastAPI:
    """Return the application; it starts and closes the service with itself.

    Args:
        services: What the routes are doors to.
        wrong_tokens: Slows down who tries tokens; None: by the usual rules.
    """
    settings = services.settings

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await services.lifetime.start()
        yield
        await services.lifetime.close()

    # The interactive documentation of the framework loads scripts from elsewhere: it stays off.
    # So does its tracing, which would hand whole addresses, tokens included, to an outside collector.
    app = FastAPI(
        title=_TITLE,
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        # An address with a slash too many would be sent on with its whole query, the token included.
        redirect_slashes=False,
        telemetry={"auto_configure": False, "tracing": False, "metrics": False, "logs": False},
    )
    app.state.services = services
    install_error_handlers(app)
    for new_router in (
        health_router,
        languages_router,
        rooms_router,
        documents_router,
        clerks_router,
        glossaries_router,
        links_router,
        listeners_router,
        consent_router,
        transcriptions_router,
        jobs_router,
        minutes_router,
        minutes_records_router,
        minutes_events_router,
        caption_events_router,
        captions_router,
        audio_router,
    ):
        app.include_router(new_router())
    _install_missing_socket(app)  # before the pages, whose file server knows no sockets
    install_pages(app, settings)
    install_contract(app)
    # The last one added is the first to see a request.
    app.add_middleware(RequestRules, limits=settings.limits)
    app.add_middleware(Shares, limits=settings.limits)
    app.add_middleware(
        Gate,
        settings=settings,
        links=services.links,
        consent=services.listeners.consent if services.listeners else None,
        wrong_tokens=wrong_tokens or WrongTokens(services.clock),
    )
    if settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=[origin.rstrip("/") for origin in settings.allowed_origins],
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Last-Event-ID"],
        )
    app.add_middleware(BrowserRules)
    return app


def _install_missing_socket(app: FastAPI) -> None:
    """Give sockets at unknown addresses an error that browsers can read."""

    @app.websocket("/{path:path}")
    async def missing(socket: WebSocket, path: str) -> None:
        del path

        async def converse(_socket: WebSocket) -> None:
            raise NotFound("There is no socket at this address.")

        await serve_socket(socket, converse)
