"""What the fake homeserver keeps: accounts, rooms, aliases, media; survives its restarts.

Every event of every room goes through `World.append`, which tells all who listen.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bridgekit.clock import Clock
from bridgekit.testing.homeserver.appservices import AppService
from bridgekit.testing.homeserver.changes import Changes
from bridgekit.testing.homeserver.devices import Devices
from bridgekit.testing.homeserver.errors import MatrixError
from bridgekit.testing.homeserver.rooms import Event, Room

JSON = dict[str, Any]

_MAX_EVENT_BYTES = 65_536

# What a server adds to an event before it measures it (server-server API, "PDU"): references to
# other events by hash, the event's own hash and signature.
_PDU_FRAME: JSON = {
    "auth_events": ["$" + 43 * "x"] * 3,
    "prev_events": ["$" + 43 * "x"],
    "depth": 100,
    "hashes": {"sha256": 43 * "x"},
    "signatures": {"example.org": {"ed25519:a_test": 86 * "x"}},
    "unsigned": {"age_ts": 1_000_000_000_000},
}


@dataclass(slots=True)
class Account:
    user_id: str
    display_name: str | None = None
    avatar_url: str | None = None


@dataclass(frozen=True, slots=True)
class Alias:
    room: str
    creator: str


@dataclass(slots=True)
class Media:
    """`data` is None until a reserved URI is filled."""

    content_type: str = "application/octet-stream"
    data: bytes | None = None


Listener = Callable[[Room, Event], None]


class World:
    """State and its invariants; no sockets."""

    def __init__(self, domain: str, clock: Clock, token: Callable[[], str]) -> None:
        self.domain = domain
        self.clock = clock
        self.token = token
        self.changes = Changes()
        self.appservices: dict[str, AppService] = {}
        self.accounts: dict[str, Account] = {}
        self.deactivated: set[str] = set()
        self.access_tokens: dict[str, str] = {}
        self.token_devices: dict[str, str] = {}
        self.devices = Devices(self.changes.notify)
        self.openid_tokens: dict[str, str] = {}
        self.rooms: dict[str, Room] = {}
        self.aliases: dict[str, Alias] = {}
        self.account_data: dict[tuple[str, str], JSON] = {}  # by user and type
        self.listed: set[tuple[str, str]] = set()  # rooms, by network ("": the homeserver's own)
        self.media: dict[str, Media] = {}
        self.largest_upload = 50 << 20  # bytes; Synapse's default
        self.typing: dict[str, list[str]] = {}
        self.read: dict[tuple[str, ...], int] = {}  # how far, by room, kind, user and thread
        self.answered: dict[tuple[str, str], JSON] = {}  # by path and requester; see `restart`
        self.on_event: list[Listener] = []
        self.on_ephemeral: list[Callable[[Room, JSON], None]] = []

    def now(self) -> int:
        """The wall time in milliseconds, as Matrix counts it."""
        return int(self.clock.now().timestamp() * 1000)

    def add_account(self, user_id: str) -> Account:
        localpart = user_id[1:].partition(":")[0]
        account = self.accounts[user_id] = Account(user_id, display_name=localpart)
        return account

    def add_access_token(self, user_id: str, device: str | None = None) -> str:
        """That of a new device, if it is not there already."""
        token, device = self.token(), device or self.token()[:10].upper()
        self.access_tokens[token], self.token_devices[token] = user_id, device
        self.devices.make(user_id, device)
        return token

    def remove_device(self, user_id: str, device: str) -> None:
        """Whoever uses it is signed out."""
        self.devices.remove(user_id, device)
        for token, of in list(self.token_devices.items()):
            if of == device and self.access_tokens.get(token) == user_id:
                del self.access_tokens[token]

    def add_room(self, version: str, creators: frozenset[str]) -> Room:
        room = Room(f"!{self.token()}", version, creators)
        if not room.creators_rule:
            room.id += f":{self.domain}"
        self.rooms[room.id] = room
        return room

    def append(
        self,
        room: Room,
        event_type: str,
        sender: str,
        content: JSON,
        state_key: str | None = None,
        at: int | None = None,
        unsigned: JSON | None = None,
        transaction: str | None = None,
        redacts: str | None = None,
    ) -> Event:
        """Add an event that is allowed already; refuses what no server would accept in size."""
        event = Event(
            id=f"${self.token()}",
            room=room.id,
            type=event_type,
            sender=sender,
            content=content,
            at=self.now() if at is None else at,
            state_key=state_key,
            replaced=None if state_key is None else room.state.get((event_type, state_key)),
            unsigned=unsigned or {},
            transaction=transaction,
            redacts=redacts,
        )
        _check_size(event)
        room.add(event)
        for listener in self.on_event:
            listener(room, event)
        self.changes.notify()
        return event

    def append_ephemeral(self, room: Room, event_type: str, content: JSON) -> None:
        event = {"type": event_type, "room_id": room.id, "content": content}
        for listener in self.on_ephemeral:
            listener(room, event)
        self.changes.notify()

    def stop_typing(self, room: Room, user_id: str) -> None:
        """As when somebody leaves in the middle of a sentence."""
        users = self.typing.get(room.id, [])
        if user_id in users:
            users.remove(user_id)
            self.append_ephemeral(room, "m.typing", {"user_ids": list(users)})

    def aliases_of(self, room_id: str) -> list[str]:
        return [alias for alias, target in self.aliases.items() if target.room == room_id]


def _check_size(event: Event) -> None:
    frame = {
        **_PDU_FRAME,
        "type": event.type,
        "room_id": event.room,
        "sender": event.sender,
        "content": event.content,
        "origin_server_ts": event.at,
    }
    if len(canonical(frame)) > _MAX_EVENT_BYTES:
        raise MatrixError(413, "M_TOO_LARGE", "event too large")


def canonical(value: JSON) -> bytes:
    """Canonical JSON (spec appendix 3.1); what it cannot hold is the caller's mistake."""
    _check_numbers(value)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.encode("utf-8", "surrogatepass")


def _check_numbers(value: object) -> None:
    if isinstance(value, float):
        raise MatrixError(400, "M_BAD_JSON", "Bad JSON value: float")
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**53:
        raise MatrixError(400, "M_BAD_JSON", "JSON integer out of range")
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            _check_numbers(inner)
