"""The two sides of the conversation: who speaks, what each side is shown, and what it should be."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bridgekit.configuration.plugins import yielded
from bridgekit.events import Content, Deletion, Edit, Message, Pin, Reaction
from bridgekit.ids import MessageID
from bridgekit.richtext import from_plain, plain
from demo import reading
from demo.fakes.place import Place
from demo.view import View

_LOOK = 0.05  # seconds between looks at what the played network has heard
_PATIENCE = 90.0


@dataclass(slots=True)
class Sides:
    """`matrix` and `there` are what each side must have been shown, in order.

    `doubted` is what Alice was told may not have been sent: it was on its way at the kill -9, to a
    network that cannot be asked whether it arrived.
    """

    place: Place
    view: View
    matrix: list[str] = field(default_factory=list)
    there: list[str] = field(default_factory=list)
    doubted: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    pause: float = 0.0  # seconds for people who look on
    _printed: int = 0
    _shown: dict[str, str | None] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)

    def can(self, ability: type) -> bool:
        """Whether what people on Matrix do is something that the network has."""
        clients = [one for one in yielded(self.place.subject.adapter) if one is not None]
        return any(issubclass(client, ability) for client in clients)

    def has(self, kind: type[Content]) -> bool:
        """Whether people on the network can do that."""
        return kind in self.place.network.kinds

    # Alice, on Matrix.

    async def alice_says(self, text: str, **how: Any) -> str:
        """Until the network has heard it; returns the event."""
        await asyncio.sleep(self.pause)
        event = await self.place.alice.say(self.place.room, text, **how)
        self.there.append(text)
        await self.heard_all()
        return str(event)

    async def heard_all(self) -> None:
        await self.until(lambda: not self.expected()[len(self.heard()) :])

    def expected(self) -> list[str]:
        """What the network must have heard: all but what Alice was told may not have been sent."""
        return reading.owed(self.there, self.heard(), self.doubted)

    def heard(self) -> list[str]:
        """Of what Alice says, what the network has heard: by their words, a name may go before."""
        contents = (one.content for one in self.place.network.heard())
        said = [plain(one.text) for one in contents if isinstance(one, Message)]
        return [text for one in said for text in self.there if one.endswith(text)]

    async def done(self, right: Callable[[Any], bool]) -> None:
        """Until the bridge has done this on the network."""
        await self.until(lambda: any(right(one.content) for one in self.place.network.heard()))

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(_PATIENCE):
            while not condition():
                await asyncio.sleep(_LOOK)
                self.listen()
        self.listen()

    # Rosa, on the network.

    async def rosa_says(self, text: str) -> tuple[str, MessageID | None]:
        """Until it is on Matrix; returns the event, and its ID on the network."""
        await asyncio.sleep(self.pause)
        named = await self.place.network.say("rosa", Message(from_plain(text)))
        self.view.network("rosa", text)
        self.matrix.append(text)
        return str((await self.seen(text))["event_id"]), named

    async def rosa_does(self, content: Content) -> None:
        await asyncio.sleep(self.pause)
        await self.place.network.say("rosa", content)
        self.view.network("rosa", in_words(content))

    async def seen(self, text: str) -> dict[str, Any]:
        """The event with which somebody of the network says this."""
        return await self.on_matrix(
            lambda event: self.is_ghost(event) and event["content"].get("body") == text
        )

    async def on_matrix(self, condition: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        async with asyncio.timeout(_PATIENCE):
            return await self.place.alice.wait_for(self.place.room, condition)

    def is_ghost(self, event: dict[str, Any]) -> bool:
        return bool(event["sender"].startswith(f"@{self.place.subject.name}_"))

    # What people see.

    def listen(self) -> None:
        """Print what the network has heard since the last time."""
        heard = self.place.network.heard()
        for one in heard[self._printed :]:
            self.view.network(one.who or "bridge", in_words(one.content))
        self._printed = len(heard)

    async def overhear(self) -> None:
        """Print what the network hears, as it comes."""
        while True:
            self.listen()
            await asyncio.sleep(_LOOK)

    async def watch(self) -> None:
        """Print what Alice's client shows, as it comes."""

        def show(event: dict[str, Any]) -> bool:
            if event["type"] == "m.room.member":
                name = event["content"].get("displayname") or event["state_key"]
                self._names[event["state_key"]] = name
            if event["event_id"] not in self._shown:
                self.doubted |= reading.doubted(event, self._shown)
                text = self._shown[event["event_id"]] = reading.matrix(event, self._shown)
                if text is not None:
                    self.view.matrix(self._names.get(event["sender"], "bridge"), text)
            return False

        await self.place.alice.wait_for(self.place.room, show)


def in_words(content: Content) -> str:
    """What a client shows."""
    match content:
        case Message():
            files = "".join(f"[file] {one.name} " for one in content.attachments)
            mark = "[in a thread] " if content.thread else "[reply] " if content.reply_to else ""
            return f"{mark}{files}{plain(content.text)}"
        case Edit(_, message):
            return f"[now reads] {plain(message.text)}"
        case Reaction(_, emoji, removed):
            return f"takes back {emoji}" if removed else f"reacts with {emoji}"
        case Deletion():
            return "deletes a message"
        case Pin():
            return "pins a message"
        case _:
            return type(content).__name__.lower()
