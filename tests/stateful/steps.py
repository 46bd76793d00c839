"""What people do in a story: a record each, so that a story can be read, repeated and shrunk.

Who does it says on which side. `which` picks among what somebody may refer to at that moment, as
far as it is there to be seen; if there is nothing, the step does nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from bridgekit.events import ChatChange, Edit, Message, Pin, Reaction
from bridgekit.facts import ChatInfo
from bridgekit.ids import MessageID
from bridgekit.richtext import from_plain
from tests.stateful.model import Said, Side
from tests.stateful.world import World, side_of

T = TypeVar("T")


@dataclass(frozen=True)
class Step:
    """Something happens in a chat; `turns` of the event loop pass before the next step."""

    turns: int
    chat: str

    async def play(self, world: World) -> None:
        raise NotImplementedError


@dataclass(frozen=True)
class Says(Step):
    who: str
    reply: int | None = None
    emote: bool = False
    times: int = 1

    async def play(self, world: World) -> None:
        for _ in range(self.times):
            await self._say(world)

    async def _say(self, world: World) -> None:
        chat, side = world.model.chats[self.chat], side_of(self.who)
        people, text = world.sides[side], f"{self.who} says {next(world.numbers)}"
        target = picked(chat.targets(), self.reply)
        answered = await people.shows(chat, target) if target else None
        name = await people.say(chat, self.who, text, answered, emote=self.emote)
        chat.say(Said(side, self.who, text, name, reply_to=target if answered else None))


@dataclass(frozen=True)
class Edits(Step):
    which: int

    async def play(self, world: World) -> None:
        chat = world.model.chats[self.chat]
        said = picked(chat.targets(), self.which)
        if said is not None:
            said.edit(f"{said.who} edits {next(world.numbers)}")
            await world.sides[said.side].edit(chat, said)


@dataclass(frozen=True)
class Deletes(Step):
    which: int

    async def play(self, world: World) -> None:
        chat = world.model.chats[self.chat]
        said = picked(chat.targets(), self.which)
        if said is not None:
            said.deleted = True
            await world.sides[said.side].delete(chat, said)


@dataclass(frozen=True)
class Reacts(Step):
    who: str
    which: int
    emoji: str

    async def play(self, world: World) -> None:
        """Reacts, or takes the same reaction back."""
        chat, side = world.model.chats[self.chat], side_of(self.who)
        people, said = world.sides[side], picked(chat.targets(), self.which)
        target = await people.shows(chat, said) if said else None
        if said is None or target is None:
            return
        key = (side, self.who, self.emoji)
        if (take_back := said.reactions.pop(key, None)) is not None:
            await take_back()
        else:
            said.reactions[key] = await people.react(chat, self.who, target, self.emoji)


# What only a network can do.


@dataclass(frozen=True)
class NetworkEditsFirst(Step):
    """An edit and a reaction overtake the message that they are about."""

    who: str
    emoji: str

    async def play(self, world: World) -> None:
        chat, people, number = world.model.chats[self.chat], world.remote, next(world.numbers)
        name, text = people.name(), f"{self.who} says {number}"
        said = chat.say(Said(Side.NETWORK, self.who, text, name))
        message = people.happens(chat, self.who, Message(from_plain(text)), name)
        said.edit(f"{self.who} edits {number}")
        reaction = Reaction(MessageID(name), self.emoji)
        undo = partial(people.do, chat, self.who, replace(reaction, removed=True))
        said.reactions[Side.NETWORK, self.who, self.emoji] = undo
        edit = Edit(MessageID(name), Message(from_plain(said.text)), people.version())
        early = [people.happens(chat, self.who, one) for one in (edit, reaction)]
        await world.network.deliver(*early, message)


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
        await world.remote.do(chat, said.who, Pin(MessageID(said.id), removed=removed))


@dataclass(frozen=True)
class NetworkSetsTopic(Step):
    who: str

    async def play(self, world: World) -> None:
        chat = world.model.chats[self.chat]
        if chat.linked:
            chat.topic = f"topic {next(world.numbers)}"
            await world.remote.do(chat, self.who, ChatChange(ChatInfo(topic=chat.topic)))


@dataclass(frozen=True)
class NetworkRepeats(Step):
    """What was acknowledged long ago is told again."""

    which: int

    async def play(self, world: World) -> None:
        telling = picked(world.acknowledged, self.which)
        if telling is not None:
            world.network.tell(telling)


def picked(things: Sequence[T], which: int | None) -> T | None:
    """Counted from the end: the latest are the likeliest."""
    return things[-1 - which % len(things)] if things and which is not None else None
