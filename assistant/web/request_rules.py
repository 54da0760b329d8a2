"""What every body of a request keeps to, whichever route reads it."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assistant.core.errors import BodyEncoded
from assistant.core.json_bounds import check_json
from assistant.web.limits import Limits
from assistant.web.refusal import refuse


class RequestRules:
    """Refuses bodies that are compressed and JSON that is nested too deep; sizes are bounded before."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._most_depth = limits.max_json_depth

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; its body is looked through as it comes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
            # A little of it unpacks to anything.
            error = BodyEncoded("Send the body as it is: Content-Encoding is not understood here.")
            await refuse(error, scope, receive, send)
            return
        if "json" in headers.get("content-type", "").partition(";")[0].lower():
            receive = self._looked_through(receive)
        await self._app(scope, receive, send)

    def _looked_through(self, receive: Receive) -> Receive:
        """Return `receive` for a body in JSON; raises when all of it is here."""
        chunks: list[bytes] = []

        async def receive_json() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                chunks.append(message.get("body", b""))
                if not message.get("more_body", False):
                    document = b"".join(chunks)
                    chunks.clear()
                    check_json(document, self._most_depth)
            return message

        return receive_json
