"""`assistant join`: sends the listener of a running service into a meeting, or takes it out."""

from __future__ import annotations

import time
from typing import Annotated
from urllib.parse import quote

import httpx
import typer

from assistant.adapters.http_client import open_blocking_http_client
from assistant.cli.console import out, read_settings
from assistant.core.errors import AssistantError, InvalidInput, Unavailable
from assistant.core.meetings.meeting import check_meeting_name, room_name_for

_ANSWER_SECONDS = 30.0
_WAIT_SECONDS = 15.0
_POLL_SECONDS = 0.3


def join(
    meeting: Annotated[str, typer.Argument(help="The meeting, as the LiveKit server names it.")],
    url: Annotated[str, typer.Option(help="Where the service is.")] = "http://127.0.0.1:8000",
    key: Annotated[
        str,
        typer.Option(
            help="Shared key of a meeting that is encrypted from end to end.",
            envvar="ASSISTANT_MEETING_KEY",
            show_default=False,
        ),
    ] = "",
    leave: Annotated[bool, typer.Option("--leave", help="Take the listener out of the meeting.")] = False,
) -> None:
    """Send the listener of a running service into a LiveKit meeting.

    A token, if the service wants one, is taken from ASSISTANT_TOKEN.
    """
    meeting = check_meeting_name(meeting)
    path = f"/v1/rooms/{quote(room_name_for(meeting), safe='')}/listener"
    from assistant.client.connection import Endpoint

    headers = Endpoint(url, read_settings().token).headers
    try:
        with open_blocking_http_client(_ANSWER_SECONDS, base_url=url, headers=headers) as service:
            if leave:
                _checked(service.delete(path))
                out().print(f"The listener has left {meeting}.", markup=False)
                return
            status = _checked(service.post(path, json={"meeting": meeting, "key": key}))
            deadline = time.monotonic() + _WAIT_SECONDS
            while status["state"] == "joining" and not status["problem"] and time.monotonic() < deadline:
                time.sleep(_POLL_SECONDS)
                status = _checked(service.get(path))
    except httpx.HTTPError as error:
        raise Unavailable(f"The service does not answer at {url}; is it running?") from error
    if status["problem"]:
        raise Unavailable(str(status["problem"]))
    out().print(f"The listener is in {meeting}. Captions: {status['url']}", markup=False)


def _checked(answer: httpx.Response) -> dict[str, object]:
    """Return the body of an answer, or raise what the service says is wrong."""
    if answer.is_success:
        return dict(answer.json()) if answer.content else {}
    try:
        message = str(answer.json()["error"]["message"])
    except (ValueError, KeyError, TypeError) as error:
        raise AssistantError(f"The service answers {answer.status_code}.") from error
    raise InvalidInput(message)
