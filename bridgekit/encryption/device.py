"""Our own device: made once, its keys given to the homeserver, and replaced when it cannot go on.

It cannot where the homeserver has lost it, where the database is older than what was done with its
keys, or where they were sealed with a key that is gone. A new device has new keys throughout:
nothing is encrypted twice with the same one, and clients share what they say from then on with it.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import structlog
from vodozemac import Account

from bridgekit.clock import Clock
from bridgekit.encryption.signed import MEGOLM, OLM, ONE_TIME, PLAIN, sign, signed_keys
from bridgekit.errors import ConfigError
from bridgekit.lanes.journey import millis
from bridgekit.matrix.api import Refused
from bridgekit.matrix.devices import DeviceCalls
from bridgekit.models import Millis
from bridgekit.sealing import Sealing, Unreadable
from bridgekit.store.encryption import (
    BOT,
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
# Milliseconds for which a fallback key is given away: as long again it is still read. Those who see
# to the devices of ghosts, which have the same, do so once a day.
FALLBACK = 604_800_000
PLACE = "own device:"
NO_DEVICES = (
    "encryption.mode: the homeserver does not let the bridge make a device ({}); its registration "
    "needs `io.element.msc4190: true`: print it with `bridgekit registration print`, install it "
    "and restart the homeserver"
)
NOT_AS_DEVICE = (
    "encryption.mode: the homeserver makes devices for the bridge and does not let it speak as one "
    "({}): Synapse does since 1.141; with an older one take `io.element.msc4190` out of the "
    "registration, and the bridge logs in instead"
)


@dataclass(frozen=True, slots=True)
class Voice:
    """In whose name something is said, and the keys of our device under that name. `speaker` is the
    ghost, or `BOT`.
    """

    speaker: str
    user: str
    keys: Mapping[str, Any]

    @property
    def device(self) -> str:
        """Which device of ours it is."""
        return str(self.keys["device_id"])


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
        self._voice: Voice | None = None
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
    def made_by_login(self) -> bool:
        """As the homeserver lets the bridge make none."""
        return bool(self._calls.token)

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
        if row is not None and not why and self.row.known:
            why = await self._lost()
        if row is None or why:
            await self.renew(why)
        if not self.row.known:
            await self._introduce()
        elif self._worn():
            await self._give_keys(0)
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
            await self._calls.log_out()
            self._calls.speak(device, "")
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
        text = f"{self.account.pickle(PLAIN)} {self._calls.token}".rstrip()
        sealed = self._sealing.seal(text, PLACE + self.row.device)
        self.row = replace(
            self.row,
            keys=sealed,
            since=self.row.since if since is None else since,
            known=self.row.known if known is None else known,
        )
        return save_own(self.row)

    @property
    def voice(self) -> Voice:
        """The bot's."""
        if self._voice is None or self._voice.device != self.row.device:
            self._voice = Voice(BOT, self.user, self.keys(self.user))
        return self._voice

    def keys(self, user: str) -> dict[str, Any]:
        """Its signed keys, under this user's name (spec: "POST /keys/upload", `device_keys`)."""
        device = self.row.device
        content = {
            "user_id": user,
            "device_id": device,
            "algorithms": [OLM, MEGOLM],
            "keys": {f"curve25519:{device}": self.curve25519, f"ed25519:{device}": self.ed25519},
        }
        return sign(self.account, content, user, device)

    def fallback(self, user: str) -> dict[str, Any]:
        """The key by which anybody can begin a conversation, under this user's name."""
        name, _, key = self.row.fallback.partition(" ")
        return signed_keys(self.account, {name: key}, user, self.row.device, fallback=True)

    async def replenish(self, counts: object) -> None:
        """See that others find a one-time key: `counts` are as /sync says them."""
        found = counts.get(ONE_TIME, 0) if isinstance(counts, dict) else ONE_TIME_KEYS
        there = found if type(found) is int else -1  # True is one, too
        if there < 0 or not isinstance(counts, dict | None):
            self.refused += 1
            log.warning("the homeserver miscounts the keys of the bridge's device")
            there = ONE_TIME_KEYS  # as if it had said nothing
        if there < ONE_TIME_KEYS // 2 or self._worn():
            await self._give_keys(max(0, ONE_TIME_KEYS - there))

    def _opened(self, row: OwnDevice) -> str:
        """Take up the stored device; why that cannot be, else."""
        try:
            text = self._sealing.open(row.keys, PLACE + row.device)
            pickle, _, token = text.partition(" ")
            self.account, self.row = Account.from_pickle(pickle, PLAIN), row
        except (Unreadable, ValueError):
            return "its keys were sealed with another key, see appservice.old_encryption_keys"
        self._calls.speak(row.device, token)
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
            await self._calls.upload({"device_keys": self.keys(self.user)})
            return ""
        return "" if key == self.curve25519 else "the homeserver knows it with other keys"

    async def _introduce(self) -> None:
        try:
            token = await self._calls.make(self.row.device, NAME)
        except Refused as refused:
            raise ConfigError(NO_DEVICES.format(refused)) from refused
        self._calls.speak(self.row.device, token)
        try:
            await self._calls.upload({"device_keys": self.keys(self.user)})
        except Refused as refused:
            raise ConfigError(NOT_AS_DEVICE.format(refused)) from refused
        await self._give_keys(ONE_TIME_KEYS)
        async with self.lock:
            await self._writer.write(Rows(self.saved(known=True)))
        for other in await self._calls.devices():
            if other.startswith(PREFIX) and other != self.row.device:
                await self._calls.remove(other)

    async def _give_keys(self, count: int) -> None:
        """Stored before they are given away: whoever uses one must find us able to read it."""
        async with self.lock:
            waiting = len(self.account.one_time_keys)  # of an upload that was interrupted
            if waiting < count:
                self.account.generate_one_time_keys(count - waiting)
            keys = {name: key.to_base64() for name, key in self.account.one_time_keys.items()}
            signed = signed_keys(self.account, keys, self.user, self.row.device)
            content = {"one_time_keys": signed}
            if self._worn():
                self._change_fallback()
                content["fallback_keys"] = self.fallback(self.user)
            await self._writer.write(Rows(self.saved()))
        await self._calls.upload(content)
        async with self.lock:
            self.account.mark_keys_as_published()
            await self._writer.write(Rows(self.saved()))

    def _worn(self) -> bool:
        """Whether the homeserver is to be given another fallback key, or has not got it yet."""
        age = millis(self._clock) - self.row.fallback_at
        return not self.row.fallback or bool(self._unpublished()) or age >= FALLBACK

    def _change_fallback(self) -> None:
        if not self._unpublished():
            self.account.generate_fallback_key()  # type: ignore[attr-defined]  # its stubs lack it
        ((name, key),) = self._unpublished().items()
        named = f"{name} {key.to_base64()}"
        self.row = replace(self.row, fallback=named, fallback_at=millis(self._clock))

    def _unpublished(self) -> Mapping[str, Any]:
        """The fallback key, if it is another than was published last."""
        return self.account.fallback_key  # type: ignore[attr-defined,no-any-return]  # likewise


def within(answer: object, *names: str) -> Mapping[str, Any]:
    """What is at the end of these names; empty where there is nothing."""
    for name in names:
        answer = answer.get(name) if isinstance(answer, dict) else None
    return answer if isinstance(answer, dict) else {}
