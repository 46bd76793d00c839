"""What is said. Alice is on Matrix, Rosa on IRC; halfway through, the bridge is killed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from bridgekit.testing.homeserver import Person
from demo.irc_person import IRCPerson
from demo.view import View, readable
from demo.world import DOMAIN, World

CHANNEL = "#garden"
ALIAS = f"#irc_{CHANNEL}:{DOMAIN}"
ROSA = f"@irc_rosa:{DOMAIN}"
LONG = " ".join(
    f"({number}) a bridge that loses half of a long message is no bridge;"
    for number in range(1, 12)
)


@dataclass(slots=True)
class Talk:
    """The conversation. `matrix` and `irc` are what each side must have been shown, in order."""

    world: World
    alice: Person
    rosa: IRCPerson
    view: View
    room: str = ""
    direct: str = ""
    matrix: list[str] = field(default_factory=list)
    irc: list[str] = field(default_factory=list)
    shown: set[str] = field(default_factory=set)
    pause: float = 0.0  # seconds for people who look on

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            await self._meet()
            watching = [group.create_task(self._watch(self.room))]
            await self._chat()
            await self._whisper(group, watching)
            await self._crash()
            await self._settle()
            for task in watching:
                task.cancel()
        for room in (self.room, self.direct):
            for event in await self.alice.messages(room):
                self._show(event, room)

    async def _meet(self) -> None:
        self.view.event(f"alice joins {ALIAS}: its room is made now")
        self.room = await self.alice.join(ALIAS)
        await self.rosa.wait(lambda: self.rosa.present("gardener"))

    async def _chat(self) -> None:
        await self._alice("Hello from Matrix! Is anybody out there?")
        await self._rosa("Hello alice, this is IRC.")
        await self._alice(
            "I can be bold, and code.", html="I can be <b>bold</b>, and <code>code</code>."
        )
        await self._rosa("\x02Bold\x02 here, \x1ditalic\x1d too.", reads="Bold here, italic too.")
        await self._alice("waters the tomatoes", msgtype="m.emote")
        self.rosa.act(CHANNEL, "hands over the can")
        self.view.irc("rosa", "* hands over the can")
        self.matrix.append("hands over the can")
        await self._until_shown()
        await self._alice(LONG)

    async def _whisper(self, group: asyncio.TaskGroup, watching: list[asyncio.Task[None]]) -> None:
        self.view.event("alice starts a direct chat with rosa")
        self.direct = await self.alice.create_room(
            invite=[ROSA], direct=True, preset="trusted_private_chat"
        )
        watching.append(group.create_task(self._watch(self.direct)))
        await self.alice.say(self.direct, "Just between us: the roses are yours.")
        await self.rosa.wait(lambda: len(self.rosa.texts("rosa")) == 1)
        self.rosa.say("alice", "I know. Thank you!")
        self.view.irc("rosa", "[to alice] I know. Thank you!")
        await self.alice.wait_for(
            self.direct, lambda event: event["content"].get("body") == "I know. Thank you!"
        )

    async def _crash(self) -> None:
        """Ten lines are with the bridge, a few of them on IRC already, when it is killed."""
        for number in range(1, 11):
            text = f"line {number} of ten, said quickly"
            await self.alice.say(self.room, text)
            self.irc.append(text)
        heard = len(self.irc) - 3
        await self.rosa.wait(lambda: len(self._heard()) >= heard)
        await asyncio.sleep(0.15)  # between two paced lines: mid-flow, with no line on the wire
        self.view.event("kill -9: the bridge is gone, with three of ten lines")
        self.world.bridge.kill()
        self.view.event("alice goes on talking; then the bridge starts again")
        for number in range(1, 4):
            text = f"said into the silence, {number} of 3"
            await self.alice.say(self.room, text)
            self.irc.append(text)
        await asyncio.to_thread(self.world.bridge.start)
        await self.rosa.wait(lambda: len(self._heard()) >= len(self.irc))
        self.view.event("everything has arrived")
        await self._rosa("Was something the matter? I saw you leave and come back.")
        await self._alice("Nothing that you would have to know about.")

    async def _settle(self) -> None:
        """What is doubled would come late: let one more message pass each way, as a barrier."""
        await self._alice("Good night!")
        await self._rosa("Good night, Matrix.")

    async def _alice(self, text: str, **how: Any) -> None:
        await asyncio.sleep(self.pause)
        await self.alice.say(self.room, text, **how)
        self.irc.append(text)
        await self.rosa.wait(lambda: self._joined(len(self.irc)))

    async def _rosa(self, text: str, reads: str | None = None) -> None:
        await asyncio.sleep(self.pause)
        self.rosa.say(CHANNEL, text)
        self.view.irc("rosa", text)
        self.matrix.append(reads or text)
        await self._until_shown()

    async def _until_shown(self) -> None:
        wanted = self.matrix[-1]
        await self.alice.wait_for(
            self.room,
            lambda event: event["sender"] == ROSA and event["content"].get("body") == wanted,
        )

    def _joined(self, count: int) -> bool:
        return len(self._heard()) >= count

    def _heard(self) -> list[str]:
        """What Rosa was shown, the lines of one long message put together again."""
        heard: list[str] = []
        for line in self.rosa.texts(CHANNEL):
            text = readable(line).removeprefix("* ")
            if heard and LONG.startswith(heard[-1]) and heard[-1] != LONG:
                heard[-1] = f"{heard[-1]} {text}"
            else:
                heard.append(text)
        if heard and LONG.startswith(heard[-1]) and heard[-1] != LONG:
            heard.pop()  # not all of it is here yet
        return heard

    async def _watch(self, room: str) -> None:
        """Print what Alice's client shows, as it comes."""

        def show(event: dict[str, Any]) -> bool:
            self._show(event, room)
            return False

        await self.alice.wait_for(room, show)

    def _show(self, event: dict[str, Any], room: str) -> None:
        if event["type"] != "m.room.message" or event["event_id"] in self.shown:
            return
        self.shown.add(event["event_id"])
        who = event["sender"].partition(":")[0].removeprefix("@").removeprefix("irc_")
        body = event["content"].get("body", "")
        star = "* " if event["content"].get("msgtype") == "m.emote" else ""
        note = "[direct] " if room == self.direct else ""
        self.view.matrix(who, f"{note}{star}{body}")

    async def verdict(self) -> list[str]:
        """What is wrong; empty if both sides saw every line once, in order."""
        faults = []
        got = [
            event["content"]["body"]
            for event in await self.alice.messages(self.room)
            if event["sender"] == ROSA
        ]
        if got != self.matrix:
            faults.append(f"Matrix should have been shown {self.matrix}, was shown {got}")
        heard = self._heard()
        if heard != self.irc:
            faults.append(f"IRC should have been shown {self.irc}, was shown {heard}")
        notices = [
            event["content"]["body"]
            for event in await self.alice.messages(self.room)
            if event["content"].get("msgtype") == "m.notice"
        ]
        if notices:
            faults.append(f"the bridge was in doubt: {notices}")
        return faults
