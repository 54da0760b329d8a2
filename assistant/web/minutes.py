"""Minutes over HTTP: drafts, edits, approval and publication."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from assistant.core.errors import InvalidInput, LanguageUnknown, MinutesUnknown, OperationInvalid
from assistant.core.language import parse_language
from assistant.core.minutes.document import Minutes, MinutesVersion
from assistant.core.minutes.operations import parse_operation, parse_operations, to_document
from assistant.core.rooms import check_room_name
from assistant.core.translation.routes import RouteTable
from assistant.minutes.service import MinutesService
from assistant.web.bounds import Count
from assistant.web.minutes_messages import (
    DraftingMessage,
    MinutesEdit,
    MinutesMessage,
    NewDraft,
    Publication,
    StatusChange,
    scale_message,
)
from assistant.web.officers import may_lower
from assistant.web.services import Services, services_of

_AUDIENCES = ("full", "public")


def minutes_router() -> APIRouter:
    """Return the routes of minutes."""
    router = APIRouter(prefix="/v1/rooms/{room}")

    @router.get("/minutes")
    async def get_minutes(
        room: str,
        request: Request,
        version: Count | None = None,
        lang: str = "",
        audience: str = "full",
        *,
        rough: bool = False,
    ) -> MinutesMessage:
        """Return a version of a room's minutes, the newest one if none is named.

        A translation that is rough is given only to a clerk who says `rough=true`.
        """
        services, name = services_of(request), check_room_name(room)
        minutes = services.minutes
        found = await minutes.version(name, version)
        public = is_public(audience)
        if lang or public:
            found = await minutes.views.shown(name, found, lang=language_of(lang), public=public, rough=rough)
        return await _message(services, name, found)

    @router.post("/minutes", responses={202: {"model": MinutesMessage}})
    async def draft_minutes(
        room: str, request: Request, response: Response, wanted: NewDraft | None = None
    ) -> MinutesMessage:
        """Make the draft, or make it anew and keep what the clerk wrote.

        With `"wait": false` the answer comes at once, and events tell of the rest.
        """
        services, name = services_of(request), check_room_name(room)
        wanted = wanted or NewDraft()
        _check(wanted)
        minutes = services.minutes
        if wanted.wait:
            return await _message(services, name, await minutes.draft(name, wanted.wish))
        await services.captions.rooms.room(name)
        minutes.draft_later(name, wanted.wish)
        response.status_code = HTTPStatus.ACCEPTED
        return await _message(services, name, await _version_or_none(minutes, name))

    @router.patch("/minutes")
    async def edit_minutes(room: str, change: MinutesEdit, request: Request) -> MinutesMessage:
        """Change the draft; an old revision is refused, with what was changed since (409)."""
        services, name = services_of(request), check_room_name(room)
        edited = await services.minutes.edit(
            name,
            change.revision,
            parse_operations(change.operations),
            author=change.author,
            reason=change.reason,
            may_lower=may_lower(request, services.settings),
        )
        message = await _message(services, name, edited.version)
        return message.model_copy(update={"undo": [to_document(operation) for operation in edited.undo]})

    @router.post("/minutes/approve")
    async def approve(room: str, change: StatusChange, request: Request) -> MinutesMessage:
        """Approve the draft."""
        services, name = services_of(request), check_room_name(room)
        return await _message(
            services, name, await services.minutes.approve(name, change.revision, change.author)
        )

    @router.post("/minutes/reopen")
    async def reopen(room: str, change: StatusChange, request: Request) -> MinutesMessage:
        """Make a draft of approved minutes again."""
        services, name = services_of(request), check_room_name(room)
        version = await services.minutes.reopen(name, change.revision, change.author, change.reason)
        return await _message(services, name, version)

    @router.post("/minutes/publish")
    async def publish(room: str, change: Publication, request: Request) -> MinutesMessage:
        """Publish approved minutes: they are never changed from then on.

        Where the translation into a language is rough, they are read in it only if `rough_languages` has it.
        """
        services, name = services_of(request), check_room_name(room)
        rough = [parse_language(lang) for lang in change.rough_languages]
        version = await services.minutes.publish(name, change.revision, change.author, rough)
        return await _message(services, name, version)

    return router


def is_public(audience: str) -> bool:
    """Return whether the public version is meant; raises `InvalidInput`."""
    if audience not in _AUDIENCES:
        raise InvalidInput("The audience is “full” or “public”.")
    return audience == "public"


def language_of(lang: str) -> str:
    """Return the primary subtag of a language, empty for none; raises `LanguageUnknown`."""
    return parse_language(lang) if lang else ""


def _check(wanted: NewDraft) -> None:
    """Refuse a time zone or language that there is not, in the words of the field."""
    fields = {name: getattr(wanted, name) for name in ("timezone", "language") if getattr(wanted, name)}
    try:
        parse_operation({"op": "set", "target": "meeting", "fields": fields})
    except (OperationInvalid, LanguageUnknown) as error:
        raise InvalidInput(error.message) from error


async def _version_or_none(minutes: MinutesService, room: str) -> MinutesVersion | None:
    try:
        return await minutes.version(room)
    except MinutesUnknown:
        return None


def _is_rough(minutes: Minutes, routes: RouteTable, to: str) -> bool:
    spoken = {minutes.meeting.language, *(statement.lang for statement in minutes.statements)} - {to}
    ways = [routes.route(lang, to) for lang in spoken]
    return any(way.rough for way in ways if way)


async def _message(services: Services, room: str, version: MinutesVersion | None) -> MinutesMessage:
    minutes = services.minutes
    drafting = minutes.drafting(room)
    found = version or minutes.nothing_yet(room)
    language = found.minutes.meeting.language
    routes = services.captions.rooms.translations.routes
    reachable = [to for to in routes.targets if routes.route(language, to)]
    return MinutesMessage(
        number=found.number,
        revision=found.revision,
        status=found.status,
        transcript_seq=found.transcript_seq,
        changed_at=found.changed_at,
        changed_by=found.changed_by,
        minutes=found.minutes,
        level=await minutes.records.level(room, found.minutes),
        levels=scale_message(minutes.rules.scale, language),
        drafting=DraftingMessage(step=drafting[0], done=drafting[1]) if drafting else None,
        transcript_changed=bool(version) and await minutes.views.transcript_changed(room, found),
        audio_kept=services.settings.audio_kept,
        model_configured=minutes.model is not None,
        docs_configured=services.settings.docs_configured,
        languages=[language, *reachable],
        rough=[to for to in reachable if _is_rough(found.minutes, routes, to)],
    )
