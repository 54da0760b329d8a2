"""The reader's socket, over a real server."""

from __future__ import annotations

import json
import socket as sockets
from typing import Any

import pytest

from assistant.client.messages import CaptionEvent, parse_message
from assistant.core.captions.caption import Translation
from assistant.core.captions.lateness import Status
from assistant.core.errors import LanguageUnavailable, MessageInvalid, RoomDeleted
from assistant.web.messages import LanguageMessage
from assistant.web.messages import parse_message as parse_frame
from tests.captions import a_caption
from tests.waiting import until
from tests.web.fakes import FakeCaptions
from tests.web.serving import Service, ending, receive, serving


async def _works(service: Service) -> None:
    """Show that another reader gets captions."""
    async with service.captions() as socket:
        assert (await receive(socket))["type"] == "hello"
        service.fake.publish(a_caption(50))
        assert (await receive(socket))["seq"] == 50


async def test_hello_then_captions_as_the_contract_writes_them() -> None:
    """`hello` comes first; a caption has exactly the fields of the contract."""
    async with serving() as service, service.captions() as socket:
        assert await receive(socket) == {
            "type": "hello",
            "room": "weekly",
            "seq": 7,
            "lang": "source",
            "now": 12.346,
            "languages": ["source", "pt"],
            "open": ["open1"],
        }
        service.fake.publish(a_caption(8))
        assert await receive(socket) == {
            "type": "caption",
            "seq": 8,
            "id": "c8",
            "rev": 8,
            "participant": "p1",
            "speaker": "Ana",
            "lang": "fr",
            "source_lang": "fr",
            "text": "Bonjour à tous.",
            "stable": 15,
            "final": True,
            "start": 1.0,
            "end": 2.346,
            "edited": False,
        }


async def test_refined_is_said_only_of_the_second_pass() -> None:
    """`refined` is true on a better second pass and absent otherwise."""
    async with serving() as service, service.captions() as socket:
        await receive(socket)
        service.fake.publish(a_caption(8, refined=True))
        service.fake.publish(a_caption(9, edited=True))
        assert (await receive(socket))["refined"] is True
        edited = await receive(socket)
        assert edited["edited"] is True
        assert "refined" not in edited


async def test_our_own_client_reads_what_is_written() -> None:
    """The client's parser and the service agree on every field."""
    async with serving() as service, service.captions() as socket:
        await receive(socket)
        service.fake.publish(a_caption(8, final=False, stable=7))
        message = parse_message(await socket.recv())
        assert isinstance(message, CaptionEvent)
        assert (message.seq, message.stable, message.final, message.end_seconds) == (8, 7, False, 2.346)


async def test_lateness_is_told() -> None:
    """A status of the room reaches its readers."""
    async with serving() as service, service.captions() as socket:
        await receive(socket)
        service.fake.publish(Status(4.0, degraded=True))
        assert await receive(socket) == {"type": "status", "behind_seconds": 4.0, "degraded": True}


async def test_what_was_missed_comes_first() -> None:
    """With `since`, captions after it follow the greeting."""
    fake = FakeCaptions(finals={"weekly": [a_caption(3), a_caption(5), a_caption(6)]})
    async with serving(fake) as service, service.captions("?since=4") as socket:
        await receive(socket)
        assert [(await receive(socket))["seq"] for _ in range(2)] == [5, 6]


async def test_a_language_that_is_switched_to_begins_anew() -> None:
    """A language message is answered by a hello and everything in that language; the old feed ends."""
    fake = FakeCaptions(finals={"weekly": [a_caption(3), a_caption(5)]})
    async with serving(fake) as service, service.captions("?lang=pt-BR") as socket:
        assert (await receive(socket))["lang"] == "pt"
        await socket.send(json.dumps({"type": "language", "lang": "source"}))
        assert (await receive(socket))["lang"] == "source"
        assert [(await receive(socket))["seq"] for _ in range(2)] == [3, 5]
        await until(fake.feeds[0].closed.is_set)
        await socket.send(json.dumps({"type": "language", "lang": "source,pt", "since": 3}))
        assert (await receive(socket))["lang"] == "source,pt"
        assert (await receive(socket))["seq"] == 5
        service.fake.publish(a_caption(8))
        assert (await receive(socket))["seq"] == 8


async def test_a_translation_says_what_it_translates_and_how() -> None:
    """Translations carry the revision they translate, the languages between, and what was translated."""
    async with serving() as service, service.captions("?lang=pt") as socket:
        await receive(socket)
        service.fake.publish(a_caption(8, lang="pt", translation=Translation("pt", 4, ("en",))))
        service.fake.publish(a_caption(9, lang="pt", translation=Translation("pt", 5, how="speech")))
        service.fake.publish(a_caption(10, translation=Translation("pt", 6, problem="no_route")))
        service.fake.publish(a_caption(11, lang="pt", translation=Translation("pt", 7, rough=True)))
        through, spoken, untranslated, rough = [await receive(socket) for _ in range(4)]
        assert (through["lang"], through["source_rev"], through["via"]) == ("pt", 4, ["en"])
        assert "how" not in through
        assert (spoken["how"], "via" in spoken) == ("speech", False)
        assert (untranslated["lang"], untranslated["untranslated"]) == ("fr", "no_route")
        assert "source_rev" not in untranslated
        assert rough["rough"] is True
        assert not any("rough" in message for message in (through, spoken, untranslated))


