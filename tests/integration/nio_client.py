"""A person with matrix-nio: a real client of encrypted rooms, with keys of its own."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from nio import (
    AsyncClient,
    AsyncClientConfig,
    Event,
    LoginResponse,
    MatrixRoom,
    MegolmEvent,
    ReactionEvent,
    RoomMessage,
    RoomSendResponse,
    SyncError,
    ToDeviceEvent,
)

from bridgekit.testing.servers.accounts import Account

JSON = dict[str, Any]
PATIENCE = 90.0
ENCRYPTED = {"type": "m.room.encryption", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}


class NioPerson:
    """`seen` is what this client could read, `unread` what it could not.

    `filter` is that of /sync; None: of a room that has much news, a part comes.
    """

    def __init__(self, client: AsyncClient) -> None:
        self.client = client
        self.filter: JSON | None = None
        self.seen: list[Event] = []
        self.unread: list[MegolmEvent] = []
        self.told: list[ToDeviceEvent] = []
        self._changed = asyncio.Condition()
        client.add_event_callback(self._saw, (RoomMessage, ReactionEvent))
        client.add_event_callback(self._could_not, MegolmEvent)
        client.add_to_device_callback(self._was_told, ToDeviceEvent)

    @property
    def user_id(self) -> str:
        return str(self.client.user_id)

    async def _saw(self, room: MatrixRoom, event: Event) -> None:
        del room
        self.seen.append(event)

    async def _could_not(self, room: MatrixRoom, event: MegolmEvent) -> None:
        del room
        self.unread.append(event)

    async def _was_told(self, event: ToDeviceEvent) -> None:
        self.told.append(event)

    async def synced(self, times: int = 1, wait: int = 0) -> None:
        """`wait` is for how many milliseconds the homeserver may."""
        for _ in range(times):
            answer = await self.client.sync(timeout=wait, sync_filter=self.filter)
            if isinstance(answer, SyncError):  # of a homeserver that just ends, say
                await asyncio.sleep(0.1)
                continue
            if self.client.should_upload_keys:
                await self.client.keys_upload()
            if self.client.should_query_keys:
                await self.client.keys_query()
            async with self._changed:
                self._changed.notify_all()

    async def run(self) -> None:
        while True:
            await self.synced(wait=5_000)

    async def until(self, condition: Callable[[], object]) -> None:
        """Return once it is so, as this client sees it."""
        async with asyncio.timeout(PATIENCE):
            async with self._changed:
                await self._changed.wait_for(lambda: bool(condition()))

    def bodies(self) -> list[str]:
        return [str(getattr(event, "body", "")) for event in self.seen]

    def event(self, body: str) -> Event:
        (found,) = [event for event in self.seen if getattr(event, "body", None) == body]
        return found

    async def read(self, body: str) -> Event:
        """What was read under this text, once it was; exactly one is."""
        await self.until(lambda: body in self.bodies())
        return self.event(body)

    async def read_like(self, words: str) -> Event:
        """The same of what has these words in it."""
        await self.until(lambda: any(words in body for body in self.bodies()))
        (found,) = [event for event in self.seen if words in str(getattr(event, "body", ""))]
        return found

    async def send(self, room: str, content: JSON, kind: str = "m.room.message") -> str:
        answer = await self.client.room_send(room, kind, content, ignore_unverified_devices=True)
        assert isinstance(answer, RoomSendResponse), answer
        return str(answer.event_id)

    async def say(self, room: str, body: str) -> str:
        return await self.send(room, {"msgtype": "m.text", "body": body})

    async def joined(self, room: str) -> None:
        """Be in the room, and see that it is encrypted."""
        await self.client.join(room)
        await self.until(lambda: room in self.client.rooms)


@asynccontextmanager
async def nio_person(folder: Path, url: str, account: Account) -> AsyncIterator[NioPerson]:
    """A new device of this account, at work until the block ends."""
    device = f"NIO{secrets.token_hex(4).upper()}"
    store = folder / device
    store.mkdir(parents=True)
    config = AsyncClientConfig(encryption_enabled=True, store_sync_tokens=True)
    client = AsyncClient(url, account.user_id, device, str(store), config)
    try:
        answer = await client.login(account.password, device_name="nio")
        assert isinstance(answer, LoginResponse), answer
        person = NioPerson(client)
        await person.synced(2)
        task = asyncio.create_task(person.run())
        try:
            yield person
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    finally:
        await client.close()
