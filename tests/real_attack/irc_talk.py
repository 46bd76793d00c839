"""What alice, on a real Synapse, and rosa, on a real IRC server, say and are shown."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import ClientError

from bridgekit.testing.homeserver import Person
from demo.irc_person import IRCPerson, Line
from demo.world import World
from tests.real_attack import ledgers, synapse
from tests.real_attack.deadline import last_words
from tests.real_attack.gaps import MISSING, Gaps
from tests.real_attack.stage import IN_DOUBT

CHANNELS = ("#one", "#two", "#three")
BOT = "gardener"
BURST = 10
MANY = 30  # lines that are being sent for longer than alice's client rests
AHEAD = 300
REST = 0.5  # seconds between two looks of alice's client: each costs Synapse as much as a message


@dataclass(slots=True)
class OnIRC:
    """What IRC shows of the bridge: where its bot is, and what alice says through it."""

    there: set[str] = field(default_factory=set)
    heard: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in CHANNELS})
    who: set[str] = field(default_factory=set)
    """Under which nicks it was said."""

    def line(self, line: Line) -> None:
        if line.command == "PRIVMSG":
            self.heard[line.where].append(line.text)
            self.who.add(line.nick)
        elif line.command == "353":
            names = [name.lstrip("~&@%+") for name in line.text.split()]
            self.there.update({*CHANNELS} & {*line.words} if BOT in names else ())
        elif line.nick == BOT and line.command == "JOIN":
            self.there |= {line.where, line.text} & {*CHANNELS}
        elif line.nick == BOT and line.command == "QUIT":
            self.there.clear()


@dataclass(slots=True)
class Talk:
    """Both sides of all channels, as alice's client and rosa's show them."""

    place: World
    folder: Path
    alice: Person
    rosa: IRCPerson
    irc: OnIRC
    rooms: dict[str, str]
    by_alice: dict[str, list[str]] = field(default_factory=dict)
    by_rosa: dict[str, list[str]] = field(default_factory=dict)
    shown: dict[str, list[str]] = field(default_factory=dict)
    bodies: dict[str, str] = field(default_factory=dict)
    told: dict[str, list[str]] = field(default_factory=dict)
    who: set[str] = field(default_factory=set)
    """As whom rosa is shown."""
    gaps: Gaps = field(default_factory=Gaps)
    pushes: synapse.Pushes = field(init=False)
    quiet: dict[str, asyncio.Lock] = field(default_factory=dict)
    """Who holds one has alice say nothing in that channel."""
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def __post_init__(self) -> None:
        self.pushes = synapse.Pushes(self.folder / "synapse" / "homeserver.db")
        self.quiet = {channel: asyncio.Lock() for channel in CHANNELS}
        for of in (self.by_alice, self.by_rosa, self.shown, self.told):
            of.update({channel: [] for channel in CHANNELS})

    # What is said.

    async def alice_says(self, channel: str, count: int) -> None:
        for _ in range(count):
            said = self.by_alice[channel]
            said.append(f"alice {channel} {len(said)}")
            event = await self.alice.say(self.rooms[channel], said[-1])
            self.bodies[event] = said[-1]

    def rosa_says(self, channel: str, count: int) -> None:
        for _ in range(count):
            said = self.by_rosa[channel]
            said.append(f"rosa {channel} {len(said)}")
            self.rosa.say(channel, said[-1])

    async def talk(self, size: int, calm: asyncio.Event) -> None:
        """`size` messages each way, in all channels at once."""
        async with asyncio.TaskGroup() as group:
            for channel in CHANNELS:
                group.create_task(self._talk(channel, size // len(CHANNELS), calm))

    async def _talk(self, channel: str, size: int, calm: asyncio.Event) -> None:
        """Rosa says nothing while the bridge is on its way back."""
        for _ in range(0, size, BURST):
            async with self.quiet[channel]:
                await self.alice_says(channel, BURST)
            await calm.wait()
            self.rosa_says(channel, BURST)
            await self.until(lambda: self.waiting < AHEAD)

    # What is shown.

    @property
    def arrived(self) -> int:
        return sum(map(len, self.shown.values())) + sum(map(len, self.irc.heard.values()))

    @property
    def waiting(self) -> int:
        said = sum(map(len, self.by_alice.values())) + sum(map(len, self.by_rosa.values()))
        return said - self.arrived - self._only_told()

    @property
    def unshown(self) -> int:
        return sum(map(len, self.by_rosa.values())) - sum(map(len, self.shown.values()))

    def _only_told(self) -> int:
        return sum(
            text not in self.irc.heard[channel]
            for channel in CHANNELS
            for text in self.told[channel]
        )

    async def until(self, condition: Callable[[], object], within: float = 900.0) -> None:
        async with asyncio.timeout(within), self.changed:
            await self.changed.wait_for(lambda: bool(condition()))

    async def notice(self) -> None:
        async with self.changed:
            self.changed.notify_all()

    async def listen(self) -> None:
        """Alice's client: every message of every room, once, as it comes."""
        channels = {room: channel for channel, room in self.rooms.items()}
        query = {"timeout": "30000", "filter": '{"room": {"timeline": {"limit": 10000}}}'}
        while True:
            try:
                answer: dict[str, Any] = await self.alice.request("GET", "/sync", None, query)
            except ClientError:  # Synapse is killed, too
                await asyncio.sleep(0.1)  # a server that is away tells nobody when it is back
                continue
            query["since"] = answer["next_batch"]
            joined = answer.get("rooms", {}).get("join", {})
            for room, channel in channels.items():
                for event in joined.get(room, {}).get("timeline", {}).get("events", ()):
                    self._saw(channel, event)
            await self.notice()
            await asyncio.sleep(REST)

    def _saw(self, channel: str, event: dict[str, Any]) -> None:
        content = event["content"]
        if event["type"] != "m.room.message" or event["sender"] == self.alice.user_id:
            return
        if content["msgtype"] == "m.notice":
            answered = content.get("m.relates_to", {}).get("m.in_reply_to", {}).get("event_id")
            if IN_DOUBT in content["body"]:
                self.told[channel].append(self.bodies.get(answered, ""))
            self.gaps.told[channel] += MISSING in content["body"]
        else:
            self.shown[channel].append(content["body"])
            self.who.add(event["sender"])

    def unpushed(self) -> set[str]:
        """Those of alice's events that Synapse has not pushed, but for what it keeps back."""
        kept = self.pushes.look()
        return self.bodies.keys() - self.pushes.done.keys() - kept

    def account(self) -> str:
        """How things stand, for whoever reads of a failure."""
        return f"{self.waiting} are said and not there. {last_words(self.place.bridge.log)}"

    # The kill.

    async def kill(
        self, calm: asyncio.Event, meanwhile: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        calm.clear()
        await asyncio.to_thread(self.place.bridge.kill)
        self.gaps.cut(self.by_rosa, ledgers.stored(self.folder / "bridge.db"))
        await self.rosa.wait(lambda: not self.irc.there)
        if meanwhile is not None:
            await meanwhile()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self.place.starter, self.place.bridge.start)
        await self.rosa.wait(lambda: len(self.irc.there) == len(CHANNELS), 60)
        calm.set()

    async def found_away(self) -> None:
        """Alice goes on until Synapse finds that the bridge is away.

        With the end of the recovery that this begins it pushes also what it has kept back.
        """
        while True:
            await self.alice_says(CHANNELS[0], 1)
            if self.pushes.recovering():
                return

    async def kill_homeserver(self, away: float) -> None:
        """For `away` seconds. Alice says nothing meanwhile, and all that she said is pushed.

        Her client, too, would have to look what became of it; and what Synapse has not pushed yet
        is in its memory only.
        """
        async with AsyncExitStack() as quiet:
            for lock in self.quiet.values():
                await quiet.enter_async_context(lock)
            while self.unpushed():  # noqa: ASYNC110 (a file tells nobody)
                await asyncio.sleep(0.05)
            for channel in CHANNELS:
                self.rosa_says(channel, MANY)
            # It is being sent. What Synapse keeps back of alice's does not count.
            await self.until(lambda: self.unshown < len(CHANNELS) * MANY)
            await asyncio.to_thread(self.place.homeserver.kill)
            await asyncio.sleep(away)
            start = self.place.homeserver.restart
            await asyncio.get_running_loop().run_in_executor(self.place.starter, start)
