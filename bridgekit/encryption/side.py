"""What a bridge of encrypted rooms consists of; this is what loads the library."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog

from bridgekit import retry
from bridgekit.clock import Clock
from bridgekit.encryption.conversations import Conversations
from bridgekit.encryption.demanding import Demanding
from bridgekit.encryption.device import Device
from bridgekit.encryption.envelopes import Envelopes
from bridgekit.encryption.identity import Identity
from bridgekit.encryption.mailbox import Mailbox
from bridgekit.encryption.mending import Mending
from bridgekit.encryption.opening import Hidden, Opener, Reading
from bridgekit.encryption.peers import Peers
from bridgekit.encryption.requests import Requests
from bridgekit.encryption.sharing import Sharing
from bridgekit.encryption.waiting import Intake, Notices, Waiting
from bridgekit.errors import RetryLater
from bridgekit.ids import EventID, RoomID, TransactionID, UserID
from bridgekit.lanes.journey import millis
from bridgekit.matrix.devices import DeviceCalls
from bridgekit.matrix.encrypted import SECRET
from bridgekit.models import Millis
from bridgekit.sealing import Sealing
from bridgekit.store.encryption import EncryptionRows
from bridgekit.store.store import Store
from bridgekit.store.unread_events import UnreadEvents

log = structlog.get_logger()

Work = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What encryption needs of the rest of the bridge."""

    is_ours: Callable[[UserID], bool]
    restored: Callable[[], Millis]
    hidden: Hidden
    intake: Callable[[], Intake]
    notice: Notices
    take_back: Callable[[RoomID, EventID], Awaitable[None]]
    bridged: Callable[[RoomID], Awaitable[bool]]
    demanding: Demanding


class Encryption:
    """`begin` comes before anything is sent, `opener` before anything is split."""

    def __init__(
        self,
        calls: DeviceCalls,
        store: Store,
        sealing: Sealing,
        clock: Clock,
        around: Surroundings,
        longest: float,
    ) -> None:
        self._clock, self._demanding = clock, around.demanding
        rows, writer = EncryptionRows(store.reader), store.writer
        self.device = Device(calls, rows, writer, sealing, clock, around.restored)
        self.device.vouch = Identity(self.device, calls, sealing).vouch
        self.peers = peers = Peers(calls, rows, writer)
        self.device.renewed.append(peers.forget)
        self._requests = Requests(self.device, calls, rows)
        conversations = Conversations(self.device, calls, rows, sealing, clock)
        sharing = Sharing(self.device, calls, conversations, rows, writer, clock)
        self._mending = Mending(peers, sharing, clock)
        self._envelopes = Envelopes(
            self.device, calls, peers, sharing, rows, writer, sealing, clock, around.is_ours
        )
        self.waiting = _waiting(calls, store, clock, around, longest)
        self.reading = Reading(rows, sealing)
        heard = (self._envelopes.moved, self._envelopes.encrypted, self.waiting.changed)
        now, refused = partial(millis, clock), around.demanding.refused
        self.opener = Opener(self.reading, around.hidden, now, refused, *heard)
        self.mailbox = Mailbox(
            *(self.device, calls, conversations, peers, rows, writer, sealing, clock),
            came=self._key_came,
            moved=self._envelopes.devices_changed,
            mend=self._mending.ask,
            asked=self._requests.ask,
        )

    async def begin(self) -> None:
        """Wait until there is a device; raises `ConfigError` where there can be none."""
        attempts = 0
        while True:
            try:
                return await self.device.begin()
            except RetryLater as error:
                attempts += 1
                log.warning("waiting for the device of encrypted rooms", why=str(error))
                await self._clock.sleep(retry.delay(error.after, attempts, 0.5))

    def work(self) -> dict[str, Work]:
        """What runs beside the lanes."""
        return {
            "keys": self.mailbox.run,
            "unread events": self.waiting.run,
            "conversations": self._mending.run,
            "requests for keys": self._requests.run,
        }

    @property
    def refused(self) -> int:
        """What was forged, replayed or malformed since the start: events, messages, devices."""
        counted = (self.reading, self.mailbox, self.peers, self.device)
        return sum(one.refused for one in counted)

    def _key_came(self) -> None:
        self.reading.forget()
        self.waiting.changed()

    # As `Envelopes` of `matrix/encrypted.py`.

    async def encrypts(self, room: RoomID) -> bool:
        encrypted = await self._envelopes.encrypts(room)
        if not encrypted:  # nor may a file be uploaded then
            await self._demanding.check(room, {})
        return encrypted

    async def sealed(
        self, room: RoomID, kind: str, content: Mapping[str, Any], txn: TransactionID
    ) -> tuple[str, Mapping[str, Any]]:
        sealed = await self._envelopes.sealed(room, kind, content, txn)
        if sealed[0] in SECRET:  # as it was: the room is not encrypted
            await self._demanding.check(room, content)
        return sealed

    async def opened(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        return await self.opener.opened(event)


def _waiting(
    calls: DeviceCalls, store: Store, clock: Clock, around: Surroundings, longest: float
) -> Waiting:
    return Waiting(
        UnreadEvents(store.reader),
        *(store.writer, calls, around.intake, around.notice, around.take_back, around.bridged),
        *(clock, longest),
    )
