"""The key with which one who speaks in a room goes on: made, or taken up where another process was.

Sealed together with whose it is: another device of ours, or somebody else, must not go on with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from vodozemac import GroupSession, InboundGroupSession, MegolmMessage

from bridgekit.encryption.announcing import Announcing
from bridgekit.encryption.device import Device, within
from bridgekit.encryption.outbound import Outbound
from bridgekit.encryption.signed import PLAIN
from bridgekit.errors import RetryLater
from bridgekit.ids import RoomID, UserID
from bridgekit.matrix.devices import DeviceCalls
from bridgekit.models import Millis
from bridgekit.sealing import Sealing, Unreadable
from bridgekit.store.encryption import (
    Change,
    EncryptionRows,
    ReadingKey,
    RoomKey,
    save_reading_key,
    save_room_key,
)

LOOKED_AT = 100  # encrypted events of a room, before a stored key is used on
PLACE, READING_PLACE = "room key:", "reading key:"
_COPY = "the database is older than what was said in encrypted rooms: it was restored from a copy"


class RoomKeys:
    """One for the device. `is_ours` tells accounts of the bridge."""

    def __init__(
        self,
        device: Device,
        calls: DeviceCalls,
        rows: EncryptionRows,
        sealing: Sealing,
        is_ours: Callable[[UserID], bool],
        announcing: Announcing,
    ) -> None:
        self._device, self._calls, self._rows, self._sealing = device, calls, rows, sealing
        self._is_ours, self._announcing = is_ours, announcing

    def make(self, room: RoomID, speaker: str, state: Outbound, now: Millis) -> list[Change]:
        """A new session; the changes that store it, and the copy by which we read it ourselves."""
        session = state.session = GroupSession()
        name = session.session_id
        state.shares = {}
        state.key = RoomKey(name, self.sealed(room, speaker, session), 0, now)
        copy = InboundGroupSession(session.session_key).pickle(PLAIN)
        reading = ReadingKey(
            *(name, room, UserID(self._device.user), self._device.curve25519),
            self._sealing.seal(copy, READING_PLACE + name),
            ours=True,
        )
        return [save_room_key(room, speaker, state.key), save_reading_key(reading, now)]

    async def take_up(self, room: RoomID, speaker: str, state: Outbound) -> None:
        """Go on with the key of an earlier process, if nothing was said with it that is not known.

        Raises `RetryLater` where the database turns out to be a copy: then nothing in it holds.
        """
        key = await self._rows.room_key(room, speaker)
        if key is None:
            await self._look_back(room)
            return
        try:
            whose, _, pickle = self._sealing.open(key.keys, PLACE + room).rpartition(" ")
            session = GroupSession.from_pickle(pickle, PLAIN)
        except (Unreadable, ValueError):
            return  # sealed with a key that is gone: a new one is made
        if whose != self._whose(speaker):
            return  # of a device that was given up while this was written
        latest = await self._calls.latest(room, LOOKED_AT)
        name = session.session_id
        same = [one for one in latest if within(one, "content").get("session_id") == name]
        if any(self._used(one, session) for one in same):
            self._device.suspect(_COPY)
            raise RetryLater("The bridge takes a new device for encrypted rooms", after=1.0)
        if len(latest) == LOOKED_AT and not same:
            return  # what it was used for last is further back: nobody can tell
        state.key, state.session = key, session
        state.shares = await self._rows.shares(key.session)

    def sealed(self, room: RoomID, speaker: str, session: GroupSession) -> str:
        text = f"{self._whose(speaker)} {session.pickle(PLAIN)}"
        return self._sealing.seal(text, PLACE + room)

    def _whose(self, speaker: str) -> str:
        return f"{self._device.row.device} {speaker}".rstrip()

    async def _look_back(self, room: RoomID) -> None:
        """Before somebody's first key there: if another device spoke for us, it was lost."""
        ours = self._device.row.device
        for event in await self._calls.latest(room, LOOKED_AT):
            device = within(event, "content").get("device_id")
            if self._is_ours(UserID(str(event.get("sender")))) and device not in (None, ours):
                self._announcing.new_device(room, ours)
                return

    def _used(self, event: Mapping[str, Any], session: GroupSession) -> bool:
        """Whether we encrypted an event with a place that the session thinks is still to come."""
        try:
            message = MegolmMessage.from_base64(str(event["content"].get("ciphertext")))
        except ValueError:
            return False
        ours = self._is_ours(UserID(str(event.get("sender"))))
        return ours and message.message_index() >= session.message_index
