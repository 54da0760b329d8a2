"""A client that sends what no library would, byte by byte."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tests.waiting import PATIENCE_SECONDS
from tests.web.serving import Service


@dataclass
class Answer:
    """What came back: the status and the code of the error, empty where there is none."""

    status: int
    code: str
    message: str = ""


@dataclass
class RawClient:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, *parts: str | bytes) -> None:
        """Send bytes as they are."""
        for part in parts:
            self.writer.write(part.encode() if isinstance(part, str) else part)
        await self.writer.drain()

    async def answer(self) -> Answer:
        """Read one response."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            status = int(head.split(maxsplit=2)[1])
            lengths = [line[15:] for line in head.lower().splitlines() if line.startswith("content-length:")]
            body = await self.reader.readexactly(int(lengths[0])) if lengths else b""
        error = json.loads(body).get("error", {}) if body.startswith(b"{") else {}
        return Answer(status, error.get("code", ""), error.get("message", ""))

    async def ended(self) -> None:
        """Wait until the other side has ended the connection."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            try:
                while await self.reader.read(1 << 16):
                    pass
            except ConnectionError:
                return


@asynccontextmanager
async def connected(service: Service, address: str = "127.0.0.1") -> AsyncIterator[RawClient]:
    """Connect from an address of the loopback network."""
    host, _, port = service.host.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port), local_addr=(address, 0))
    try:
        yield RawClient(reader, writer)
    finally:
        writer.close()
