"""The service as the pages see it, on loopback, following the script of a test."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.browser.scripted_reader import Message, Reader, latest
from tests.waiting import until

STATIC = Path(__file__).parents[2] / "assistant" / "web" / "static"
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'"
)


@dataclass(eq=False)
class AudioConnection:
    """One audio connection: how it was asked for, and what came."""

    query: dict[str, str]
    audio: bytearray = field(default_factory=bytearray)
    stopped: bool = False

    @property
    def rate(self) -> int:
        """The rate that the page announced."""
        return int(self.query["sample_rate"])

    def at_16_khz(self, samples: int) -> int:
        """Return how many samples `samples` are at 16 kHz, to the nearest."""
        return round(samples * 16_000 / self.rate)

    def safe_bytes(self, track: bytearray, unsafe_samples: int) -> int:
        """Return how much of a track is safe, in bytes up to a sample that 16 kHz has as well."""
        safe = max(0, len(track) // 2 - unsafe_samples) * 16_000 // self.rate
        return 2 * round(safe * self.rate / 16_000)


def _read_in(message: Message, reader: Reader) -> list[Message]:
    return [message] * (reader.target == message["lang"])


def _set_event() -> threading.Event:
    event = threading.Event()
    event.set()
    return event


@dataclass
class Partner:
    """What the service does, and what it saw. Tests call the methods from their own thread.

    Attributes:
        hello: Fields of the hello that differ from the usual.
        history: Captions as they were said; each new reader gets them first, in its language, as far as
            they are newer than its `since`.
        translations: What `history` is in other languages; what is missing is still being made.
        no_route: Spoken languages that cannot be translated.
        refuse_sockets: Refuse caption sockets at the handshake, as some proxies do.
        refuse_with: Error code that readers or speakers get instead of a greeting.
        refuse_languages: Shown languages that are refused as unavailable.
        transcript_gate: While it is clear, transcripts are being made.
        room_gate: While it is clear, nobody learns of a room's title.
        cut_audio_bytes: Break an audio connection when it brought so much, once for each number.
        unsafe_samples: So many of the newest samples, as they came, are lost with a broken connection.
        acknowledge: Whether audio is acknowledged.
        stops: What becomes of a stop: `answered`, `unanswered`, or `lost` with its connection.
        rooms: What the list of rooms holds; None refuses the list.
        terms: The glossary of every room, and of the organisation.
        unknown_room: Whether rooms have to be made before they have a glossary.
        files: What files of glossaries hold; each is answered once.
    """

    port: int
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    hello: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    translations: list[dict[str, Any]] = field(default_factory=list)
    no_route: set[str] = field(default_factory=set)
    refuse_sockets: bool = False
    refuse_with: str = ""
    refuse_languages: set[str] = field(default_factory=set)
    transcript_gate: threading.Event = field(default_factory=_set_event)
    room_gate: threading.Event = field(default_factory=_set_event)
    cut_audio_bytes: list[int] = field(default_factory=list)
    unsafe_samples: int = 0
    acknowledge: bool = True
    stops: str = "answered"
    rooms: list[dict[str, Any]] | None = field(default_factory=list)
    terms: list[dict[str, Any]] = field(default_factory=list)
    unknown_room: bool = False
    files: list[list[dict[str, Any]]] = field(default_factory=list)

    readers: list[Reader] = field(default_factory=list)
    open_readers: list[Reader] = field(default_factory=list)
    audio: list[AudioConnection] = field(default_factory=list)
    tracks: dict[str, bytearray] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    created: list[dict[str, Any]] = field(default_factory=list)
    bearers: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The base address."""
        return f"http://127.0.0.1:{self.port}"

    def say(self, *messages: dict[str, Any]) -> None:
        """Send messages to all readers that are connected."""
        self._send(*messages)

    def speak(self, *captions: dict[str, Any]) -> None:
        """Say something: readers get what they can read of it, the rest comes with `translate`."""
        self.history = latest(self.history, captions)
        for caption in captions:
            self._send_each(
                partial(Reader.rendering, caption=caption, translations=[], no_route=self.no_route)
            )

    def translate(self, *translations: dict[str, Any]) -> None:
        """Finish translations: readers of that language get them, now and later."""
        self.translations = latest(self.translations, translations)
        for message in translations:
            self._send_each(partial(_read_in, message))

    def cut_readers(self, code: int = 1012) -> None:
        """Break the connections of all readers."""
        self._send(code)

    def _send(self, *items: Message | int) -> None:
        self._send_each(lambda _: items)

    def _send_each(self, items: Callable[[Reader], Iterable[Message | int]]) -> None:
        async def put() -> None:
            for reader in self.open_readers:
                for item in items(reader):
                    reader.outbox.put_nowait(item)

        asyncio.run_coroutine_threadsafe(put(), self.loop).result(5)

    # --- captions --------------------------------------------------------------------------------

    def _join(self, query: dict[str, str], kind: str) -> Reader:
        reader = Reader(query, kind, asyncio.Queue(), lang=query.get("lang", "source"))
        self.readers.append(reader)
        refusal = self.refuse_with or self._refusal(reader.lang)
        if refusal:
            self._refuse(reader, refusal)
            return reader
        self._greet(reader, int(query.get("since", self._newest())))
        self.open_readers.append(reader)
        return reader

    def _refusal(self, lang: str) -> str:
        return "language_unavailable" if lang.rsplit(",", maxsplit=1)[-1] in self.refuse_languages else ""

    def _refuse(self, reader: Reader, code: str) -> None:
        reader.outbox.put_nowait({"type": "error", "code": code, "message": "No."})
        close_codes = {"language_unavailable": 4400, "room_unknown": 4404}
        reader.outbox.put_nowait(close_codes.get(code, 4403))

    def _newest(self) -> int:
        return max((message["seq"] for message in [*self.history, *self.translations]), default=0)

    def _greet(self, reader: Reader, since: int) -> None:
        now = max((caption["end"] for caption in self.history), default=0.0)
        hello = {"type": "hello", "room": "r", "seq": self._newest(), "lang": reader.lang, "now": now}
        reader.outbox.put_nowait(hello | {"languages": ["source"], "open": []} | self.hello)
        for caption in self.history:
            for message in reader.rendering(caption, self.translations, self.no_route):
                if message["seq"] > since:
                    reader.outbox.put_nowait(message)

    def _switch(self, reader: Reader, message: dict[str, Any]) -> None:
        """Answer a wish for another language: a new hello, then everything in it."""
        reader.lang = message["lang"]
        if refusal := self._refusal(reader.lang):
            self._refuse(reader, refusal)
        else:
            self._greet(reader, message.get("since", 0))

    async def captions_socket(self, websocket: WebSocket) -> None:
        """Serve captions over a WebSocket."""
        if self.refuse_sockets:
            await websocket.close()
            return
        await websocket.accept()
        reader = self._join(dict(websocket.query_params), "socket")

        async def write() -> None:
            while not isinstance(item := await reader.outbox.get(), int):
                await websocket.send_text(json.dumps(item))
            await websocket.close(item)

        async def listen() -> None:
            try:
                while True:
                    reader.received.append(json.loads(await websocket.receive_text()))
                    self._switch(reader, reader.received[-1])
            except WebSocketDisconnect:
                return

        await _first_of(write(), listen())
        self._forget(reader)

    async def caption_events(self, request: Request) -> Response:
        """Serve captions as server-sent events."""
        reader = self._join(dict(request.query_params), "events")

        async def stream() -> AsyncIterator[str]:
            while not isinstance(item := await reader.outbox.get(), int):
                yield f"data: {json.dumps(item)}\n\n"
            self._forget(reader)

        return StreamingResponse(stream(), media_type="text/event-stream")

    def _forget(self, reader: Reader) -> None:
        if reader in self.open_readers:
            self.open_readers.remove(reader)

    # --- audio -----------------------------------------------------------------------------------

    async def audio_socket(self, websocket: WebSocket) -> None:
        """Take audio, cut where the script says so, and go on where a session stopped."""
        await websocket.accept()
        query = dict(websocket.query_params)
        if self.refuse_with:
            refusal = {"type": "error", "code": self.refuse_with, "message": "No."}
            await websocket.send_text(json.dumps(refusal))
            await websocket.close(4503)
            return
        session = query.get("session") or f"s{len(self.tracks) + 1}"
        if session in self.ended:
            await websocket.send_text(
                json.dumps({"type": "error", "code": "session_unknown", "message": "No."})
            )
            await websocket.close(4404)
            return
        track = self.tracks.setdefault(session, bytearray())
        connection = AudioConnection(query)
        self.audio.append(connection)
        offset = connection.at_16_khz(len(track) // 2)
        await websocket.send_text(json.dumps({"type": "ready", "session": session, "offset_samples": offset}))
        try:
            while not connection.stopped:
                await self._take(websocket, connection, track)
        except WebSocketDisconnect:
            return
        if self.stops != "lost":
            self.ended.add(session)

    async def _take(self, websocket: WebSocket, connection: AudioConnection, track: bytearray) -> None:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect
        if message.get("text"):
            assert json.loads(message["text"]) == {"type": "stop"}
            connection.stopped = True
            if self.stops == "answered":
                await websocket.send_text(json.dumps({"type": "stopped", "seq": 1}))
            await websocket.close()
            return
        connection.audio += message["bytes"]
        track += message["bytes"]
        if self.cut_audio_bytes and len(track) >= self.cut_audio_bytes[0]:
            self.cut_audio_bytes.pop(0)
            del track[connection.safe_bytes(track, self.unsafe_samples) :]
            await websocket.close(1012)
            raise WebSocketDisconnect
        if self.acknowledge:
            safe = connection.at_16_khz(connection.safe_bytes(track, self.unsafe_samples) // 2)
            await websocket.send_text(json.dumps({"type": "ack", "offset_samples": safe}))

    # --- the rest --------------------------------------------------------------------------------

    async def list_rooms(self, request: Request) -> Response:
        """Return the rooms, or refuse."""
        self.bearers.append(request.headers.get("authorization", ""))
        if self.rooms is None:
            return JSONResponse({"error": {"code": "refused", "message": "No."}}, 403)
        return JSONResponse({"rooms": self.rooms})

    async def create_room(self, request: Request) -> Response:
        """Note what is to be created."""
        body = await request.json()
        self.created.append(body)
        self.unknown_room = False
        return JSONResponse({"name": body.get("name", "brave-otter"), "title": body.get("title", "")}, 201)

    async def get_room(self, request: Request) -> Response:
        """Return a room with a title."""
        self.bearers.append(request.headers.get("authorization", ""))
        await until(self.room_gate.is_set)
        name = request.path_params["room"]
        title = name.replace("-", " ").capitalize()
        return JSONResponse({"name": name, "title": title, "glossary": [term["term"] for term in self.terms]})

    async def glossary(self, request: Request) -> Response:
        """Show names and terms or take them, tidied, or refuse; as a file they are named after it."""
        self.bearers.append(request.headers.get("authorization", ""))
        refusal = "room_unknown" if self.unknown_room else self.refuse_with
        if refusal:
            return JSONResponse({"error": {"code": refusal, "message": "Term 7 is wrong."}}, 400)
        if "format" in request.query_params:
            return PlainTextResponse(f"glossary as {request.query_params['format']}")
        if request.method == "PUT":
            sent = (await request.json())["terms"]
            terms = [{"term": term} if isinstance(term, str) else term for term in sent]
            self.terms = [term | {"term": term["term"].strip()} for term in terms if term["term"].strip()]
        return JSONResponse({"terms": self.terms})

    async def read_glossary(self, request: Request) -> Response:
        """Return what the next file holds, or refuse it."""
        self.kinds.append(request.headers["content-type"])
        if not self.files:
            error = {"code": "glossary_invalid", "message": "Line 3 of the file is no CSV."}
            return JSONResponse({"error": error}, 400)
        return JSONResponse({"terms": self.files.pop(0)})

    async def create_link(self, request: Request) -> Response:
        """Make a link for readers, or refuse."""
        self.bearers.append(request.headers.get("authorization", ""))
        if self.refuse_with:
            return JSONResponse({"error": {"code": self.refuse_with, "message": "No."}}, 403)
        url = f"https://elsewhere.example/rooms/{request.path_params['room']}?token=reader2.r.l1.1.s"
        return JSONResponse({"url": url, "expires_at": 1_800_000_000, "id": "l1"}, 201)

    async def list_links(self, _: Request) -> Response:
        """Say that there are no links."""
        return JSONResponse({"links": []})

    async def transcript(self, request: Request) -> Response:
        """Return a transcript that names its format and language, or refuse."""
        self.bearers.append(request.headers.get("authorization", ""))
        await until(self.transcript_gate.is_set)
        if self.refuse_with:
            return JSONResponse({"error": {"code": self.refuse_with, "message": "No."}}, 503)
        query = request.query_params
        return PlainTextResponse(f"transcript as {query['format']} in {query['lang']}")

    def app(self) -> Starlette:
        """Return the application."""
        routes = [
            Route("/", _page("index.html")),
            Route("/rooms/{room}", _page("read.html")),
            Route("/rooms/{room}/speak", _page("speak.html")),
            Route("/rooms/{room}/glossary", _page("glossary.html")),
            Route("/glossary", _page("glossary.html")),
            Route("/v1/rooms", self.list_rooms, methods=["GET"]),
            Route("/v1/rooms", self.create_room, methods=["POST"]),
            Route("/v1/rooms/{room}", self.get_room),
            Route("/v1/rooms/{room}/glossary", self.glossary, methods=["GET", "PUT"]),
            Route("/v1/glossary", self.glossary, methods=["GET", "PUT"]),
            Route("/v1/glossary/read", self.read_glossary, methods=["POST"]),
            Route("/v1/rooms/{room}/links", self.create_link, methods=["POST"]),
            Route("/v1/rooms/{room}/links", self.list_links, methods=["GET"]),
            Route("/v1/rooms/{room}/transcript", self.transcript),
            Route("/v1/rooms/{room}/captions/events", self.caption_events),
            WebSocketRoute("/v1/rooms/{room}/captions", self.captions_socket),
            WebSocketRoute("/v1/rooms/{room}/audio", self.audio_socket),
            Mount("/static", StaticFiles(directory=STATIC)),
        ]
        return Starlette(routes=routes)


def _page(name: str) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    async def page(_: Request) -> Response:
        return FileResponse(STATIC / name, headers={"Content-Security-Policy": POLICY})

    return page


async def _first_of(*parts: Coroutine[Any, Any, None]) -> None:
    tasks = [asyncio.ensure_future(part) for part in parts]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@contextmanager
def running_partner() -> Iterator[Partner]:
    """Run a partner on a free port in a thread of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    partner = Partner(listener.getsockname()[1])
    config = uvicorn.Config(
        partner.app(),
        log_config=None,
        lifespan="off",
        timeout_graceful_shutdown=1,
        ws="websockets-sansio",
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(
        target=lambda: partner.loop.run_until_complete(server.serve(sockets=[listener])), daemon=True
    )
    thread.start()
    try:
        yield partner
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
        partner.loop.close()
