"""One person of either independent client of encrypted rooms: the same verbs, whichever it is."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

from nio import DeleteDevicesResponse, EncryptionError, Event, MegolmEvent
from nio.crypto import encrypt_attachment
from nio.responses import ShareGroupSessionResponse

from bridgekit.testing.servers.accounts import Account
from tests.integration.js_client import JSPerson, js_person
from tests.integration.nio_client import NioPerson, nio_person
from tests.integration.synapse_rig import SynapseRig

JSON = dict[str, Any]


class Talker(Protocol):
    """What a story asks of a client; a verb that says something answers with the event's ID."""

    @property
    def user_id(self) -> str: ...

    @property
    def device(self) -> str: ...

    async def join(self, alias: str) -> str: ...

    async def at_home(self, room: str) -> None:
        """Return once it sees that it is in this room, and that the room is encrypted."""

    async def send(self, room: str, kind: str, content: JSON) -> str: ...

    async def picture(self, room: str, name: str, data: bytes) -> None: ...

    async def reads(self, body: str) -> str:
        """The event that it has decrypted to this text."""

    async def reads_like(self, words: str) -> str: ...

    async def cannot_read(self, event_id: str) -> None:
        """Return once it has seen an event, and has no key for it."""

    def unread(self) -> list[str]:
        """The events that it has no keys for."""

    async def opens(self, event: JSON) -> bool:
        """Whether its keys decrypt this event, wherever it has it from."""

    async def rotate(self, room: str) -> None:
        """Say what is next with another key."""

    async def hold(self) -> None:
        """From now on messages go, and their keys do not."""

    async def release(self) -> None:
        """What was held back goes."""

    async def delete(self, device: str, password: str) -> None:
        """Another device of the same person."""


@dataclass
class Nio:
    person: NioPerson
    held: list[tuple[Any, ...]] = field(default_factory=list)

    @property
    def user_id(self) -> str:
        return self.person.user_id

    @property
    def device(self) -> str:
        return str(self.person.client.device_id)

    async def join(self, alias: str) -> str:
        room = str((await self.person.client.join(alias)).room_id)
        await self.at_home(room)
        return room

    async def at_home(self, room: str) -> None:
        rooms = self.person.client.rooms
        await self.person.until(lambda: room in rooms and rooms[room].encrypted)

    async def send(self, room: str, kind: str, content: JSON) -> str:
        return await self.person.send(room, content, kind)

    async def picture(self, room: str, name: str, data: bytes) -> None:
        secret, fields = encrypt_attachment(data)
        kept, _ = await self.person.client.upload(BytesIO(secret), filesize=len(secret))
        file = {**fields, "url": kept.content_uri}
        await self.send(room, "m.room.message", {"msgtype": "m.image", "body": name, "file": file})

    async def reads(self, body: str) -> str:
        return _decrypted(await self.person.read(body))

    async def reads_like(self, words: str) -> str:
        return _decrypted(await self.person.read_like(words))

    async def cannot_read(self, event_id: str) -> None:
        await self.person.until(lambda: event_id in self.unread())

    def unread(self) -> list[str]:
        return [str(event.event_id) for event in self.person.unread]

    async def opens(self, event: JSON) -> bool:
        parsed = Event.parse_encrypted_event(event)
        assert isinstance(parsed, MegolmEvent)
        try:
            self.person.client.decrypt_event(parsed)
        except EncryptionError:
            return False
        return True

    async def rotate(self, room: str) -> None:
        self.person.client.invalidate_outbound_session(room)

    async def hold(self) -> None:
        send = self.person.client._send

        async def holding(kind: type, *words: Any, **more: Any) -> Any:
            if kind is not ShareGroupSessionResponse:
                return await send(kind, *words, **more)
            self.held.append((kind, *words))
            return ShareGroupSessionResponse(*more["response_data"])

        self.person.client._send = holding

    async def release(self) -> None:
        client = self.person.client
        del client._send
        assert self.held
        while self.held:
            answer = await client._send(*self.held.pop(0), response_data=("", set()))
            assert isinstance(answer, ShareGroupSessionResponse), answer

    async def delete(self, device: str, password: str) -> None:
        who = {"type": "m.id.user", "user": self.user_id}
        auth: Any = {"type": "m.login.password", "identifier": who, "password": password}
        answer = await self.person.client.delete_devices([device], auth)
        assert isinstance(answer, DeleteDevicesResponse), answer


def _decrypted(event: Any) -> str:
    assert event.decrypted, event
    return str(event.event_id)


@dataclass
class JS:
    person: JSPerson
    user_id: str

    @property
    def device(self) -> str:
        return self.person.device

    async def join(self, alias: str) -> str:
        room = str(await self.person.do("join", room=alias))
        await self.at_home(room)
        return room

    async def at_home(self, room: str) -> None:
        assert await self.person.do("encrypted", room=room)

    async def send(self, room: str, kind: str, content: JSON) -> str:
        return str(await self.person.do("send", room=room, type=kind, content=content))

    async def picture(self, room: str, name: str, data: bytes) -> None:
        await self.person.do("picture", room=room, body=name, data=b64encode(data).decode())

    async def reads(self, body: str) -> str:
        return str((await self.person.reads(body))["id"])

    async def reads_like(self, words: str) -> str:
        found = await self.person.finds(lambda one: words in str(one["content"].get("body")))
        assert found["secret"], found
        return str(found["id"])

    async def cannot_read(self, event_id: str) -> None:
        await self.person.until(lambda: event_id in self.unread())

    def unread(self) -> list[str]:
        return [str(one["id"]) for one in self.person.unread]

    async def opens(self, event: JSON) -> bool:
        return bool(await self.person.do("opens", event=event))

    async def rotate(self, room: str) -> None:
        await self.person.do("rotate", room=room)

    async def hold(self) -> None:
        await self.person.do("hold")

    async def release(self) -> None:
        assert await self.person.do("release") > 0

    async def delete(self, device: str, password: str) -> None:
        await self.person.do("remove", device=device, password=password)


@asynccontextmanager
async def talker(client: str, folder: Path, rig: SynapseRig, who: str) -> AsyncIterator[Talker]:
    """A new device of this person's, with nio or matrix-js-sdk."""
    account: Account = await asyncio.to_thread(rig.hs.accounts.get, who)
    if client == "nio":
        async with nio_person(folder / "nio", rig.hs.url, account) as nio:
            yield Nio(nio)
    else:
        async with js_person(folder, rig.hs.url, account.user_id, account.password) as js:
            yield JS(js, account.user_id)
