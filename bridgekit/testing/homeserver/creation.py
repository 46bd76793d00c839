"""The state a new room starts with, in the order in which Synapse writes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bridgekit.testing.homeserver.errors import MatrixError
from bridgekit.testing.homeserver.rooms import CREATORS_RULE_FROM

JSON = dict[str, Any]
State = tuple[str, str, JSON]  # type, state key, content

DEFAULT_VERSION = "12"
VERSIONS = frozenset(str(number) for number in range(1, 13))
_PRESETS = ("private_chat", "trusted_private_chat", "public_chat")


def preset_of(config: JSON) -> str:
    fallback = "public_chat" if config.get("visibility") == "public" else "private_chat"
    preset: str = config.get("preset", fallback)
    if preset not in _PRESETS:
        raise MatrixError(400, "M_BAD_JSON", f"'{preset}' is not a valid preset")
    return preset


def version_of(config: JSON) -> str:
    version = config.get("room_version", DEFAULT_VERSION)
    if version not in VERSIONS:
        error = "Your homeserver does not support this room version"
        raise MatrixError(400, "M_UNSUPPORTED_ROOM_VERSION", error)
    return str(version)


def create_content(config: JSON, creator: str) -> JSON:
    """The content of m.room.create, the caller's own keys included."""
    version = version_of(config)
    content: JSON = {**config.get("creation_content", {}), "room_version": version}
    if int(version) < CREATORS_RULE_FROM - 1:
        content["creator"] = creator
    trusted = preset_of(config) == "trusted_private_chat"
    if int(version) >= CREATORS_RULE_FROM and trusted and config.get("invite"):
        others = {*content.get("additional_creators", ()), *config["invite"]}
        content["additional_creators"] = sorted(others)
    return content


def initial_state(config: JSON, creator: str, alias: str | None) -> Iterator[State]:
    """Everything after the creator's own join and before the invites."""
    given: dict[tuple[str, str], JSON] = {
        (entry["type"], entry.get("state_key", "")): entry["content"]
        for entry in config.get("initial_state", [])
    }
    levels = given.pop(("m.room.power_levels", ""), None)
    yield "m.room.power_levels", "", levels or _power_levels(config, creator)
    for kind, content in _defaults(config, alias):
        if (kind, "") not in given:
            yield kind, "", content
    for (kind, state_key), content in given.items():
        yield kind, state_key, content
    if "name" in config:
        yield "m.room.name", "", {"name": config["name"]}
    if "topic" in config:
        topic = config["topic"]
        yield "m.room.topic", "", {"topic": topic, "m.topic": {"m.text": [{"body": topic}]}}


def _defaults(config: JSON, alias: str | None) -> Iterator[tuple[str, JSON]]:
    public = preset_of(config) == "public_chat"
    if alias:
        yield "m.room.canonical_alias", {"alias": alias}
    yield "m.room.join_rules", {"join_rule": "public" if public else "invite"}
    yield "m.room.history_visibility", {"history_visibility": "shared"}
    if not public:
        yield "m.room.guest_access", {"guest_access": "can_join"}


def _power_levels(config: JSON, creator: str) -> JSON:
    public = preset_of(config) == "public_chat"
    above_all = int(version_of(config)) >= CREATORS_RULE_FROM
    users = {} if above_all else {creator: 100}
    if preset_of(config) == "trusted_private_chat" and not above_all:
        users |= dict.fromkeys(config.get("invite", ()), 100)
    return {
        "users": users,
        "users_default": 0,
        "events": {
            "m.room.name": 50,
            "m.room.power_levels": 100,
            "m.room.history_visibility": 100,
            "m.room.canonical_alias": 50,
            "m.room.avatar": 50,
            "m.room.tombstone": 150 if above_all else 100,
            "m.room.server_acl": 100,
            "m.room.encryption": 100,
            **({"m.call.invite": 50} if public else {}),
        },
        "events_default": 0,
        "state_default": 50,
        "ban": 50,
        "kick": 50,
        "redact": 50,
        "invite": 50 if public else 0,
        "historical": 100,
        **config.get("power_level_content_override", {}),
    }
