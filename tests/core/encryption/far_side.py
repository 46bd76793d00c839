"""A homeserver's part in encryption, and one device of alice's, in memory; both outlive the bridge.

`die_at` ends the bridge at its so-manieth request or commit, before or after that took effect.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from vodozemac import (
    Account,
    AnyOlmMessage,
    Curve25519PublicKey,
    GroupSession,
    InboundGroupSession,
    MegolmMessage,
    PreKeyMessage,
    SessionKey,
)

from bridgekit.encryption.signed import MEGOLM, OLM, raw_of, sign, unpadded
from bridgekit.ids import RoomID, UserID

JSON = dict[str, Any]
ALICE, BOT, DEVICE = UserID("@alice:example.org"), UserID("@bridgebot:example.org"), "ALICE1"
ROOM = RoomID("!room:example.org")


class Died(BaseException):
    """The bridge was killed."""


class FarSide:
    """As `DeviceCalls`, which it stands in for."""

    def __init__(self) -> None:
        self.bot, self.device = BOT, ""
        self.made: dict[str, JSON] = {}
        self.one_time: dict[str, JSON] = {}
        self.mail: list[JSON] = []
        self.taken = 0
        self.got: dict[str, JSON] = {}  # to-device requests by transaction ID
        self.readers_now = {ALICE, BOT}
        self.history: list[JSON] = []
        self.account = Account()
        self.keys: dict[str, InboundGroupSession] = {}
        self.steps, self.die_at = 0, -1

    def step(self) -> None:
        """One moment at which a bridge may die."""
        self.steps += 1
        if self.steps == self.die_at:
            raise Died

    # Alice's device.

    def alice_keys(self) -> JSON:
        curve = self.account.curve25519_key.to_base64()
        ed = self.account.ed25519_key.to_base64()
        keys = {f"curve25519:{DEVICE}": curve, f"ed25519:{DEVICE}": ed}
        whole = {"user_id": ALICE, "device_id": DEVICE, "algorithms": [OLM, MEGOLM], "keys": keys}
        return sign(self.account, whole, ALICE, DEVICE)

    def alice_reads(self, content: Mapping[str, Any]) -> tuple[JSON, int]:
        """What an event says, and the place of its key."""
        found = self.keys[content["session_id"]].decrypt(
            MegolmMessage.from_base64(content["ciphertext"])
        )
        return json.loads(bytes(found.plaintext)), found.message_index

    def alice_gives(self, session: GroupSession, room: RoomID = ROOM, **changes: Any) -> JSON:
        """The key of a session, as a to-device event for the bot's device."""
        (device,) = self.made.values()
        curve = device["keys"][f"curve25519:{device['device_id']}"]
        name, key = self.one_time.popitem()
        del name
        conversation = self.account.create_outbound_session(
            Curve25519PublicKey.from_base64(curve), Curve25519PublicKey.from_base64(key["key"])
        )
        content = {"algorithm": MEGOLM, "room_id": room, "session_id": session.session_id}
        payload = {
            "type": "m.room_key",
            "content": {**content, "session_key": session.session_key.to_base64()},
            "sender": ALICE,
            "recipient": BOT,
            "recipient_keys": {"ed25519": device["keys"][f"ed25519:{device['device_id']}"]},
            "keys": {"ed25519": self.account.ed25519_key.to_base64()},
            **changes,
        }
        number, body = conversation.encrypt(json.dumps(payload).encode()).to_parts()
        ciphertext = {curve: {"type": number, "body": unpadded(bytes(body))}}
        sender_key = self.account.curve25519_key.to_base64()
        inner = {"algorithm": OLM, "sender_key": sender_key, "ciphertext": ciphertext}
        return {"type": "m.room.encrypted", "sender": ALICE, "content": inner}

    # The homeserver.

    async def devices(self) -> frozenset[str]:
        return frozenset(self.made)

    async def make(self, device: str, name: str) -> None:
        del name
        self.step()
        self.made.setdefault(device, {})
        self.step()

    async def remove(self, device: str) -> None:
        self.made.pop(device, None)

    async def upload(self, content: Mapping[str, Any]) -> None:
        self.step()
        if "device_keys" in content:
            self.made[self.device] = content["device_keys"]
        self.one_time |= content.get("one_time_keys", {})
        self.step()

    async def sync(self, since: str) -> JSON:
        self.step()
        self.taken = max(self.taken, int(since or 0))
        events = self.mail[self.taken :]
        return {"next_batch": str(len(self.mail)), "to_device": {"events": events}}

    async def query(self, users: list[UserID]) -> JSON:
        self.step()
        keys = {ALICE: {DEVICE: self.alice_keys()}, BOT: dict(self.made)}
        return {"device_keys": {user: keys.get(user, {}) for user in users}}

    async def claim(self, wanted: Mapping[UserID, Any]) -> JSON:
        self.step()
        del wanted
        self.account.generate_one_time_keys(1)
        ((name, key),) = self.account.one_time_keys.items()
        self.account.mark_keys_as_published()
        signed = sign(self.account, {"key": key.to_base64()}, ALICE, DEVICE)
        return {"one_time_keys": {ALICE: {DEVICE: {f"signed_curve25519:{name}": signed}}}}

    async def send(self, kind: str, messages: Mapping[str, Any], txn: str) -> None:
        self.step()
        if txn not in self.got and kind == "m.room.encrypted":
            self._deliver(messages[ALICE][DEVICE])
        self.got[txn] = {"kind": kind, "messages": messages}
        self.step()

    def _deliver(self, content: JSON) -> None:
        ours = content["ciphertext"][self.account.curve25519_key.to_base64()]
        sender = Curve25519PublicKey.from_base64(content["sender_key"])
        body = raw_of(ours["body"])
        if ours["type"] == 0:
            conversation, plain = self.account.create_inbound_session(
                sender, PreKeyMessage.from_base64(unpadded(body))
            )
            self.conversation = conversation
        else:
            plain = self.conversation.decrypt(AnyOlmMessage.from_parts(1, body))
        payload = json.loads(bytes(plain))
        if payload["type"] == "m.room_key":
            given = payload["content"]
            self.keys[given["session_id"]] = InboundGroupSession(SessionKey(given["session_key"]))

    async def encryption(self, room: RoomID) -> JSON | None:
        return {"algorithm": MEGOLM} if room == ROOM else None

    async def readers(self, room: RoomID) -> frozenset[UserID]:
        del room
        self.step()
        return frozenset(self.readers_now)

    async def latest(self, room: RoomID, limit: int) -> list[JSON]:
        del room, limit
        self.step()
        return list(reversed(self.history))
