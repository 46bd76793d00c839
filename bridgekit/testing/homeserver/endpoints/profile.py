"""Display names and avatars; a change shows in every room the user is in."""

from __future__ import annotations

from typing import Any

from bridgekit.testing.homeserver.calls import Call, Route
from bridgekit.testing.homeserver.errors import MatrixError
from bridgekit.testing.homeserver.membership import change_member
from bridgekit.testing.homeserver.world import Account

JSON = dict[str, Any]


def _account(call: Call) -> Account:
    account = call.world.accounts.get(call.params["user"])
    if account is None:
        raise MatrixError(404, "M_UNKNOWN", "No row found (profiles)")  # Synapse's own words
    return account


def _shown(account: Account) -> JSON:
    given = {"displayname": account.display_name, "avatar_url": account.avatar_url}
    return {key: value for key, value in given.items() if value is not None}


async def profile(call: Call) -> JSON:
    return _shown(_account(call))


async def profile_field(call: Call) -> JSON:
    shown = _shown(_account(call))
    return {key: shown[key] for key in (call.params["field"],) if key in shown}


async def set_display_name(call: Call) -> JSON:
    _own_account(call).display_name = call.json.get("displayname") or None
    return _spread(call)


async def set_avatar_url(call: Call) -> JSON:
    _own_account(call).avatar_url = call.json.get("avatar_url") or None
    return _spread(call)


def _own_account(call: Call) -> Account:
    if call.params["user"] != call.user:
        raise MatrixError(400, "M_FORBIDDEN", "Cannot set another user's profile")
    # The sender of a registration needs no account of its own to act.
    return call.world.accounts.get(call.user) or call.world.add_account(call.user)


def _spread(call: Call) -> JSON:
    for room in call.world.rooms.values():
        if room.membership(call.user) == "join":
            change_member(call.world, room, call.user, call.user, "join")
    call.world.changes.notify()
    return {}


ROUTES = [
    Route("GET", "/profile/{user}", profile),
    Route("GET", "/profile/{user}/{field}", profile_field),
    Route("PUT", "/profile/{user}/displayname", set_display_name),
    Route("PUT", "/profile/{user}/avatar_url", set_avatar_url),
]
