"""The OpenAPI document: what every operation can answer, beside what its route says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI

from assistant.web.errors import ErrorBody

_OPEN_PATHS = ("/health/",)
"""Asked for no token."""

_EVERYWHERE = {
    HTTPStatus.BAD_REQUEST: "A field cannot be; the sentence names it.",
    HTTPStatus.UNAUTHORIZED: "The token is missing or not accepted.",
    HTTPStatus.FORBIDDEN: "The token, or the page of another site, may not do this.",
    HTTPStatus.NOT_FOUND: "There is no such thing.",
    HTTPStatus.CONFLICT: "Somebody else has changed it meanwhile, or it does not change any more.",
    HTTPStatus.REQUEST_TIMEOUT: "It came too slowly.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "More than is taken.",
    HTTPStatus.REQUEST_URI_TOO_LONG: "The address is longer, or has more parameters, than is taken.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is compressed.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Too much work for one request, or characters that no font here has.",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "The headers are larger, or more, than is taken.",
    HTTPStatus.TOO_MANY_REQUESTS: "More at a time, or more often, than one credential may.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Not now; `retryable` says whether the same request can succeed later.",
}
"""What any operation may answer instead of what was asked for."""

_FRAMEWORKS_OWN = str(HTTPStatus.UNPROCESSABLE_ENTITY.value)
_ERROR_REF = "#/components/schemas/ErrorBody"
_JSON = "application/json"


def install_contract(app: FastAPI) -> None:
    """Let `app` describe itself with all its errors, and with the token that it asks for."""
    of_routes = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _completed(of_routes())
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign] # as FastAPI's documentation has it


def _completed(document: dict[str, Any]) -> dict[str, Any]:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for schema in (ErrorBody.model_json_schema(ref_template="#/components/schemas/{model}"),):
        schemas.update(schema.pop("$defs", {}))
        schemas["ErrorBody"] = schema
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    components["securitySchemes"] = {
        "header": {"type": "http", "scheme": "bearer"},
        "query": {"type": "apiKey", "in": "query", "name": "token"},
    }
    for path, operation in _operations(document):
        responses = operation.setdefault("responses", {})
        if _is_frameworks(responses.get(_FRAMEWORKS_OWN, {})):
            # Invalid requests get 400 here, in the shape of all errors.
            del responses[_FRAMEWORKS_OWN]
        for status, reason in _EVERYWHERE.items():
            told = {"description": reason, "content": {_JSON: {"schema": {"$ref": _ERROR_REF}}}}
            known = responses.get(str(status.value))
            if known is None or known.get("content", {}).get(_JSON, {}).get("schema") == {"$ref": _ERROR_REF}:
                responses[str(status.value)] = told
        if not path.startswith(_OPEN_PATHS):
            operation["security"] = [{"header": []}, {"query": []}]
    return document


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            yield path, operation


def _is_frameworks(response: Mapping[str, Any]) -> bool:
    schema = response.get("content", {}).get(_JSON, {}).get("schema", {})
    return bool(schema == {"$ref": "#/components/schemas/HTTPValidationError"})
