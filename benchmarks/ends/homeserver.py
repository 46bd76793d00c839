"""A homeserver that costs next to nothing: it answers what bridges ask, dedupes and counts.

Sends are deduped by transaction ID and application service, as Synapse does; nothing else is kept.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from benchmarks.ends.arrivals import Arrivals
from benchmarks.ends.devices import LATER, Devices
from benchmarks.ends.said import BOT, DOMAIN, ON_IRC, ON_MATRIX, PUSHED, person_of, place_of
from benchmarks.ends.wire import Wire

SEND = re.compile(rb"/rooms/([^/]+)/send/[^/]+/([^?]+)")
MEMBERSHIP = re.compile(rb"/state/m\.room\.member/(?:%40|@)([^%:?]+)")
LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
UNDECIDED = "may not have"
"""What an answer to a message says that may not have arrived."""
ANSWER = b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
FOUND, MISSING = b"200 OK", b"404 Not Found"
WRITTEN = b'{"event_id": "$written"}'
MEMBER = {
    "type": "m.room.member",
    "state_key": BOT,
    "sender": BOT,
    "room_id": f"!x:{DOMAIN}",
    "event_id": "$member",
    "origin_server_ts": 1,
    "content": {"membership": "join"},
}
CREATE = {**MEMBER, "type": "m.room.create", "state_key": "", "content": {"room_version": "10"}}
ANSWERS: Sequence[tuple[re.Pattern[bytes], bytes, bytes]] = [
    (re.compile(pattern), status, json.dumps(answer).encode())
    for pattern, status, answer in (
        (rb"/versions", FOUND, {"versions": ["v1.11"]}),
        (rb"/whoami", FOUND, {"user_id": BOT}),
        (rb"/ping", FOUND, {"duration_ms": 1}),
        (rb"/register", FOUND, {"user_id": f"@x:{DOMAIN}"}),
        (rb"/join", FOUND, {"room_id": f"!x:{DOMAIN}", "joined_rooms": [], "joined": {BOT: {}}}),
        (rb"/members", FOUND, {"chunk": [MEMBER]}),
        (rb"/state/m\.room\.join_rules", FOUND, {"join_rule": "invite"}),
        (rb"/state/m\.room\.power_levels", FOUND, {"users": {BOT: 100}}),
        (rb"/state/m\.room\.create", FOUND, {**CREATE, "room_version": "10"}),
        (rb"/account_data/|/state/", MISSING, {"errcode": "M_NOT_FOUND", "error": "Not found"}),
        (rb"/messages", FOUND, {"chunk": []}),
        (rb"", FOUND, {}),
    )
]


class Homeserver:
    """What all connections share. `told`: whose sender was told that it may not have arrived."""

    def __init__(self) -> None:
        self.arrivals = Arrivals(ON_IRC, ours=ON_MATRIX)
        self.told: set[int] = set()
        self.asked_at = 0.0
        self.port = 0
        self._events, self._rooms = itertools.count(1), itertools.count(1)
        self._sent: dict[bytes, bytes] = {}
        self._kept: dict[str, bytes] = {}
        self._connections: set[HTTPConnection] = set()
        self.devices: Devices | None = None
        """Where rooms are encrypted: those of everybody."""
        self.hand_back: Callable[[dict[str, Any]], None] | None = None
        """Where the application service is pushed what it sends itself, as real ones do."""

    async def listen(self) -> None:
        """Also again, where it listened before."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: HTTPConnection(self), "127.0.0.1", self.port, reuse_address=True
        )
        self.port = self._server.sockets[0].getsockname()[1]

    def go_away(self) -> None:
        """Nobody listens any more, and every connection breaks."""
        self._server.close()
        for connection in tuple(self._connections):
            connection.transport.abort()

    def keep(self, answers: Mapping[str, Any]) -> None:
        """What to answer to a GET, by its path behind `/_matrix/client/v3`."""
        self._kept |= {path: json.dumps(answer).encode() for path, answer in answers.items()}

    def forget(self) -> None:
        """Transaction IDs, as a real one forgets them after a while."""
        self._sent.clear()

    def connected(self, connection: HTTPConnection) -> None:
        self._connections.add(connection)

    def disconnected(self, connection: HTTPConnection) -> None:
        self._connections.discard(connection)

    def answer(
        self, method: bytes, target: bytes, body: bytes, later: Callable[[bytes], None]
    ) -> bytes:
        """Empty: what there is comes `later`."""
        send = SEND.search(target)
        if send is not None:
            user = target.partition(b"user_id=")[2].partition(b"&")[0]
            return self._send(send[1], send[2], user, body)
        if self.devices is not None:
            found = self.devices.answer(method, target, body, lambda one: later(_json(one)))
            if found is not None:
                return _json(found) if found is not LATER else b""
        return self._plain(method, target)

    def _plain(self, method: bytes, target: bytes) -> bytes:
        self.asked_at = time.monotonic()
        if b"/createRoom" in target:
            room = b'{"room_id": "!made%d:%b"}' % (next(self._rooms), DOMAIN.encode())
            return ANSWER % (FOUND, len(room), room)
        someone = MEMBERSHIP.search(target)
        if someone is not None:
            member = b'{"membership": "join", "displayname": "%b"}' % someone[1]
            return ANSWER % (FOUND, len(member), member)
        if method == b"GET":
            path = unquote(target.partition(b"?")[0].decode()).partition("/v3")[2]
            kept = self._kept.get(path)
            if kept is not None:
                return ANSWER % (FOUND, len(kept), kept)
        elif b"/account_data/" in target or b"/state/" in target:
            return ANSWER % (FOUND, len(WRITTEN), WRITTEN)
        status, answer = next((code, text) for one, code, text in ANSWERS if one.search(target))
        return ANSWER % (status, len(answer), answer)

    def _send(self, room: bytes, txn: bytes, user: bytes, body: bytes) -> bytes:
        known = self._sent.get(txn)
        if known is None:
            event_id, content = b"$e%d" % next(self._events), json.loads(body)
            known = b'{"event_id": "%b"}' % event_id
            self._sent[txn] = known = ANSWER % (FOUND, len(known), known)
            self._take(room, user, content)
            if self.hand_back is not None:
                self.hand_back(_event(event_id, room, user, content))
        return known

    def _take(self, room: bytes, user: bytes, content: Mapping[str, Any]) -> None:
        if self.devices is not None:
            if "ciphertext" not in content:  # anybody can read it
                self.arrivals.misdelivered()
                return
            content = self.devices.opened(room, content)
        text = content.get("body", "")
        answered = content.get("m.relates_to", {}).get("m.in_reply_to", {}).get("event_id", "")
        if answered.startswith(PUSHED) and UNDECIDED in text:
            self.told.add(int(answered.removeprefix(PUSHED)))
        for line in text.split("\n"):  # several, where they are merged
            self.arrivals.take(line, place_of(room), person_of(user))


