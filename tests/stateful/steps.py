"""What people on both sides do in a story: a record each, so that a story can be read and shrunk.

`which` picks among what somebody may refer to at that moment, as far as it is there to be seen; if
there is nothing, the step does nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from bridgekit.events import ChatChange as Change
from bridgekit.events import Deletion, Edit, Message, Pin, Reaction
from bridgekit.facts import ChatInfo
from bridgekit.ids import MessageID
from bridgekit.richtext import from_plain
from tests.stateful.model import Said, Side
from tests.stateful.world import World

T = TypeVar("T")


@dataclass(frozen=True)
class Step:
    """Something happens in a chat; `turns` of the event loop pass before the next step."""

    turns: int
    chat: str

    async def play(self, world: World) -> None:
        raise NotImplementedError


@dataclass(frozen=True)
class MatrixSays(Step):
    who: str
    reply: int | None = None
    emote: bool = False

    async def play(self, world: World) -> None:
        chat, number = world.model.chats[self.chat], next(world.numbers)
        text, how = f"{self.who} says {number}", {"msgtype": "m.emote"} if self.emote else {}
        target = picked(chat.targets(), self.reply)
        event = target and await world.event_of(chat, target)
        person = world.people[self.who]
        if event is None:
            said = await person.say(chat.room, text, **how)
        else:
            said = await person.reply(chat.room, event, text, **how)
        reply_to = target if event else None
        chat.say(Said(Side.MATRIX, self.who, text, said, reply_to=reply_to))


@dataclass(frozen=True)
class MatrixEdits(Step):
    which: int

    async def play(self, world: World) -> None:
        chat = world.model.chats[self.chat]
        said = picked(chat.targets(Side.MATRIX), self.which)
        if said is not None:
            said.edit(f"{said.who} edits {next(world.numbers)}")
            await world.people[said.who].edit(chat.room, said.id, said.text)


@dataclass(frozen=True)
class MatrixDeletes(Step):
    which: int

    async def play(self, world: World) -> None:
        chat = world.model.chats[self.chat]
        said = picked(chat.targets(Side.MATRIX), self.which)
        if said is not None:
            said.deleted = True
            await world.people[said.who].redact(chat.room, said.id)


@dataclass(frozen=True)
class MatrixReacts(Step):
    who: str
    which: int
    emoji: str

    async def play(self, world: World) -> None:
        """Reacts, or takes the same reaction back."""
        chat = world.model.chats[self.chat]
        said = picked(chat.targets(), self.which)
        event = said and await world.event_of(chat, said)
        if said is None or event is None:
            return
        key, person = (Side.MATRIX, self.who, self.emoji), world.people[self.who]
        if key in said.reactions:
            said.reactions.discard(key)
            await person.redact(chat.room, said.reaction_ids.pop(key))
        else:
            said.reactions.add(key)
            said.reaction_ids[key] = await person.react(chat.room, event, self.emoji)


@dataclass(frozen=True)
class NetworkSays(Step):
    who: str
    reply: int | None = None
    times: int = 1

    async def play(self, world: World) -> None:
        for _ in range(self.times):
            self._say(world)

    def _say(self, world: World) -> None:
        chat, number = world.model.chats[self.chat], next(world.numbers)
        text, name = f"{self.who} says {number}", f"m{number}"
        target = picked(chat.targets(), self.reply)
        message = target and world.message_of(chat, target)
        content = Message(from_plain(text), reply_to=MessageID(message) if message else None)
        world.outbox.put(world.happens(self.chat, self.who, content, name))
        reply_to = target if message else None
        chat.say(Said(Side.NETWORK, self.who, text, name, reply_to=reply_to))


@dataclass(frozen=True)
class NetworkEdits(Step):
    which: int

    async def play(self, world: World) -> None:
        chat = world.model.chats[self.chat]
        said = picked(chat.targets(Side.NETWORK), self.which)
        if said is not None:
            number = next(world.numbers)
            said.edit(f"{said.who} edits {number}")
            target = said.reply_to and world.message_of(chat, said.reply_to)
            answered = MessageID(target) if target else None
            message = Message(from_plain(said.text), reply_to=answered)
            edit = Edit(MessageID(said.id), message, f"{number:06}")
            world.outbox.put(world.happens(self.chat, said.who, edit))


@dataclass(frozen=True)
class NetworkDeletes(Step):
    which: int

    async def play(self, world: World) -> None:
        chat = world.model.chats[self.chat]
        said = picked(chat.targets(Side.NETWORK), self.which)
        if said is not None:
            said.deleted = True
            deletion = Deletion(MessageID(said.id))
            world.outbox.put(world.happens(self.chat, said.who, deletion))


@dataclass(frozen=True)
class NetworkReacts(Step):
    who: str
    which: int
    emoji: str

    async def play(self, world: World) -> None:
        """Reacts, or takes the same reaction back."""
        chat = world.model.chats[self.chat]
        said = picked(chat.targets(), self.which)
        message = said and world.message_of(chat, said)
        if said is None or message is None:
            return
        key = (Side.NETWORK, self.who, self.emoji)
        removed = key in said.reactions
        (said.reactions.discard if removed else said.reactions.add)(key)
        reaction = Reaction(MessageID(message), self.emoji, removed=removed)
        world.outbox.put(world.happens(self.chat, self.who, reaction))


@dataclass(frozen=True)
class NetworkEditsFirst(Step):
    """An edit and a reaction overtake the message that they are about."""

    who: str
    emoji: str

    async def play(self, world: World) -> None:
        chat, number = world.model.chats[self.chat], next(world.numbers)
        name, text = f"m{number}", f"{self.who} says {number}"
        said = chat.say(Said(Side.NETWORK, self.who, text, name))
        message = world.happens(self.chat, self.who, Message(from_plain(text)), name)
        said.edit(f"{self.who} edits {number}")
        edit = Edit(MessageID(name), Message(from_plain(said.text)), f"{number:06}")
        reaction = Reaction(MessageID(name), self.emoji)
        said.reactions.add((Side.NETWORK, self.who, self.emoji))
        late = [world.happens(self.chat, self.who, one) for one in (edit, reaction)]
        world.outbox.put(*late, message)


@dataclass(frozen=True)
class NetworkPins(Step):
    which: int

    async def play(self, world: World) -> None:
        """Pins a message of the network's, or takes the pin away."""
        chat = world.model.chats[self.chat]
        said = picked(chat.targets(Side.NETWORK), self.which)
        if said is None:
            return
        removed = said in chat.pinned
        (chat.pinned.remove if removed else chat.pinned.append)(said)
        pin = Pin(MessageID(said.id), removed=removed)
        world.outbox.put(world.happens(self.chat, said.who, pin))


@dataclass(frozen=True)
class NetworkSetsTopic(Step):
    who: str

    async def play(self, world: World) -> None:
        chat = world.model.chats[self.chat]
        topic = f"topic {next(world.numbers)}"
        if chat.linked:
            chat.topic = topic
            change = Change(ChatInfo(topic=topic))
            world.outbox.put(world.happens(self.chat, self.who, change))


@dataclass(frozen=True)
class NetworkRepeats(Step):
    """What was acknowledged long ago is told again."""

    which: int

    async def play(self, world: World) -> None:
        event = picked(world.outbox.told, self.which)
        if event is not None:
            world.outbox.put(event)


def picked(things: Sequence[T], which: int | None) -> T | None:
    """Counted from the end: the latest are the likeliest."""
    return things[-1 - which % len(things)] if things and which is not None else None
