"""Redacting: who may, and what is left of an event (room version 11)."""

from __future__ import annotations

from typing import Any

from bridgekit.testing.homeserver.errors import MatrixError, forbidden, not_found
from bridgekit.testing.homeserver.powers import check_send, level_of, named_level
from bridgekit.testing.homeserver.rooms import Event, Room
from bridgekit.testing.homeserver.world import World

JSON = dict[str, Any]

# "Redactions" of room version 11; m.room.create keeps everything.
_KEPT = {
    "m.room.member": ("membership", "join_authorised_via_users_server", "third_party_invite"),
    "m.room.join_rules": ("join_rule", "allow"),
    "m.room.power_levels": (
        *("ban", "events", "events_default", "invite", "kick", "redact"),
        *("state_default", "users", "users_default"),
    ),
    "m.room.history_visibility": ("history_visibility",),
    "m.room.redaction": ("redacts",),
}
_NEVER = {"m.room.create": "create", "m.room.server_acl": "server ACL"}


def pruned(event_type: str, content: JSON) -> JSON:
    """What a redaction leaves of a content."""
    if event_type == "m.room.create":
        return content
    kept = {key: content[key] for key in _KEPT.get(event_type, ()) if key in content}
    if isinstance(invite := kept.pop("third_party_invite", None), dict) and "signed" in invite:
        kept["third_party_invite"] = {"signed": invite["signed"]}
    return kept


def redact(
    world: World,
    room: Room,
    sender: str,
    target_id: str,
    content: JSON,
    transaction: str,
    at: int | None = None,
) -> Event:
    """Write the redaction and take away what it is about; the event that says so."""
    check_send(room, sender, "m.room.redaction", None)
    target = room.find(target_id)
    _check(world, room, sender, target_id, target)
    inside = {"redacts": target_id} if room.redacts_in_content else {}
    event = world.append(
        room,
        "m.room.redaction",
        sender,
        {**content, **inside},
        at=at,
        transaction=transaction,
        redacts=target_id,
    )
    if target is not None:
        left = pruned(target.type, target.content)
        room.empty(target, left, event.for_clients(world.now()))
        world.changes.notify()
    return event


def _check(world: World, room: Room, sender: str, target_id: str, target: Event | None) -> None:
    """As Synapse: one with power may also redact what the server does not know."""
    if target is not None and target.type in _NEVER:
        raise forbidden(f"Redacting {_NEVER[target.type]} events is not permitted")
    if any(other.find(target_id) for other in world.rooms.values() if other is not room):
        raise MatrixError(400, "M_UNKNOWN", "Cannot redact event from a different room")
    if level_of(room, sender) >= named_level(room, "redact", 50):
        return
    if target is None:
        raise not_found(f"Could not find event {target_id}")
    if target.sender != sender:
        raise forbidden("You don't have permission to redact events")
