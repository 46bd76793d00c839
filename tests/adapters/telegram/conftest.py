"""What the tests of the Telegram adapter need: a server, a host that records, a bot at work."""

# ruff: noqa: ARG002 -- a host is told more than it records

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from bridgekit import (
    Attachment,
    AttachmentKind,
    Chat,
    ChatID,
    Content,
    Login,
    LoginID,
    LoginState,
    MatrixEvent,
    Message,
    Profile,
    Rejected,
    RemoteEvent,
    RichText,
    Role,
    from_plain,
    plain,
)
from bridges.telegram import TelegramAdapter
from bridges.telegram.config import TelegramConfig
from bridges.telegram.fake import TOKEN, FakeTelegram, State, serving

GROUP, FORUM, CHANNEL = -1001, -1_000_000_002_002, -1_000_000_003_003
PACE = {"overall": 1000, "chat": 1000, "group": 60_000, "burst": 1000}
LOGIN = LoginID("telegram:bot")


class RecordingHost:
    """Keeps what an adapter tells; `files` are what `open` finds, by their source."""

    def __init__(self) -> None:
        self.events: list[RemoteEvent[Content]] = []
        self.aside: list[tuple[bytes, str]] = []
        self.paced: list[tuple[str, ...]] = []
        self.costs: list[float] = []
        self.saved: dict[str, str] = {}
        self.linked = [ChatID(str(chat)) for chat in (GROUP, FORUM, CHANNEL)]
        self.files: dict[str, bytes] = {}
        self.failures: list[Exception] = []
        self.cursors: list[str | None] = []
        self.mounted: list[Any] = []
        self.others: list[Login] = []
        self.states: list[tuple[LoginID, LoginState]] = []
        self.url = "https://bridge.example.org/hooks/telegram"
        self._changed = asyncio.Condition()

    async def receive(self, login: LoginID, *events: Any, cursor: str | None = None) -> None:
        if self.failures:
            raise self.failures.pop()
        async with self._changed:
            self.events += events
            self.cursors.append(cursor)
            self._changed.notify_all()

    async def set_aside(self, login: LoginID, body: bytes, why: str) -> None:
        self.aside.append((body, why))

    async def cursor(self, login: LoginID) -> str | None:
        return next((one for one in reversed(self.cursors) if one is not None), None)

    def chats(self, login: LoginID) -> list[Chat]:
        return [Chat(chat) for chat in self.linked]

    def role(self, login: LoginID, chat: ChatID) -> Role:
        return Role.LISTEN

    def logins(self) -> list[Login]:
        return [Login(LOGIN, None, {}, relay=True), *self.others]

    def state(self, login: LoginID, state: LoginState, why: str = "") -> None:
        self.states.append((login, state))

    @asynccontextmanager
    async def open(self, attachment: Attachment) -> Any:
        if attachment.source not in self.files:
            raise Rejected("It is not there")
        yield BytesIO(self.files[attachment.source])

    async def pace(self, *scope: str, rate: float, burst: float, cost: float = 1.0) -> None:
        self.paced.append(scope)
        self.costs.append(cost)

    async def load(self, key: str) -> str | None:
        return self.saved.get(key)

    async def save(self, key: str, value: str | None) -> None:
        if value is None:
            self.saved.pop(key, None)
        else:
            self.saved[key] = value

    def mount(self, routes: Any) -> str:
        self.mounted = list(routes)
        return self.url

    async def until(self, wanted: Callable[[], object]) -> None:
        async with self._changed, asyncio.timeout(60):
            await self._changed.wait_for(wanted)


