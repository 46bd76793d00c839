"""What people do in a rehearsal: Alice on Matrix, anybody on the network, in the same words."""

from __future__ import annotations

import mimetypes
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from bridgekit.cli.rehearsal.rehearsal import Rehearsal
from bridgekit.cli.rehearsal.screen import Side
from bridgekit.cli.rehearsal.words import is_said, of_content
from bridgekit.events import Content, Deletion, Edit, Message, Reaction
from bridgekit.facts import Attachment
from bridgekit.ids import MessageID, RemoteUserID
from bridgekit.richtext import from_plain
from bridgekit.testing.homeserver.person import Person
from bridgekit.testing.loopback.files import kind_of


class Mistake(Exception):  # noqa: N818 (of whoever typed it)
    """What was typed cannot be done; the sentence says why."""


class Actor(ABC):
    """Somebody on one of the sides; messages go by the numbers of the transcript."""

    side: Side

    @abstractmethod
    async def say(self, text: str) -> None: ...

    @abstractmethod
    async def reply(self, target: str, text: str) -> None: ...

    @abstractmethod
    async def edit(self, target: str, text: str) -> None: ...

    @abstractmethod
    async def react(self, target: str, emoji: str) -> None: ...

    @abstractmethod
    async def delete(self, target: str) -> None: ...

    @abstractmethod
    async def file(self, name: str, text: str) -> None: ...


@dataclass(slots=True)
class OnMatrix(Actor):
    """Alice."""

    rehearsal: Rehearsal
    side = Side.MATRIX

    async def say(self, text: str) -> None:
        await self._does(Person.say, text)

    async def reply(self, target: str, text: str) -> None:
        await self._does(Person.reply, target, text)

    async def edit(self, target: str, text: str) -> None:
        await self._does(Person.edit, target, text)

    async def react(self, target: str, emoji: str) -> None:
        await self._does(Person.react, target, emoji)

    async def delete(self, target: str) -> None:
        await self._does(Person.redact, target)

    async def file(self, name: str, text: str) -> None:
        await self._does(Person.send_file, name, _type_of(name), text.encode())

    async def _does(self, act: Callable[..., Awaitable[str]], *what: Any) -> None:
        rehearsal = self.rehearsal
        rehearsal.began(await act(rehearsal.alice, rehearsal.room, *what))


@dataclass(slots=True)
class OnNetwork(Actor):
    """`who` is a name of the fake's."""

    rehearsal: Rehearsal
    who: str
    side = Side.NETWORK

    async def say(self, text: str) -> None:
        await self._does(Message(from_plain(text)))

    async def reply(self, target: str, text: str) -> None:
        await self._does(Message(from_plain(text), reply_to=MessageID(target)))

    async def edit(self, target: str, text: str) -> None:
        await self._does(Edit(MessageID(target), Message(from_plain(text))))

    async def react(self, target: str, emoji: str) -> None:
        await self._does(Reaction(MessageID(target), emoji))

    async def delete(self, target: str) -> None:
        await self._does(Deletion(MessageID(target)))

    async def file(self, name: str, text: str) -> None:
        if not self.rehearsal.network.files:
            raise Mistake("The fake takes no files: its class says `files = False`.")
        mime = _type_of(name)
        attachment = Attachment(kind_of(mime), text, name, mime, size=len(text.encode()))
        await self._does(Message(from_plain(""), attachments=(attachment,)))

    async def _does(self, content: Content) -> None:
        rehearsal, kind = self.rehearsal, type(content)
        if kind not in rehearsal.network.kinds:
            raise Mistake(
                f"People on this fake cannot do that: its `kinds` have no {kind.__name__}."
            )
        rehearsal.told()
        name = await rehearsal.network.say(RemoteUserID(self.who), content)
        screen = rehearsal.screen
        words = of_content(content, lambda one: screen.number(Side.NETWORK, one))
        screen.message(
            Side.NETWORK, self.who, words, name if is_said(content) else None, ours=False
        )


def _type_of(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
