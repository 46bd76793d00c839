"""`conversations.*` and `users.conversations`: what is in a channel, and who.

https://docs.slack.dev/reference/methods/conversations.history and its kin.
"""

from __future__ import annotations

from bridges.slack.fake.call import Call, method, page
from bridges.slack.fake.chat import publish
from bridges.slack.fake.state import JSON, Channel, SlackError

_MOST = 999
_LONGEST_LINE = 250  # characters


def place(ts: str) -> tuple[int, int]:
    seconds, _, micros = ts.partition(".")
    return int(seconds), int(micros.ljust(6, "0")[:6] or 0)


def described(channel: Channel, user: str) -> JSON:
    """See <https://docs.slack.dev/reference/objects/conversation-object>."""
    others = [one for one in channel.members if one != user]
    with_whom = {"user": next(iter(others), user)} if channel.kind == "im" else {}
    return with_whom | {
        "id": channel.id,
        "name": channel.name,
        "is_channel": channel.kind == "channel",
        "is_group": channel.kind == "group",
        "is_im": channel.kind == "im",
        "is_mpim": channel.kind == "mpim",
        "is_private": channel.kind != "channel",
        "is_archived": channel.archived,
        "is_member": user in channel.members,
        "topic": {"value": channel.topic, "creator": "", "last_set": 0},
        "purpose": {"value": channel.purpose, "creator": "", "last_set": 0},
    }


def _within(call: Call, messages: list[JSON]) -> list[JSON]:
    """Newest first, of a span of time whose ends count only if `inclusive`."""
    oldest, latest = call.text("oldest"), call.text("latest")
    low = place(oldest) if oldest else (0, -1)
    high = place(latest) if latest else (1 << 40, 0)
    inclusive = call.flag("inclusive")
    return [
        one
        for one in sorted(messages, key=lambda one: place(one["ts"]), reverse=True)
        if low < place(one["ts"]) < high or (inclusive and place(one["ts"]) in (low, high))
    ]


def _shown(call: Call, message: JSON) -> JSON:
    hidden = () if call.flag("include_all_metadata") else ("metadata",)
    return {key: value for key, value in message.items() if key not in hidden}


@method("conversations.history", tier=50)
def history(call: Call) -> JSON:
    channel = call.channel()
    call.require_of(channel, "history")
    if call.token.user not in channel.members and call.token.kind == "bot":
        raise SlackError("not_in_channel")
    in_thread = {"thread_broadcast"}
    top = [
        one
        for one in channel.messages.values()
        if one.get("thread_ts", one["ts"]) == one["ts"] or one.get("subtype") in in_thread
    ]
    found, cursor = page(call, _within(call, top), _MOST)
    more = bool(cursor["response_metadata"]["next_cursor"])
    return {"messages": [_shown(call, one) for one in found], "has_more": more} | cursor


@method("conversations.replies", tier=50)
def replies(call: Call) -> JSON:
    channel = call.channel()
    call.require_of(channel, "history")
    root = channel.messages.get(call.needed("ts"))
    if root is None:
        raise SlackError("thread_not_found")
    if root.get("thread_ts", root["ts"]) != root["ts"]:
        return {"messages": [_shown(call, root)], "has_more": False}
    answers = [one for one in channel.messages.values() if one.get("thread_ts") == root["ts"]]
    spanned = [one for one in reversed(_within(call, answers)) if one is not root]
    found, cursor = page(call, [root, *spanned], _MOST)
    return {"messages": [_shown(call, one) for one in found], "has_more": False} | cursor


@method("conversations.info", tier=50)
def info(call: Call) -> JSON:
    channel = call.channel()
    call.require_of(channel, "read")
    return {"channel": described(channel, call.token.user)}


@method("conversations.members", tier=100)
def members(call: Call) -> JSON:
    channel = call.channel()
    call.require_of(channel, "read")
    found, cursor = page(call, list(channel.members), _MOST)
    return {"members": found} | cursor


def _listed(call: Call, channels: list[Channel]) -> JSON:
    kinds = {"public_channel": "channel", "private_channel": "group"}
    wanted = {kinds.get(kind, kind) for kind in call.text("types").split(",")}
    shown = [described(one, call.token.user) for one in channels if one.kind in wanted]
    found, cursor = page(call, shown, _MOST)
    return {"channels": found} | cursor


@method("users.conversations", "channels:read", tier=50)
def of_user(call: Call) -> JSON:
    every = call.workspace.channels.values()
    return _listed(call, [one for one in every if call.token.user in one.members])


@method("conversations.list", "channels:read", tier=20)
def listing(call: Call) -> JSON:
    every = call.workspace.channels.values()
    seen = [one for one in every if one.kind == "channel" or call.token.user in one.members]
    return _listed(
        call, [one for one in seen if not (one.archived and call.flag("exclude_archived"))]
    )


