"""Events and rooms: what happened, in order, and the state that follows from it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

JSON = dict[str, Any]

# Room versions from 12 on: creators stand above all power levels, IDs name no server (MSC4289,
# MSC4291).
CREATORS_RULE_FROM = 12

# From 11 on, what a redaction is about is in its content (MSC2174).
_REDACTS_IN_CONTENT_FROM = 11

# Synapse's format_event_for_client_v1 repeats these outside of `unsigned`.
_ALSO_BESIDE = ("age", "redacted_because", "replaces_state", "prev_content", "invite_room_state")

# What an invited user may know of a room (client-server API 11.4.1.1 "Stripped state").
_STRIPPED = (
    "m.room.create",
    "m.room.join_rules",
    "m.room.canonical_alias",
    "m.room.avatar",
    "m.room.encryption",
    "m.room.name",
    "m.room.topic",
)


@dataclass(frozen=True, slots=True)
class Event:
    """`replaced` is the state event that this one took the place of.

    `transaction` is the transaction ID that its sender gave it; `redacts` is what a redaction is
    about.
    """

    id: str
    room: str
    type: str
    sender: str
    content: JSON
    at: int  # origin_server_ts, milliseconds
    state_key: str | None = None
    replaced: Event | None = None
    transaction: str | None = None
    redacts: str | None = None
    unsigned: JSON = field(default_factory=dict)

    def for_clients(self, now: int, reader: str | None = None) -> JSON:
        """The shape Synapse pushes and serves: the stable keys, and what stood beside them of old.

        Its sender, and nobody else, is told the transaction ID, also years later.
        """
        unsigned = {"age": now - self.at, **self.unsigned}
        if self.transaction is not None and reader == self.sender:
            unsigned["transaction_id"] = self.transaction
        if self.replaced:
            unsigned["prev_content"] = self.replaced.content
            unsigned["prev_sender"] = self.replaced.sender
            unsigned["replaces_state"] = self.replaced.id
        shown: JSON = {
            "type": self.type,
            "room_id": self.room,
            "sender": self.sender,
            "user_id": self.sender,
            "content": self.content,
            "event_id": self.id,
            "origin_server_ts": self.at,
            "unsigned": unsigned,
            **{key: unsigned[key] for key in _ALSO_BESIDE if key in unsigned},
        }
        if self.state_key is not None:
            shown["state_key"] = self.state_key
        if self.redacts is not None:
            shown["redacts"] = self.redacts  # Synapse shows it here in every room version
        return shown


class Room:
    """A room's timeline and its current state."""

    def __init__(self, room_id: str, version: str, creators: frozenset[str]) -> None:
        self.id = room_id
        self.version = version
        self.creators = creators
        self.events: list[Event] = []
        self.state: dict[tuple[str, str], Event] = {}
        self._index: dict[str, int] = {}

    @property
    def creators_rule(self) -> bool:
        return int(self.version) >= CREATORS_RULE_FROM

    @property
    def redacts_in_content(self) -> bool:
        return int(self.version) >= _REDACTS_IN_CONTENT_FROM

    def add(self, event: Event) -> None:
        self._index[event.id] = len(self.events)
        self.events.append(event)
        if event.state_key is not None:
            self.state[event.type, event.state_key] = event

    def place(self, event_id: str) -> int | None:
        """Where in the timeline an event is; None for one of elsewhere."""
        return self._index.get(event_id)

    def find(self, event_id: str) -> Event | None:
        place = self.place(event_id)
        return None if place is None else self.events[place]

    def empty(self, target: Event, left: JSON, because: JSON) -> None:
        """Leave an event only `left` of its content, where it stands."""
        unsigned = {"redacted_because": because, "redacted_by": because["event_id"]}
        emptied = replace(target, content=left, unsigned=unsigned)
        self.events[self._index[target.id]] = emptied
        for key, current in self.state.items():
            if current.id == target.id:
                self.state[key] = emptied

    def content(self, event_type: str, state_key: str = "") -> JSON:
        """The content of a state event; empty if there is none."""
        event = self.state.get((event_type, state_key))
        return event.content if event else {}

    def membership(self, user_id: str) -> str | None:
        membership: str | None = self.content("m.room.member", user_id).get("membership")
        return membership

    def members(self, membership: str = "join") -> list[str]:
        return [
            key
            for (kind, key), event in self.state.items()
            if kind == "m.room.member" and event.content.get("membership") == membership
        ]

    def stripped_state(self, sender: str) -> list[JSON]:
        wanted = [(kind, "") for kind in _STRIPPED] + [("m.room.member", sender)]
        return [
            {
                "type": event.type,
                "state_key": event.state_key,
                "content": event.content,
                "sender": event.sender,
            }
            for key in wanted
            if (event := self.state.get(key))
        ]
