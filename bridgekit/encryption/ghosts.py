"""Devices of ghosts: ours, under their names, so that clients take what they say as theirs.

Each has the keys of our device, but for its one-time keys, and is vouched for by the keys that
vouch for it, so that nothing secret is kept of it and there is one conversation with whoever reads.
It is made when its ghost first speaks where ghosts have one, and anew when our device was. Nobody
is asked for keys in its name.

What is sent to it mostly the bot's device gets as well. It alone does before the bot is in a direct
chat that somebody opens, and where a client can read nothing of our conversation and begins another
with whoever spoke.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace

import structlog

from bridgekit.clock import Clock
from bridgekit.encryption.device import NAME, PREFIX, Device, Voice
from bridgekit.encryption.identity import Identity
from bridgekit.errors import RetryLater
from bridgekit.ids import RoomID, UserID
from bridgekit.keyed_locks import KeyedLocks
from bridgekit.lanes.journey import millis
from bridgekit.lru import LRU
from bridgekit.matrix.api import Refused
from bridgekit.matrix.ghost_devices import GhostDeviceCalls
from bridgekit.models import Millis
from bridgekit.patience import patiently
from bridgekit.store.ghost_devices import (
    GhostDevice,
    GhostDeviceRows,
    forget_ghost_device,
    save_ghost_device,
)
from bridgekit.store.writer import Writer

log = structlog.get_logger()

KEPT = 10_000
EVERY = 86_400_000  # milliseconds until a device is seen to: the homeserver keeps all of its mail
PAUSE = 3_600.0  # seconds between two looks at which are due
NEVER = 1 << 62  # milliseconds
MOST = 100  # answers of /sync that are read at once, of a hundred messages each
LOGGED_IN = "the homeserver lets the bridge make no devices (MSC4190)"
NOBODY = "nobody vouches for the bridge's device"

Wanted = Callable[[RoomID], Awaitable[bool]]
Heard = Callable[[UserID, Sequence[object]], Awaitable[None]]


class Ghosts:
    """`wanted` says in which rooms ghosts have devices; None: in none, and they lose theirs.
    `heard` stores what was sent to one; `behind` says whether more may have come to the bot's than
    was read.
    """

    def __init__(
        self,
        device: Device,
        identity: Identity,
        calls: GhostDeviceCalls,
        rows: GhostDeviceRows,
        writer: Writer,
        clock: Clock,
        is_ours: Callable[[UserID], bool],
        wanted: Wanted | None,
        heard: Heard,
        behind: Callable[[], bool],
    ) -> None:
        self._device, self._identity, self._calls = device, identity, calls
        self._rows, self._writer, self._clock = rows, writer, clock
        self._is_ours, self._wanted, self._heard = is_ours, wanted, heard
        self._behind = behind
        self._voices: LRU[UserID, tuple[str, str, Voice]] = LRU(KEPT)
        self._refused: LRU[UserID, bool] = LRU(KEPT)
        self._locks: KeyedLocks[UserID] = KeyedLocks()
        self._said = False

    async def voice(self, room: RoomID, user: UserID | None) -> Voice:
        """By whose device they speak there: their own, or the bot's. May raise `RetryLater`."""
        bot = self._device.voice
        if user is None or user == bot.user or not self._is_ours(user):
            return bot  # people have devices, which are none of ours
        if self._wanted is None or not await self._wanted(room):
            return bot
        return await self._of(user)

    async def expect(self, ghost: UserID) -> None:
        """Somebody is about to write to it: they find its device. May raise `RetryLater`."""
        if self._wanted is not None:
            await self._of(ghost)

    async def _of(self, user: UserID) -> Voice:
        """The voice by which they speak where ghosts have devices. May raise `RetryLater`."""
        bot = self._device.voice
        if user in self._refused:
            return bot
        if self._device.made_by_login or not self._identity.signer:
            self._tell(LOGGED_IN if self._device.made_by_login else NOBODY)
            return bot
        async with self._locks.hold(user):
            try:
                return await self._own(user)
            except Refused as refused:
                self.refuse(user, str(refused))
                return bot

    def refuse(self, ghost: UserID, why: str) -> None:
        """It speaks by the bot's device until the next start."""
        self._refused.put(ghost, value=True)
        self._voices.forget(ghost)
        self._tell(why)

    async def read(self, ghost: UserID) -> None:
        """What was sent to its device, if it has one. May raise `RetryLater`."""
        async with self._locks.hold(ghost):
            row = await self._present(ghost)
            if row is not None:
                with suppress(Refused):  # it is gone: it is found out when it is seen to
                    await self._read(row)

    async def since(self, ghost: UserID) -> Millis:
        """From when on keys may be in its mail that nobody has read; `NEVER` without a device."""
        row = await self._present(ghost)
        return NEVER if row is None else row.emptied_at

    async def _present(self, ghost: UserID) -> GhostDevice | None:
        row = await self._rows.of(ghost)
        return row if row is not None and row.device == self._device.row.device else None

    async def run(self) -> None:
        """See to them, until cancelled."""
        while True:
            await patiently(self._see_to_all, self._clock)
            await self._clock.sleep(PAUSE)

    async def _own(self, ghost: UserID) -> Voice:
        """The voice of a ghost that has its device, signed as ours is now."""
        device, signer = self._device.row.device, self._identity.signer
        known = self._voices.get(ghost)
        if known is not None and known[:2] == (device, signer):
            return known[2]
        row = GhostDevice(ghost, device, signer, millis(self._clock), self._device.row.fallback)
        voice = Voice(ghost, ghost, self._identity.vouched(ghost))
        stored = await self._rows.of(ghost)
        if stored is None or (stored.device, stored.signer) != (device, signer):
            await self._make(row, voice)
        self._voices.put(ghost, (device, signer, voice))
        return voice

    async def _make(self, row: GhostDevice, voice: Voice) -> None:
        """Each step is safe to repeat: the mark, that none has to be, comes last."""
        published = self._identity.published(row.ghost)
        await self._calls.make(row.ghost, row.device, NAME)
        await self._calls.upload_signing(row.ghost, published)
        content = {"device_keys": voice.keys, "fallback_keys": self._device.fallback(row.ghost)}
        await self._calls.upload(row.ghost, row.device, content)
        for other in await self._calls.devices(row.ghost):
            if other.startswith(PREFIX) and other != row.device:
                await self._calls.remove(row.ghost, other)
        await self._writer.write(save_ghost_device(row))

    async def _see_to_all(self) -> None:
        while due := await self._rows.due(millis(self._clock) - EVERY):
            for row in due:
                async with self._locks.hold(row.ghost):
                    await self._see_to(await self._rows.of(row.ghost) or row)

    async def _see_to(self, row: GhostDevice) -> None:
        """Read its mail, and see that it has our fallback key; remove it if it is a former one."""
        if self._wanted is None or row.device != self._device.row.device:
            await self._calls.remove(row.ghost, row.device)
            await self._writer.write(forget_ghost_device(row))
            return
        seen, fallback = millis(self._clock), self._device.row.fallback
        try:
            since = await self._read(row)
            if row.fallback != fallback:
                content = {"fallback_keys": self._device.fallback(row.ghost)}
                await self._calls.upload(row.ghost, row.device, content)
        except Refused:  # it is gone, or its ghost is: where that speaks again it is made anew
            self._voices.forget(row.ghost)
            await self._writer.write(forget_ghost_device(row))
            return
        row = replace(row, emptied_at=seen, fallback=fallback, since=since)
        await self._writer.write(save_ghost_device(row))

    async def _read(self, row: GhostDevice) -> str:
        """Up to where it was read. From there on it is next: to the same question Synapse gives the
        same answer for two minutes.
        """
        since = row.since
        for _ in range(MOST):
            if self._behind():
                # There is one conversation, which forgets the keys of what it passes over.
                raise RetryLater("What was sent to the bot is read first", after=1.0)
            events, since = await self._calls.mail(row.ghost, row.device, since)
            if not events:
                break
            # Stored first: by the next request the homeserver forgets them.
            await self._heard(row.ghost, events)
        await self._writer.write(save_ghost_device(replace(row, since=since)))
        return since

    def _tell(self, why: str) -> None:
        if not self._said:
            self._said = True
            log.warning("ghosts speak by the bot's device: clients warn", why=why)
