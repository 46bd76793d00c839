"""What Synapse asks of the content of an event before it asks whether the event is allowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bridgekit.testing.homeserver.errors import MatrixError

JSON = dict[str, Any]

SINGLE_LEVELS = (
    *("ban", "events_default", "invite", "kick"),
    *("redact", "state_default", "users_default"),
)
LEVEL_MAPS = ("events", "notifications", "users")

_STRINGS = {
    "m.room.message": ("body", "msgtype"),
    "m.room.topic": ("topic",),
    "m.room.name": ("name",),
}


def check_content(room_id: str, kind: str, content: JSON) -> None:
    """As `synapse.events.validator`, which takes a text for an array of texts, too."""
    for name in _STRINGS.get(kind, ()):
        if name not in content:
            raise MatrixError(400, "M_UNKNOWN", f"'{name}' not in content")
        if not isinstance(content[name], str):
            raise MatrixError(400, "M_UNKNOWN", f"'{name}' not a string type")
    if kind == "m.room.tombstone":
        _check_tombstone(room_id, content)
    if kind == "m.room.power_levels":
        _check_levels(content)
    if "m.mentions" in content:
        _check_mentions(content["m.mentions"])


def _check_tombstone(room_id: str, content: JSON) -> None:
    if "replacement_room" not in content:
        raise MatrixError(400, "M_UNKNOWN", "Content has no replacement_room key")
    if content["replacement_room"] == room_id:
        error = "Tombstone cannot reference the room it was sent in"
        raise MatrixError(400, "M_UNKNOWN", error)


def _check_levels(content: JSON) -> None:
    for key in SINGLE_LEVELS:
        if key in content:
            _check_type(key, content[key], int, "integer")
    for name in LEVEL_MAPS:
        _check_type(name, content.get(name, {}), Mapping, "object")
        for key, level in content.get(name, {}).items():
            _check_type(key, level, int, "integer")


def _check_mentions(mentions: Any) -> None:
    _check_type("m.mentions", mentions, Mapping, "object")
    _check_type("user_ids", mentions.get("user_ids", []), Sequence, "array")
    for user in mentions.get("user_ids", []):
        _check_type("user_ids", user, str, "string")
    if not isinstance(mentions.get("room", False), bool):
        raise _not_a("room", mentions["room"], "boolean")


def _check_type(key: str, value: object, kind: type, name: str) -> None:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise _not_a(key, value, name)


def _not_a(key: str, value: object, name: str) -> MatrixError:
    return MatrixError(400, "M_BAD_JSON", f'"{key}": {value!r} is not of type {name!r}')
