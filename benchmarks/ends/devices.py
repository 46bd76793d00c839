"""Encrypted rooms at next to no cost: everybody on Matrix has one device, the first one reads.

It answers what a bridge asks of devices and keys; what it is given it keeps in memory.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

from benchmarks.ends.said import BOT, room, user
from bridgekit.encryption.signed import MEGOLM
from bridgekit.testing.encrypted.keys import DeviceKeys

JSON = dict[str, Any]
Answer = Callable[[JSON], None]

LATER: JSON = {}
"""The answer comes when there is one."""
AT_ONCE = 100  # messages to a device in one answer, as Synapse's
LONG_POLL = 1.0
SENDER = BOT.replace(":", "-sender:")  # of the registration, where rooms are encrypted
_IN_ROOM = re.compile(r"/rooms/[^/]+/(state/m\.room\.encryption|members)")


class Devices:
    """Of so many people, who are all in so many rooms."""

    def __init__(self, people: int, rooms: int) -> None:
        names = [user(number) for number in range(people)]
        self._people = {name: DeviceKeys(name, f"M{number}") for number, name in enumerate(names)}
        self._rooms = [room(number) for number in range(rooms)]
        self._reader = self._people[user(0)]
        self._bots: dict[str, JSON] = {}
        self._one_time: dict[str, JSON] = {}
        self._mail: list[JSON] = []
        self._read = 0
        self._polls: list[Answer] = []
        self._numbers = itertools.count()

    # What is encrypted, and read.

    def give_keys(self) -> None:
        """Everybody gives the bridge the keys with which they will speak."""
        (device,) = self._bots.values()
        for keys in self._people.values():
            keys.begin(device, dict([self._one_time.popitem()]))
            for name in self._rooms:
                key = keys.room_key(name, keys.speak_anew(name).session)
                content = keys.say(device, "m.room_key", key)
                event = {"type": "m.room.encrypted", "sender": keys.user, "content": content}
                self._mail.append(event)
        polls, self._polls = self._polls, []
        for answer in polls:
            answer(self._sync(self._read))

    def ready(self) -> bool:
        """Whether the bridge has a device whose keys are known."""
        return bool(self._bots and self._one_time)

    def given(self) -> bool:
        """Whether the bridge has all of them."""
        return self._read == len(self._mail)

    def sealed(self, event: Mapping[str, Any]) -> JSON:
        """A message of one of the people, as it is sent."""
        keys, where = self._people[event["sender"]], event["room_id"]
        session = keys.outbound[where].session
        content = keys.encrypt(where, session, event["type"], event["content"])
        return {**event, "type": "m.room.encrypted", "content": content}

    def opened(self, where: bytes, content: Mapping[str, Any]) -> JSON:
        """What somebody said, as the first of the people reads it."""
        payload, _ = self._reader.read(content, unquote(where), f"${next(self._numbers)}")
        said: JSON = payload["content"]
        return said

    # What the bridge asks.

    def answer(self, method: bytes, target: bytes, body: bytes, later: Answer) -> JSON | None:
        """None: it is not about devices. `LATER`: it is handed to `later`."""
        path, _, query = unquote(target.decode()).partition("?")
        path = path.partition("/v3")[2]
        content: JSON = json.loads(body) if body else {}
        if path == "/sync":
            return self._poll(parse_qs(query).get("since", ["0"])[0], later)
        if path == "/account/whoami" and "user_id" not in parse_qs(query):
            return {"user_id": SENDER}
        return self._of_rooms(path) if method == b"GET" else self._of_keys(path, content)

    def _of_rooms(self, path: str) -> JSON | None:
        if path == "/devices":
            return {"devices": [{"device_id": name} for name in self._bots]}
        found = _IN_ROOM.match(path)
        if found is None:
            return None
        return {"algorithm": MEGOLM} if "state" in found[1] else self._members()

    def _of_keys(self, path: str, content: JSON) -> JSON | None:
        match path.split("/")[1:3]:
            case ["devices", _]:
                return {}
            case ["keys", "upload"]:
                return self._upload(content)
            case ["keys", "query"]:
                return {"device_keys": {one: self._keys_of(one) for one in content["device_keys"]}}
            case ["keys", "claim"]:
                return self._claim(content["one_time_keys"])
            case ["sendToDevice", _]:
                return self._take(content["messages"])
        return None

    def _members(self) -> JSON:
        joined = {"type": "m.room.member", "content": {"membership": "join"}, "room_id": "!x"}
        return {"chunk": [{**joined, "state_key": one} for one in (BOT, *self._people)]}

    def _upload(self, content: JSON) -> JSON:
        if "device_keys" in content:
            keys = content["device_keys"]
            self._bots = {keys["device_id"]: keys}
        self._one_time |= content.get("one_time_keys", {})
        return {"one_time_key_counts": {"signed_curve25519": len(self._one_time)}}

    def _keys_of(self, one: str) -> JSON:
        if one == BOT:
            return self._bots
        keys = self._people.get(one)
        return {} if keys is None else {keys.device: keys.public()}

    def _claim(self, asked: Mapping[str, Mapping[str, str]]) -> JSON:
        given: JSON = {}
        for one, devices in asked.items():
            given[one] = {name: self._people[one].one_time(1) for name in devices}
        return {"one_time_keys": given}

    def _take(self, messages: Mapping[str, Mapping[str, JSON]]) -> JSON:
        """The others read nothing."""
        content = messages.get(self._reader.user, {}).get(self._reader.device)
        if content is not None:
            self._reader.hear({"sender": BOT, "content": content})
        return {}

    def _poll(self, since: str, later: Answer) -> JSON | None:
        self._read = int(since)
        if self._read < len(self._mail):
            return self._sync(self._read)
        self._polls.append(later)
        asyncio.get_running_loop().call_later(LONG_POLL, self._end, later)
        return LATER

    def _end(self, poll: Answer) -> None:
        if poll in self._polls:
            self._polls.remove(poll)
            poll(self._sync(self._read))

    def _sync(self, since: int) -> JSON:
        some = self._mail[since : since + AT_ONCE]
        return {
            "next_batch": str(since + len(some)),
            "to_device": {"events": some},
            "device_one_time_keys_count": {"signed_curve25519": len(self._one_time)},
            "device_unused_fallback_key_types": ["signed_curve25519"],
        }
