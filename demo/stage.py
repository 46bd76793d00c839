"""The two sides of the conversation: who speaks, what each side is shown, and what it should be."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from bridgekit.testing.homeserver import Person
from demo import reading
from demo.irc_person import IRCPerson
from demo.view import View, readable
from demo.world import DOMAIN, World

CHANNEL = "#garden"
ALIAS = f"#irc_{CHANNEL}:{DOMAIN}"
ROSA = f"@irc_rosa:{DOMAIN}"
SNAIL = f"@irc_snail:{DOMAIN}"
LONG = (  # of more bytes than one line of IRC has, so that it arrives as several
    "A long message now, since IRC takes about four hundred bytes at a time. In March we dug the"
    " beds over and sowed peas, spinach and radishes; in April came a late frost that took half of"
    " the lettuce. May was kind: the tomatoes went out under glass, the beans climbed, the first"
    " roses opened against the south wall. Now the snails have found the cabbages, the water butt"
    " leaks, and somebody has to decide where the pumpkins go. If you can read this to the last"
    " word, which is compost, nothing was lost on the way: compost."
)


@dataclass(slots=True)
class Stage:
    """`matrix` and `irc` are what each side must have been shown, in order.

    `doubted` is what Alice was told may not have been sent: it was on its way at the kill -9.
    """

    world: World
    alice: Person
    rosa: IRCPerson
    snail: IRCPerson
    view: View
    room: str = ""
    direct: str = ""
    matrix: list[str] = field(default_factory=list)
    irc: list[str] = field(default_factory=list)
    doubted: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    shown: dict[str, str | None] = field(default_factory=dict)  # what Alice's client showed
    pause: float = 0.0  # seconds for people who look on

    # Alice, on Matrix.

    async def alice_says(self, text: str, **how: Any) -> str:
        """Until it is on IRC; returns the event."""
        await asyncio.sleep(self.pause)
        event = await self.alice.say(self.room, text, **how)
        self.irc.append(f"* {text}" if how.get("msgtype") == "m.emote" else text)
        await self.heard_all()
        return event

    async def alice_does(self, done: Awaitable[str], reads: str) -> tuple[str, str]:
        """Something that IRC reads as a line like `reads` (a pattern); the event and that line."""
        await asyncio.sleep(self.pause)
        event = await done
        before = len(self.expected())
        await self.rosa.wait(lambda: len(self.heard()) > before)
        line = self.heard()[before]
        if not re.fullmatch(reads, line):
            self.faults.append(f"IRC should have been shown {reads!r}, was shown {line!r}")
        self.irc.append(line)
        return event, line

    async def heard_all(self) -> None:
        """Until IRC has been shown all that it must be."""
        await self.rosa.wait(lambda: not self.expected()[len(self.heard()) :])

    def expected(self) -> list[str]:
        """What IRC must have been shown: all but what Alice was told may not have been sent."""
        return reading.owed(self.irc, self.heard(), self.doubted)

    def heard(self) -> list[str]:
        """What Rosa was shown of Alice, the lines of one long message put together again."""
        heard: list[str] = []
        for line in self.rosa.texts(CHANNEL, "alice"):
            text = readable(line)
            if heard and LONG.startswith(heard[-1]) and heard[-1] != LONG:
                heard[-1] = f"{heard[-1]} {text}"
            else:
                heard.append(text)
        if heard and LONG.startswith(heard[-1]) and heard[-1] != LONG:
            heard.pop()  # not all of it is here yet
        return heard

    # Rosa and a snail, on IRC.

    async def rosa_says(self, text: str, reads: str | None = None) -> str:
        """Until it is on Matrix; returns the event."""
        return await self._says(self.rosa, ROSA, text, reads)

    async def snail_says(self, text: str) -> None:
        await self._says(self.snail, SNAIL, text, None)

    async def _says(self, who: IRCPerson, ghost: str, text: str, reads: str | None) -> str:
        await asyncio.sleep(self.pause)
        who.say(CHANNEL, text)
        if who is self.rosa:  # what others say she is shown
            self.view.network(who.nick, text)
        wanted = reads or readable(text).removeprefix("* ")
        self.matrix.append(wanted)
        event = await self.on_matrix(
            lambda event: event["sender"] == ghost and event["content"].get("body") == wanted
        )
        return str(event["event_id"])

    async def rosa_does(self, line: str, seen: Callable[[dict[str, Any]], bool]) -> None:
        """A command of hers, until an event on Matrix shows it."""
        await asyncio.sleep(self.pause)
        self.rosa.send(line)
        await self.on_matrix(seen)

    async def on_matrix(self, seen: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        async with asyncio.timeout(60):
            return await self.alice.wait_for(self.room, seen)

    async def on_irc(self, command: str, nick: str, text: str) -> None:
        """Until Rosa has been shown this line."""
        await self.rosa.wait(
            lambda: any(
                (line.command, line.nick, line.text) == (command, nick, text)
                for line in self.rosa.lines
            )
        )

    # What people see.

    async def watch(self, room: str) -> None:
        """Print what Alice's client shows, as it comes."""

        def show(event: dict[str, Any]) -> bool:
            self.show(event, room)
            return False

        await self.alice.wait_for(room, show)

    def show(self, event: dict[str, Any], room: str) -> None:
        if event["event_id"] in self.shown:
            return
        self.doubted |= reading.doubted(event, self.shown)
        text = self.shown[event["event_id"]] = reading.matrix(event, self.shown)
        note = "[direct] " if room == self.direct else ""
        if text is not None:
            self.view.matrix(reading.name_of(event["sender"]), f"{note}{text}")
