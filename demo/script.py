"""What is said and done. Alice is on Matrix, Rosa on IRC; halfway through, the bridge is killed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from demo.picture import NAME, opened, roses
from demo.stage import ALIAS, CHANNEL, LONG, ROSA, SNAIL, Stage

_GONE = (404, 410)
_MODERATOR = 50  # the power level of an operator


@dataclass(slots=True)
class Talk:
    """The conversation on a stage. `link` is where IRC finds the picture."""

    stage: Stage
    picture: str = ""
    link: str = ""

    async def run(self) -> None:
        stage = self.stage
        async with asyncio.TaskGroup() as group:
            await self._meet()
            watching = [group.create_task(stage.watch(stage.room))]
            await self._chat()
            await self._beyond_text()
            await self._whisper(group, watching)
            await self._crash()
            await self._take_back()
            await self._keep_order()
            await self._settle()
            for task in watching:
                task.cancel()
        for room in (stage.room, stage.direct):
            for event in await stage.alice.events(room):
                stage.show(event, room)

    async def _meet(self) -> None:
        stage = self.stage
        stage.view.event(f"alice joins {ALIAS}: its room is made now")
        stage.room = await stage.alice.join(ALIAS)
        await stage.rosa.wait(lambda: stage.rosa.present("gardener"))

    async def _chat(self) -> None:
        stage = self.stage
        await stage.alice_says("Hello from Matrix! Is anybody out there?")
        await stage.rosa_says("Hello alice, this is IRC.")
        await stage.alice_says(
            "I can be bold, and code.", html="I can be <b>bold</b>, and <code>code</code>."
        )
        await stage.rosa_says("\x02Bold\x02 here, \x1ditalic\x1d too.", "Bold here, italic too.")
        await stage.alice_says("waters the tomatoes", msgtype="m.emote")
        await stage.rosa_says("\x01ACTION hands over the can\x01")
        await stage.alice_says(LONG)

    async def _beyond_text(self) -> None:
        """What IRC has no word for arrives as one that people understand."""
        stage, alice = self.stage, self.stage.alice
        stage.view.event("what IRC has no word for: an edit, a reply, a reaction, a picture")
        first = await stage.alice_says("The rosse are in bloom.")
        again = "The roses are in bloom."
        await stage.alice_does(alice.edit(stage.room, first, again), r"\* The roses are in bloom\.")
        asked = await stage.rosa_says("Which colour are they?")
        answer = alice.reply(stage.room, asked, "Red. Wait, I will show you.")
        await stage.alice_does(answer, r"rosa: Red\. Wait, I will show you\.")
        liked = alice.react(stage.room, asked, "🌹")
        await stage.alice_does(liked, r"\* reacted with 🌹 to rosa: .*Which colour are they\?.*")
        sent = alice.send_file(stage.room, NAME, "image/png", roses())
        shown = rf"\* sent an image: {NAME} \(.*\) http\S+"
        self.picture, line = await stage.alice_does(sent, shown)
        self.link = line.split()[-1]
        await self._open("rosa opens the link: it is the picture, byte for byte")
        await stage.rosa_says("They are beautiful.")

    async def _open(self, good: str) -> None:
        status, data = await opened(self.link)
        if (status, data) == (200, roses()):
            self.stage.view.event(good)
        else:
            fault = f"the link to the picture answered {status}, with {len(data)} bytes"
            self.stage.faults.append(fault)

    async def _whisper(self, group: asyncio.TaskGroup, watching: list[asyncio.Task[None]]) -> None:
        stage, alice, rosa = self.stage, self.stage.alice, self.stage.rosa
        stage.view.event("alice starts a direct chat with rosa")
        stage.direct = await alice.create_room(
            invite=[ROSA], direct=True, preset="trusted_private_chat"
        )
        watching.append(group.create_task(stage.watch(stage.direct)))
        await alice.say(stage.direct, "Just between us: the roses are yours.")
        await rosa.wait(lambda: len(rosa.texts("rosa")) == 1)
        rosa.say("alice", "I know. Thank you!")
        stage.view.network("rosa", "[to alice] I know. Thank you!")
        await alice.wait_for(
            stage.direct, lambda event: event["content"].get("body") == "I know. Thank you!"
        )

    async def _crash(self) -> None:
        """Ten lines are with the bridge, a few of them on IRC already, when it is killed."""
        stage = self.stage
        for number in range(1, 11):
            text = f"line {number} of ten, said quickly"
            await stage.alice.say(stage.room, text)
            stage.irc.append(text)
        heard = len(stage.irc) - 3
        await stage.rosa.wait(lambda: len(stage.heard()) >= heard)
        await asyncio.sleep(0.15)  # between two paced lines: mid-flow, with no line on the wire
        stage.view.event("kill -9: the bridge is gone, with three of ten lines")
        stage.world.bridge.kill()
        stage.view.event("alice goes on talking; then the bridge starts again")
        for number in range(1, 4):
            text = f"said into the silence, {number} of 3"
            await stage.alice.say(stage.room, text)
            stage.irc.append(text)
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(stage.world.starter, stage.world.bridge.start)
        await stage.heard_all()
        stage.view.event("everything has arrived")
        await stage.rosa_says("Was something the matter? I saw you leave and come back.")
        await stage.alice_says("Nothing that you would have to know about.")

    async def _take_back(self) -> None:
        """The picture goes; IRC cannot unsay anything, but its link ends."""
        stage = self.stage
        await self._open("the link has outlived the kill -9; now alice deletes her picture")
        gone = stage.alice.redact(stage.room, self.picture)
        await stage.alice_does(gone, r"\* deleted the message.*")
        status, _ = await opened(self.link)
        if status in _GONE:
            stage.view.event(f"rosa opens the link again: gone ({status})")
        else:
            stage.faults.append(f"the link to the deleted picture still answers {status}")

    async def _keep_order(self) -> None:
        """Topics, ranks and kicks, from either side."""
        stage = self.stage
        if not stage.rosa.operates():
            return  # the small server of the package irc knows no operators
        stage.view.event("topics, ranks and kicks, from either side")
        about = "Roses and tomatoes"
        await stage.rosa_does(f"TOPIC {CHANNEL} :{about}", lambda event: _topic(event) == about)
        await stage.snail_says("munch, munch")
        await stage.rosa_does(f"KICK {CHANNEL} snail :not my lettuce", _snail_is_out)
        alice = stage.alice.user_id
        await stage.rosa_does(f"MODE {CHANNEL} +o alice", lambda event: _may_moderate(event, alice))
        await stage.alice.set_topic(stage.room, "Roses only")
        await stage.on_irc("TOPIC", "alice", "Roses only")
        stage.snail.send(f"JOIN {CHANNEL}")
        await stage.snail_says("munch again")
        await stage.alice.kick(stage.room, SNAIL, "nor mine")
        await stage.on_irc("KICK", "alice", "nor mine")

    async def _settle(self) -> None:
        """What is doubled would come late: let one more message pass each way, as a barrier."""
        await self.stage.alice_says("Good night!")
        await self.stage.rosa_says("Good night, Matrix.")


def _topic(event: dict[str, Any]) -> str | None:
    return event["content"].get("topic") if event["type"] == "m.room.topic" else None


def _snail_is_out(event: dict[str, Any]) -> bool:
    return event.get("state_key") == SNAIL and event["content"].get("membership") == "leave"


def _may_moderate(event: dict[str, Any], user: str) -> bool:
    users = event["content"].get("users", {}) if event["type"] == "m.room.power_levels" else {}
    return bool(users.get(user, 0) >= _MODERATOR)
