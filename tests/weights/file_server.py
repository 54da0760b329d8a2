"""A real HTTP server on loopback that can misbehave in the ways that servers of weights do."""

from __future__ import annotations

import re
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Behaviour:
    """What happens to requests for one path.

    Attributes:
        content: The file.
        cuts: After how many bytes of each answer the connection is cut; one entry per request.
        ranges: Whether range requests are honoured.
        status: Another status than success.
        hangs: The server takes the request and says nothing.
        media_type: The `Content-Type`.
        password: `user:password` that must be given.
    """

    content: bytes = b""
    cuts: list[int] = field(default_factory=list)
    ranges: bool = True
    status: int = 200
    hangs: bool = False
    media_type: str = "application/octet-stream"
    password: str = ""


@dataclass
class FileServer:
    """The running server.

    Attributes:
        url: Its address.
        files: Behaviour by path; may be changed at any time.
        requests: Path and `Range` header of each request, in order.
        sent_bytes: How many bytes of bodies went out.
    """

    url: str
    files: dict[str, Behaviour] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    sent_bytes: int = 0
    closing: threading.Event = field(default_factory=threading.Event)

    def ranges_of(self, path: str) -> list[str]:
        """Return the `Range` headers of the requests for `path`."""
        return [asked for requested, asked in self.requests if requested == path]


@contextmanager
def run_file_server() -> Iterator[FileServer]:
    """Run a server in a thread."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            _answer(self, files)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Be quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    files = FileServer(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield files
    finally:
        files.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _answer(request: BaseHTTPRequestHandler, files: FileServer) -> None:
    asked = request.headers.get("Range", "")
    files.requests.append((request.path, asked))
    behaviour = files.files.get(request.path, Behaviour(status=404))
    if behaviour.hangs:
        files.closing.wait()
    if behaviour.password and not _authorised(request, behaviour.password):
        behaviour = Behaviour(status=401)
    start = _start(asked) if behaviour.ranges else 0
    if behaviour.status != 200 or start > len(behaviour.content):
        request.send_response(behaviour.status if behaviour.status != 200 else 416)
        request.send_header("Content-Length", "0")
        request.end_headers()
        return
    body = behaviour.content[start:]
    request.send_response(206 if start else 200)
    request.send_header("Content-Type", behaviour.media_type)
    request.send_header("Content-Length", str(len(body)))
    if start:
        last = len(behaviour.content) - 1
        request.send_header("Content-Range", f"bytes {start}-{last}/{len(behaviour.content)}")
    request.end_headers()
    if behaviour.cuts:
        body = body[: behaviour.cuts.pop(0)]
        request.close_connection = True
    request.wfile.write(body)
    files.sent_bytes += len(body)


def _authorised(request: BaseHTTPRequestHandler, password: str) -> bool:
    return request.headers.get("Authorization") == "Basic " + b64encode(password.encode()).decode()


def _start(asked: str) -> int:
    match = re.fullmatch(r"bytes=(\d+)-", asked)
    return int(match[1]) if match else 0
