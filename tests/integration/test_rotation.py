"""Both tokens are changed on a real Synapse while people talk both ways: 0 lost, 0 doubled."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from bridgekit.configuration import registration
from bridgekit.configuration.moderation_settings import ModerationSettings
from bridgekit.testing.homeserver import Person
from bridgekit.testing.rig import DOMAIN
from bridgekit.testing.servers import people
from tests.integration.missing import or_skip
from tests.integration.synapse_rig import PATIENCE, SynapseRig, on_synapse

pytestmark = pytest.mark.synapse

AHEAD = 5  # messages that may be on their way, each way, all the time
SECRET = SecretStr("what-signs-stays-the-same-0123456789")
NEXT = {
    "as_token": SecretStr("next-as-token-of-the-rig-0123456789"),
    "hs_token": SecretStr("next-hs-token-of-the-rig-0123456789"),
}
BOTH = {"secret": SECRET, **{f"{name}_next": token for name, token in NEXT.items()}}


class Talk:
    """One on each side who says one thing after the other, until they are told to end."""

    def __init__(self, rig: SynapseRig, alice: Person, room: str) -> None:
        self.rig, self.alice, self.room = rig, alice, room
        self.turn = asyncio.Lock()  # of whoever speaks on Matrix
        self.ending = False
        self.said = {"out": 0, "in": 0}

    async def both(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._out())
            group.create_task(self._in())

    async def crossed(self, more: int = 10) -> None:
        """So many more have crossed, said from now on."""
        goal = self.said["out"] + more
        await self.rig.network.wait(lambda: f"out {goal}" in self._there(), within=PATIENCE)

    async def _out(self) -> None:
        while not self.ending:
            async with self.turn:
                number = self.said["out"]
                await self.alice.say(self.room, f"out {number}")
                self.said["out"] += 1
            await self._at_most_ahead(number)

    async def _in(self) -> None:
        while not self.ending:
            number = self.said["in"]
            # Acknowledged once it is stored; while there is no bridge it waits for one.
            await self.rig.network.say("#room", "bob", f"in {number}", id=f"m{number}")
            self.said["in"] += 1
            await self._at_most_ahead(number)

    async def _at_most_ahead(self, number: int) -> None:
        if number >= AHEAD:
            there = f"out {number - AHEAD}"
            network = self.rig.network
            await network.wait(lambda: self.ending or there in self._there(), within=PATIENCE)

    async def heard(self) -> None:
        """All that was said on Matrix has crossed; whoever asks has the `turn`."""
        last = f"out {self.said['out'] - 1}"
        await self.rig.network.wait(lambda: last in self._there(), within=PATIENCE)

    async def end(self) -> None:
        """Nobody says anything more, nor waits for what would have been said."""
        self.ending = True
        async with self.rig.network.changed:
            self.rig.network.changed.notify_all()

    def _there(self) -> list[str]:
        return self.rig.network.texts()


async def restarted(rig: SynapseRig, talk: Talk) -> None:
    """The homeserver reads the registration that the configuration now asks for.

    In the moment in which Synapse ends, nobody may speak on it: what it holds in memory is lost
    (element-hq/synapse#11637), and no bridge hears of it. The other side talks on.
    """
    file = rig.folder / "registration.json"
    text = json.dumps(registration.build(rig.config).fields())
    await asyncio.to_thread(file.write_text, text, encoding="utf-8")
    async with talk.turn:
        await talk.heard()
        await asyncio.to_thread(rig.hs.restart)


async def again(rig: SynapseRig, **appservice: SecretStr) -> None:
    """The bridge, restarted with these settings."""
    rig.appservice = appservice
    await rig.stop()
    await rig.start()


async def test_tokens_change_on_synapse_while_both_sides_talk(
    tmp_path: Path, database: str
) -> None:
    with or_skip(on_synapse(tmp_path, database)) as rig:
        rig.appservice = {"secret": SECRET}
        rig.settings["moderation"] = ModerationSettings(circles=False)  # they take turns
        await rig.start()
        async with people(rig.hs) as crowd:
            alice = await crowd.person("alice")
            room = await alice.join(f"#loop_#room:{DOMAIN}")
            talk = Talk(rig, alice, room)
            talking = asyncio.create_task(talk.both())
            await talk.crossed()
            await again(rig, **BOTH)  # step 1: the bridge knows both
            await talk.crossed()
            await restarted(rig, talk)  # the homeserver uses the new ones
            await talk.crossed()
            await again(rig, secret=SECRET, **NEXT)  # step 2: the old ones go
            await talk.crossed()
            await talk.end()
            await talking
            last = f"in {talk.said['in'] - 1}"
            async with asyncio.timeout(PATIENCE):
                await alice.wait_for(room, lambda event: event["content"].get("body") == last)
            await talk.heard()
            await rig.stop()
            inwards = [body for body in await alice.bodies(room) if body.startswith("in ")]
        assert rig.network.texts() == [f"out {number}" for number in range(talk.said["out"])]
        assert inwards == [f"in {number}" for number in range(talk.said["in"])]
        assert min(talk.said.values()) > 4 * 10
