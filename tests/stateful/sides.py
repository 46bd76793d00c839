"""How people do something on either side: the same verbs, so that a step need not know which."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Protocol

from bridgekit.events import Content, Deletion, Edit, Message, MessageKind, Reaction, RemoteEvent
from bridgekit.facts import Chat as RemoteChat
from bridgekit.ids import ChatID, MessageID, RemoteUserID
from bridgekit.richtext import from_plain
from bridgekit.testing.homeserver import Person
from bridgekit.testing.loopback.keeping import KeepingNetwork
from tests.stateful.model import Chat, Said, Side, Undo


class People(Protocol):
    """Those of one side. What they say has an ID there; it is shown on the other side later."""

    async def shows(self, chat: Chat, said: Said) -> str | None:
        """The ID by which this side shows something said; None: it does not, so far."""

    async def say(
        self, chat: Chat, who: str, text: str, answered: str | None, *, emote: bool
    ) -> str: ...

    async def edit(self, chat: Chat, said: Said) -> None:
        """Its author makes it read as it does in the model."""

    async def delete(self, chat: Chat, said: Said) -> None: ...

    async def react(self, chat: Chat, who: str, target: str, emoji: str) -> Undo: ...


class MatrixPeople:
    """With the clients of a homeserver."""

    def __init__(self, people: Mapping[str, Person]) -> None:
        self._people = people

    async def shows(self, chat: Chat, said: Said) -> str | None:
        if said.side is not Side.MATRIX and said.shown_as is None:
            anybody = next(iter(self._people.values()))
            for event in await anybody.messages(chat.rooms[said.generation]):
                if event["content"].get("body") in said.versions:
                    said.shown_as = event["event_id"]
                    break
        return said.id if said.side is Side.MATRIX else said.shown_as

    async def say(
        self, chat: Chat, who: str, text: str, answered: str | None, *, emote: bool
    ) -> str:
        person, kind = self._people[who], "m.emote" if emote else "m.text"
        if answered is None:
            return await person.say(chat.room, text, msgtype=kind)
        return await person.reply(chat.room, answered, text, msgtype=kind)

    async def edit(self, chat: Chat, said: Said) -> None:
        await self._people[said.who].edit(chat.room, said.id, said.text)

    async def delete(self, chat: Chat, said: Said) -> None:
        await self._people[said.who].redact(chat.room, said.id)

    async def react(self, chat: Chat, who: str, target: str, emoji: str) -> Undo:
        reaction = await self._people[who].react(chat.room, target, emoji)
        return partial(self._people[who].redact, chat.room, reaction)


class NetworkPeople:
    """What they do has happened at once; the bridge is told when it can hear it."""

    def __init__(self, network: KeepingNetwork) -> None:
        self._network = network
        self._count = 0

    async def shows(self, chat: Chat, said: Said) -> str | None:
        if said.side is not Side.NETWORK and said.shown_as is None:
            for told in self._network.chat(chat.name).messages.values():
                if told.text in said.versions:
                    said.shown_as = told.id
        return said.id if said.side is Side.NETWORK else said.shown_as

    async def say(
        self, chat: Chat, who: str, text: str, answered: str | None, *, emote: bool
    ) -> str:
        kind = MessageKind.EMOTE if emote else MessageKind.TEXT
        message = Message(from_plain(text), kind, reply_to=_message(answered))
        name = self.name()
        await self._network.deliver(self.happens(chat, who, message, name))
        return name

    async def edit(self, chat: Chat, said: Said) -> None:
        answered = await self.shows(chat, said.reply_to) if said.reply_to else None
        message = Message(from_plain(said.text), reply_to=_message(answered))
        await self.do(chat, said.who, Edit(MessageID(said.id), message, self.version()))

    async def delete(self, chat: Chat, said: Said) -> None:
        await self.do(chat, said.who, Deletion(MessageID(said.id)))

    async def react(self, chat: Chat, who: str, target: str, emoji: str) -> Undo:
        await self.do(chat, who, Reaction(MessageID(target), emoji))
        return partial(self.do, chat, who, Reaction(MessageID(target), emoji, removed=True))

    # What there is on this side only.

    async def do(self, chat: Chat, who: str, content: Content) -> None:
        await self._network.deliver(self.happens(chat, who, content))

    def happens(
        self, chat: Chat, who: str, content: Content, name: str | None = None
    ) -> RemoteEvent[Content]:
        """Something happens; the bridge is not told yet."""
        self._count += 1
        event = RemoteEvent(
            RemoteChat(ChatID(chat.name)),
            RemoteUserID(who),
            content,
            id=_message(name),
            key=f"key {self._count}",
        )
        self._network.happen(event)
        return event

    def name(self) -> str:
        """A message's."""
        self._count += 1
        return f"m{self._count}"

    def version(self) -> str:
        """An edit's: a later one's is greater."""
        self._count += 1
        return f"{self._count:06}"


def _message(name: str | None) -> MessageID | None:
    return None if name is None else MessageID(name)
