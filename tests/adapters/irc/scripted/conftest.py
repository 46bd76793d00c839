"""A server that says what a test has it say, and a bot that is signed in to it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

Script = Callable[["Peer"], Awaitable[None]]


@dataclass
class Peer:
    """The server's side of one connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    heard: list[str] = field(default_factory=list)

    async def next(self) -> str:
        """The next line, without tags in front of what a test compares."""
        raw = await self.reader.readuntil(b"\r\n")
        self.heard.append(raw[:-2].decode())
        return self.heard[-1]

    async def expect(self, start: str) -> str:
        """Read on until a line starts so."""
        while not (line := await self.next()).startswith(start):
            pass
        return line

    def say(self, *lines: str | bytes) -> None:
        for line in lines:
            self.writer.write((line.encode() if isinstance(line, str) else line) + b"\r\n")

    async def welcome(self, *features: str, nick: str | None = None) -> str:
        """Let the client in, as a server without capabilities does."""
        asked = (await self.expect("NICK ")).removeprefix("NICK ")
        await self.expect("USER ")
        nick = nick or asked
        self.say(f":irc.test 001 {nick} :Welcome to the test network {nick}!u@host.test")
        if features:
            self.say(f":irc.test 005 {nick} {' '.join(features)} :are supported by this server")
        self.say(f":irc.test 422 {nick} :MOTD File is missing")
        return nick

    async def welcome_as(self, nick: str) -> None:
        """Let the client in under a nick, once it asks for that."""
        await self.expect(f"NICK {nick}")
        self.say(f":irc.test 001 {nick} :Hi", f":irc.test 422 {nick} :no MOTD")
        await self.hangs_up()

    async def negotiate(self, *offered: str) -> None:
        """Grant every capability that the client asks for."""
        await self.expect("CAP LS")
        self.say(f":irc.test CAP * LS :{' '.join(offered)}")
        while (line := await self.next()) != "CAP END":
            if line.startswith("CAP REQ "):
                self.say(f":irc.test CAP * ACK :{line.removeprefix('CAP REQ ')}")

    async def enter(self, nick: str, *others: str) -> None:
        """Let the client into the channel that it asks for."""
        channel = (await self.expect("JOIN ")).split()[1]
        self.say(
            f":{nick}!u@host.test JOIN {channel}",
            f":irc.test 353 {nick} = {channel} :{' '.join((nick, *others))}",
            f":irc.test 366 {nick} {channel} :End of /NAMES list.",
        )

    async def hangs_up(self) -> None:
        """Wait until the client has closed the connection."""
        while await self.reader.read(4096):
            pass


@asynccontextmanager
async def scripted(script: Script) -> AsyncIterator[int]:
    """The port of a server that plays `script` to each who connects; its failure is the test's."""
    failures: list[BaseException] = []
    done: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        done.add(task)
        try:
            await script(Peer(reader, writer))
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the client left, as it may
        except BaseException as error:  # noqa: BLE001 -- shown by the test, not by the loop
            failures.append(error)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in done:
            task.cancel()
        await asyncio.gather(*done, return_exceptions=True)
        assert not failures, failures


@pytest.fixture(name="scripted")
def _scripted():
    return scripted


@pytest.fixture
async def bot(adapter_on, bot_login, running, scripted):
    """Gives the bot, signed in, to a test that plays the server with `peer`."""
    peers = asyncio.Queue()
    over = asyncio.Event()

    async def script(peer):
        await peer.welcome("CASEMAPPING=ascii", "NICKLEN=30", "PREFIX=(ov)@+")
        peers.put_nowait(peer)
        await over.wait()

    async with scripted(script) as port:
        adapter = adapter_on(port)
        async with running(adapter, bot_login(adapter)) as client:
            client.peer = await peers.get()
            yield client
            over.set()


async def in_channel(client, *others, chat="#python"):
    await asyncio.gather(client.enter(chat), client.peer.enter("bridgekit", *others))
    assert await client.peer.expect("MODE") == f"MODE {chat}"  # what holds there
    return client.peer


@pytest.fixture(name="in_channel")
def _in_channel():
    return in_channel
