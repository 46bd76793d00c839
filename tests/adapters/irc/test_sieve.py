"""What passes wakes nobody, unless it came with what does not."""

import asyncio
from types import SimpleNamespace

import pytest

from bridges.irc.config import Ping
from bridges.irc.connection import Connection
from bridges.irc.lines import LineBuffer
from bridges.irc.sieve import Sieve

PASSING = b":bob!b@h PRIVMSG #c :by the way\r\n"
OTHER = b":bob!b@h PRIVMSG alice :psst\r\n"


class Stage:
    """A connection, and what came by it."""

    def __init__(self) -> None:
        self.reader = Sieve(loop=asyncio.get_running_loop())
        self.written: list[bytes] = []
        socket = SimpleNamespace(is_closing=lambda: False, write=self.written.append)
        self.connection = Connection(self.reader, socket)
        self._reading: asyncio.Task[list[bytes]] | None = None

    async def waits(self) -> None:
        """Somebody waits for lines."""
        reading = self.connection.read(lambda line: b"#c" in line)
        self._reading = asyncio.ensure_future(reading)
        await asyncio.sleep(0)

    async def read(self) -> list[bytes]:
        assert self._reading is not None
        return await self._reading

    async def untouched(self) -> bool:
        """Whether nobody was woken."""
        assert self._reading is not None
        for _ in range(3):
            await asyncio.sleep(0)
        return not self._reading.done()


@pytest.fixture
async def stage() -> Stage:
    return Stage()


async def test_what_passes_wakes_nobody(stage):
    await stage.waits()
    stage.reader.feed_data(PASSING)
    stage.reader.feed_data(PASSING + b"\r\n\n" + PASSING)
    assert await stage.untouched()
    stage.reader.feed_data(OTHER)
    assert await stage.read() == LineBuffer().feed(OTHER)


@pytest.mark.parametrize(
    "pieces",
    [
        [PASSING + OTHER],
        [OTHER + PASSING],
        [OTHER, PASSING],
        [PASSING.replace(b"\r\n", b"\r") + OTHER.replace(b"\r\n", b"\r") + b"\n"],
        [PASSING.strip() + b"\r" + OTHER],
    ],
)
async def test_what_came_with_anything_else_or_behind_it_is_given_out(stage, pieces):
    await stage.waits()
    for piece in pieces:
        stage.reader.feed_data(piece)
    assert await stage.read() == LineBuffer().feed(b"".join(pieces))


async def test_a_line_in_pieces_is_put_together_first(stage):
    await stage.waits()
    stage.reader.feed_data(PASSING + OTHER[:20])
    assert await stage.read() == LineBuffer().feed(PASSING)
    await stage.waits()
    stage.reader.feed_data(OTHER[20:-9] + b" #c" + OTHER[-9:])
    assert await stage.read() == [OTHER[:-9].strip() + b" #c" + OTHER[-9:].strip()]


async def test_what_comes_while_nobody_waits_is_kept(stage):
    stage.reader.feed_data(PASSING)
    await stage.waits()
    assert await stage.read() == LineBuffer().feed(PASSING)


async def test_who_gives_up_waiting_misses_nothing(stage):
    await stage.waits()
    stage._reading.cancel()
    await asyncio.wait([stage._reading])
    stage.reader.feed_data(PASSING)
    await stage.waits()
    assert await stage.read() == LineBuffer().feed(PASSING)


async def test_what_passes_is_a_sign_of_life(stage, monkeypatch):
    """By a clock that goes on when it is told to."""
    loop, now, due = asyncio.get_running_loop(), 0.0, []

    def call_later(seconds, *call):
        due.append((seconds, call))
        return SimpleNamespace(cancel=lambda: None)

    monkeypatch.setattr(loop, "time", lambda: now)
    monkeypatch.setattr(loop, "call_later", call_later)
    await stage.waits()
    with stage.connection.watched(Ping(interval=60.0, timeout=60.0)):
        now = 50.0
        stage.reader.feed_data(PASSING)
        now = 60.0
        _, (look, *arguments) = due.pop()
        look(*arguments)
    assert [seconds for seconds, _ in due] == [50.0]
    assert stage.written == []
