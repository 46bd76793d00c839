"""Reactions, pins, people, emoji and tokens: the small methods of the Web API."""

from __future__ import annotations

from bridges.slack.emoji import unicode_of
from bridges.slack.fake.call import Call, method, page
from bridges.slack.fake.state import JSON, Channel, SlackError

_PER_MESSAGE, _PER_APP = 50, 23  # different reactions


@method("auth.test", tier=100, kinds=("bot", "user"))
def auth_test(call: Call) -> JSON:
    """See <https://docs.slack.dev/reference/methods/auth.test>."""
    found = {
        "url": f"https://{call.workspace.name.lower()}.slack.com/",
        "team": call.workspace.name,
        "user": call.workspace.users[call.token.user]["name"],
        "team_id": call.token.team,
        "user_id": call.token.user,
        "is_enterprise_install": False,
    }
    return found | ({"bot_id": call.token.bot} if call.token.bot else {})


@method("auth.revoke", tier=50, kinds=("bot", "user"))
def auth_revoke(call: Call) -> JSON:
    """See <https://docs.slack.dev/reference/methods/auth.revoke>."""
    del call.state.tokens[call.token.value]
    call.note()
    return {"revoked": True}


@method("team.info", "team:read", tier=50)
def team_info(call: Call) -> JSON:
    team = call.workspace
    return {"team": {"id": team.id, "name": team.name, "domain": team.name.lower()}}


@method("users.info", "users:read", tier=100)
def users_info(call: Call) -> JSON:
    user = call.workspace.users.get(call.needed("user"))
    if user is None:
        raise SlackError("user_not_found")
    return {"user": user}


@method("users.list", "users:read", tier=20)
def users_list(call: Call) -> JSON:
    found, cursor = page(call, list(call.workspace.users.values()), 999)
    return {"members": found} | cursor


@method("bots.info", "users:read", tier=50)
def bots_info(call: Call) -> JSON:
    return {"bot": {"id": call.needed("bot"), "name": "a bot", "icons": {}}}


@method("usergroups.list", "usergroups:read", tier=20)
def usergroups_list(call: Call) -> JSON:
    del call  # every workspace has the same one
    return {"usergroups": [{"id": "S0GARDEN", "handle": "gardeners", "name": "All gardeners"}]}


@method("emoji.list", "emoji:read", tier=20)
def emoji_list(call: Call) -> JSON:
    return {"emoji": dict(call.workspace.emoji)}


def _reacted(call: Call) -> tuple[Channel, JSON, str]:
    channel, name = call.channel(), call.needed("name")
    message = channel.messages.get(call.needed("timestamp"))
    if message is None:
        raise SlackError("message_not_found")
    return channel, message, name


@method("reactions.add", "reactions:write", tier=50)
def add_reaction(call: Call) -> JSON:
    channel, message, name = _reacted(call)
    if not is_emoji(call, name):
        raise SlackError("invalid_name")
    there = message.setdefault("reactions", [])
    found = next((one for one in there if one["name"] == name), None)
    if found and call.token.user in found["users"]:
        raise SlackError("already_reacted")
    if found is None and len(there) >= _PER_MESSAGE:
        raise SlackError("too_many_emoji")
    if sum(call.token.user in one["users"] for one in there) >= _PER_APP:
        raise SlackError("too_many_reactions")
    react(call, channel, message, name, call.token.user)
    call.note()
    return {}


@method("reactions.remove", "reactions:write", tier=20)
def remove_reaction(call: Call) -> JSON:
    channel, message, name = _reacted(call)
    there = message.setdefault("reactions", [])
    found = next((one for one in there if one["name"] == name), None)
    if not found or call.token.user not in found["users"]:
        raise SlackError("no_reaction")
    react(call, channel, message, name, call.token.user, removed=True)
    call.note()
    return {}


def is_emoji(call: Call, name: str) -> bool:
    return unicode_of(name) is not None or name in call.workspace.emoji


def react(
    call: Call, channel: Channel, message: JSON, name: str, user: str, *, removed: bool = False
) -> None:
    """Somebody's reaction, and the event: https://docs.slack.dev/reference/events/reaction_added."""
    there = message.setdefault("reactions", [])
    found = next((one for one in there if one["name"] == name), None)
    if found is None:
        found = {"name": name, "users": [], "count": 0}
        there.append(found)
    if removed:
        found["users"].remove(user)
    else:
        found["users"].append(user)
    found["count"] = len(found["users"])
    message["reactions"] = [one for one in there if one["users"]]
    call.tell(
        call.token.team,
        {
            "type": "reaction_removed" if removed else "reaction_added",
            "user": user,
            "reaction": name,
            "item": {"type": "message", "channel": channel.id, "ts": message["ts"]},
            "item_user": message.get("user", ""),
            "event_ts": call.state.ts(),
        },
        channel,
    )


def pinned(call: Call, channel: Channel, message: JSON, user: str, *, removed: bool) -> None:
    """Somebody's pin, and the event: https://docs.slack.dev/reference/events/pin_added."""
    if removed:
        channel.pins.remove(message["ts"])
    else:
        channel.pins.append(message["ts"])
    call.tell(
        call.token.team,
        {
            "type": "pin_removed" if removed else "pin_added",
            "user": user,
            "channel_id": channel.id,
            "item": {"type": "message", "channel": channel.id, "message": dict(message)},
            "event_ts": call.state.ts(),
        },
        channel,
    )


def _pin(call: Call, *, removed: bool) -> JSON:
    channel = call.channel()
    message = channel.messages.get(call.needed("timestamp"))
    if message is None:
        raise SlackError("message_not_found")
    if (message["ts"] in channel.pins) is not removed:
        raise SlackError("no_pin" if removed else "already_pinned")
    pinned(call, channel, message, call.token.user, removed=removed)
    call.note()
    return {}


@method("pins.add", "pins:write", tier=20)
def add_pin(call: Call) -> JSON:
    return _pin(call, removed=False)


@method("pins.remove", "pins:write", tier=20)
def remove_pin(call: Call) -> JSON:
    return _pin(call, removed=True)
