"""The fake homeserver, a loopback network that keeps its events, and what both show at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from shutil import copytree
from typing import Any

from bridgekit.clock import Clock
from bridgekit.configuration.encryption_settings import EncryptionSettings
from bridgekit.configuration.settings import ChatLink
from bridgekit.ids import LoginID, NetworkName, RemoteUserID
from bridgekit.testing.crash import Allowed, End, MatrixEnd
from bridgekit.testing.encrypted.person import encrypted_person
from bridgekit.testing.loopback import Transcript
from bridgekit.testing.loopback.keeping import KeepingNetwork
from bridgekit.testing.rig import NETWORK, Rig
from tests.crash.network_side import network_side
from tests.crash.orders import Order, Ordered, Orders

CHAT = "#room"
ALIAS = "#loop_#room:example.org"
NOWHERE = "nowhere"
FAR = NetworkName("far")


class LoopbackWorld:
    """Alice is in the room of a chat in which Bob is; both can do everything."""

    def __init__(
        self, network: KeepingNetwork, far: KeepingNetwork, matrix: MatrixEnd, rig: Rig
    ) -> None:
        """`far` is the other network of a room that is shared."""
        self.network, self.far, self.matrix, self.rig = network, far, matrix, rig
        self.hs, self.alice = matrix.hs, matrix.alice
        self.until, self.seen, self.told = matrix.until, matrix.seen, matrix.told
        self.bob = network.person("bob")
        self.copy: Path | None = None
        """Of a database, on which the first bridge of an attack begins."""
        self._orders = Orders()

    @property
    def room(self) -> str:
        return self.matrix.room

    @room.setter
    def room(self, room: str) -> None:
        self.matrix.room = room

    @property
    def login(self) -> LoginID:
        """Alice's."""
        return next(one for one in self.network.clients if one != self.network.first)

    @property
    def me(self) -> RemoteUserID:
        """Alice, as the network knows her."""
        return self.network.clients[self.login].me

    def bridge(self, folder: Path) -> Ordered:
        if self.copy is not None and not any(folder.iterdir()):
            copytree(self.copy, folder, dirs_exist_ok=True)
        return Ordered(self.matrix.bridge(folder), self._orders)

    async def operate(self, order: Order) -> None:
        """Have the bridge do something, and again until it is done."""
        number = self._orders.give(order)
        await self.until(lambda: self._orders.done >= number)

    async def both_spoke(self) -> None:
        """Logins are connected, ghosts are there."""
        await self.join()
        await self.bob.say(CHAT, "hello", id="hello")
        await self.seen("hello")
        await self.alice.say(self.room, "good day")
        await self.heard("good day")

    async def join(self) -> str:
        return await self.matrix.enter(ALIAS)

    async def heard(self, text: str, chat: Transcript | None = None) -> str:
        """The network's ID of the message with this text, once it is there.

        Where nobody can tell whether it is sent, its sender hears so instead: `NOWHERE`.
        """
        found = chat or self.network.chat(CHAT)
        await self.until(
            lambda: text in [one.text for one in found.messages.values()] or self.told(text)
        )
        try:
            return found.with_text(text).id
        except LookupError:
            return NOWHERE

    async def end(self) -> End:
        await self.alice.take_mail()
        said, facts = network_side("network", self.network)
        far_said, far_facts = network_side("far", self.far)
        left = self.network.unacknowledged + self.far.unacknowledged
        devices = self._devices()
        return self.matrix.end(
            {**said, **far_said},
            [*facts, *far_facts],
            trouble=[
                *([f"{left} events were never acknowledged"] if left else []),
                *([f"the bridge had {devices} devices"] if devices > 1 else []),
            ],
        )

    def _devices(self) -> int:
        """With how many devices the bridge has spoken; it needs another one for no crash."""
        events = (event for room in self.hs.world.rooms.values() for event in room.events)
        ours = (event for event in events if event.sender.startswith(("@bridgebot", "@loop_")))
        return len({event.content["device_id"] for event in ours if "device_id" in event.content})


@asynccontextmanager
async def loopback_world(
    folder: Path,
    clock: Clock,
    *,
    allowed: Allowed,
    network: dict[str, Any],
    linked: bool = True,
    shared: bool = False,
    encrypted: str | None = None,
    **config: Any,
) -> AsyncIterator[LoopbackWorld]:
    """`linked`: the chat has a room, as it is configured.

    `shared`: the room is Alice's own, and also that of a chat of another network. `encrypted`:
    Alice's client encrypts, and the bridge can; it says where ghosts have devices.
    """
    names = (NETWORK, FAR) if shared else (NETWORK,)
    rig = Rig(folder, clock, homeserver_clock=clock, networks=names, **config)
    kept, far = KeepingNetwork(**network), KeepingNetwork(**network, first=LoginID("far:bot"))
    rig.networks = dict(zip(names, (kept, far), strict=False))
    rig.network = kept
    if not linked:
        rig.links = ()
    if encrypted:
        settings = {"mode": "allow", "ghost_devices": encrypted}
        rig.settings["encryption"] = EncryptionSettings.model_validate(settings)
    async with rig:
        alice = await encrypted_person(rig.hs, "alice") if encrypted else None
        world = LoopbackWorld(kept, far, MatrixEnd(rig, allowed, alice), rig)
        if shared:
            everybody = {"users_default": 100}
            world.room = await world.alice.create_room(
                preset="public_chat", power_level_content_override=everybody
            )
            rig.links = (ChatLink(chat=CHAT, room=world.room),)
            rig.other_links = {FAR: (ChatLink(chat=CHAT, room=world.room),)}
        yield world
