"""The fake as the contract and `bridgekit dev` want a network: a group with a bot in it."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, ClassVar

from pydantic import SecretStr

from bridgekit import (
    ChatChange,
    Content,
    Deletion,
    Edit,
    Field,
    Location,
    Membership,
    MemberState,
    Message,
    MessageID,
    Pin,
    Poll,
    Reaction,
    plain,
)
from bridgekit.testing.contract import FakeNetwork, Heard, OtherChat
from bridges.telegram.config import TelegramConfig
from bridges.telegram.fake.errors import bad_request, too_many
from bridges.telegram.fake.faults import Loss, changes
from bridges.telegram.fake.heard import heard_from
from bridges.telegram.fake.server import FakeTelegram, serving
from bridges.telegram.fake.state import TOKEN, State

GROUP, GARDEN = -4001, -4002
_STANDINGS: dict[MemberState, dict[str, Any]] = {
    MemberState.JOIN: {"status": "member"},
    MemberState.LEAVE: {"status": "left"},
    MemberState.KICK: {"status": "left"},
    MemberState.BAN: {"status": "kicked", "until_date": 0},
}
_POLLS = 3  # that fail besides, until the bridge takes the connection for lost
_UNLIMITED = {"overall": 1000, "chat": 1000, "group": 60_000, "burst": 1000}


class TelegramGroup(FakeNetwork):
    """What each verb promises is in the docstrings of `FakeNetwork`."""

    chat = str(GROUP)
    kinds: ClassVar[frozenset[type[Content]]] = frozenset(
        {Edit, Location, Membership, Message, Pin, Poll, Reaction}
    )
    moves: ClassVar[frozenset[MemberState]] = frozenset(
        {MemberState.JOIN, MemberState.LEAVE, MemberState.KICK, MemberState.BAN}
    )
    rejects: ClassVar[frozenset[type[Content]]] = frozenset(
        {ChatChange, Deletion, Edit, Location, Message, Pin, Poll, Reaction}
    )
    loses = delays = rejects
    ends: ClassVar[frozenset[type[Content]]] = frozenset()  # bots are not told of any
    files = replies = True
    commands: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"status": "is there as", "reopen": "Nothing here is suspended."}
    )

    def __init__(self, fake: FakeTelegram, **settings: Any) -> None:
        self.fake = fake
        self._settings = settings
        self.group = GROUP
        self._moved: list[int] = []
        fake.state.add_chat(GROUP, "group", "A group")

    @property
    def settings(self) -> TelegramConfig:
        about = {"token": SecretStr(TOKEN), "api_url": self.fake.url, "pace": _UNLIMITED}
        return TelegramConfig.model_validate({**about, **self._settings})

    async def setting_up(self, *fields: Field) -> Mapping[str, str]:
        return {field.name: "yes" for field in fields}  # whatever is in the way may go

    # What people do there.

    async def say(self, who: str, content: Content) -> MessageID | None:
        people, group = self.fake.people, self.group
        match content:
            case Message():
                return self._named(self._say(who, content))
            case Edit(target=target, message=message):
                people.edit(who, group, _number(target), text=plain(message.text))
            case Reaction(target=target, emoji=emoji, removed=removed):
                people.react(who, group, _number(target), *([] if removed else [emoji]))
            case Pin(target=target):
                people.pin(who, group, _number(target))
            case Location(latitude=north, longitude=east):
                at = {"latitude": north, "longitude": east}
                return self._named(people.say(who, group, location=at))
            case Poll(question=question, options=options):
                return self._named(people.ask(who, group, question, *options))
            case Membership(user=user, state=state):
                people.stand(user, group, who, said=True, **_STANDINGS[state])
            case _:
                raise NotImplementedError(f"nobody does {content} on Telegram")
        return None

    def _say(self, who: str, message: Message) -> int:
        text = plain(message.text) or None
        answers = None if message.reply_to is None else _number(message.reply_to)
        if not message.attachments:
            return self.fake.people.say(who, self.group, text, answers=answers)
        file = message.attachments[0]
        about = {"file_name": file.name, "mime_type": file.mime}
        if text:
            about["caption"] = text
        data = file.source.encode()
        return self.fake.people.send_file(who, self.group, "document", data, **about)

    def _named(self, number: int) -> MessageID:
        return MessageID(f"{self.group}:{number}")

    def heard(self) -> Sequence[Heard]:
        chats = {self.group, *self._moved}
        did = (one for one in self.fake.acts.did if one.chat in chats)
        return [self._opened(heard) for one in did for heard in heard_from(one)]

    def _opened(self, heard: Heard) -> Heard:
        """With what is in its files."""
        if not isinstance(heard.content, Message):
            return heard
        files, shown = self.fake.state.files, heard.content.attachments
        held = [(one, files.get(one.source).data) for one in shown]
        opened = tuple(replace(one, source=data.decode(errors="replace")) for one, data in held)
        return replace(heard, content=replace(heard.content, attachments=opened))

    async def rename(self, who: str, name: str) -> None:
        user = self.fake.state.user(who)
        user["first_name"] = name
        self.fake.people.say(who, self.group, f"I am {name} now")

    async def another_chat(self) -> OtherChat:
        self.fake.state.add_chat(GARDEN, "group", "Another group")
        garden = copy(self)
        garden.chat, garden.group = str(GARDEN), GARDEN
        return garden

    async def move(self, *, told: bool) -> None:
        new = -1_000_000_004_001 - len(self._moved)
        self.fake.people.migrate(self.group, new, told=told)
        self._moved.append(self.group)
        self.group = new

    # What can go wrong.

    async def drop(self) -> None:
        self.fake.drop(_POLLS)

    async def stall(self) -> None:
        self.fake.stall()

    async def refuse(self) -> None:
        self.fake.faults.unauthorized = True

    async def reject(self) -> None:
        words = bad_request("have no rights to send a message")
        self.fake.faults.next(words, changes)

    async def delay(self, seconds: float) -> None:
        self.fake.faults.next(too_many(int(seconds)), changes)

    async def lose(self, *, taken: bool) -> None:
        self.fake.faults.next(Loss.AFTER if taken else Loss.BEFORE, changes)

    async def repeat(self) -> None:
        self.fake.queue.repeat()

    async def swap(self) -> None:
        self.fake.queue.swapping = True

    async def garble(self) -> None:
        self.fake.queue.add("message", {"message_id": "seven", "chat": None})


class TelegramWebhook(TelegramGroup):
    """As Telegram is where it calls: no connection stands that could break."""

    drop = FakeNetwork.drop


def _number(message: MessageID) -> int:
    return int(message.rpartition(":")[2])


@asynccontextmanager
async def telegram_group(
    now: Callable[[], datetime] = lambda: datetime.now(UTC), **settings: Any
) -> AsyncIterator[TelegramGroup]:
    """A server with a group; `settings` are more of the adapter's own."""
    fake = FakeTelegram(State(now))
    calls = settings.get("transport") == "webhook"
    group = (TelegramWebhook if calls else TelegramGroup)(fake, **settings)
    async with serving(fake):
        yield group
