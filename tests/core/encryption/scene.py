"""A whole bridge with an encrypted room, between the fake homeserver and the loopback network."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from bridgekit.clock import SystemClock
from bridgekit.configuration.encryption_settings import EncryptionSettings
from bridgekit.encryption.signed import MEGOLM
from bridgekit.testing.encrypted.person import EncryptedPerson, encrypted_person
from bridgekit.testing.rig import DOMAIN, Rig

ALIAS = f"#loop_#room:{DOMAIN}"


class Ahead(SystemClock):
    """The time of this machine, and some more."""

    more = timedelta()

    def now(self) -> datetime:
        return super().now() + self.more


@dataclass
class Scene:
    rig: Rig
    alice: EncryptedPerson
    clock: Ahead
    room: str

    async def say(self, *texts: str) -> None:
        """Bob says these, and alice reads them."""
        for text in texts:
            await self.rig.network.person("bob").say("#room", text, id=text)
            await self.alice.wait_for(
                self.room, lambda event, text=text: event["content"].get("body") == text
            )

    async def alice_may(self) -> None:
        """Do everything in the room."""
        parts = self.rig.bridge.parts
        assert parts is not None
        levels = {"users": {self.alice.user_id: 100}}  # beside the bot, which made it
        await parts.intents.set_state(self.room, "m.room.power_levels", levels)

    async def known(self) -> None:
        """Return once the bridge knows what the room is now: not only has it been told."""
        await self.rig.hs.pushed()
        parts = self.rig.bridge.parts
        assert parts is not None
        await parts.matrix.inbox.drained()

    def keys(self) -> list[int]:
        """For how many messages each key was used, one after the other."""
        events = self.rig.hs.world.rooms[self.room].events
        sent = [one.content["session_id"] for one in events if one.type == "m.room.encrypted"]
        return [len(list(same)) for _, same in groupby(sent)]


@asynccontextmanager
async def encrypted_room(folder: Path, **settings: Any) -> AsyncIterator[Scene]:
    """Its keys go by these settings."""
    clock = Ahead()
    on = {"encryption": EncryptionSettings(mode="allow")}
    async with Rig(folder, clock, settings=on) as rig:
        alice = await encrypted_person(rig.hs, "alice")
        bridge = await rig.start()
        assert bridge.parts is not None
        room = await alice.join(ALIAS)
        content = {"algorithm": MEGOLM, **settings}
        await bridge.parts.intents.set_state(room, "m.room.encryption", content)
        yield Scene(rig, alice, clock, room)
