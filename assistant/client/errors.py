"""What can go wrong between a client and the service.

What the service reports with a code of `assistant.core.errors` is raised as that class; the classes
below are for the rest.
"""

from __future__ import annotations

from collections.abc import Iterator

from assistant.core.errors import AssistantError, Unavailable


class ServiceUnreachable(Unavailable):
    """No connection came about for as long as the caller was ready to wait."""


class ServiceError(AssistantError):
    """The service reported a code that this client does not know.

    Attributes:
        reported_code: That code.
    """

    def __init__(self, message: str, reported_code: str) -> None:
        super().__init__(message)
        self.reported_code = reported_code


class ContractBroken(AssistantError):
    """The service sent something that the wire contract does not allow."""


def error_of(code: str, message: str) -> AssistantError:
    """Return the error of the class that has `code`, or a `ServiceError`."""
    for kind in _kinds(AssistantError):
        if kind.code == code and kind is not ServiceError:
            return kind(message)
    return ServiceError(message, code)


def _kinds(root: type[AssistantError]) -> Iterator[type[AssistantError]]:
    yield root
    for kind in root.__subclasses__():
        yield from _kinds(kind)
