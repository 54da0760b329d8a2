"""Sockets and event streams that get anything at all: an error frame or the next answer, and never a fault.

`scripts/fuzz sockets --examples 500` sends more of them, and others each time.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlencode

import av
import httpx
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.fakes import speech
from tests.waiting import PATIENCE_SECONDS
from tests.web.whole_service import WholeService, whole_service

_EXAMPLES = int(os.environ.get("ASSISTANT_FUZZ_EXAMPLES", "25"))
_SEEDED = "ASSISTANT_FUZZ_EXAMPLES" not in os.environ
_STOP = '{"type":"stop"}'
_FEW = settings(
    max_examples=_EXAMPLES,
    stateful_step_count=12,
    deadline=None,
    derandomize=_SEEDED,
    database=None,
    phases=(Phase.generate,) if _SEEDED else tuple(Phase),
    suppress_health_check=list(HealthCheck),
)

_KNOWN = {"ready", "ack", "stopped", "hello", "caption", "status", "error"}


def _recording() -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="webm", options={"live": "1"}) as output:
        stream = output.add_stream("libopus", rate=48_000, layout="mono")
        samples = np.zeros(48_000, dtype=np.int16)
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="s16", layout="mono")
        frame.sample_rate = 48_000
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()


_WEBM = _recording()
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_MESSAGES = st.fixed_dictionaries(
    {"type": st.sampled_from(["stop", "language", "ready", "error", "hello"]) | _JSON},
    optional={
        "lang": st.sampled_from(["source", "en", "fr,en", "pt", "xx", ""]) | _JSON,
        "since": st.integers(-5, 30) | st.sampled_from([10**30, 2**63, -1, 1.5]) | _JSON,
    },
)
_TEXTS = (
    st.text(max_size=60)
    | (_MESSAGES | _JSON).map(json.dumps)
    | st.sampled_from(["[" * 4_000, '{"type":"stop"', "1" * 5_000, '"\\ud800"', "NaN", "x" * 5_000, _STOP])
)


@st.composite
def _webm(draw: st.DrawFn) -> bytes:
    """Return a recording with some bytes changed, taken out or doubled, or nothing of one."""
    data = bytearray(draw(st.sampled_from([_WEBM, _WEBM, b"OggS" + bytes(60), b""])))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, max(0, len(data))))
        kind = draw(st.integers(0, 2))
        if kind == 0:
            data[at:at] = draw(st.binary(max_size=12))
        elif kind == 1:
            del data[at : at + draw(st.integers(1, 40))]
        else:
            data[at : at + 1] = bytes([draw(st.integers(0, 255))])
    return bytes(data)


_AUDIO = st.binary(max_size=300) | st.integers(1, 4).map(lambda words: speech(0, words).tobytes()) | _webm()
_FRAMES = st.lists(_AUDIO | _AUDIO | _TEXTS, max_size=6)
_NUMBERS = st.sampled_from(["16000", "48000", "7999", "1", "2", "3", "-1", "1e9", "9" * 40, "²", "", "NaN"])
_NAMES = st.text(max_size=20) | st.sampled_from(["source", "fr", "auto", "en,fr", "x" * 300, "\x00", "../.."])
_ROOMS = st.sampled_from(["conseil", "conseil", "conseil", "a%20b", "x/y", "..", "x" * 200, "%00", ""])


def _audio_query(participant: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, str]]:
    return st.fixed_dictionaries(
        {"participant": participant, "encoding": st.sampled_from(["pcm_s16le", "opus", "opus", "mp3"])},
        optional={
            "name": _NAMES,
            "language": _NAMES,
            "session": _NAMES,
            "sample_rate": _NUMBERS,
            "channels": _NUMBERS,
        },
    )


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeService]:
    """The service, with a talker whose connection outlives all others."""
    with whole_service(tmp_path_factory.mktemp("sockets")) as running:
        with _open(running, "audio", {"participant": "witness"}) as witness:
            assert json.loads(witness.recv(PATIENCE_SECONDS))["type"] == "ready"
            yield running
            witness.send(speech(0, 1).tobytes())
            witness.send(_STOP)
            told, code = _rest(witness)
            assert (told[-1]["type"], code) == ("stopped", 1_000)
        assert running.faults() == []
        for token in filter(None, running.tokens.values()):
            assert token not in running.log()


def _open(service: WholeService, door: str, query: dict[str, str], room: str = "conseil") -> ClientConnection:
    url = f"{service.url.replace('http', 'ws', 1)}/v1/rooms/{room}/{door}"
    text = urlencode({"token": service.tokens["service"]} | query, errors="surrogatepass")
    return connect(f"{url}?{text}", proxy=None, open_timeout=PATIENCE_SECONDS, compression=None)


def _send(socket: ClientConnection, frames: list[bytes | str]) -> None:
    try:
        for frame in frames:
            socket.send(frame)
    except (ConnectionClosed, UnicodeEncodeError):
        return  # it was let go before the rest; or there is no such text


def _rest(socket: ClientConnection) -> tuple[list[dict[str, Any]], int | None]:
    """Return all that comes until the service closes, and the close code."""
    told = []
    try:
        while True:
            message = json.loads(socket.recv(PATIENCE_SECONDS))
            assert message["type"] in _KNOWN
            assert message.get("code") != "internal", message
            told.append(message)
    except ConnectionClosed as closed:
        return told, closed.rcvd.code if closed.rcvd else None


def _check_end(told: list[dict[str, Any]], code: int | None) -> None:
    """Check that a conversation ended with a reason."""
    assert code is not None
    assert code == 1_000 or 4_400 <= code < 4_500 or code == 4_503, (told, code)
    if code != 1_000:
        assert told[-1]["type"] == "error"
        assert told[-1]["message"].endswith((".", "…"))


def test_the_audio_socket_takes_anything(service: WholeService) -> None:
    """Queries, texts, JSON and bytes: in the end it says “stopped”, or why not."""

    @_FEW
    @given(query=_audio_query(_NAMES | st.just("guest")), frames=_FRAMES, room=_ROOMS)
    def check(query: dict[str, str], frames: list[bytes | str], room: str) -> None:
        with _open(service, "audio", query, room) as socket:
            _send(socket, [*frames, _STOP])
            _check_end(*_rest(socket))

    check()


def test_opus_that_is_damaged_is_no_fault(service: WholeService) -> None:
    """Damaged recordings come in pieces, as a browser sends them."""

    @_FEW
    @given(data=_webm(), piece=st.integers(1, 400))
    def check(data: bytes, piece: int) -> None:
        query = {"participant": "damaged", "encoding": "opus"}
        with _open(service, "audio", query) as socket:
            pieces = [data[at : at + piece] for at in range(0, min(len(data), 60 * piece), piece)]
            _send(socket, [*pieces, _STOP])
            _check_end(*_rest(socket))

    check()


def test_the_captions_socket_takes_anything(service: WholeService) -> None:
    """A reader may ask for another language; whatever else comes ends the connection with a reason."""

    @_FEW
    @given(
        lang=_NAMES,
        since=_NUMBERS | st.integers(-5, 40).map(str),
        frames=st.lists(_TEXTS | st.binary(max_size=20), max_size=5),
        room=_ROOMS,
    )
    def check(lang: str, since: str, frames: list[bytes | str], room: str) -> None:
        with _open(service, "captions", {"lang": lang, "since": since}, room) as socket:
            _send(socket, [*frames, "the end"])
            _check_end(*_rest(socket))

    check()


@pytest.mark.parametrize("path", ["captions/events", "minutes/events"])
def test_event_streams_take_any_query(path: str, service: WholeService) -> None:
    """What cannot be is refused before the stream begins, in the shape of all errors."""
    tokens = [service.tokens[who] for who in ("service", "service", "reader", "stranger", "nobody")]
    with httpx.Client(base_url=service.url, trust_env=False, timeout=PATIENCE_SECONDS) as http:

        @_FEW
        @given(
            lang=_NAMES,
            since=_NUMBERS | st.integers(-5, 40).map(str),
            resumed=_NUMBERS,
            token=st.sampled_from(tokens),
            room=st.sampled_from(["conseil", "conseil", "nowhere", "..", "a%2Fb", "%00"]),
        )
        def check(lang: str, since: str, resumed: str, token: str, room: str) -> None:
            query = urlencode({"lang": lang, "since": since, "token": token}, errors="surrogatepass")
            headers = {b"Last-Event-ID": resumed.encode("latin-1", "replace")} if resumed else {}
            with http.stream("GET", f"/v1/rooms/{room}/{path}?{query}", headers=headers) as answer:
                if answer.status_code == 200:
                    assert next(answer.iter_text()).startswith("retry: ")
                else:
                    answer.read()
                    assert 400 <= answer.status_code < 500 or answer.status_code == 503, answer.text
                    assert set(answer.json()["error"]) == {"code", "message", "retryable"}

        check()


class Talkers(RuleBasedStateMachine):
    """Connections that come, send, break and come back in any order."""

    service: WholeService
    connections = Bundle("connections")

    @initialize()
    def begin(self) -> None:
        """Nobody is there yet."""
        self.opened = ExitStack()
        self.sessions: list[str] = ["", "unknown", "../../x"]

    @rule(
        target=connections,
        who=st.sampled_from(["ana", "bo"]),
        encoding=st.sampled_from(["pcm_s16le", "opus"]),
    )
    def join(self, who: str, encoding: str) -> ClientConnection:
        """A participant joins, perhaps in the place of an own connection."""
        opening = _open(self.service, "audio", {"participant": who, "encoding": encoding})
        socket = self.opened.enter_context(opening)
        first = json.loads(socket.recv(PATIENCE_SECONDS))
        if first["type"] == "ready":
            self.sessions.append(first["session"])
        return socket

    @rule(target=connections, which=st.integers(0, 30), who=st.sampled_from(["ana", "bo"]))
    def resume(self, which: int, who: str) -> ClientConnection:
        """Somebody resumes a session: an own one, another's, an ended one, or one that never was."""
        session = self.sessions[which % len(self.sessions)]
        opening = _open(self.service, "audio", {"participant": who, "session": session})
        return self.opened.enter_context(opening)

    @rule(socket=connections, frames=_FRAMES)
    def send(self, socket: ClientConnection, frames: list[bytes | str]) -> None:
        """Anything comes over a connection."""
        _send(socket, frames)

    @rule(socket=consumes(connections))
    def stop(self, socket: ClientConnection) -> None:
        """A connection ends in order, or has ended with a reason."""
        _send(socket, [_STOP])
        _check_end(*_rest(socket))

    @rule(socket=consumes(connections))
    def vanish(self, socket: ClientConnection) -> None:
        """A connection ends without a word."""
        socket.close()

    @rule(lang=st.sampled_from(["source", "en"]))
    def read(self, lang: str) -> None:
        """A reader looks in."""
        with _open(self.service, "captions", {"lang": lang}) as socket:
            assert json.loads(socket.recv(PATIENCE_SECONDS))["type"] in {"hello", "error"}

    @invariant()
    def nothing_failed(self) -> None:
        """The service logs no fault."""
        assert self.service.faults() == []

    def teardown(self) -> None:
        """Everybody leaves."""
        self.opened.close()


def test_connections_in_any_order(service: WholeService) -> None:
    """Joining, resuming, breaking off and stopping in any order ends each connection with a reason."""
    machine = type("Talkers", (Talkers,), {"service": service})
    run_machine(machine, settings=settings(_FEW, max_examples=max(5, _EXAMPLES // 3)))
