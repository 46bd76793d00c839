"""Nobody who reads slowly, or much, keeps the others from reading."""

from __future__ import annotations

import asyncio
from typing import Self

from yarl import URL

from bridgekit.media.least_rate import WINDOW
from bridgekit.testing.clock import VirtualClock
from bridgekit.web.media import OF_ONE, MediaPages
from tests.core.media.conftest import HERE, Files
from tests.core.media.samples import picture
from tests.core.media.test_links import ask, linked
from tests.core.media.test_streaming import running

VAST = 24 << 20  # bytes: more than all sockets on the way hold


class Readers:
    """They ask, see the status of the answer, and read no further."""

    def __init__(self) -> None:
        self.writers: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for writer in self.writers:
            writer.transport.abort()
        await asyncio.gather(*(writer.wait_closed() for writer in self.writers))

    async def begin(self, url: str) -> int:
        reader, writer = await _asked(url)
        self.writers.append(writer)
        return int((await reader.readline()).split()[1])


async def _asked(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    address = URL(url)
    reader, writer = await asyncio.open_connection(HERE, address.port, limit=1024)
    writer.write(f"GET {address.path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return reader, writer


async def test_one_link_does_not_take_all_places(files: Files) -> None:
    vast, small = await linked(files, bytes(VAST)), await linked(files, picture(), name="b.png")
    async with Readers() as readers:
        statuses = [await readers.begin(vast) for _ in range(OF_ONE + 2)]
        assert statuses == [200] * OF_ONE + [503] * 2
        assert (await ask(files, small))[0] == 200


async def test_who_reads_too_slowly_gives_up_their_place(files: Files) -> None:
    clock = VirtualClock()
    pages = MediaPages(files.links, files.opened, files.repository, files.intents, clock)
    link = (await linked(files, bytes(VAST))).rpartition("/")[2]
    async with running(pages.app) as url, Readers() as readers:
        statuses = [await readers.begin(f"{url}/{link}") for _ in range(OF_ONE + 1)]
        assert statuses == [200] * OF_ONE + [503]
        while pages._reading:
            await clock.advance(WINDOW)
        assert await readers.begin(f"{url}/{link}") == 200


async def test_links_that_were_read_leave_nothing_behind(files: Files) -> None:
    pages = MediaPages(files.links, files.opened, files.repository, files.intents, files.clock)
    link = (await linked(files)).rpartition("/")[2]
    async with running(pages.app) as url:
        for name in (link, link, "A" * 22):
            await ask(files, f"{url}/{name}")
    assert pages._reading == {}
    assert len(pages._reading) == 0
