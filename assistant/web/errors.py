"""How errors reach clients: one table for HTTP and WebSockets.

HTTP answers `{"error": {"code", "message", "retryable"}}` with a status. A WebSocket sends
`{"type": "error", "code", "message"}` and closes with 4000 plus that status:

===========  =====================================================================
close code   codes
===========  =====================================================================
4400         invalid_input and everything below it, unless named here
4401         token_missing, token_invalid
4403         origin_forbidden, scope_insufficient
4404         room_unknown, caption_unknown, session_unknown, link_unknown, not_found
4408         idle_timeout, request_too_slow (retryable)
4409         participant_replaced
4410         room_deleted
4413         frame_too_large
4422         work_too_large, characters_unprintable
4429         reader_too_slow, too_many_readers, too_many_tracks, too_many_connections (retryable)
4500         internal
4503         capacity_reached, workers_busy, shutting_down, model_missing,
             store_unavailable, disk_low (retryable)
===========  =====================================================================
"""

from __future__ import annotations

import json
from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from assistant.core import errors
from assistant.core.captions.caption import Caption
from assistant.core.disk_errors import is_disk_error, not_kept, reason_of
from assistant.web.messages import CaptionMessage

_log = structlog.get_logger(__name__)

_CLOSE_CODE_BASE = 4000
_BUSY_SECONDS = "5"
_MOST_NAME_CHARACTERS = 200
"""How much of a field's name an error quotes, since somebody may have made it up."""

_STATUS: dict[type[errors.AssistantError], HTTPStatus] = {
    errors.AssistantError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.InvalidInput: HTTPStatus.BAD_REQUEST,
    errors.FrameTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.UrlTooLong: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.HeadersTooLarge: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.BodyEncoded: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.RecordingTooLong: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.RecordingTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.WorkTooLarge: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.CharactersUnprintable: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Refused: HTTPStatus.FORBIDDEN,
    errors.TokenMissing: HTTPStatus.UNAUTHORIZED,
    errors.TokenInvalid: HTTPStatus.UNAUTHORIZED,
    errors.SignatureInvalid: HTTPStatus.UNAUTHORIZED,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.Displaced: HTTPStatus.CONFLICT,
    errors.IdleTimeout: HTTPStatus.REQUEST_TIMEOUT,
    errors.RequestTooSlow: HTTPStatus.REQUEST_TIMEOUT,
    errors.LimitReached: HTTPStatus.TOO_MANY_REQUESTS,
    errors.ReaderTooSlow: HTTPStatus.TOO_MANY_REQUESTS,
    errors.RoomDeleted: HTTPStatus.GONE,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}

_FRAMEWORK_CODES = {
    HTTPStatus.NOT_FOUND: ("not_found", "There is nothing at this address."),
    HTTPStatus.METHOD_NOT_ALLOWED: ("method_not_allowed", "This address does not take that method."),
}


class ErrorDetail(BaseModel):
    """What went wrong: a code that never changes and a sentence the reader can act on."""

    code: str
    message: str
    retryable: bool = False


class ErrorBody(BaseModel):
    """The body of every HTTP error."""

    error: ErrorDetail


def status_of(error: errors.AssistantError) -> HTTPStatus:
    """Return the HTTP status of an error: that of its nearest class in the table."""
    return next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)


def close_code_of(error: errors.AssistantError) -> int:
    """Return the WebSocket close code of an error."""
    return _CLOSE_CODE_BASE + status_of(error)


def internal_error() -> errors.AssistantError:
    """Return what a client learns of a fault in the service: nothing of its inside."""
    return errors.AssistantError("Something went wrong in the service; its log says more.")


def fault_of(error: Exception) -> errors.AssistantError:
    """Return what a client learns of an error: a disk that fails passes, a fault of ours stays inside."""
    if isinstance(error, errors.AssistantError):
        return error
    if isinstance(error, OSError) and is_disk_error(error):
        return not_kept("This", error)
    return internal_error()


def error_response(error: errors.AssistantError) -> JSONResponse:
    """Return the HTTP answer for an error."""
    detail = ErrorDetail(code=error.code, message=error.message, retryable=error.retryable)
    status = status_of(error)
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else None
    if isinstance(error, errors.WorkersBusy):
        headers = {"Retry-After": _BUSY_SECONDS}
    return _answer(status, detail, headers)


def install_error_handlers(app: FastAPI) -> None:
    """Make `app` answer every error in the one shape."""

    @app.exception_handler(errors.RevisionConflict)
    async def on_conflict(_request: Request, error: errors.RevisionConflict) -> JSONResponse:
        """Answer with the present revision, and what came in between."""
        body = json.loads(bytes(error_response(error).body))
        captions = [
            CaptionMessage.of(one).model_dump(mode="json", exclude_none=True)
            for one in error.captions
            if isinstance(one, Caption)
        ]
        further = {"revision": error.revision, "changes": [*error.changes, *captions]}
        return JSONResponse(body | further, status_code=status_of(error))

    @app.exception_handler(errors.AssistantError)
    async def on_own(_request: Request, error: errors.AssistantError) -> JSONResponse:
        return error_response(error)

    @app.exception_handler(OSError)
    async def on_disk(_request: Request, error: OSError) -> JSONResponse:
        if not is_disk_error(error):
            raise error
        _log.error("disk_failed", reason=reason_of(error))
        return error_response(fault_of(error))

    @app.exception_handler(RequestValidationError)
    async def on_invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        return error_response(errors.InvalidInput(_sentence_of(error)))

    @app.exception_handler(HTTPException)
    async def on_framework(_request: Request, error: HTTPException) -> JSONResponse:
        if isinstance(error.__cause__, errors.AssistantError):
            return error_response(error.__cause__)
        status = HTTPStatus(error.status_code)
        code, message = _FRAMEWORK_CODES.get(status, ("invalid_input", f"{status.phrase}."))
        return _answer(status, ErrorDetail(code=code, message=message), error.headers)

    @app.exception_handler(ClientDisconnect)
    async def on_gone(_request: Request, _error: ClientDisconnect) -> Response:
        return Response(status_code=HTTPStatus.BAD_REQUEST)  # nobody reads it

    @app.exception_handler(Exception)
    async def on_fault(_request: Request, _error: Exception) -> JSONResponse:
        return error_response(internal_error())  # the server logs it, with its traceback


def _answer(status: HTTPStatus, detail: ErrorDetail, headers: object = None) -> JSONResponse:
    extra = dict(headers) if isinstance(headers, dict) else None
    return JSONResponse(ErrorBody(error=detail).model_dump(), status_code=status, headers=extra)


def _sentence_of(error: RequestValidationError) -> str:
    """Name the first field that is wrong, without repeating what was sent."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:])[:_MOST_NAME_CHARACTERS] or "body"
    return f"The request is invalid at “{where}”: {first['msg']}."
