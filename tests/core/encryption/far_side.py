"""A homeserver's part in encryption, and one device of alice's, in memory; both outlive the bridge.

`die_at` ends the bridge at its so-manieth request or commit, before or after that took effect.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vodozemac import GroupSession

from bridgekit.encryption.signed import MEGOLM
from bridgekit.encryption.trust import Trust
from bridgekit.ids import RoomID, UserID
from bridgekit.matrix.api import Refused
from bridgekit.testing.encrypted.keys import DeviceKeys
from tests.core.encryption.ghost_side import GhostSide

JSON = dict[str, Any]
ALICE, BOT, DEVICE = UserID("@alice:example.org"), UserID("@bridgebot:example.org"), "ALICE1"
ROOM = RoomID("!room:example.org")


class Died(BaseException):
    """The bridge was killed."""


class FarSide:
    """As `DeviceCalls`, which it stands in for."""

    def __init__(self) -> None:
        self.bot, self.device, self.token = BOT, "", ""
        self.made: dict[str, JSON] = {}
        self.one_time: dict[str, JSON] = {}
        self.fallback: dict[str, JSON] = {}
        self.mail: list[JSON] = []
        self.taken = 0
        self.got: dict[str, JSON] = {}  # to-device requests by transaction ID
        self.readers_now = {ALICE, BOT}
        self.history: list[JSON] = []
        self.account_data: dict[str, JSON] = {}
        self.vouched: JSON = {}
        self.keys = DeviceKeys(ALICE, DEVICE)
        self.steps, self.die_at = 0, -1
        self.ghosts = GhostSide(self.step)
        self.direct: dict[RoomID, UserID] = {}
        self.least, self.announced = Trust.UNVERIFIED, list[str]()

    def step(self) -> None:
        """One moment at which a bridge may die."""
        self.steps += 1
        if self.steps == self.die_at:
            raise Died

    # Alice's device.

    def alice_reads(self, content: Mapping[str, Any]) -> tuple[JSON, int]:
        """What an event says, and the place of its key: one that no other event had."""
        return self.keys.read(content, ROOM, content["ciphertext"])

    def shown(self, event: Mapping[str, Any]) -> str:
        """What her client shows beside an event that it can read; "": nothing."""
        sender, content = event["sender"], event["content"]
        if self.keys.giver(content["session_id"]) != sender:
            return "of another's device"
        if sender == BOT:
            return ""
        return self.ghosts.shown(sender, content["device_id"])

    def alice_gives(self, session: GroupSession, room: RoomID = ROOM, **changes: Any) -> JSON:
        """The key of a session, as a to-device event for the bot's device."""
        (device,) = self.made.values()
        self.keys.begin(device, dict([self.one_time.popitem()]))
        key = self.keys.room_key(room, session)
        content = self.keys.say(device, "m.room_key", key, **changes)
        return {"type": "m.room.encrypted", "sender": ALICE, "content": content}

    async def other(self, room: RoomID) -> UserID | None:
        """Whose ghost a direct chat is with."""
        return self.direct.get(room)

    async def announce(self, room: RoomID, key: str, text: str) -> None:
        del room, key
        self.announced.append(text)

    # The homeserver.

    async def is_sender(self) -> bool:
        return False

    async def devices(self) -> frozenset[str]:
        return frozenset(self.made)

    def speak(self, device: str, token: str) -> None:
        self.device, self.token = device, token

    async def log_out(self) -> None: ...

    async def make(self, device: str, name: str) -> str:
        del name
        self.step()
        self.made.setdefault(device, {})
        self.step()
        return ""

    async def remove(self, device: str) -> None:
        self.made.pop(device, None)

    async def upload(self, content: Mapping[str, Any]) -> None:
        self.step()
        if "device_keys" in content:
            self.made[self.device] = content["device_keys"]
        self.one_time |= content.get("one_time_keys", {})
        self.fallback = content.get("fallback_keys", self.fallback)
        self.step()

    async def upload_signing(self, content: Mapping[str, Any]) -> None:
        self.step()
        self.vouched |= {f"{name}s": {BOT: key} for name, key in content.items()}
        self.step()

    async def upload_signatures(self, content: Mapping[str, Any]) -> None:
        self.step()
        for device, signed in content[BOT].items():
            self.made[device]["signatures"][BOT] |= signed["signatures"][BOT]
        self.step()

    async def keep(self, kind: str, content: JSON) -> None:
        self.step()
        self.account_data[kind] = content
        self.step()

    async def kept(self, kind: str) -> JSON | None:
        return self.account_data.get(kind)

    async def sync(self, since: str, *, wait: bool = True) -> JSON:
        del wait
        self.step()
        self.taken = max(self.taken, int(since or 0))
        events = self.mail[self.taken :]
        return {"next_batch": str(len(self.mail)), "to_device": {"events": events}}

    async def query(self, users: list[UserID]) -> JSON:
        self.step()
        keys = {ALICE: {DEVICE: self.keys.public()}, BOT: dict(self.made)}
        return {"device_keys": {user: keys.get(user, {}) for user in users}, **self.vouched}

    async def claim(self, wanted: Mapping[UserID, Any]) -> JSON:
        self.step()
        del wanted
        return {"one_time_keys": {ALICE: {DEVICE: self.keys.one_time(1)}}}

    async def send(self, kind: str, messages: Mapping[str, Any], txn: str, ghost: str = "") -> None:
        self.step()
        if ghost in self.ghosts.gone:
            raise Refused("This ghost is locked", "M_USER_LOCKED", 401)
        if txn not in self.got and kind == "m.room.encrypted":
            self.keys.hear({"sender": ghost or BOT, "content": messages[ALICE][DEVICE]})
        self.got[txn] = {"kind": kind, "messages": messages, "ghost": ghost}
        self.step()

    async def encryption(self, room: RoomID) -> JSON | None:
        return {"algorithm": MEGOLM} if room == ROOM else None

    async def readers(self, room: RoomID) -> frozenset[UserID]:
        del room
        self.step()
        return frozenset(self.readers_now)

    async def latest(self, room: RoomID, limit: int) -> list[JSON]:
        del room
        self.step()
        return list(reversed(self.history))[:limit]
