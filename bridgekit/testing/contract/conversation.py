"""What is said while the bridge dies again and again, and what both sides must show at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from bridgekit.bridge import Bridge
from bridgekit.clock import Clock
from bridgekit.events import Content, Deletion, Edit, Message, Reaction
from bridgekit.ids import MessageID, RemoteUserID
from bridgekit.richtext import from_plain, plain
from bridgekit.supports import SupportsDelete, SupportsEdit, SupportsReact
from bridgekit.testing.contract.network import FakeNetwork
from bridgekit.testing.contract.scenario import Subject
from bridgekit.testing.contract.shown import LOSS
from bridgekit.testing.contract.stage import Stage
from bridgekit.testing.contract.staging import staged
from bridgekit.testing.contract.timing import Simulated, begun
from bridgekit.testing.crash import Allowed, End, World

_LOSSES = Allowed(perhaps=(LOSS,))
_PAUSE = 5.0  # seconds between two words of somebody whose network keeps nothing


@dataclass(frozen=True, slots=True)
class Conversation:
    """A scenario of `bridgekit.testing.crash`: Alice and Bob talk, change and take back."""

    subject: Subject
    name: str = "contract"
    events: int = 12

    @asynccontextmanager
    async def world(self, folder: Path, clock: Clock) -> AsyncIterator[World]:
        del clock  # of the running loop, as ours is
        subject, time = self.subject, begun(Simulated())
        async with (
            subject.network() as network,
            staged(folder, time, subject.adapter, network, _allowed(network)) as stage,
        ):
            yield Talk(stage)


@dataclass(slots=True)
class Talk:
    """Each message has words of its own: by these it is known on both sides."""

    stage: Stage
    names: dict[MessageID, str] = field(default_factory=dict)
    """What Bob's messages said, by their IDs."""
    alice: RemoteUserID | None = None
    """Who Alice is on the network, if she can be spoken to in private there."""

    def bridge(self, folder: Path) -> Bridge:
        if self.stage.bridge is not None:
            self.stage.story.tell("the bridge has died")
        self.stage.watch.clients.clear()
        return self.stage.made(folder)

    async def prepare(self) -> None:
        stage = self.stage
        # Some begin with what is new by then: what was said before is nobody's loss.
        await stage.until(lambda: stage.watch.connected, "a login connects")
        await stage.meet()
        if stage.network.has("whisper") and stage.network.keeps:
            self.alice = stage.watch.me()

    async def play(self) -> None:
        stage = self.stage
        red, green = await self._bob("red"), await stage.says("green")
        blue, white = await self._bob("blue"), await stage.says("white")
        await self._arrives("white")
        if stage.network.keeps:
            await self._bobs_change(red, blue)
            await stage.seen("blue")
        if isinstance(stage.client, SupportsEdit):
            await stage.alice.edit(stage.room, green, "dark green")
        if isinstance(stage.client, SupportsReact) and blue is not None:
            event = await stage.seen("blue")
            await stage.alice.react(stage.room, event["event_id"], "👍")
        if isinstance(stage.client, SupportsDelete):
            await stage.alice.redact(stage.room, white)
        if self.alice is not None:
            await self._in_private(self.alice)
        await self._bob("last of bob")
        await stage.says("last of alice")
        await self._arrives("last of alice")
        if stage.network.keeps:
            await stage.seen("last of bob")

    async def end(self) -> End:
        stage = self.stage
        stage.listen()
        said = [f"{one.who}: {text}" for text, one in stage.there.messages()]
        private = {} if self.alice is None else {"bob": list(self._whispered())}
        end = stage.end_of_matrix.end(
            {"network": said, **private},
            sorted(set(self._facts())),
            missing=() if stage.network.keeps else self.names.values(),
        )
        return replace(end, story=stage.story.lines)

    async def _bob(self, text: str) -> MessageID | None:
        named = await self.stage.said("bob", text)
        self.names[named or MessageID(text)] = text
        if not self.stage.network.keeps:
            await self.stage.time.passes(_PAUSE)
        return named

    async def _in_private(self, alice: RemoteUserID) -> None:
        stage, matrix = self.stage, self.stage.end_of_matrix
        stage.story.tell("on the network, bob says 'psst' to Alice in private")
        named = await stage.network.whisper("bob", alice, Message(from_plain("psst")))
        self.names[named or MessageID("psst")] = "psst"
        room = await matrix.invited()
        await stage.alice.join(room)
        await stage.until(lambda: matrix.shows("psst", room), "Alice sees 'psst'")
        await stage.alice.say(room, "hush")
        await stage.until(
            lambda: "hush" in self._whispered() or matrix.told("hush"),
            "bob hears 'hush', or Alice is told that nobody knows whether he has",
        )

    def _whispered(self) -> Iterator[str]:
        contents = (one.content for one in self.stage.network.whispered("bob"))
        return (plain(one.text) for one in contents if isinstance(one, Message))

    async def _bobs_change(self, red: MessageID | None, blue: MessageID | None) -> None:
        stage = self.stage
        if red is None or blue is None:
            return
        for content in (
            Edit(red, Message(from_plain("dark red"))),
            Reaction(blue, "🎉"),
            Deletion(red),
        ):
            if type(content) in stage.network.kinds:
                await stage.does("bob", content)

    async def _arrives(self, text: str) -> None:
        """Wait until the network has heard this, or Alice that nobody knows whether it has."""
        stage = self.stage
        await stage.until(
            lambda: stage.there.times(text) or stage.end_of_matrix.told(text),
            f"{text!r} is heard on the network, or Alice is told of it",
        )

    def _facts(self) -> Iterator[str]:
        """What else the bridge did there, by the words of what it is about."""
        heard = self.stage.network.heard()
        messages = {one.id: text for text, one in self.stage.there.messages() if one.id}
        names = {**messages, **self.names}
        for one in heard:
            target = getattr(one.content, "target", None)
            if target is not None:
                yield f"{_what(one.content)} {names.get(target, target)}"


def _allowed(network: FakeNetwork) -> Allowed:
    """Where the network keeps what it says, nobody may be told of losses."""
    return Allowed() if network.keeps else _LOSSES


def _what(content: Content) -> str:
    match content:
        case Edit():
            return f"{plain(content.message.text)!r} instead of"
        case Reaction():
            return f"{'no ' if content.removed else ''}{content.emoji} to"
        case _:
            return f"{type(content).__name__} of"
