"""The pages, and what browsers are told about them."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse
from starlette.datastructures import MutableHeaders
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.bots.consent_links import PAGE
from assistant.web.services import WebSettings

_COMMON = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # addresses may carry the token
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def install_pages(app: FastAPI, settings: WebSettings) -> None:
    """Serve the pages and their parts.

    The pages hold nothing secret and are open; their scripts pass on the token of their address.
    """
    router = APIRouter(include_in_schema=False)
    pages = settings.pages_dir

    @router.get("/")
    async def start_page() -> FileResponse:
        return FileResponse(pages / "index.html", headers=page_headers())

    @router.get("/rooms/{room}")
    async def read_page(room: str) -> FileResponse:
        del room  # the page's script reads it from the address
        return FileResponse(pages / "read.html", headers=page_headers(settings.allowed_origins))

    @router.get("/rooms/{room}/speak")
    async def speak_page(room: str) -> FileResponse:
        del room
        return FileResponse(pages / "speak.html", headers=page_headers())

    @router.get("/rooms/{room}/minutes")
    async def desk_page(room: str) -> FileResponse:
        del room
        return FileResponse(pages / "desk.html", headers=page_headers())

    @router.get(PAGE)
    async def consent_page() -> FileResponse:
        return FileResponse(pages / "consent.html", headers=page_headers())

    @router.get("/glossary")
    @router.get("/rooms/{room}/glossary")
    async def glossary_page(room: str = "") -> FileResponse:
        del room
        return FileResponse(pages / "glossary.html", headers=page_headers())

    app.include_router(router)
    app.mount("/static", StaticFiles(directory=pages, check_dir=False), name="static")


def page_headers(embedded_by: Sequence[str] = ()) -> dict[str, str]:
    """Return the headers of a page that loads nothing from elsewhere.

    Args:
        embedded_by: Origins whose pages may show it in a frame.
    """
    ancestors = " ".join(["'self'", *embedded_by])
    policy = (
        "default-src 'self'; img-src 'self' data:; media-src 'self' blob:; object-src 'none'; "
        f"base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}"
    )
    return {"Content-Security-Policy": policy, "Cache-Control": "no-cache"}


class BrowserRules:
    """Adds to every response what browsers should never do with it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and add headers to its response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_rules(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _COMMON.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", _caching_of(scope["path"]))
                if headers.get("content-type", "").startswith("text/html"):
                    # However a page is reached, under its own address or as a file.
                    headers.setdefault("Content-Security-Policy", page_headers()["Content-Security-Policy"])
            await send(message)

        await self._app(scope, receive, send_with_rules)


def _caching_of(path: str) -> str:
    """Parts of pages are asked for again each time (cheaply, by their tag); data is never kept."""
    return "no-cache" if path.startswith("/static/") else "no-store"
