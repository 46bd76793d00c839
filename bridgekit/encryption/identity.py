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

    async def vouch(self) -> None:
        """See that our device is signed. Where the homeserver refuses that, clients warn of it.

        Safe to repeat; may raise `RetryLater`.
        """
        try:
            await self._vouch()
        except Refused as refused:
            log.warning("nobody vouches for the bridge's device: clients warn", why=str(refused))

    async def _vouch(self) -> None:
        keys = await self._kept() or await self._made()
        answer, bot = await self._calls.query([self._calls.bot]), self._calls.bot
        known = within(answer, "master_keys", bot, "keys")
        signing = within(answer, "self_signing_keys", bot, "keys")
        if _public(keys.master) not in known.values() or (
            _public(keys.self_signing) not in signing.values()
        ):
            await self._calls.upload_signing(self._published(keys))
        name, signer = self._device.row.device, _public(keys.self_signing)
        signatures = within(answer, "device_keys", bot, name, "signatures", bot)
        if f"ed25519:{signer}" not in signatures:
            whole = {one: kept for one, kept in self._device.keys().items() if one != "signatures"}
            signed = sign(keys.self_signing, whole, bot, signer)
            await self._calls.upload_signatures({bot: {name: signed}})

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

    def _published(self, keys: _Keys) -> Mapping[str, Any]:
        """Spec: "POST /keys/device_signing/upload"."""
        bot, master = self._calls.bot, _public(keys.master)
        signing = self._named(_SELF_SIGNING, keys.self_signing)
        return {
            "master_key": self._named(_MASTER, keys.master),
            "self_signing_key": sign(keys.master, signing, bot, master),
        }

    def _named(self, usage: str, account: Account) -> dict[str, Any]:
        key = _public(account)
        return {"user_id": self._calls.bot, "usage": [usage], "keys": {f"ed25519:{key}": key}}


def _public(account: Account) -> str:
    return account.ed25519_key.to_base64()
