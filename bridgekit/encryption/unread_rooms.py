"""Encrypted rooms where the bridge reads none of them: nothing of a network is said there in plain
text. Needs no library.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bridgekit.encryption.demanding import SECRET_ROOM, Stopping, Tell
from bridgekit.encryption.noticing import Noticing
from bridgekit.ids import RoomID, TransactionID, UserID
from bridgekit.matrix.encrypted import SECRET
from bridgekit.store.encryption import EncryptionRows, save_settings
from bridgekit.store.sql import Rows
from bridgekit.store.writer import Writer


class UnreadRooms:
    """As `Envelopes` of `matrix/encrypted.py`.

    Which rooms are encrypted is known of what was seen, so that nobody is asked about plain ones.
    `settings` asks for those of a room as somebody who is in it.
    """

    reads = False

    def __init__(
        self,
        rows: EncryptionRows,
        writer: Writer,
        settings: Callable[[RoomID, UserID | None], Awaitable[Mapping[str, Any] | None]],
        tell: Tell,
    ) -> None:
        self._rows, self._writer, self._settings = rows, writer, settings
        self._stopping = Stopping(SECRET_ROOM, tell)
        self._known: set[RoomID] | None = None
        self._seen: set[RoomID] = set()  # since we are at work

    def noticed(self, room: RoomID) -> None:
        """It is encrypted, and that is stored."""
        self._seen.add(room)

    async def expect(self, ghost: UserID) -> None:
        """Ghosts have no devices then."""

    async def enter(self, room: RoomID, host: UserID) -> None:
        """The ghost is enough where nothing has to be read by the bot's device."""

    async def look(self, room: RoomID, user: UserID | None = None) -> None:
        found = await self._settings(room, user)
        if found is not None and not await self._is_encrypted(room):
            await self._writer.write(Rows(save_settings(room, json.dumps(found))))
            self.noticed(room)

    async def encrypts(self, room: RoomID) -> bool:
        await self._check(room, {})
        return False

    async def sealed(
        self,
        room: RoomID,
        kind: str,
        content: Mapping[str, Any],
        txn: TransactionID,  # noqa: ARG002 (the protocol's)
        user: UserID | None = None,  # noqa: ARG002
    ) -> tuple[str, Mapping[str, Any]]:
        if kind in SECRET:
            await self._check(room, content)
        return kind, content

    async def unsent(self, room: RoomID, txn: TransactionID) -> None:
        """Nothing is sealed."""

    async def opened(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        return event

    async def opening(self, ghost: UserID) -> Noticing:  # noqa: ARG002
        return Noticing(self.noticed)

    async def _check(self, room: RoomID, content: Mapping[str, Any]) -> None:
        if await self._is_encrypted(room):
            await self._stopping.check(room, content)

    async def _is_encrypted(self, room: RoomID) -> bool:
        if self._known is None:
            self._known = await self._rows.rooms()
        return room in self._known or room in self._seen
