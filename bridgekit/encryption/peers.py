"""The devices of people: which there are, and that they are who they say they are.

A device's keys are signed by itself, and it is known by the key that it was first seen with, or by
another one if its owner vouches for that. Which devices somebody has only their homeserver can say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog
from vodozemac import Curve25519PublicKey

from bridgekit.encryption.signed import MEGOLM, OLM, is_signed
from bridgekit.encryption.trust import OWNER, Owner, Trust, owner_of
from bridgekit.ids import UserID
from bridgekit.lru import LRU
from bridgekit.matrix.devices import DeviceCalls
from bridgekit.matrix.reading import storable
from bridgekit.store.encryption import EncryptionRows, pin
from bridgekit.store.sql import Rows
from bridgekit.store.writer import Writer

log = structlog.get_logger()

KEPT = 10_000  # people
_BLOCKED = Trust.BLOCKED
AT_ONCE = 200  # people in one request
MOST = 1_000  # devices of one person


@dataclass(frozen=True, slots=True)
class Peer:
    """A device of somebody, by its two keys."""

    user: UserID
    device: str
    curve25519: str
    ed25519: str
    trust: Trust = Trust.UNVERIFIED

    @property
    def keys(self) -> tuple[str, str]:
        """Both: anybody can claim either of another device's."""
        return self.curve25519, self.ed25519


class Peers:
    """Asked of the homeserver when somebody is first met, and again when it says so."""

    def __init__(self, calls: DeviceCalls, rows: EncryptionRows, writer: Writer) -> None:
        self._calls, self._rows, self._writer = calls, rows, writer
        self._known: LRU[UserID, tuple[Peer, ...]] = LRU(KEPT)
        self._changed: LRU[UserID, int] = LRU(KEPT)  # by `_changes`, when they did last
        self._changes = self._all_changed = 0
        self.refused = 0
        """Devices that are given no keys: malformed, not what they were, or beyond `MOST`; and
        members that are nobody.
        """

    async def of(self, users: Iterable[UserID]) -> tuple[list[Peer], set[UserID]]:
        """Their devices; and of whom these may not be all: their homeserver did not answer, or they
        have changed meanwhile.
        """
        wanted = self._people(users)
        found = {user: known for user in wanted if (known := self._known.get(user)) is not None}
        missing = [user for user in wanted if user not in found]
        silent: set[UserID] = set()
        for start in range(0, len(missing), AT_ONCE):
            some = missing[start : start + AT_ONCE]
            changes = self._changes
            asked = await self._ask(some)
            found |= asked
            silent |= set(some) - asked.keys()
            for user, devices in asked.items():
                if max(self._all_changed, self._changed.peek(user) or 0) > changes:
                    silent.add(user)
                else:
                    self._known.put(user, devices)
        return [peer for user in wanted for peer in found.get(user, ())], silent

    def _people(self, users: Iterable[UserID]) -> list[UserID]:
        """Without what is nobody: for one such name a homeserver may refuse to tell of the others,
        and nothing could be said in a room whose list of members has it.
        """
        listed = list(users)
        people = [user for user in listed if _is_somebody(user)]
        if nobody := len(listed) - len(people):
            self.refused += nobody
            log.warning("a list of members has some that are nobody", members=nobody)
        return people

    def forget(self) -> None:
        """Of what happened since the old device was told nobody tells the new one."""
        self._changes += 1
        self._all_changed = self._changes
        self._known = LRU(KEPT)

    def changed(self, users: Iterable[object]) -> None:
        """The homeserver says that they have other devices now, or that we see them no more."""
        self._changes += 1
        for user in users:
            if isinstance(user, str):
                self._known.forget(UserID(user))
                self._changed.put(UserID(user), self._changes)

    async def _ask(self, users: Sequence[UserID]) -> dict[UserID, tuple[Peer, ...]]:
        """Those of whom there is an answer."""
        answer = await self._calls.query(users)
        failures = answer.get("failures")
        down = failures if isinstance(failures, dict) else {}
        asked = [user for user in users if user.partition(":")[2] not in down]
        keys = answer.get("device_keys")
        said = keys if isinstance(keys, dict) else {}
        pins = await self._rows.pins(asked)
        found: dict[UserID, tuple[Peer, ...]] = {}
        fresh: dict[tuple[UserID, str], str] = {}
        for user in asked:
            owner = owner_of(user, answer, pins.get((user, OWNER)))
            peers = found[user] = tuple(self._peers(owner, said.get(user), pins))
            seen = {(user, one.device): one.ed25519 for one in peers if one.trust is not _BLOCKED}
            if owner.master and owner.first:
                seen[user, OWNER] = owner.master
            fresh |= {who: key for who, key in seen.items() if pins.get(who) != key}
        if fresh:
            await self._writer.write(Rows(pin(fresh)))
        return found

    def _peers(
        self, owner: Owner, devices: object, pins: Mapping[tuple[UserID, str], str]
    ) -> Iterator[Peer]:
        """Those that can be told something."""
        user = UserID(owner.user)
        listed = list(devices.items()) if isinstance(devices, dict) else []
        if len(listed) > MOST:
            self.refused += len(listed) - MOST
            log.warning("only some of a person's devices get keys", user=user, devices=len(listed))
        for name, content in listed[:MOST]:
            peer = _peer(user, name, content)
            if peer is None:
                self.refused += 1
                continue
            trust = owner.trusts(content)
            known = pins.get((user, name), peer.ed25519)
            if known != peer.ed25519 and trust is not Trust.CROSS_SIGNED_TOFU:
                self.refused += 1
                trust = _BLOCKED
                log.warning("a device has other keys than before", user=user, device=name)
            yield replace(peer, trust=trust)


def _is_somebody(user: str) -> bool:
    name, separator, server = user.partition(":")
    return name[:1] == "@" and bool(separator and server) and storable(user)


def _peer(user: UserID, device: str, content: Any) -> Peer | None:
    try:
        keys = content["keys"]
        curve, ed = keys[f"curve25519:{device}"], keys[f"ed25519:{device}"]
        able = {OLM, MEGOLM} <= set(content["algorithms"])
        Curve25519PublicKey.from_base64(curve)
        named = content["user_id"] == user and content["device_id"] == device
    except (ValueError, LookupError, TypeError):
        return None
    if not (
        named and able and device and storable(device) and is_signed(content, user, device, ed)
    ):
        return None
    return Peer(user, device, curve, ed)
