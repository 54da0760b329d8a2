"""What operators' tools ask: alive, ready, measurements."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from assistant.web.services import services_of


class Alive(BaseModel):
    """The process answers."""

    status: str = "alive"


class Readiness(BaseModel):
    """Whether captions can be made, in sentences what is missing where they cannot, and what else is wrong.

    `problems` (a meeting platform that cannot be reached, a disk that is full) do not make the service
    unready: whoever is connected otherwise is served, and what cannot be kept now is held until it can.
    """

    ready: bool
    missing: list[str]
    problems: list[str] = []


def health_router() -> APIRouter:
    """Return the routes of health and measurements."""
    router = APIRouter()

    @router.get("/health/live")
    async def live() -> Alive:
        """Answer as long as the process does."""
        return Alive()

    @router.get("/health/ready", responses={503: {"model": Readiness}})
    async def ready(request: Request, response: Response) -> Readiness:
        """Say whether captions can be made."""
        services = services_of(request)
        missing = list(services.captions.missing())
        if services.lifetime.closing:
            missing.append("The service is shutting down.")
        if missing:
            response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        problems = [*services.captions.problems(), *services.lifetime.problems()]
        return Readiness(ready=not missing, missing=missing, problems=problems)

    @router.get("/metrics", response_class=Response)
    async def metrics(request: Request) -> Response:
        """Return all measurements as Prometheus reads them."""
        page = services_of(request).metrics
        return Response(page.render(), headers={"Content-Type": page.content_type})

    return router
