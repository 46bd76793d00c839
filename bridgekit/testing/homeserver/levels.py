"""Which power levels somebody may write: rule 10 of the authorisation rules, in Synapse's words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bridgekit.testing.homeserver.errors import MatrixError, forbidden
from bridgekit.testing.homeserver.powers import level_of
from bridgekit.testing.homeserver.rooms import Room
from bridgekit.testing.homeserver.validation import LEVEL_MAPS, SINGLE_LEVELS

JSON = dict[str, Any]


def check_power_levels(room: Room, sender: str, new: JSON) -> None:
    """Nobody gives, takes or keeps from others a level above their own."""
    _check_users(room, new)
    own = level_of(room, sender)
    for where, key, before, after in _changes(room.content("m.room.power_levels"), new):
        if where == "users" and key != sender and before == own:
            raise forbidden("You don't have permission to remove ops level equal to your own")
        if any(level is not None and level > own for level in (before, after)):
            raise forbidden("You don't have permission to add ops level greater than your own")


def _check_users(room: Room, new: JSON) -> None:
    if any(not user.startswith("@") or ":" not in user for user in new.get("users", {})):
        raise _bad("Not a valid user_id")
    if room.creators_rule and room.creators & new.get("users", {}).keys():
        raise _bad("Creator user must not appear in content.users")


def _bad(error: str) -> MatrixError:
    return MatrixError(400, "M_UNKNOWN", error)


def _changes(old: JSON, new: JSON) -> Iterator[tuple[str, str, int | None, int | None]]:
    """Each level that is not what it was: in which map (or ""), its key, before, after."""
    levels = [("", key, old.get(key), new.get(key)) for key in SINGLE_LEVELS]
    for where in LEVEL_MAPS:
        before, after = old.get(where, {}), new.get(where, {})
        keys = before.keys() | after.keys()
        levels += [(where, key, before.get(key), after.get(key)) for key in sorted(keys)]
    return (level for level in levels if level[2] != level[3])
