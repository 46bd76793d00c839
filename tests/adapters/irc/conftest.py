"""What every test of the IRC adapter needs: a host that records, adapters, events, clients."""

# ruff: noqa: ARG002 -- a host is told more than it records

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

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
    UserInfo,
    plain,
)
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
        self.cursors: dict[LoginID, str] = {}
        self.identities: list[tuple[LoginID, RemoteUserID]] = []
        self.saved: dict[str, str] = {}
        self.shown: list[UserInfo] = []
        self.listeners: set[LoginID] = {LoginID("bot")}
        self.failures: list[Exception] = []
        self.linked: list[Chat] = []
        self.renewed: dict[LoginID, Mapping[str, str]] = {}
        self.renewals = 0
        self._changed = asyncio.Condition()

    async def receive(
        self, login: LoginID, *events: RemoteEvent[Content] | Raw, cursor: str | None = None
    ) -> None:
        if self.failures:
            raise self.failures.pop()
        async with self._changed:
            self.calls.append(len(events))
            if cursor is not None:
                self.cursors[login] = cursor
            self.events += [event for event in events if isinstance(event, RemoteEvent)]
            self._changed.notify_all()

    async def cursor(self, login: LoginID) -> str | None:
        return self.cursors.get(login)

    async def until(self, wanted: Callable[[], object]) -> None:
        async with self._changed:
            await self._changed.wait_for(wanted)

    async def message(self, text: str) -> RemoteEvent[Content]:
        """The next message with this text, once it has come."""

        def found() -> list[RemoteEvent[Content]]:
            return [event for event in self.events if said(event) == text]

        await self.until(found)
        return found()[0]

    async def user_changed(self, login: LoginID, info: UserInfo) -> None:
        async with self._changed:
            self.shown.append(info)
            self._changed.notify_all()

    async def set_aside(self, login: LoginID, body: bytes, why: str) -> None:
        async with self._changed:
            self.aside.append((body, why))
            self._changed.notify_all()

    async def identity_changed(self, login: LoginID, me: RemoteUserID) -> None:
        async with self._changed:
            self.identities.append((login, me))
            self._changed.notify_all()

    async def credentials_changed(self, login: LoginID, credentials: Mapping[str, str]) -> None:
        self.renewed[login] = credentials
        self.renewals += 1

    def role(self, login: LoginID, chat: ChatID) -> Role:
        return Role.LISTEN if login in self.listeners else Role.IGNORE

    def chats(self, login: LoginID) -> list[Chat]:
        return self.linked

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


def make_adapter(recorder: RecordingHost, port: int, **settings: Any) -> IRCAdapter:
    options = {"host": "127.0.0.1", "port": port, "tls": False, **settings}
    return IRCAdapter(IRCConfig.model_validate(options), recorder)  # type: ignore[arg-type]


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
