"""Rooms of a real Synapse, encrypted, for channels of a real ngIRCd; and who talks there."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from vodozemac import MegolmMessage

from bridgekit.configuration.config import Network
from bridgekit.configuration.encryption_settings import EncryptionSettings
from bridgekit.ids import NetworkName, UserID
from bridgekit.testing.rig import DOMAIN
from bridgekit.testing.servers import Ngircd
from bridges.irc import IRCAdapter
from bridges.irc.config import IRCConfig
from demo.irc_person import IRCPerson, irc_person
from tests.core.until import until
from tests.integration.conversation import LINES
from tests.integration.synapse_rig import SynapseRig, on_synapse
from tests.integration.talkers import Talker, talker

JSON = dict[str, Any]
PATIENCE = 90.0


@contextmanager
def secret_irc(folder: Path, irc: Ngircd) -> Iterator[SynapseRig]:
    """A bridge whose rooms are encrypted. What IRC has no way for is a line there."""
    config = IRCConfig(host=irc.host, port=irc.port, tls=False, nick="secretary")
    network = Network(NetworkName("irc"), IRCAdapter, config, (), fallbacks=LINES)
    settings = {"encryption": EncryptionSettings(mode="default")}
    with on_synapse(folder, None, others=[network], settings=settings, public=True) as rig:
        yield rig


@dataclass
class Scene:
    """`crowd` are people of either client in the room, under the client's name."""

    rig: SynapseRig
    folder: Path
    rosa: IRCPerson
    channel: str
    room: str
    crowd: dict[str, Talker]

    # Of the people here.

    async def say(self, who: Talker, body: str, **more: object) -> str:
        content = {"msgtype": "m.text", "body": body, **more}
        return await who.send(self.room, "m.room.message", content)

    @asynccontextmanager
    async def device_of(self, who: Talker, client: str) -> AsyncIterator[Talker]:
        """Another device of somebody's, of which the bridge has heard."""
        name = who.user_id[1:].partition(":")[0]
        async with talker(client, self.folder, self.rig, name) as found:
            await found.at_home(self.room)
            await until(lambda: self._knows(found))
            yield found

    async def delete(self, whose: Talker, device: Talker) -> None:
        """By another of the same person's; return once the bridge has heard of it."""
        await whose.delete(device.device, f"pass-{whose.user_id[1:].partition(':')[0]}")

        async def gone() -> bool:
            return not await self._knows(device)

        await until(gone)

    async def _knows(self, whose: Talker) -> bool:
        found, _ = await self.rig.bridge.parts.matrix.encryption.peers.of([UserID(whose.user_id)])
        return any(peer.device == whose.device for peer in found)

    # Of rosa.

    async def hears(self, so: str | Callable[[str], object]) -> str:
        """The one line that is so, or that ends so."""

        def lines() -> list[str]:
            texts = self.rosa.texts(self.channel)
            return [x for x in texts if (x.endswith(so) if isinstance(so, str) else so(x))]

        await self.rosa.wait(lambda: bool(lines()), within=PATIENCE)
        (line,) = lines()
        return line

    async def speaks(self, body: str) -> str:
        """Everybody reads what she says: its event."""
        self.rosa.say(self.channel, body)
        (event,) = {await one.reads(body) for one in self.crowd.values()}
        return event

    # Of the room.

    async def on_the_wire(self, event: str) -> JSON:
        """As the homeserver has it."""
        path = f"rooms/{quote(self.room, safe='')}/event/{quote(event, safe='')}"
        found: JSON = await self.rig.bridge.parts.intents._find(path)
        return found

    async def place(self, event: str) -> tuple[str, int]:
        """With which session it was encrypted, and at which place of that."""
        content = (await self.on_the_wire(event))["content"]
        message = MegolmMessage.from_base64(content["ciphertext"])
        return content["session_id"], message.message_index()


@asynccontextmanager
async def secret_channel(folder: Path, rig: SynapseRig, irc: Ngircd) -> AsyncIterator[Scene]:
    """A channel, and people, that nobody else uses."""
    unique = secrets.token_hex(3)
    channel = f"#secret-{unique}"
    async with AsyncExitStack() as stack:
        rosa = await stack.enter_async_context(irc_person(irc.port, f"r{unique}", channel))
        crowd, room = {}, ""
        for client in ("nio", "js"):
            one = talker(client, folder, rig, f"{client}{unique}")
            crowd[client] = await stack.enter_async_context(one)
            room = await crowd[client].join(f"#irc_{channel}:{DOMAIN}")
        yield Scene(rig, folder, rosa, channel, room, crowd)
