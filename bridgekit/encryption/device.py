"""Our own device: made once, its keys given to the homeserver, and replaced when it cannot go on.

It cannot where the homeserver has lost it, where the database is older than what was done with its
keys, or where they were sealed with a key that is gone. A new device has new keys throughout:
nothing is encrypted twice with the same one, and clients share what they say from then on with it.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from vodozemac import Account

from bridgekit.clock import Clock
from bridgekit.encryption.signed import MEGOLM, OLM, PLAIN, sign
from bridgekit.errors import ConfigError
from bridgekit.lanes.journey import millis
from bridgekit.matrix.api import Refused
from bridgekit.matrix.devices import DeviceCalls
from bridgekit.models import Millis
from bridgekit.sealing import Sealing, Unreadable
from bridgekit.store.encryption import (
    Change,
    EncryptionRows,
    OwnDevice,
    forget_device,
    save_own,
)
from bridgekit.store.sql import Rows
from bridgekit.store.writer import Writer

log = structlog.get_logger()

PREFIX = "BRIDGEKIT"
NAME = "The bridge"
ONE_TIME_KEYS = 50  # of a device that nobody has claimed any of
PLACE = "own device:"
NO_DEVICES = (
    "encryption.mode: the homeserver does not let the bridge make a device ({}); its registration "
    "needs `io.element.msc4190: true`: print it with `bridgekit registration print`, install it "
    "and restart the homeserver"
)


class Device:
    """`lock` is held by whoever changes what a conversation with another device has come to."""

    def __init__(
        self,
        calls: DeviceCalls,
        rows: EncryptionRows,
        writer: Writer,
        sealing: Sealing,
        clock: Clock,
        restored: Callable[[], Millis],
    ) -> None:
        """`restored` is when the database was last found to be older than what was done."""
        self._calls, self._rows, self._writer = calls, rows, writer
        self._sealing, self._clock, self._restored = sealing, clock, restored
        self.lock = asyncio.Lock()
        self.account = Account()
        self.row = OwnDevice("", "", "", 0, known=False)
        self.vouch: Callable[[], Awaitable[None]] | None = None
        """Has it signed by the bot, once the homeserver has its keys."""
        self.renewed: list[Callable[[], None]] = []
        """Who has to forget what was the old device's."""
        self.refused = 0
        """Counts of our keys that were none."""
        self.doubt, self.doubted = "", asyncio.Event()
        """Why it cannot go on, as was found out at work; whoever reads its mail renews it."""

    @property
    def user(self) -> str:
        return self._calls.bot

    @property
    def curve25519(self) -> str:
        return self.account.curve25519_key.to_base64()

    @property
    def ed25519(self) -> str:
        return self.account.ed25519_key.to_base64()

    async def begin(self) -> None:
        """Before anything is encrypted. Raises `ConfigError` where there can be no device."""
        row = await self._rows.own()
        why = "" if row is None else self._opened(row)
        if row is None or why:
            await self.renew(why)
        elif self.row.known:
            why = await self._lost()
            if why:
                await self.renew(why)
        if not self.row.known:
            await self._introduce()
        if self.vouch is not None:
            await self.vouch()

    async def renew(self, why: str = "") -> None:
        """A new device, in one commit with the end of all that was the old one's."""
        if why:
            log.warning("the bridge takes a new device for encrypted rooms", why=why)
        async with self.lock:
            self.account = Account()
            device = PREFIX + secrets.token_hex(4).upper()
            self.row = OwnDevice(device, "", "", millis(self._clock), known=False)
            await self._writer.write(Rows(*forget_device(), self.saved()))
            self._calls.device = device
            for forget in self.renewed:
                forget()

    def suspect(self, why: str) -> None:
        """It cannot go on, and nothing must be encrypted with its keys."""
        self.doubt = why
        self.doubted.set()

    async def lost(self) -> bool:
        """Something was refused to it: whether the homeserver has lost it, and it is renewed."""
        why = await self._lost()
        if why:
            self.suspect(why)
        return bool(why)

    async def settle(self) -> None:
        """Renew it if that was asked for."""
        if self.doubt:
            await self.renew(self.doubt)
        if not self.row.known:
            await self._introduce()
        if self.vouch is not None:
            await self.vouch()
        self.doubt = ""
        self.doubted.clear()

    def saved(self, *, since: str | None = None, known: bool | None = None) -> Change:
        """How the device is now, for a commit with what made it so; under the lock."""
        sealed = self._sealing.seal(self.account.pickle(PLAIN), PLACE + self.row.device)
        self.row = OwnDevice(
            self.row.device,
            sealed,
            self.row.since if since is None else since,
            self.row.made_at,
            self.row.known if known is None else known,
        )
        return save_own(self.row)

    def keys(self) -> dict[str, Any]:
        """Its signed keys (spec: "POST /keys/upload", `device_keys`)."""
        device = self.row.device
        content = {
            "user_id": self.user,
            "device_id": device,
            "algorithms": [OLM, MEGOLM],
            "keys": {f"curve25519:{device}": self.curve25519, f"ed25519:{device}": self.ed25519},
        }
        return sign(self.account, content, self.user, device)

    async def replenish(self, counts: object, unused: object) -> None:
        """See that others find a one-time key: `counts` and `unused` are as /sync says them."""
        found = counts.get("signed_curve25519", 0) if isinstance(counts, dict) else ONE_TIME_KEYS
        there = found if isinstance(found, int) and not isinstance(found, bool) else -1
        if there < 0 or not isinstance(counts, dict | None):
            self.refused += 1
            log.warning("the homeserver miscounts the keys of the bridge's device")
            there = ONE_TIME_KEYS  # as if it had said nothing
        fallback = isinstance(unused, list) and "signed_curve25519" not in unused
        if there < ONE_TIME_KEYS // 2 or fallback:
            await self._give_keys(max(0, ONE_TIME_KEYS - there), fallback=fallback)

    def _opened(self, row: OwnDevice) -> str:
        """Take up the stored device; why that cannot be, else."""
        try:
            pickle = self._sealing.open(row.keys, PLACE + row.device)
            self.account, self.row = Account.from_pickle(pickle, PLAIN), row
        except (Unreadable, ValueError):
            return "its keys were sealed with another key, see appservice.old_encryption_keys"
        self._calls.device = row.device
        if row.made_at <= self._restored():
            return "the database was restored from a copy"
        return ""

    async def _lost(self) -> str:
        """Whether the homeserver knows another device, or none."""
        if self.row.device not in await self._calls.devices():
            return "the homeserver does not know the old one"
        answer = await self._calls.query([self._calls.bot])
        known = within(answer, "device_keys", self._calls.bot, self.row.device, "keys")
        key = known.get(f"curve25519:{self.row.device}")
        if key is None:
            await self._calls.upload({"device_keys": self.keys()})
            return ""
        return "" if key == self.curve25519 else "the homeserver knows it with other keys"

    async def _introduce(self) -> None:
        try:
            await self._calls.make(self.row.device, NAME)
        except Refused as refused:
            raise ConfigError(NO_DEVICES.format(refused)) from refused
        await self._calls.upload({"device_keys": self.keys()})
        await self._give_keys(ONE_TIME_KEYS, fallback=True)
        async with self.lock:
            await self._writer.write(Rows(self.saved(known=True)))
        for other in await self._calls.devices():
            if other.startswith(PREFIX) and other != self.row.device:
                await self._calls.remove(other)

    async def _give_keys(self, count: int, *, fallback: bool) -> None:
        """Stored before they are given away: whoever uses one must find us able to read it."""
        async with self.lock:
            waiting = len(self.account.one_time_keys)  # of an upload that was interrupted
            if waiting < count:
                self.account.generate_one_time_keys(count - waiting)
            if fallback and not self._fallback():
                self.account.generate_fallback_key()  # type: ignore[attr-defined]  # its stubs lack it
            content = {
                "one_time_keys": self._signed(self.account.one_time_keys, {}),
                "fallback_keys": self._signed(self._fallback(), {"fallback": True}),
            }
            await self._writer.write(Rows(self.saved()))
        await self._calls.upload(content)
        async with self.lock:
            self.account.mark_keys_as_published()
            await self._writer.write(Rows(self.saved()))

    def _fallback(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.account.fallback_key  # type: ignore[attr-defined]  # its stubs lack it
        return found

    def _signed(self, keys: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
        return {
            f"signed_curve25519:{name}": sign(
                self.account, {"key": key.to_base64(), **more}, self.user, self.row.device
            )
            for name, key in keys.items()
        }


def within(answer: object, *names: str) -> Mapping[str, Any]:
    """What is at the end of these names; empty where there is nothing."""
    for name in names:
        answer = answer.get(name) if isinstance(answer, dict) else None
    return answer if isinstance(answer, dict) else {}
