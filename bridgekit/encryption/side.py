"""What a bridge of encrypted rooms consists of; this is what loads the library."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog

from bridgekit import retry
from bridgekit.clock import Clock
from bridgekit.encryption.announcing import Announcing
from bridgekit.encryption.asking import Asking
from bridgekit.encryption.conversations import Conversations
from bridgekit.encryption.demanding import Demanding
from bridgekit.encryption.device import Device
from bridgekit.encryption.envelopes import Envelopes
from bridgekit.encryption.fetching import Fetching
from bridgekit.encryption.ghosts import Ghosts, Wanted
from bridgekit.encryption.identity import Identity
from bridgekit.encryption.mail_trouble import NO_MAIL
from bridgekit.encryption.mailbox import Mailbox
from bridgekit.encryption.mending import Mending
from bridgekit.encryption.opening import Hidden, Opener
from bridgekit.encryption.peers import Peers
from bridgekit.encryption.reading import Reading
from bridgekit.encryption.requests import Requests
from bridgekit.encryption.room_keys import RoomKeys
from bridgekit.encryption.sharing import Sharing
from bridgekit.encryption.trust import Trust
from bridgekit.encryption.unaided import unaided
from bridgekit.encryption.waiting import Intake, Notices, Waiting
from bridgekit.errors import ConfigError, RetryLater
from bridgekit.ids import EventID, RoomID, TransactionID, UserID
from bridgekit.lanes.journey import millis
from bridgekit.matrix.api import Refused
from bridgekit.matrix.devices import DeviceCalls
from bridgekit.matrix.encrypted import SECRET, Opening
from bridgekit.matrix.ghost_devices import GhostDeviceCalls
from bridgekit.models import Millis
from bridgekit.sealing import Sealing
from bridgekit.store.encryption import EncryptionRows
from bridgekit.store.ghost_devices import GhostDeviceRows
from bridgekit.store.store import Store
from bridgekit.store.unread_events import UnreadEvents

log = structlog.get_logger()

Work = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What encryption needs of the rest of the bridge; `least` is how far a device has to be
    trusted that gets keys, `ghost_devices` where ghosts have some (see `Ghosts`), `other` whose
    ghost a direct chat is with.
    """

    is_ours: Callable[[UserID], bool]
    restored: Callable[[], Millis]
    hidden: Hidden
    intake: Callable[[], Intake]
    notice: Notices
    take_back: Callable[[RoomID, EventID], Awaitable[None]]
    bridged: Callable[[RoomID], Awaitable[bool]]
    other: Callable[[RoomID], Awaitable[UserID | None]]
    demanding: Demanding
    announce: Callable[[RoomID, str, str], Awaitable[object]]
    least: Trust
    ghost_calls: GhostDeviceCalls
    ghost_devices: Wanted | None


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
        self._calls, self._clock, self._around, self._writer = calls, clock, around, store.writer
        rows, writer = EncryptionRows(store.reader), store.writer
        self.device = Device(calls, rows, writer, sealing, clock, around.restored)
        identity = Identity(self.device, calls, sealing)
        self.device.vouch = identity.vouch
        self.peers = peers = Peers(calls, rows, writer)
        self.device.renewed.append(peers.forget)
        self._requests = Requests(self.device, calls, rows, clock)
        conversations = Conversations(self.device, calls, rows, sealing, clock)
        sharing = Sharing(self.device, calls, conversations, rows, writer, clock)
        self._mending = Mending(peers, sharing, clock)
        self._announcing = announcing = Announcing(around.announce, clock)
        self._ghosts = _ghosts(self, identity, store, clock, around)
        keys = RoomKeys(self.device, calls, rows, sealing, around.is_ours, announcing)
        self._envelopes = Envelopes(
            *(self.device, calls, peers, sharing, keys, self._ghosts, rows, writer, clock),
            *(around.is_ours, around.least, announcing),
        )
        self.reading = Reading(rows, sealing)
        heard = (self._envelopes.moved, self._envelopes.encrypted, self._key_came)
        about = (UnreadEvents(store.reader), around.hidden, partial(millis, clock))
        self.opener = Opener(self.reading, *about, around.demanding.refused, *heard)
        self.mailbox = Mailbox(
            *(self.device, calls, conversations, peers, rows, writer, sealing, clock),
            came=self._key_came,
            moved=self._envelopes.devices_changed,
            mend=self._mending.ask,
            asked=self._requests.ask,
            refuses=self.opener.withheld,
        )
        self.waiting = _waiting(calls, store, clock, around, self.mailbox, self._ghosts, longest)

    async def begin(self) -> None:
        """Wait until there is a device; raises `ConfigError` where there can be none."""
        attempts = 0
        while True:
            try:
                if await self._calls.is_sender():
                    raise ConfigError(f"encryption.mode: {NO_MAIL}")
                await self.device.begin()
                return await unaided(self.device, self._calls, self._writer)
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
            "news of keys": self._announcing.run,
            "devices of ghosts": self._ghosts.run,
        }

    @property
    def refused(self) -> int:
        """What was forged, replayed or malformed since the start: events, messages, devices."""
        counted = (self.reading, self.mailbox, self.peers, self.device)
        return sum(one.refused for one in counted)

    def _key_came(self, keys: Collection[tuple[str, UserID]] = ()) -> None:
        """Or something waits for one now."""
        self.reading.forget(keys)
        self.waiting.changed()

    async def came_to(self, ghost: UserID, events: Sequence[object]) -> None:
        await self.mailbox.take_of(ghost, events)

    def behind(self) -> bool:
        return self.mailbox.behind

    # As `Envelopes` of `matrix/encrypted.py`.

    reads = True

    async def look(self, room: RoomID, user: UserID | None = None) -> None:
        """It is asked when something is said there."""

    async def expect(self, ghost: UserID) -> None:
        await self._ghosts.expect(ghost)

    async def enter(self, room: RoomID, host: UserID) -> None:
        # Once the bot is in, it gets keys that read no more than what is said from then on.
        await self._ghosts.read(host)
        await self._calls.enter(room, host)

    async def encrypts(self, room: RoomID) -> bool:
        encrypted = await self._envelopes.encrypts(room)
        if not encrypted:  # nor may a file be uploaded then
            await self._around.demanding.check(room, {})
        return encrypted

    async def sealed(
        self,
        room: RoomID,
        kind: str,
        content: Mapping[str, Any],
        txn: TransactionID,
        user: UserID | None = None,
    ) -> tuple[str, Mapping[str, Any]]:
        try:
            sealed = await self._envelopes.sealed(room, kind, content, txn, user)
        except Refused:
            if user is None or not self._around.is_ours(user):
                raise
            # A direct chat that somebody opened before encrypted rooms were bridged.
            with suppress(Refused):
                await self._calls.enter(room, user)
            sealed = await self._envelopes.sealed(room, kind, content, txn, user)
        if sealed[0] in SECRET:  # as it was: the room is not encrypted
            await self._around.demanding.check(room, content)
        return sealed

    async def unsent(self, room: RoomID, txn: TransactionID) -> None:
        await self._envelopes.unsent(room, txn)

    async def opened(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        return await self.opener.opened(event)

    async def opening(self, ghost: UserID) -> Opening:
        return self.opener.begin(await self._ghosts.since(ghost))


def _ghosts(
    side: Encryption, identity: Identity, store: Store, clock: Clock, around: Surroundings
) -> Ghosts:
    return Ghosts(
        *(side.device, identity, around.ghost_calls, GhostDeviceRows(store.reader)),
        *(store.writer, clock, around.is_ours, around.ghost_devices),
        *(side.came_to, side.behind),
    )


def _waiting(
    calls: DeviceCalls,
    store: Store,
    clock: Clock,
    around: Surroundings,
    mailbox: Mailbox,
    ghosts: Ghosts,
    longest: float,
) -> Waiting:
    rows = UnreadEvents(store.reader)
    asking = Asking(rows, calls, clock)
    fetching = Fetching(rows, mailbox, around.other, ghosts.read, clock)
    return Waiting(
        rows,
        *(
            store.writer,
            (asking, fetching),
            around.intake,
            around.notice,
            around.take_back,
            around.bridged,
        ),
        *(clock, longest),
    )
