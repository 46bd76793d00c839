"""What is said to clamd, and what is made of its answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bridgekit.configuration.listening import TCPAddress, UnixAddress
from bridgekit.scanning.clamd import Clamd
from bridgekit.scanning.scanner import ScanFailed, TooMuch
from bridgekit.testing.servers import free_port

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
MUCH = 8 << 20  # bytes; more than what lies between two sockets


async def pieces(*data: bytes) -> AsyncIterator[bytes]:
    for one in data:
        yield one


@asynccontextmanager
async def answering(
    folder: Path, behave: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
) -> AsyncIterator[Clamd]:
    path = folder / "clamd"
    async with await asyncio.start_unix_server(behave, path):
        yield Clamd(UnixAddress(path))


async def stream_of(reader: asyncio.StreamReader) -> bytes:
    """What came, as clamd reads it."""
    assert await reader.readuntil(b"\0") == b"zINSTREAM\0"
    whole = b""
    while length := int.from_bytes(await reader.readexactly(4), "big"):
        whole += await reader.readexactly(length)
    return whole


def saying(answer: bytes, got: list[bytes] | None = None):
    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        content = await stream_of(reader)
        if got is not None:
            got.append(content)
        writer.write(answer)
        writer.close()

    return behave


async def test_it_gets_every_byte_and_an_empty_piece_is_not_the_end(tmp_path: Path) -> None:
    got: list[bytes] = []
    async with answering(tmp_path, saying(b"stream: OK\0", got)) as clamd:
        assert await clamd.scan(pieces(b"one", b"", b"two")) is None
        assert await clamd.scan(pieces()) is None
    assert got == [b"onetwo", b""]


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        (b"stream: Eicar-Test-Signature FOUND\0", "Eicar-Test-Signature"),
        (b"instream(127.0.0.1@5): Win.Test.EICAR_HDB-1 FOUND\0", "Win.Test.EICAR_HDB-1"),
        (b"stream: a: b FOUND\0", "a: b"),
        (b"stream: line\nbreak\x1b[1m FOUND\0", "line break[1m"),
        (b"stream: " + b"x" * 300 + b" FOUND\0", "x" * 100),
    ],
)
async def test_what_was_found_has_a_name_that_can_be_shown(tmp_path, answer, name) -> None:
    async with answering(tmp_path, saying(answer)) as clamd:
        assert await clamd.scan(pieces(b"x")) == name


@pytest.mark.parametrize(
    "answer", [b"", b"\0", b"stream: Can't open file ERROR\0", b"COMMAND READ TIMED OUT\0", b"OK\0"]
)
async def test_no_other_answer_lets_anything_through(tmp_path: Path, answer: bytes) -> None:
    async with answering(tmp_path, saying(answer)) as clamd:
        with pytest.raises(ScanFailed):
            await clamd.scan(pieces(b"x"))


async def test_what_is_too_large_is_told_from_a_scanner_that_is_gone(tmp_path: Path) -> None:
    """It answers and closes while we still send, with bytes of ours that it has not read."""

    async def too_large(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(1000)
        writer.write(b"INSTREAM size limit exceeded. ERROR\0")
        writer.close()

    async with answering(tmp_path, too_large) as clamd:
        for _ in range(20):
            with pytest.raises(TooMuch):
                await clamd.scan(pieces(*(bytes(1 << 16) for _ in range(MUCH >> 16))))


async def test_one_that_goes_away_in_the_middle_has_not_answered(tmp_path: Path) -> None:
    async def gone(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(1000)
        writer.transport.abort()

    async with answering(tmp_path, gone) as clamd:
        with pytest.raises(ScanFailed):
            await clamd.scan(pieces(bytes(MUCH)))


async def test_one_that_is_not_there_is_named_by_why(tmp_path: Path) -> None:
    with pytest.raises(ScanFailed, match="FileNotFoundError"):
        await Clamd(UnixAddress(tmp_path / "nothing")).answers()
    with pytest.raises(ScanFailed, match="Refused"):
        await Clamd(TCPAddress("127.0.0.1", free_port())).answers()
    with pytest.raises(ScanFailed):
        await Clamd(TCPAddress("no-such-host.invalid", 3310)).answers()


async def test_it_says_what_it_is(tmp_path: Path) -> None:
    said = [b"ClamAV 1.4.3/27800/Fri Nov 20 2026\0", b"HTTP/1.1 400 Bad Request\r\n"]

    async def version(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readuntil(b"\0") == b"zVERSION\0"
        writer.write(said.pop(0))
        writer.close()

    async with answering(tmp_path, version) as clamd:
        assert await clamd.answers() == "ClamAV 1.4.3/27800/Fri Nov 20 2026"
        with pytest.raises(ScanFailed, match=r"HTTP/1\.1 400"):
            await clamd.answers()


async def test_it_is_reached_by_tcp_too() -> None:
    port = free_port()
    async with await asyncio.start_server(saying(b"stream: OK\0"), "127.0.0.1", port):
        assert await Clamd(TCPAddress("localhost", port)).scan(pieces(b"x")) is None


async def test_a_scan_that_is_broken_off_leaves_no_connection(tmp_path: Path) -> None:
    ended = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        ended.set()
        writer.close()

    async with answering(tmp_path, silent) as clamd:
        task = asyncio.create_task(clamd.scan(pieces(b"x")))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with asyncio.timeout(10):
            await ended.wait()
