"""`EncryptedPerson`: what they say in encrypted rooms is encrypted, and they read what others say.

The verbs are those of every `Person`. A device is known once /sync named its user, a key is given
to every device of a room's members, and somebody who is gone gets none of what is said after.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from typing import Any

from bridgekit.encryption.signed import OLM
from bridgekit.media.encrypting import Encrypting
from bridgekit.media.file_key import in_event
from bridgekit.testing.encrypted.keys import DeviceKeys, Outbound, Unreadable, curve_of
from bridgekit.testing.homeserver import FakeHomeserver, MatrixError, Person
from bridgekit.testing.homeserver.connection import Connection, path_of

JSON = dict[str, Any]

KEYS = 20  # one-time keys that others find of this device
_FILTER = json.dumps({"room": {"rooms": []}})
_PLAIN = ("m.reaction", "m.room.redaction")  # which clients do not encrypt
_MEMBERS = {"not_membership": "leave"}


class EncryptedPerson(Person):
    """Use `encrypted_person`. Who waits for something of theirs reads their mail by that.

    `refused` is why messages to the device were of no use; `withheld` are the keys that it was told
    it does not get, `asked` the requests of others for keys.
    """

    def __init__(
        self, user_id: str, access_token: str, connection: Connection, device: str
    ) -> None:
        super().__init__(user_id, access_token, connection)
        self.keys = DeviceKeys(user_id, device)
        self.refused: list[str] = []
        self.withheld: list[JSON] = []
        self.asked: list[JSON] = []
        self._since = ""
        self._lock, self._speaking = asyncio.Lock(), asyncio.Lock()
        self._devices: dict[str, list[JSON]] = {}
        self._opened: dict[str, JSON] = {}
        self._unread: dict[str, str] = {}

    async def begin(self) -> None:
        """Tell others of this device."""
        given = {"device_keys": self.keys.public(), "one_time_keys": self.keys.one_time(KEYS)}
        await self.request("POST", "/keys/upload", given)

    # Reading.

    async def take_mail(self) -> None:
        async with self._lock:
            more = True
            while more:
                more = await self._take_some()

    async def _take_some(self) -> bool:
        """Whether there may be more."""
        query = {"filter": _FILTER} | ({"since": self._since} if self._since else {})
        answer = await self.request("GET", "/sync", None, query)
        events = answer.get("to_device", {}).get("events", [])
        for event in events:
            self._take(event)
        self._since = answer["next_batch"]
        for user in answer.get("device_lists", {}).get("changed", ()):
            self._devices.pop(user, None)
        left = answer["device_one_time_keys_count"].get("signed_curve25519", 0)
        if left < KEYS // 2:
            more = {"one_time_keys": self.keys.one_time(KEYS - left)}
            await self.request("POST", "/keys/upload", more)
        return bool(events)

    def _take(self, event: JSON) -> None:
        if event["type"] == "m.room_key.withheld":
            self.withheld.append(event["content"])
        elif event["type"] == "m.room_key_request":
            self.asked.append(event["content"])
        elif event["type"] == "m.room.encrypted":
            try:
                self.keys.hear(event)
            except Unreadable as why:
                self.refused.append(str(why))

    def opened(self, event: JSON) -> JSON:
        """As it reads; one that cannot be read is as it is, and among what is `unreadable`."""
        name, content = event["event_id"], event["content"]
        if event["type"] != "m.room.encrypted" or not content:  # deleted
            self._unread.pop(name, None)
            return event
        if name not in self._opened:
            try:
                payload, _ = self.keys.read(content, event["room_id"], name)
            except Unreadable as why:
                self._unread[name] = str(why)
                return event
            self._unread.pop(name, None)
            outside = {key: kept for key, kept in content.items() if key not in _SECRETS}
            self._opened[name] = {
                "type": payload["type"],
                "content": {**outside, **payload["content"]},
            }
        return {**event, **self._opened[name]}

    @property
    def unreadable(self) -> list[str]:
        return [f"{event}: {why}" for event, why in self._unread.items()]

    # Speaking.

    async def send(
        self, room: str, event_type: str, content: JSON, *, txn: str | None = None
    ) -> str:
        if event_type in _PLAIN or not await self.encrypts(room):
            return await super().send(room, event_type, content, txn=txn)
        async with self._speaking:
            if event_type == "m.room.message" and "url" in content:
                content = await self._with_its_file_encrypted(content)
            session = (await self._ready(room)).session
            secret = self.keys.encrypt(room, session, event_type, content)
            return await super().send(room, "m.room.encrypted", secret, txn=txn)

    async def _with_its_file_encrypted(self, content: JSON) -> JSON:
        """Stickers have theirs of collections that are not encrypted."""

        async def plain() -> AsyncIterator[bytes]:
            yield await self.download(content["url"])

        encrypting = Encrypting()
        secret = b"".join([piece async for piece in encrypting.pieces(plain())])
        shown = {name: value for name, value in content.items() if name != "url"}
        return {**shown, "file": in_event(await self.upload(secret), encrypting.key())}

    async def send_before_its_key(self, room: str, event_type: str, content: JSON) -> JSON:
        """Send with a new session that nobody has; what `give_key` takes once they are to."""
        async with self._speaking:
            session = self.keys.speak_anew(room).session
            key = self.keys.room_key(room, session)
            secret = self.keys.encrypt(room, session, event_type, content)
            await super().send(room, "m.room.encrypted", secret)
        return key

    async def give_key(self, key: JSON) -> None:
        """To every device in its room; the next message is encrypted with it, too."""
        async with self._speaking:
            outbound = self.keys.outbound[key["room_id"]]
            await self._share(key, outbound, await self._devices_in(key["room_id"]))

    async def encrypts(self, room: str) -> bool:
        """Whether this room is encrypted."""
        try:
            await self.state(room, "m.room.encryption")
        except MatrixError as error:
            if error.errcode != "M_NOT_FOUND":
                raise
            return False
        return True

    async def _ready(self, room: str) -> Outbound:
        """The session to speak with, which every device has that may."""
        await self.take_mail()
        devices = await self._devices_in(room)
        names = {_name(device) for device in devices}
        outbound = self.keys.outbound.get(room)
        if outbound is None or not outbound.shared <= names:
            outbound = self.keys.speak_anew(room)
        missing = [device for device in devices if _name(device) not in outbound.shared]
        if missing:
            await self._share(self.keys.room_key(room, outbound.session), outbound, missing)
        return outbound

    async def _devices_in(self, room: str) -> list[JSON]:
        """Those of everybody who is in the room or invited, but for this one."""
        path = path_of("rooms", room, "members")
        chunk = (await self.request("GET", path, None, _MEMBERS))["chunk"]
        members = [event["state_key"] for event in chunk]
        for user in self._devices.keys() - members:  # nobody says what they have meanwhile
            del self._devices[user]
        asked: dict[str, list[str]] = {user: [] for user in members if user not in self._devices}
        if asked:
            answer = await self.request("POST", "/keys/query", {"device_keys": asked})
            for user, devices in answer["device_keys"].items():
                self._devices[user] = list(devices.values())
        found = (device for user in members for device in self._devices.get(user, ()))
        return [
            device
            for device in found
            if OLM in device["algorithms"] and _name(device) != (self.user_id, self.keys.device)
        ]

    async def _share(self, key: JSON, outbound: Outbound, devices: list[JSON]) -> None:
        await self._converse([one for one in devices if not self.keys.knows(curve_of(one))])
        messages: dict[str, dict[str, JSON]] = {}
        for device in devices:
            if self.keys.knows(curve_of(device)):
                user, name = _name(device)
                messages.setdefault(user, {})[name] = self.keys.say(device, "m.room_key", key)
                outbound.shared.add((user, name))
        if messages:
            path = path_of("sendToDevice", "m.room.encrypted", next(self._transactions))
            await self.request("PUT", path, {"messages": messages})

    async def _converse(self, devices: Iterable[JSON]) -> None:
        """Begin conversations, as far as those have a key left for that."""
        asked: dict[str, dict[str, str]] = {}
        known = {_name(device): device for device in devices}
        for user, name in known:
            asked.setdefault(user, {})[name] = "signed_curve25519"
        if asked:
            answer = await self.request("POST", "/keys/claim", {"one_time_keys": asked})
            for user, keys in answer["one_time_keys"].items():
                for name, key in keys.items():
                    self.keys.begin(known[user, name], key)


_SECRETS = ("algorithm", "sender_key", "device_id", "session_id", "ciphertext")


def _name(device: JSON) -> tuple[str, str]:
    return device["user_id"], device["device_id"]


async def encrypted_person(homeserver: FakeHomeserver, name: str) -> EncryptedPerson:
    """The person of that name, with another client: a new device, whose keys others know."""
    plain = homeserver.person(name)
    token = homeserver.world.add_access_token(plain.user_id)
    device = homeserver.world.token_devices[token]
    person = EncryptedPerson(plain.user_id, token, homeserver.connection(token), device)
    await person.begin()
    return person
