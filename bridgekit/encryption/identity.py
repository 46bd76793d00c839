"""Who vouches for the bridge's device: its bot (spec, "Cross-signing"), as clients want it.

The keys for that are kept at the homeserver, where only the bot reads them, and sealed as all our
secrets are. So `appservice.encryption_key` is what recovers them: whatever becomes of the database,
a new device is the same bot's, and whoever has verified the bot need not do it again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import structlog
from vodozemac import Account

from bridgekit.encryption.device import Device, within
from bridgekit.encryption.signed import PLAIN, sign
from bridgekit.matrix.api import Refused
from bridgekit.matrix.devices import DeviceCalls
from bridgekit.sealing import Sealing, Unreadable

log = structlog.get_logger()

KIND = "dev.bridgekit.cross_signing"  # of the account data that holds the keys
PLACE = "cross-signing:"
_MASTER, _SELF_SIGNING = "master", "self_signing"


class _Keys(NamedTuple):
    """Of each account only the key that signs is used."""

    master: Account
    self_signing: Account


class Identity:
    """The bot's."""

    def __init__(self, device: Device, calls: DeviceCalls, sealing: Sealing) -> None:
        self._device, self._calls, self._sealing = device, calls, sealing
        self._keys: _Keys | None = None

    @property
    def signer(self) -> str:
        """The key that vouches for devices; "" where nobody does."""
        return "" if self._keys is None else _public(self._keys.self_signing)

    def vouched(self, ghost: str) -> Mapping[str, Any]:
        """The keys of our device as one of this ghost's, which the ghost vouches for."""
        whole = self._device.keys(ghost)
        signed = self._signed(ghost, whole)["signatures"][ghost]
        return {**whole, "signatures": {ghost: {**whole["signatures"][ghost], **signed}}}

    def published(self, user: str) -> Mapping[str, Any]:
        """The keys that vouch for devices, as this user's own (spec: "Cross-signing")."""
        assert self._keys is not None  # noqa: S101 (there is a `signer`)
        master = _public(self._keys.master)
        signing = _named(_SELF_SIGNING, self._keys.self_signing, user)
        return {
            "master_key": _named(_MASTER, self._keys.master, user),
            "self_signing_key": sign(self._keys.master, signing, user, master),
        }

    async def vouch(self) -> None:
        """See that our device is signed. Where the homeserver refuses that, clients warn of it.

        Safe to repeat; may raise `RetryLater`.
        """
        try:
            await self._vouch()
        except Refused as refused:
            log.warning("nobody vouches for the bridge's device: clients warn", why=str(refused))

    async def _vouch(self) -> None:
        keys = self._keys = await self._kept() or await self._made()
        answer, bot = await self._calls.query([self._calls.bot]), self._calls.bot
        known = within(answer, "master_keys", bot, "keys")
        signing = within(answer, "self_signing_keys", bot, "keys")
        if _public(keys.master) not in known.values() or (
            _public(keys.self_signing) not in signing.values()
        ):
            await self._calls.upload_signing(self.published(bot))
        name, signer = self._device.row.device, _public(keys.self_signing)
        signatures = within(answer, "device_keys", bot, name, "signatures", bot)
        if f"ed25519:{signer}" not in signatures:
            signed = self._signed(bot, self._device.keys(bot))
            await self._calls.upload_signatures({bot: {name: signed}})

    def _signed(self, user: str, keys: Mapping[str, Any]) -> dict[str, Any]:
        """With one signature, that of `signer`."""
        assert self._keys is not None  # noqa: S101 (there is a `signer`)
        whole = {name: kept for name, kept in keys.items() if name != "signatures"}
        return sign(self._keys.self_signing, whole, user, self.signer)

    async def _kept(self) -> _Keys | None:
        content = await self._calls.kept(KIND)
        sealed = (content or {}).get("keys")
        if not isinstance(sealed, str):
            return None
        try:
            texts = json.loads(self._sealing.open(sealed, self._place))
            keys = _Keys(*(Account.from_pickle(texts[one], PLAIN) for one in _Keys._fields))
        except (Unreadable, ValueError, LookupError, TypeError):
            log.warning("the bot gets other keys: its own were sealed with a key that is gone")
            return None
        if not sealed.startswith(self._sealing.present):
            await self._keep(keys)
        return keys

    async def _made(self) -> _Keys:
        keys = _Keys(Account(), Account())
        await self._keep(keys)  # first: what others have seen must not be lost
        return keys

    async def _keep(self, keys: _Keys) -> None:
        texts = {name: getattr(keys, name).pickle(PLAIN) for name in _Keys._fields}
        sealed = self._sealing.seal(json.dumps(texts), self._place)
        await self._calls.keep(KIND, {"keys": sealed})

    @property
    def _place(self) -> str:
        return f"{PLACE}{self._calls.bot}"


def _named(usage: str, account: Account, user: str) -> dict[str, Any]:
    key = _public(account)
    return {"user_id": user, "usage": [usage], "keys": {f"ed25519:{key}": key}}


def _public(account: Account) -> str:
    return account.ed25519_key.to_base64()