_BAD_QUERIES = [
    ("?lang=klingon", "language_unknown"),
    ("?lang=de", "language_unavailable"),
    ("?since=8", "since_in_future"),
    ("?since=99999999999999999999", "invalid_input"),
    ("?since=-1", "invalid_input"),
    ("?since=yesterday", "invalid_input"),
]


async def test_bad_queries_are_named() -> None:
    """What a reader cannot have gets its code, as JSON, and does not touch others."""
    async with serving() as service:
        for query, code in _BAD_QUERIES:
            async with service.captions(query) as socket:
                assert (query, await ending(socket)) == (query, (code, 4400))
        await _works(service)


async def test_odd_room_names_are_refused() -> None:
    """A room name with odd characters is named as such, slashes included."""
    async with serving() as service:
        for room in ("we%20ekly", "a%2Fb", "%3Cscript%3E", ".hidden"):
            async with service.socket(f"/v1/rooms/{room}/captions") as socket:
                assert await ending(socket) == ("room_name_invalid", 4400)


_BAD_MESSAGES: list[tuple[str | bytes, str, int]] = [
    ("hello", "message_invalid", 4400),
    ('{"type":"stop"}', "message_invalid", 4400),
    ('{"type":"language"}', "message_invalid", 4400),
    ('{"type":"language","lang":"pt","since":-1}', "message_invalid", 4400),
    ('{"type":"language","lang":"pt,en"}', "language_unknown", 4400),
    (b"\0\1", "message_invalid", 4400),
    ('{"type":"language","lang":"klingon"}', "language_unknown", 4400),
    ('{"type":"language","lang":"de"}', LanguageUnavailable.code, 4400),
    ('{"type":"language","lang":"' + "p" * 5_000 + '"}', "frame_too_large", 4413),
]


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        ('{"type":"language"}', "“lang”: Field required"),
        ('{"type":"language","lang":"pt","since":"x"}', "“since”"),
        ('{"type":"language","lang":["pt"]}', "“lang”"),
        ('{"type":"stop"}', "Only messages of type “language”"),
        ('{"lang":"pt"}', "Only messages of type “language”"),
        ("[]", "Only messages of type “language”"),
        ("{", "Only messages of type “language”"),
    ],
)
def test_what_is_wrong_with_a_message_is_said(frame: str, told: str) -> None:
    """A field where it is the right message, else which message may come."""
    with pytest.raises(MessageInvalid, match=told):
        parse_frame(LanguageMessage, frame)


async def test_bad_messages_end_one_reader_only() -> None:
    """What is no message of a reader gets its code; the feed is closed; others go on."""
    async with serving() as service:
        for frame, code, close_code in _BAD_MESSAGES:
            async with service.captions() as socket:
                await receive(socket)
                await socket.send(frame)
                assert (frame[:80], await ending(socket)) == (frame[:80], (code, close_code))
            await until(service.fake.feeds[-1].closed.is_set)
            await _works(service)


async def test_a_reader_that_leaves_is_noticed() -> None:
    """The feed of a reader that is gone is closed without waiting for a caption."""
    async with serving() as service:
        async with service.captions() as socket:
            await receive(socket)
        await until(service.fake.feeds[0].closed.is_set)
        async with service.captions() as socket:
            await receive(socket)
            socket.transport.abort()
        await until(service.fake.feeds[1].closed.is_set)


async def test_readers_of_a_deleted_room_are_told() -> None:
    """The service's reason for ending a feed reaches the reader with its close code."""
    async with serving() as service, service.captions() as socket:
        await receive(socket)
        service.fake.publish(RoomDeleted("This room was deleted."))
        assert await ending(socket) == ("room_deleted", 4410)


def _deaf_socket(service: Service) -> sockets.socket:
    """Return a connected socket that buffers next to nothing."""
    deaf = sockets.socket()
    deaf.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4_096)
    deaf.connect(("127.0.0.1", service.server.port))
    return deaf


async def test_a_stuck_reader_holds_nobody_up_and_is_let_go() -> None:
    """A reader that reads nothing loses its feed; others get every caption meanwhile, in time."""
    async with serving(reader_stall_seconds=0.3) as service:
        options: dict[str, Any] = {"sock": _deaf_socket(service), "max_queue": 1, "ping_interval": None}
        async with service.captions(**options) as stuck, service.captions() as other:
            await receive(other)
            for number in range(400):
                service.fake.publish(a_caption(8 + number, "x" * 9_000))
                assert (await receive(other))["seq"] == 8 + number
            await until(service.fake.feeds[0].closed.is_set)
            assert not service.fake.feeds[1].closed.is_set()
            stuck.transport.abort()


async def test_a_reader_that_wakes_up_learns_why_it_was_let_go() -> None:
    """After it was let go, a reader that reads on finds reader_too_slow at the end."""
    async with serving(reader_stall_seconds=1.5) as service:
        options: dict[str, Any] = {"sock": _deaf_socket(service), "max_queue": 1, "ping_interval": None}
        async with service.captions(**options) as stuck:
            for number in range(400):
                service.fake.publish(a_caption(8 + number, "x" * 9_000))
            await until(service.fake.feeds[0].closed.is_set)
            assert await ending(stuck) == ("reader_too_slow", 4429)