@method("conversations.create", "channels:manage", tier=20)
def create(call: Call) -> JSON:
    """And the event: <https://docs.slack.dev/reference/events/channel_created>."""
    name = call.needed("name")
    if any(one.name == name for one in call.workspace.channels.values()):
        raise SlackError("name_taken")
    kind = "group" if call.flag("is_private") else "channel"
    made = Channel(call.state.new_id("C"), name, kind, [call.token.user])
    call.workspace.channels[made.id] = made
    if kind == "channel":  # of a private one nobody is told who is not in it
        about = {"id": made.id, "name": name, "creator": call.token.user}
        told = {"type": "channel_created", "channel": about, "event_ts": call.state.ts()}
        call.tell(call.token.team, told)
    return {"channel": described(made, call.token.user)}


@method("conversations.invite", "channels:manage", "groups:write", tier=50)
def invite(call: Call) -> JSON:
    channel = call.channel()
    for user in call.needed("users").split(","):
        if user not in call.workspace.users:
            raise SlackError("user_not_found")
        if user in channel.members:
            raise SlackError("already_in_channel")
        channel.members.append(user)
        call.tell(call.token.team, moved(call, channel, user, joined=True), channel)
    return {"channel": described(channel, call.token.user)}


@method("conversations.join", "channels:join|channels:write", tier=50)
def join(call: Call) -> JSON:
    channel = call.channel()
    if channel.kind != "channel":
        raise SlackError("method_not_supported_for_channel_type")
    if channel.archived:
        raise SlackError("is_archived")
    if call.token.user not in channel.members:
        channel.members.append(call.token.user)
        call.tell(call.token.team, moved(call, channel, call.token.user, joined=True), channel)
    return {"channel": described(channel, call.token.user)}


@method("conversations.leave", "channels:manage|channels:write|groups:write", tier=50)
def leave(call: Call) -> JSON:
    channel = call.channel()
    if call.token.user not in channel.members:
        return {"not_in_channel": True}
    call.tell(call.token.team, moved(call, channel, call.token.user, joined=False), channel)
    channel.members.remove(call.token.user)
    return {}


def moved(call: Call, channel: Channel, user: str, *, joined: bool) -> JSON:
    """See <https://docs.slack.dev/reference/events/member_joined_channel>."""
    return {
        "type": "member_joined_channel" if joined else "member_left_channel",
        "user": user,
        "team": call.token.team,
        "channel": channel.id,
        "channel_type": "C",
        "event_ts": call.state.ts(),
    }


@method("conversations.open", "im:write", tier=50)
def open_(call: Call) -> JSON:
    users = [call.token.user, *call.needed("users").split(",")]
    if any(user not in call.workspace.users for user in users):
        raise SlackError("user_not_found")
    for channel in call.workspace.channels.values():
        if channel.kind == "im" and set(channel.members) == set(users):
            return {"channel": {"id": channel.id}}
    made = Channel(call.state.new_id("D"), "", "im", users)
    call.workspace.channels[made.id] = made
    return {"channel": {"id": made.id}}


@method("conversations.mark", tier=50, kinds=("user",))
def mark(call: Call) -> JSON:
    channel = call.channel()
    if call.needed("ts") not in channel.messages:
        raise SlackError("invalid_timestamp")
    call.note()
    return {}


@method("conversations.setTopic", "channels:write.topic", tier=20)
def set_topic(call: Call) -> JSON:
    return _line(call, "topic")


@method("conversations.setPurpose", "channels:write.topic", tier=20)
def set_purpose(call: Call) -> JSON:
    return _line(call, "purpose")


def _line(call: Call, which: str) -> JSON:
    channel, words = call.open_channel(), call.text(which)
    if len(words) > _LONGEST_LINE:
        raise SlackError("too_long")
    setattr(channel, which, words)
    ts = call.state.ts()
    message = {
        "type": "message",
        "subtype": f"channel_{which}",
        "user": call.token.user,
        "text": f"<@{call.token.user}> set the channel {which}: {words}",
        which: words,
        "ts": ts,
    }
    publish(call, channel, message)
    call.note(ts)
    return {"channel": described(channel, call.token.user)}


@method("conversations.rename", "channels:manage", "groups:write", tier=20)
def rename(call: Call) -> JSON:
    """And the event: <https://docs.slack.dev/reference/events/channel_rename>."""
    channel, name = call.open_channel(), call.needed("name")
    if name != name.lower() or not name.replace("-", "").replace("_", "").isalnum():
        raise SlackError("invalid_name_specials")
    channel.name = name
    kind = "channel_rename" if channel.kind == "channel" else "group_rename"
    call.tell(call.token.team, {"type": kind, "channel": {"id": channel.id, "name": name}}, channel)
    call.note()
    return {"channel": described(channel, call.token.user)}
