"""Whoever tries tokens waits longer and longer; whoever has one never does."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from assistant.web.client_address import client_address
from assistant.web.wrong_tokens import WrongTokens
from tests.fakes import ManualClock
from tests.waiting import PATIENCE_SECONDS, until
from tests.web.serving import ending, serving

_TOKEN = "the-token-of-the-service"  # noqa: S105 - guards nothing
_OFFICER = "the-token-of-an-officer"


class Pauses:
    """Notes how long would have been waited; with a gate, really waits until that opens."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.gate: asyncio.Event | None = None

    async def __call__(self, seconds: float) -> None:
        """Take the place of a sleep."""
        self.seconds.append(seconds)
        if self.gate:
            await self.gate.wait()


async def test_pauses_grow_for_one_address_and_for_no_other() -> None:
    """The first few are free, then they double up to a bound; after a quarter of an hour all is forgotten."""
    clock, pauses = ManualClock(), Pauses()
    wrong = WrongTokens(clock, sleep=pauses)
    for _ in range(13):
        await wrong.slow_down("10.0.0.1")
    assert pauses.seconds[:4] == [0.1, 0.2, 0.4, 0.8]
    assert pauses.seconds == sorted(pauses.seconds)
    assert pauses.seconds[-1] == 5.0
    before = len(pauses.seconds)
    await wrong.slow_down("10.0.0.2")
    clock.seconds += 901
    await wrong.slow_down("10.0.0.1")
    assert len(pauses.seconds) == before


@settings(max_examples=20)
@given(st.lists(st.integers(0, 50), max_size=200))
def test_few_addresses_are_remembered(addresses: list[int]) -> None:
    """However many there are: the latest, so that memory has a bound."""
    wrong = WrongTokens(ManualClock(), sleep=Pauses(), most_addresses=10)

    async def try_all() -> None:
        for address in addresses:
            await wrong.slow_down(str(address))
            assert wrong.addresses <= 10

    asyncio.run(try_all())


async def test_who_goes_on_is_told_of_in_the_log() -> None:
    """With the address and a count, ever more rarely."""
    wrong = WrongTokens(ManualClock(), sleep=Pauses())
    with capture_logs() as events:
        for _ in range(100):
            await wrong.slow_down("10.0.0.1")
    assert [(event["event"], event["count"]) for event in events] == [
        ("wrong_tokens", count) for count in (8, 16, 32, 64)
    ]


async def test_a_right_token_is_not_held_up_by_wrong_ones_of_the_same_address() -> None:
    """Requests and sockets; while dozens of wrong ones wait for their answer, behind the same address."""
    pauses = Pauses()
    pauses.gate = asyncio.Event()
    wrong = WrongTokens(ManualClock(), sleep=pauses)
    async with serving(token=_TOKEN, wrong_tokens=wrong) as service:
        await service.fake.rooms.create_room("weekly")
        guesses = [asyncio.create_task(service.http.get(f"/v1/rooms?token=guess{n}")) for n in range(30)]
        await until(lambda: len(pauses.seconds) >= 25)
        async with asyncio.timeout(PATIENCE_SECONDS):
            answer = await service.http.get("/v1/rooms", headers={"Authorization": f"Bearer {_TOKEN}"})
            assert answer.status_code == 200
            async with service.captions(f"?token={_TOKEN}") as socket:
                await socket.recv()
        assert sum(guess.done() for guess in guesses) <= 5
        pauses.gate.set()
        assert {answer.status_code for answer in await asyncio.gather(*guesses)} == {401}


async def test_every_way_to_try_a_token_is_counted() -> None:
    """By header and address, for requests and sockets, links that are false, and officers' tokens."""
    pauses = Pauses()
    wrong = WrongTokens(ManualClock(), sleep=pauses)
    async with serving(token=_TOKEN, officer_tokens=(_OFFICER,), wrong_tokens=wrong) as service:
        await service.fake.rooms.create_room("weekly")
        for _ in range(5):
            await service.http.get("/v1/rooms", headers={"Authorization": "Bearer guess"})
        assert pauses.seconds == []
        await service.http.get("/v1/rooms?token=guess")
        await service.http.get("/v1/rooms?token=reader2.weekly.1.4000000000.guess")
        async with service.captions("?token=guess") as socket:
            assert await ending(socket) == ("token_invalid", 4401)
        own = {"Authorization": f"Bearer {_TOKEN}"}
        await service.http.get("/v1/rooms", headers=own | {"X-Officer-Token": "guess"})
        assert pauses.seconds == [0.1, 0.2, 0.4, 0.8]
        await service.http.get("/v1/rooms", headers=own | {"X-Officer-Token": _OFFICER})
        await service.http.get("/v1/rooms", headers=own)
        await service.http.get("/v1/rooms")  # none at all is no guess
        assert len(pauses.seconds) == 4


@pytest.mark.parametrize(
    ("client", "address"),
    [
        (("192.0.2.7", 1234), "192.0.2.7"),
        (("2001:db8:1:2:3:4:5:6", 1), "2001:db8:1:2::/64"),
        (("::ffff:192.0.2.7", 1), "192.0.2.7"),
        (("testclient", 1), "testclient"),
        (None, ""),
    ],
)
def test_an_address_counts_as_one_client(client: tuple[str, int] | None, address: str) -> None:
    """Of IPv6 the network of a household, since it has all addresses in it."""
    assert client_address({"type": "http", "client": client}) == address


async def test_a_collector_has_a_token_of_its_own() -> None:
    """It opens the measurements and nothing else; that of the service opens them too."""
    collector = "the-token-of-a-collector"
    async with serving(token=_TOKEN, metrics_token=collector) as service:
        for token, path, status in (
            (collector, "/metrics", 200),
            (_TOKEN, "/metrics", 200),
            (collector, "/v1/rooms", 403),
            (collector, "/metrics/", 403),
            ("guess", "/metrics", 401),
        ):
            answer = await service.http.get(path, headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == status, (token, path)
        assert (await service.http.get("/metrics")).status_code == 401
    async with serving(token=_TOKEN) as service:  # none is set: an empty one opens nothing
        assert (await service.http.get("/metrics?token=")).status_code == 401
