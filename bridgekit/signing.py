"""Identifiers that must be the same after every restart and that nobody else can make.

All are HMACs under the configured secret and this database's instance ID, so that a restore or a
second bridge with the same configuration can never collide with them (delivery rule 12).
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode

from bridgekit.ids import LoginID, NetworkName, PortalID, PortalKey, RoomID, TransactionID, UserID
from bridgekit.lru import LRU
from bridgekit.models import Millis


class Signer:
    """Keyed by the configuration's secret; bound to one database by `instance`."""

    def __init__(self, secret: bytes, instance: str) -> None:
        key = hmac.digest(secret, f"bridgekit {instance}".encode(), hashlib.sha256)
        self._keyed = hmac.new(key, digestmod=hashlib.sha256)  # to be copied: keying costs more
        self._tags: LRU[PortalID, str] = LRU(10_000)

    def txn(self, portal: PortalID | str, source: str, kind: str, part: int = 0) -> TransactionID:
        """The transaction ID of one send to Matrix; the same in every repetition of it."""
        return TransactionID("bk" + self._sign("txn", str(portal), source, kind, str(part)))

    def remote_txn(self, portal: PortalID, source: str, part: int) -> str:
        """The `MatrixEvent.txn` of one send to the network."""
        return self._sign("remote", str(portal), source, str(part))

    def portal_tag(self, portal: PortalID) -> str:
        """Names a portal in what we send, to ourselves only."""
        known = self._tags.get(portal)
        return known or self._tags.put(portal, self._sign("portal", str(portal))[:8])

    def marker(self, portal: PortalID, room: RoomID, source: str, part: int, at: Millis) -> str:
        """Our signature in an event: whose it is (`portal_tag`) and that nobody copied it."""
        return f"{self.portal_tag(portal)}.{self._sign('marker', room, source, str(part), str(at))}"

    def said_as(self, user: UserID, room: RoomID, marker: str, when: str) -> str:
        """Shows that we sent the event that bears `marker` as a person (`puppets/marks.py`)."""
        return self._sign("said as", user, room, marker, when)

    def room_alias(self, key: PortalKey) -> str:
        """The end of the alias under which a portal's room is made, once."""
        return self._sign("alias", key.network, key.chat, key.receiver or "")

    def creation_mark(self, key: PortalKey) -> str:
        """What a room of ours says in its creation event, to be known by."""
        return self._sign("room", key.network, key.chat, key.receiver or "")

    def media_link(self, *words: str) -> str:
        """What the address of a public link ends in: short, and nobody can guess another."""
        return urlsafe_b64encode(bytes.fromhex(self._sign("media", *words))).decode().rstrip("=")

    def login_id(self, network: NetworkName, owner: UserID) -> LoginID:
        """An opaque, stable ID of a person's login."""
        return LoginID(f"{network}:{self._sign('login', network, owner)[:16]}")

    def _sign(self, *words: str) -> str:
        # Length-prefixed: no two lists of words are signed as the same bytes.
        message = b""
        for word in words:
            raw = word.encode("utf-8", "surrogatepass")
            message += len(raw).to_bytes(4, "big") + raw
        signed = self._keyed.copy()
        signed.update(message)
        return signed.hexdigest()[:32]


def carries_tag(marker: object, tag: str) -> bool:
    """Whether an event's marker is of the portal that `tag` names."""
    return isinstance(marker, str) and marker.partition(".")[0] == tag
