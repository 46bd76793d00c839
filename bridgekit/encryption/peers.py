"""The devices of people: which there are, and that they are who they say they are.

A device's keys are signed by itself, and it is known by the key that it was first seen with. Which
devices somebody has, only their homeserver can say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from vodozemac import Curve25519PublicKey

from bridgekit.encryption.signed import MEGOLM, OLM, is_signed
from bridgekit.ids import UserID
from bridgekit.lru import LRU
from bridgekit.matrix.devices import DeviceCalls
from bridgekit.matrix.reading import storable
from bridgekit.store.encryption import EncryptionRows, pin
from bridgekit.store.sql import Rows
from bridgekit.store.writer import Writer

log = structlog.get_logger()

KEPT = 10_000  # people
AT_ONCE = 200  # people in one request
MOST = 1_000  # devices of one person


@dataclass(frozen=True, slots=True)
class Peer:
    """A device of somebody, by its two keys."""

    user: UserID
    device: str
    curve25519: str
    ed25519: str


class Peers:
    """Asked of the homeserver when somebody is first met, and again when it says so."""

    def __init__(self, calls: DeviceCalls, rows: EncryptionRows, writer: Writer) -> None:
        self._calls, self._rows, self._writer = calls, rows, writer
        self._known: LRU[UserID, tuple[Peer, ...]] = LRU(KEPT)
        self._changes = 0
        self.refused = 0
        """Devices that are given no keys: malformed, not what they were, or beyond `MOST`."""

    async def of(self, users: Iterable[UserID]) -> tuple[list[Peer], bool]:
        """Their devices; and whether these are all, as a homeserver may not answer."""
        wanted = list(users)
        found = {user: known for user in wanted if (known := self._known.get(user)) is not None}
        missing = [user for user in wanted if user not in found]
        whole = True
        for start in range(0, len(missing), AT_ONCE):
            some = missing[start : start + AT_ONCE]
            changes = self._changes
            asked, silent = await self._ask(some)
            whole = whole and not silent
            found |= asked
            if changes == self._changes:  # else one of them may have changed meanwhile
                for user, devices in asked.items():
                    self._known.put(user, devices)
            else:
                whole = False
        return [peer for user in wanted for peer in found.get(user, ())], whole

    def forget(self) -> None:
        """Of what happened since the old device was told nobody tells the new one."""
        self._changes += 1
        self._known = LRU(KEPT)

    def changed(self, users: Iterable[object]) -> None:
        """The homeserver says that they have other devices now, or that we see them no more."""
        self._changes += 1
        for user in users:
            if isinstance(user, str):
                self._known.forget(UserID(user))

    async def _ask(self, users: Sequence[UserID]) -> tuple[dict[UserID, tuple[Peer, ...]], bool]:
        answer = await self._calls.query(users)
        failures = answer.get("failures")
        down = failures if isinstance(failures, dict) else {}
        asked = [user for user in users if user.partition(":")[2] not in down]
        keys = answer.get("device_keys")
        said = keys if isinstance(keys, dict) else {}
        pins = await self._rows.pins(asked)
        found = {user: tuple(self._peers(user, said.get(user), pins)) for user in asked}
        fresh = [
            (one.user, one.device, one.ed25519)
            for peers in found.values()
            for one in peers
            if (one.user, one.device) not in pins
        ]
        if fresh:
            await self._writer.write(Rows(pin(fresh)))
        return found, len(asked) < len(users)

    def _peers(
        self, user: UserID, devices: object, pins: Mapping[tuple[UserID, str], str]
    ) -> Iterator[Peer]:
        """Those that can be given keys."""
        listed = list(devices.items()) if isinstance(devices, dict) else []
        if len(listed) > MOST:
            self.refused += len(listed) - MOST
            log.warning("only some of a person's devices get keys", user=user, devices=len(listed))
        for name, content in listed[:MOST]:
            peer = _peer(user, name, content)
            if peer is None:
                self.refused += 1
            elif pins.get((user, name), peer.ed25519) != peer.ed25519:
                self.refused += 1
                log.warning("a device has another key than before: it gets none", user=user)
            else:
                yield peer


def _peer(user: UserID, device: str, content: Any) -> Peer | None:
    try:
        keys = content["keys"]
        curve, ed = keys[f"curve25519:{device}"], keys[f"ed25519:{device}"]
        able = {OLM, MEGOLM} <= set(content["algorithms"])
        Curve25519PublicKey.from_base64(curve)
        named = content["user_id"] == user and content["device_id"] == device
    except (ValueError, LookupError, TypeError):
        return None
    if not (named and able and storable(device) and is_signed(content, user, device, ed)):
        return None
    return Peer(user, device, curve, ed)