def _event(event_id: bytes, room: bytes, user: bytes, content: Mapping[str, Any]) -> dict[str, Any]:
    """As it is pushed."""
    return {
        "event_id": event_id.decode(),
        "room_id": unquote(room.decode()),
        "sender": unquote(user.decode()) or BOT,
        "type": "m.room.message",
        "origin_server_ts": int(time.time() * 1000),
        "content": content,
        "unsigned": {"age": 5},
    }


def _json(answer: Mapping[str, Any]) -> bytes:
    text = json.dumps(answer).encode()
    return ANSWER % (FOUND, len(text), text)


class HTTPConnection(Wire):
    """One connection of a client; requests are answered in their order."""

    def __init__(self, homeserver: Homeserver) -> None:
        self._homeserver, self._data = homeserver, bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._homeserver.connected(self)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._homeserver.disconnected(self)

    def data_received(self, data: bytes) -> None:
        self._data += data
        answers = []
        start = 0
        while True:
            end = self._data.find(b"\r\n\r\n", start)
            if end < 0:
                break
            head = bytes(self._data[start:end])
            length = LENGTH.search(head)
            until = end + 4 + (int(length[1]) if length else 0)
            if len(self._data) < until:
                break
            method, target, _ = head.split(b" ", 2)
            body = bytes(self._data[end + 4 : until])
            answers.append(self._homeserver.answer(method, target, body, self.transport.write))
            start = until
        del self._data[:start]
        if answers:
            self.transport.write(b"".join(answers))
