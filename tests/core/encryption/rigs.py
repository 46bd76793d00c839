"""A bridge that knows encrypted rooms, on the fake homeserver, and people whose clients encrypt."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import text

from bridgekit.clock import Clock
from bridgekit.commands.caller import Caller, Via
from bridgekit.commands.place import Place
from bridgekit.configuration.encryption_settings import EncryptionSettings
from bridgekit.ids import RoomID, UserID
from bridgekit.testing.encrypted.person import EncryptedPerson, encrypted_person
from bridgekit.testing.rig import DOMAIN, Rig

ALIAS = f"#loop_#room:{DOMAIN}"
BOT = f"@bridgebot:{DOMAIN}"
JSON = dict[str, Any]
ENCRYPTION = {"algorithm": "m.megolm.v1.aes-sha2"}


@dataclass
class Scene:
    rig: Rig
    alice: EncryptedPerson
    room: str = ""

    @property
    def parts(self) -> Any:
        assert self.rig.bridge.parts is not None
        return self.rig.bridge.parts

    @property
    def side(self) -> Any:
        return self.parts.matrix.encryption

    async def begin(self, **encryption: Any) -> None:
        """A bridge at work with these settings, and alice in the room of the chat."""
        self.rig.settings["encryption"] = EncryptionSettings(**encryption)
        await self.rig.start()
        self.room = self.room or await self.alice.join(ALIAS)

    async def again(self, **encryption: Any) -> None:
        """The same bridge, started anew with other settings."""
        await self.rig.kill()
        await self.begin(**encryption)

    async def encrypt(self) -> None:
        """As somebody does with their client."""
        await self.parts.intents.set_state(self.room, "m.room.encryption", ENCRYPTION)

    async def heard(self, words: str) -> None:
        await self.rig.network.wait(lambda: words in self.rig.network.texts())

    async def shown(self, words: str) -> JSON:
        return await self.alice.wait_for(
            self.room, lambda event: event["content"].get("body") == words
        )

    async def notice(self, containing: str) -> JSON:
        return await self.alice.wait_for(
            self.room,
            lambda event: (
                event["sender"] == BOT and containing in str(event["content"].get("body"))
            ),
        )

    async def notices(self, containing: str) -> int:
        return sum(containing in body for body in await self.alice.bodies(self.room))

    async def bob(self, words: str, **options: Any) -> None:
        await self.rig.network.person("bob").say("#room", words, id=words, **options)

    def raw(self, event_id: str) -> JSON:
        """An event as the homeserver has it, whoever can read it."""
        events = self.rig.hs.world.rooms[self.room].events
        (found,) = [one for one in events if one.id == event_id]
        return {"type": found.type, "content": found.content}

    async def do(self, *words: str) -> Any:
        """As the operator."""
        operator = Caller(UserID("@op:example.org"), Via.OPERATOR)
        place = Place(RoomID(self.room), alone=True)
        return await self.parts.commands.giving.typed(operator, words, place, _unseen)

    async def rows(self, query: str) -> list[Any]:
        return list(await self.parts.store.reader.scan(text(query)))


async def _unseen(_: str) -> None: ...


@asynccontextmanager
async def scene_of(
    folder: Path, clock: Clock | None = None, **options: Any
) -> AsyncIterator[Scene]:
    """`begin` is still to come. The registration is that of a bridge with a device."""
    on = {"encryption": EncryptionSettings(mode="allow")}
    async with Rig(folder, clock, settings=on, **options) as rig:
        yield Scene(rig, await encrypted_person(rig.hs, "alice"))
