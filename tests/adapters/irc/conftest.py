"""Counterparts for the IRC adapter: a host that records, a scripted server, and two real ones."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import irc.server
import pytest

from bridgekit import (
    Chat,
    ChatID,
    Content,
    Login,
    LoginID,
    MatrixEvent,
    Message,
    MessageKind,
    Profile,
    Raw,
    RemoteEvent,
    RemoteUserID,
    RichText,
    Role,
    Text,
    plain,
)
from bridgekit.testing.servers import ServerMissing
from bridgekit.testing.servers import ngircd as run_ngircd
from bridges.irc import IRCAdapter
from bridges.irc.client import IRCClient
from bridges.irc.config import IRCConfig


class RecordingHost:
    """Keeps what an adapter tells; nothing waits for anything."""

    def __init__(self) -> None:
        self.events: list[RemoteEvent[Content]] = []
        self.calls: list[int] = []
        self.aside: list[tuple[bytes, str]] = []
        self.paced: list[tuple[str, ...]] = []
        self.identities: list[tuple[LoginID, RemoteUserID]] = []
        self.saved: dict[str, str] = {}
        self.listeners: set[LoginID] = {LoginID("bot")}
        self._changed = asyncio.Condition()

    async def receive(
        self, login: LoginID, *events: RemoteEvent[Content] | Raw, cursor: str | None = None
    ) -> None:
        async with self._changed:
            self.calls.append(len(events))
            self.events += [event for event in events if isinstance(event, RemoteEvent)]
            self._changed.notify_all()

    async def until(self, wanted: Callable[[], object]) -> None:
        async with self._changed:
            await self._changed.wait_for(wanted)

    async def message(self, text: str) -> RemoteEvent[Content]:
        """The next message with this text, once it has come."""

        def found() -> list[RemoteEvent[Content]]:
            return [event for event in self.events if said(event) == text]

        await self.until(found)
        return found()[0]

    async def set_aside(self, login: LoginID, body: bytes, why: str) -> None:
        async with self._changed:
            self.aside.append((body, why))
            self._changed.notify_all()

    async def identity_changed(self, login: LoginID, me: RemoteUserID) -> None:
        async with self._changed:
            self.identities.append((login, me))
            self._changed.notify_all()

    def role(self, login: LoginID, chat: ChatID) -> Role:
        return Role.LISTEN if login in self.listeners else Role.IGNORE

    async def pace(self, *scope: str, rate: float, burst: float, cost: float = 1.0) -> None:
        self.paced.append(scope)

    async def load(self, key: str) -> str | None:
        return self.saved.get(key)

    async def save(self, key: str, value: str | None) -> None:
        self.saved[key] = value or ""


def said(event: RemoteEvent[Content]) -> str | None:
    content = event.content
    return plain(content.text) if isinstance(content, Message) else None


def matrix_event(
    chat: str,
    text: str | RichText,
    *,
    kind: MessageKind = MessageKind.TEXT,
    author: str = "Alice",
    relayed: bool = False,
) -> MatrixEvent[Message]:
    nodes = (Text(text),) if isinstance(text, str) else text
    where = Chat(ChatID(chat), private=not chat.startswith("#"))
    return MatrixEvent(where, Message(nodes, kind), "txn", Profile(author), relayed)


def make_adapter(host: RecordingHost, port: int, **settings: Any) -> IRCAdapter:
    options = {"host": "127.0.0.1", "port": port, "tls": False, **settings}
    return IRCAdapter(IRCConfig.model_validate(options), host)  # type: ignore[arg-type]


def bot_login(adapter: IRCAdapter) -> Login:
    return Login(LoginID("bot"), None, adapter.own_logins()["bot"], relay=True)


def person_login(name: str, nick: str | None = None) -> Login:
    credentials = {"nick": nick or name, "username": name.lower(), "realname": name}
    return Login(LoginID(name), name, credentials, relay=False)


@asynccontextmanager
async def running(adapter: IRCAdapter, login: Login) -> AsyncIterator[IRCClient]:
    """A client whose `run` runs, as the core would have it."""
    async with adapter.connect(login) as client:
        assert isinstance(client, IRCClient)
        task = asyncio.create_task(client.run())
        try:
            yield client
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def host() -> RecordingHost:
    return RecordingHost()


# A server that says what a test has it say.

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


# The server of the `irc` package, which knows very little.


@pytest.fixture
def toy_server() -> Iterator[int]:
    server = irc.server.IRCServer(("127.0.0.1", 0), irc.server.IRCClient)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


# A person with an IRC client of their own.


@dataclass
class Person:
    peer: Peer
    nick: str

    async def join(self, channel: str) -> None:
        self.peer.say(f"JOIN {channel}")
        await self.hear(" 366 ")

    async def hear(self, part: str) -> str:
        """Read on until a line holds `part`; server PINGs are answered."""
        while part not in (line := await self.peer.next()):
            if line.startswith("PING"):
                self.peer.say("PONG" + line[4:])
        return line


@asynccontextmanager
async def irc_person(port: int, nick: str) -> AsyncIterator[Person]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    person = Person(Peer(reader, writer), nick)
    person.peer.say(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
    await person.hear(" 376 ")
    try:
        yield person
    finally:
        writer.close()


@pytest.fixture(scope="session")
def ngircd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of one ngIRCd for all tests: use channels and nicks that no other test uses."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(run_ngircd(tmp_path_factory.mktemp("ngircd")))
        except ServerMissing as missing:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip(str(missing))
        yield server.port


# The functions above, for tests, which cannot import from here.


@pytest.fixture(name="said")
def _said():
    return said


@pytest.fixture(name="matrix_event")
def _matrix_event():
    return matrix_event


@pytest.fixture(name="adapter_on")
def _adapter_on(host):
    return partial(make_adapter, host)


@pytest.fixture(name="bot_login")
def _bot_login():
    return bot_login


@pytest.fixture(name="person_login")
def _person_login():
    return person_login


@pytest.fixture(name="running")
def _running():
    return running


@pytest.fixture(name="scripted")
def _scripted():
    return scripted


@pytest.fixture(name="irc_person")
def _irc_person():
    return irc_person