class Place:
    """The bot at work on a fake server; `host` hears of what people do there."""

    def __init__(self, fake: FakeTelegram, host: RecordingHost, adapter: TelegramAdapter) -> None:
        self.fake, self.host, self.adapter = fake, host, adapter
        self.people, self.state = fake.people, fake.state
        self.client: Any = None
        self.running: asyncio.Task[None]

    async def heard(self, count: int = 1) -> list[RemoteEvent[Content]]:
        """What the core was given, once it is so much."""
        await self.host.until(lambda: len(self.host.events) >= count)
        return self.host.events

    async def hears(self, act: Callable[[], object]) -> list[RemoteEvent[Content]]:
        """What the core is given of what somebody does; a word behind it shows that it is all."""
        before = len(self.host.events)
        act()
        self.people.say("End", GROUP, "that is all")
        await self.host.until(
            lambda: len(self.host.events) > before and said(self.host.events[-1]) == "that is all"
        )
        return self.host.events[before:-1]

    async def hears_one(self, act: Callable[[], object]) -> Any:
        (event,) = await self.hears(act)
        return event

    async def does(self, content: Content, chat: int = GROUP, **about: Any) -> Any:
        """Ask the client what the core would."""
        event = matrix_event(content, chat, **about)
        name = {"Message": "send", "Location": "send_location", "ChatChange": "change_chat"}
        kind = type(content).__name__
        method = name.get(kind) or {"Deletion": "delete", "Reaction": "react"}.get(kind)
        result: Awaitable[Any] = getattr(self.client, method or kind.lower())(event)
        return await result

    def last(self) -> dict[str, Any]:
        """The message that the bot has made, or changed, last."""
        return self.fake.acts.did[-1].message


def said(event: RemoteEvent[Content]) -> str | None:
    return plain(event.content.text) if isinstance(event.content, Message) else None


def matrix_event(
    content: Content, chat: int | str = GROUP, *, author: str = "Alice", relayed: bool = True
) -> MatrixEvent[Any]:
    where = Chat(ChatID(str(chat)))
    return MatrixEvent(where, content, "txn", Profile(author), relayed)


def message(text: str | RichText = "", **about: Any) -> Message:
    return Message(from_plain(text) if isinstance(text, str) else text, **about)


def picture(width: int = 40, height: int = 30, form: str = "PNG") -> bytes:
    made = BytesIO()
    Image.new("RGB", (width, height), "red").save(made, form)
    return made.getvalue()


def file(host: RecordingHost, data: bytes, kind: AttachmentKind, **about: Any) -> Attachment:
    source = f"mxc{len(host.files)}"
    host.files[source] = data
    return replace(Attachment(kind, source, "name.bin"), **about)


def config(url: str, **settings: Any) -> TelegramConfig:
    about = {"token": TOKEN, "api_url": url, "pace": PACE, "poll_timeout": 1, "timeout": 10}
    return TelegramConfig.model_validate({**about, **settings})


@asynccontextmanager
async def at_work(fake: FakeTelegram, host: RecordingHost, **settings: Any) -> Any:
    """The adapter as the core would have it; `run` runs."""
    adapter = TelegramAdapter(config(fake.url, **settings), host)  # type: ignore[arg-type]
    place = Place(fake, host, adapter)
    login = Login(LOGIN, None, adapter.own_logins()["bot"], relay=True)
    async with adapter.lifespan(), adapter.connect(login) as place.client:
        place.running = asyncio.create_task(place.client.run())
        try:
            yield place
        finally:
            place.running.cancel()
            await asyncio.gather(place.running, return_exceptions=True)


@pytest.fixture
async def fake():
    server = FakeTelegram(State())
    server.state.add_chat(GROUP, "supergroup", "A group")
    server.state.add_chat(FORUM, "supergroup", "A forum", is_forum=True)
    server.state.add_chat(CHANNEL, "channel", "A channel")
    async with serving(server):
        yield server


@pytest.fixture
def host():
    return RecordingHost()


@pytest.fixture
async def place(fake, host):
    async with at_work(fake, host) as found:
        found.people.say("Start", GROUP, "we begin")  # the kinds that are asked for are known now
        await found.heard()
        host.events.clear()
        yield found


@pytest.fixture(name="at_work")
def _at_work():
    return at_work


@pytest.fixture(name="config_of")
def _config():
    return config


@pytest.fixture(name="said")
def _said():
    return said


@pytest.fixture(name="message")
def _message():
    return message


@pytest.fixture(name="picture")
def _picture():
    return picture


@pytest.fixture(name="file")
def _file(host):
    return lambda data, kind, **about: file(host, data, kind, **about)


@pytest.fixture(name="matrix_event")
def _matrix_event():
    return matrix_event
