"""How many connections one address and one token may have, and who makes room when there are no more."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from assistant.core.errors import AssistantError, TooManyConnections, TooManyReaders, TooManyTracks
from assistant.web.client_address import ClientAddresses, counted_as
from assistant.web.descriptors import raise_descriptor_limit
from assistant.web.limits import Limits
from tests.waiting import until
from tests.web.limits.raw_http import RawClient, connected
from tests.web.serving import Service, ending, receive, serving

_ASK = "GET /v1/rooms HTTP/1.1\r\nHost: {host}\r\n{further}\r\n"


async def _asks(client: RawClient, service: Service, further: str = "") -> tuple[int, str]:
    await client.send(_ASK.format(host=service.host, further=further))
    answer = await client.answer()
    return answer.status, answer.code


async def _readers(
    stack: AsyncExitStack, service: Service, count: int, **options: Any
) -> list[ClientConnection]:
    found = []
    for _ in range(count):
        socket = await stack.enter_async_context(service.captions(**options))
        assert (await receive(socket))["type"] == "hello"
        found.append(socket)
    return found


async def test_an_address_has_so_many_connections() -> None:
    """One more is refused with a code; who comes from another address is served."""
    async with serving(limits=Limits(max_connections_per_address=3)) as service, AsyncExitStack() as stack:
        await _readers(stack, service, 3)
        async with connected(service) as client:
            answer = await client.answer()
            assert (answer.status, answer.code) == (429, "too_many_connections")
            await client.ended()
        async with connected(service, "127.0.0.2") as client:
            assert await _asks(client, service) == (200, "")


async def test_idle_connections_of_an_address_make_room() -> None:
    """A browser that left some open is not shut out by them: the oldest one ends."""
    async with serving(limits=Limits(max_connections_per_address=3)) as service, AsyncExitStack() as stack:
        idle = [await stack.enter_async_context(connected(service)) for _ in range(3)]
        for client in idle:
            assert await _asks(client, service) == (200, "")
        await _readers(stack, service, 1)
        await idle[0].ended()
        assert await _asks(idle[1], service) == (200, "")


async def test_nobody_is_believed_about_addresses_but_named_proxies() -> None:
    """A header does not help who is at the limit; what a named proxy says counts its clients apart."""
    limits = Limits(max_connections_per_address=2)
    forwarded = {"X-Forwarded-For": "203.0.113.7"}
    async with serving(limits=limits) as service, AsyncExitStack() as stack:
        await _readers(stack, service, 2, additional_headers=forwarded)
        async with connected(service) as client:
            assert (await client.answer()).code == "too_many_connections"
    limits = Limits(max_connections_per_address=2, trusted_proxies=("127.0.0.0/8",))
    async with serving(limits=limits) as service, AsyncExitStack() as stack:
        await _readers(stack, service, 2, additional_headers=forwarded)
        async with connected(service) as client:
            refused = await _asks(client, service, "X-Forwarded-For: 203.0.113.7\r\n")
            assert refused == (429, "too_many_connections")
        async with connected(service) as client:  # what a client made up stands before what the proxy wrote
            made_up = "X-Forwarded-For: 198.51.100.1, 203.0.113.7\r\n"
            assert await _asks(client, service, made_up) == (429, "too_many_connections")
        async with connected(service) as client:
            assert await _asks(client, service, "X-Forwarded-For: 203.0.113.8\r\n") == (200, "")


async def test_a_hall_of_readers_comes_in_through_one_link() -> None:
    """A thousand sockets with one token from one address get their captions, by the usual limits."""
    count = 1_000
    raise_descriptor_limit()
    async with serving(token="a-token-of-the-service") as service, AsyncExitStack() as stack:  # noqa: S106
        link = (await service.server._services.links.offer("weekly", None)).url
        token = link.partition("token=")[2].partition("&")[0]
        arriving = asyncio.Semaphore(50)

        async def enter() -> ClientConnection:
            async with arriving:
                socket = await service.captions(f"?token={token}", ping_interval=None, open_timeout=60)
                stack.push_async_callback(socket.close)
                assert (await receive(socket))["type"] == "hello"
                return socket

        hall = await asyncio.gather(*(enter() for _ in range(count)))
        assert len(service.server.admission) >= count
        assert len(hall) == count
        answer = await service.http.get("/health/live")
        assert answer.status_code == 200


@pytest.mark.parametrize("kind", ["reader", "stream"])
async def test_a_token_has_so_many_readers(kind: str) -> None:
    """One more is told so, on a socket as in a stream; another token reads on."""
    tokens: dict[str, Any] = {"token": "token-of-the-service", "officer_tokens": ("token-of-the-officer",)}
    async with (
        serving(limits=Limits(max_readers_per_credential=2), **tokens) as service,
        AsyncExitStack() as stack,
    ):
        mine, other = "?token=token-of-the-service", "?token=token-of-the-officer"
        for _ in range(2):
            socket = await stack.enter_async_context(service.captions(mine))
            assert (await receive(socket))["type"] == "hello"
        if kind == "reader":
            async with service.captions(mine) as socket:
                assert await ending(socket) == ("too_many_readers", 4429)
        else:
            answer = await service.http.get(f"/v1/rooms/weekly/captions/events{mine}")
            assert (answer.status_code, answer.json()["error"]["code"]) == (429, "too_many_readers")
        async with service.captions(other) as socket:
            assert (await receive(socket))["type"] == "hello"


async def test_a_reader_who_leaves_makes_room() -> None:
    """What is counted is what is open."""
    async with serving(limits=Limits(max_readers_per_credential=1)) as service:
        for _ in range(3):
            async with service.captions() as socket:
                assert (await receive(socket))["type"] == "hello"
            await until(lambda: not len(service.server.admission))


async def test_a_token_has_so_many_tracks() -> None:
    """One more is told so; readers of the same token are not concerned."""
    async with serving(limits=Limits(max_tracks_per_credential=2)) as service, AsyncExitStack() as stack:
        for who in ("ana", "ben"):
            socket = await stack.enter_async_context(service.audio(who))
            assert (await receive(socket))["type"] == "ready"
        async with service.audio("cleo") as socket:
            assert await ending(socket) == ("too_many_tracks", 4429)
        await _readers(stack, service, 1)


async def test_a_token_has_so_many_connections() -> None:
    """Sockets and requests count together; whoever watches the service still sees it."""
    async with serving(limits=Limits(max_connections_per_credential=2)) as service, AsyncExitStack() as stack:
        await _readers(stack, service, 2)
        answer = await service.http.get("/v1/rooms")
        assert (answer.status_code, answer.json()["error"]["code"]) == (429, "too_many_connections")
        async with service.audio() as socket:
            assert await ending(socket) == ("too_many_connections", 4429)
        assert (await service.http.get("/health/live")).status_code == 200


async def test_idle_connections_go_first_when_there_is_no_room() -> None:
    """Who only connects, or sends slowly, makes room for who comes; who is served does not."""
    async with serving(limits=Limits(max_connections=4)) as service, AsyncExitStack() as stack:
        speaker = await stack.enter_async_context(service.audio())
        assert (await receive(speaker))["type"] == "ready"
        idle = [await stack.enter_async_context(connected(service)) for _ in range(20)]
        slow = await stack.enter_async_context(connected(service))
        await slow.send(f"POST /v1/rooms HTTP/1.1\r\nHost: {service.host}\r\nContent-Length: 9000\r\n\r\nx")
        for who in ("ben", "cleo", "dora"):
            socket = await stack.enter_async_context(service.audio(who))
            assert (await receive(socket))["type"] == "ready"
        for client in (*idle, slow):
            await client.ended()
        await speaker.send(bytes(32_000))
        assert (await receive(speaker))["type"] == "ack"
        async with connected(service) as client:  # all are served, so the next one is refused, in words
            answer = await client.answer()
            assert (answer.status, answer.code) == (503, "capacity_reached")


async def test_readers_leave_room_for_who_talks() -> None:
    """However many want to read, a part of the places is for those who are to be read."""
    async with serving(limits=Limits(max_connections=8)) as service, AsyncExitStack() as stack:
        await _readers(stack, service, 6)
        async with service.captions() as socket:
            assert await ending(socket) == ("capacity_reached", 4503)
        for who in ("ana", "ben"):
            speaker = await stack.enter_async_context(service.audio(who))
            assert (await receive(speaker))["type"] == "ready"


async def test_a_room_can_be_full_and_empty_again() -> None:
    """No place is lost, however connections end."""
    async with serving(limits=Limits(max_connections=10)) as service:
        for number in range(30):
            async with connected(service) as client:
                if number % 3 == 0:
                    await client.send("nonsense\r\n\r\n")
                elif number % 3 == 1:
                    assert await _asks(client, service) == (200, "")
                else:
                    await client.send("GET / HTTP/1.1\r\n")
                    client.writer.transport.abort()
        await until(lambda: not len(service.server.admission))
        admission = service.server.admission
        assert not admission._waiting
        assert not admission._sending
        assert not admission._of


@pytest.mark.parametrize(
    ("peer", "headers", "client"),
    [
        ("10.0.0.1", {"x-forwarded-for": "203.0.113.7"}, "203.0.113.7"),
        ("10.0.0.1", {"x-forwarded-for": "198.51.100.9, 203.0.113.7"}, "203.0.113.7"),
        ("10.0.0.1", {"x-forwarded-for": "203.0.113.7, 10.0.0.2"}, "203.0.113.7"),
        ("10.0.0.1", {"x-forwarded-for": "203.0.113.7:4711"}, "203.0.113.7"),
        ("10.0.0.1", {"forwarded": 'for="[2001:db8::1]:4711";proto=https'}, "2001:db8::1"),
        ("10.0.0.1", {"forwarded": "proto=https;For=203.0.113.7, for=10.0.0.9"}, "203.0.113.7"),
        ("10.0.0.1", {"x-forwarded-for": "unknown"}, "10.0.0.1"),
        ("10.0.0.1", {"x-forwarded-for": "203.0.113.7, <script>"}, "10.0.0.1"),
        ("10.0.0.1", {"x-forwarded-for": "203.0.113.7", "forwarded": "for=198.51.100.9"}, "10.0.0.1"),
        ("10.0.0.1", {"x-forwarded-for": "203.0.113.7", "forwarded": "for=203.0.113.7"}, "203.0.113.7"),
        ("10.0.0.1", {}, "10.0.0.1"),
        ("192.0.2.1", {"x-forwarded-for": "203.0.113.7"}, "192.0.2.1"),
        ("::ffff:10.0.0.1", {"x-forwarded-for": "203.0.113.7"}, "203.0.113.7"),
    ],
)
def test_the_client_behind_proxies(peer: str, headers: dict[str, str], client: str) -> None:
    """The last address that no trusted proxy has is the client's, unless two headers name two clients."""
    addresses = ClientAddresses(["10.0.0.0/8"])
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    assert addresses.client_of(peer, pairs) == client


def test_a_network_of_ipv6_is_one_address() -> None:
    """A customer has 2⁶⁴ of them."""
    assert counted_as("2001:db8::1") == counted_as("2001:db8::ffff")
    assert counted_as("2001:db8:0:1::1") != counted_as("2001:db8::1")
    assert counted_as("::ffff:203.0.113.7") == counted_as("203.0.113.7")


def test_limits_are_errors_of_the_tree() -> None:
    """Each has a code and may be tried again."""
    for kind in (TooManyConnections, TooManyReaders, TooManyTracks):
        assert issubclass(kind, AssistantError)
        assert kind.retryable
