"""The fake Slack as the contract wants a network: one channel, and what can go wrong with it."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from copy import copy
from math import ceil
from typing import Any

from bridgekit import (
    Attachment,
    AttachmentKind,
    ChatChange,
    ChatInfo,
    Content,
    Deletion,
    Edit,
    Field,
    LoginFlow,
    Membership,
    MemberState,
    Message,
    MessageID,
    Pin,
    Reaction,
    Unsupported,
    from_plain,
    plain,
)
from bridges.slack.config import Pace, SlackConfig, Transport
from bridges.slack.emoji import name_of, unicode_of
from bridges.slack.fake.extra import FakeNetwork, Heard, OtherChat
from bridges.slack.fake.faults import Fault, Kind
from bridges.slack.fake.person import Person
from bridges.slack.fake.server import SECRET, FakeSlack, fake_slack
from bridges.slack.fake.state import Act, Channel, File, Token
from bridges.slack.manifest import BOT_SCOPES, USER_SCOPES

TEAM, ROOM, GARDEN = "T0TEAM", "C0ROOM", "C0GARDEN"
BOT_TOKEN, APP_TOKEN, USER_TOKEN = "xoxb-fake", "xapp-fake", "xoxp-fake"
_CHANGES = {
    *("chat.postMessage", "chat.update", "chat.delete", "reactions.add", "pins.add"),
    "conversations.setTopic",
}
_FAST = Pace(burst=100, rate=100)


class SlackNetwork(FakeNetwork):
    """People, and the app, which somebody has invited into their channel."""

    kinds = frozenset({ChatChange, Deletion, Edit, Membership, Message, Pin, Reaction, Unsupported})
    rejects = loses = delays = frozenset({ChatChange, Deletion, Edit, Message, Pin, Reaction})
    files = threads = True
    emoji = "bridgekit"

    def __init__(self, slack: FakeSlack, transport: Transport, room: Channel, **more: Any) -> None:
        """`more` are further settings."""
        self.slack, self._transport, self.room, self._more = slack, transport, room.id, more
        self.chat = f"{TEAM}/{room.id}"
        bot = slack.state.install(TEAM, BOT_TOKEN, BOT_SCOPES)
        scopes = frozenset({"connections:write"})
        slack.state.add_token(Token(APP_TOKEN, "app", "", scopes=scopes))
        workspace = slack.state.workspace(TEAM)
        room.members.append(bot.user)
        self._bot = bot.user
        workspace.channels[room.id] = room
        workspace.emoji[self.emoji] = f"{slack.origin}/emoji/{self.emoji}.png"

    @property
    def settings(self) -> SlackConfig:
        given: dict[str, Any] = {
            "api_url": self.slack.api_url,
            "transport": self._transport,
            "bot_token": BOT_TOKEN,
            "app_token": APP_TOKEN,
            "signing_secret": SECRET,
            "connections": 1,
            "pace": _FAST,
        }
        return SlackConfig.model_validate(given | self._more)

    def person(self, name: str) -> Person:
        return Person(self.slack, TEAM, name)

    async def say(self, who: str, content: Content) -> MessageID | None:
        person = self.person(who)
        match content:
            case Message():
                return MessageID(self._message(person, content))
            case Unsupported(text):
                block = {"type": "tune", "cover": {"text": text}}
                return MessageID(person.says(self.room, "", blocks=[block]))
            case _:
                self._act(person, content)
        return None

    def _message(self, person: Person, message: Message) -> str:
        text = plain(message.text)
        thread = {"thread_ts": str(message.thread)} if message.thread else {}
        if not message.attachments:
            typed = {"blocks": typed_blocks(text)} if text.strip() else {}
            return person.says(self.room, escaped(text), **typed, **thread)
        files = {one.name: one.source.encode() for one in message.attachments}
        mime = message.attachments[0].mime or ""
        return person.shares(self.room, files, escaped(text), mime=mime, **thread)

    def _act(self, person: Person, content: Content) -> None:
        match content:
            case Edit(target, message):
                text = plain(message.text)
                blocks = json.dumps(typed_blocks(text))
                where = {"channel": self.room, "ts": target}
                person.does("chat.update", text=escaped(text), blocks=blocks, **where)
            case Deletion(target):
                person.does("chat.delete", channel=self.room, ts=target)
            case Reaction(target, emoji, removed):
                name = name_of(emoji) or emoji.strip(":")
                method = "reactions.remove" if removed else "reactions.add"
                person.does(method, channel=self.room, timestamp=target, name=name)
            case Pin(target, removed):
                method = "pins.remove" if removed else "pins.add"
                person.does(method, channel=self.room, timestamp=target)
            case ChatChange(info):
                person.says(self.room, "about the topic")
                person.does("conversations.setTopic", channel=self.room, topic=info.topic or "")
            case Membership(user, state):
                joins = state is MemberState.JOIN
                method = "conversations.join" if joins else "conversations.leave"
                self.person(user).does(method, channel=self.room)

    def heard(self) -> Sequence[Heard]:
        return [heard for act in self.slack.state.acts for heard in self._heard(act)]

    def _heard(self, act: Act) -> Iterator[Heard]:
        arguments, who = act.arguments, self._name(act)
        target = MessageID(arguments.get("timestamp") or arguments.get("ts") or "")
        if self.room not in (arguments.get("channel"), arguments.get("channel_id")):
            return
        match act.method:
            case "chat.postMessage" | "files.completeUploadExternal":
                yield Heard(self._posted(arguments), MessageID(act.ts), who)
            case "chat.update":
                yield Heard(Edit(target, self._posted(arguments)), who=who)
            case "chat.delete":
                yield Heard(Deletion(target), who=who)
            case "reactions.add" | "reactions.remove":
                name = arguments["name"]
                emoji = unicode_of(name) or f":{name}:"
                removed = act.method == "reactions.remove"
                yield Heard(Reaction(target, emoji, removed=removed), who=who)
            case "conversations.setTopic":
                yield Heard(ChatChange(ChatInfo(topic=arguments["topic"])), who=who)
            case "conversations.rename":
                yield Heard(ChatChange(ChatInfo(name=arguments["name"])), who=who)
            case "pins.add" | "pins.remove":
                yield Heard(Pin(target, removed=act.method == "pins.remove"), who=who)

    def _name(self, act: Act) -> str:
        user = self.slack.state.workspace(TEAM).users[act.token.user]
        return str(act.arguments.get("username") or user["profile"]["display_name"])

    def _posted(self, arguments: dict[str, Any]) -> Message:
        """As a client shows it: blocks if there are any, else the text."""
        blocks = json.loads(arguments.get("blocks") or "[]")
        words = arguments.get("text") or arguments.get("initial_comment") or ""
        text = shown(blocks) if blocks else unescaped(words)
        thread = arguments.get("thread_ts")
        answered = MessageID(thread) if thread else None
        held = self.slack.state.workspace(TEAM).files
        files = tuple(
            Attachment(AttachmentKind.FILE, _text(held.get(one["id"])), one["title"])
            for one in json.loads(arguments.get("files") or "[]")
        )
        return Message(from_plain(text), attachments=files, thread=answered, reply_to=answered)

    def signing_in(self) -> LoginFlow:
        carol = self.person("carol")
        carol.does("conversations.join", channel=self.room)
        scopes = frozenset(USER_SCOPES)
        self.slack.state.add_token(Token(USER_TOKEN, "user", TEAM, carol.id, scopes=scopes))
        return Answering({"token": USER_TOKEN})

    async def setting_up(self, *fields: Field) -> Mapping[str, str]:
        typed = {"bot_token": BOT_TOKEN, "app_token": APP_TOKEN, "signing_secret": SECRET}
        return {field.name: typed[field.name] for field in fields if not field.optional}

    async def another_chat(self) -> OtherChat:
        garden, channel = copy(self), Channel(GARDEN, "garden", members=[self._bot])
        garden.room, garden.chat = channel.id, f"{TEAM}/{channel.id}"
        self.slack.state.workspace(TEAM).channels[channel.id] = channel
        return garden

    async def rename(self, who: str, name: str) -> None:
        self.person(who).is_called(name)

    # What can go wrong.

    async def drop(self) -> None:
        """Of calls there is no connection: Slack says that it has told less than there was."""
        self.slack.delivery.troubles.missing = False
        if self._transport is Transport.SOCKET:
            await self.slack.disconnect("")
        else:
            self.slack.delivery.limited(TEAM)

    async def stall(self) -> None:
        self.slack.stall()

    async def refuse(self) -> None:
        self.slack.refusing = "invalid_auth"

    async def reject(self) -> None:
        self.slack.faults.next(Fault(Kind.ERROR), _CHANGES)

    async def delay(self, seconds: float) -> None:
        self.slack.faults.next(Fault(Kind.LIMITED, after=ceil(seconds)), _CHANGES)

    async def lose(self, *, taken: bool) -> None:
        kind = Kind.LOST if taken else Kind.CUT
        self.slack.faults.next(Fault(kind), _CHANGES)

    async def repeat(self) -> None:
        self.slack.delivery.send(self.slack.delivery.last)

    async def swap(self) -> None:
        self.slack.delivery.troubles.swap = True

    async def garble(self) -> None:
        event = {"type": "message", "channel": self.room, "user": "U0BOB", "text": "half a re"}
        self.slack.delivery.tell(TEAM, event)

    async def miss(self) -> None:
        self.slack.delivery.troubles.missing = True


class Answering:
    """Somebody who signs in, and has these answers at hand."""

    callback_url = state = person = ""
    relay = False

    def __init__(self, answers: Mapping[str, str]) -> None:
        self._answers = answers

    async def ask(self, *fields: Field) -> Mapping[str, str]:
        return {field.name: self._answers[field.name] for field in fields}

    async def redirect(self, url: str) -> Mapping[str, str]:
        raise NotImplementedError(f"There is no browser for {url}")

    async def show(self, text: str, *, link: str | None = None, qr: str | None = None) -> None:
        raise NotImplementedError(f"Nobody reads {text}, {link}, {qr}")


def shown(blocks: Any) -> str:
    """The text of blocks, as far as a rehearsal shows it."""
    if isinstance(blocks, list):
        return "".join(map(shown, blocks))
    own = blocks.get("text") or blocks.get("url") or blocks.get("name") or ""
    inner = blocks.get("elements")
    return str(own) if inner is None else shown(inner)


def typed_blocks(text: str) -> list[Any]:
    """What Slack's own editor makes of text as it is typed, without any formatting."""
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return [{"type": "rich_text", "elements": [section]}]


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


@asynccontextmanager
async def fake_network(
    clock: Callable[[], float] = time.time,
    transport: Transport = Transport.SOCKET,
    room: Channel | None = None,
    **more: Any,
) -> AsyncIterator[SlackNetwork]:
    """A Slack with one workspace, in which the app is installed; `room` is its channel."""
    async with fake_slack(clock) as slack:
        yield SlackNetwork(slack, transport, room or Channel(ROOM, "room"), **more)


def _text(file: File | None) -> str:
    """What a file says; nothing once it was deleted."""
    data = None if file is None else file.data
    return (data or b"").decode(errors="replace")
