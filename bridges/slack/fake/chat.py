"""`chat.*`: https://docs.slack.dev/reference/methods/chat.postMessage and its kin."""

from __future__ import annotations

from typing import Any

from bridges.slack.fake.call import Call, method
from bridges.slack.fake.state import APP, JSON, Channel, SlackError

_LONGEST = 40_000  # characters of a post; the rest is cut off
_LONGEST_EDIT = 4_000  # bytes of a text that replaces another
_MOST_BLOCKS = 50
_BLOCK_TEXT = 13_200  # characters of all blocks together
_ELEMENTS = frozenset(
    {"rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"}
)


@method("chat.postMessage", "chat:write", tier=60)
def post_message(call: Call) -> JSON:
    channel = call.channel()
    if channel.archived:
        raise SlackError("is_archived")
    if channel.read_only:
        raise SlackError("restricted_action_read_only_channel")
    if call.token.user not in channel.members:
        raise SlackError("not_in_channel")
    if call.text("username") or call.text("icon_url"):
        call.require("chat:write.customize")
    ts, said = call.state.ts(), _said(call)
    if channel.longest is not None and len(said["text"].encode()) > channel.longest:
        raise SlackError("msg_too_long")
    cut = {"text": said["text"][:_LONGEST]}
    message = _author(call) | said | cut | {"type": "message", "ts": ts}
    _place_in_thread(call, channel, message)
    if call.text("metadata"):
        message["metadata"] = call.json("metadata")
    publish(call, channel, message)
    call.note(ts)
    return {"channel": channel.id, "ts": ts, "message": message} | _warning(said["text"])


def _warning(text: str) -> JSON:
    """See <https://docs.slack.dev/changelog/2018-truncating-really-long-messages>."""
    if len(text) <= _LONGEST:
        return {}
    words = "[WARN] Your message was truncated but still posted."
    return {"response_metadata": {"messages": [words], "warnings": ["message_truncated"]}}


def _said(call: Call) -> JSON:
    text, blocks = call.text("text"), call.json("blocks")
    if not text.strip() and not blocks:
        raise SlackError("no_text")
    if blocks:
        _check(blocks)
    return {"text": text} | ({"blocks": blocks} if blocks else {})


def _check(blocks: Any) -> None:
    """What Slack would refuse: https://docs.slack.dev/reference/block-kit/blocks."""
    if not isinstance(blocks, list) or len(blocks) > _MOST_BLOCKS:
        raise SlackError("invalid_blocks")
    for block in blocks:
        elements = block.get("elements") if isinstance(block, dict) else None
        if block.get("type") == "rich_text" and (
            not elements or any(one.get("type") not in _ELEMENTS for one in elements)
        ):
            raise SlackError("invalid_blocks")
    texts = list(_texts(blocks))
    if any(not text for text in texts):  # "must be more than 0 characters"
        raise SlackError("invalid_blocks")
    if sum(map(len, texts)) > _BLOCK_TEXT:
        raise SlackError("msg_blocks_too_long")


def _texts(found: Any) -> list[str]:
    if isinstance(found, list):
        return [text for one in found for text in _texts(one)]
    if not isinstance(found, dict):
        return []
    own = [found["text"]] if isinstance(found.get("text"), str) else []
    return own + [text for value in found.values() for text in _texts(value)]


def _author(call: Call) -> JSON:
    """A post under another name has the bot's ID and no user."""
    token = call.token
    if token.kind != "bot":
        app = {"app_id": APP} if token.kind == "user" else {}
        return app | {"user": token.user, "team": token.team}
    by = {"bot_id": token.bot, "app_id": APP}
    if not call.text("username"):
        return by | {"user": token.user, "team": token.team}
    icons = {"icons": {"image_48": call.text("icon_url")}} if call.text("icon_url") else {}
    return by | {"subtype": "bot_message", "username": call.text("username")} | icons


def _place_in_thread(call: Call, channel: Channel, message: JSON) -> None:
    thread = call.text("thread_ts")
    if not thread:
        return
    if thread not in channel.messages:
        raise SlackError("thread_not_found")
    message["thread_ts"] = channel.messages[thread].get("thread_ts", thread)
    if call.flag("reply_broadcast"):
        message["subtype"] = "thread_broadcast"


def publish(call: Call, channel: Channel, message: JSON) -> None:
    """The message is there, and everybody is told."""
    channel.messages[message["ts"]] = message
    root = channel.messages.get(message.get("thread_ts", ""))
    if root is not None and root is not message:
        root["thread_ts"] = root["ts"]
        root["reply_count"] = root.get("reply_count", 0) + 1
        root["latest_reply"] = message["ts"]
    call.tell(call.token.team, event_of(message, channel), channel)


def event_of(message: JSON, channel: Channel) -> JSON:
    """As `message` events are; the metadata of a post is not among what they have."""
    shown = {key: value for key, value in message.items() if key != "metadata"}
    where = {"channel": channel.id, "channel_type": channel.kind, "event_ts": message["ts"]}
    return shown | where


def _own(call: Call, channel: Channel, refusal: str) -> JSON:
    message = channel.messages.get(call.needed("ts"))
    if message is None or message.get("subtype") == "tombstone":
        raise SlackError("message_not_found")
    ours = {message.get("user"), message.get("bot_id")}
    if not ours & {call.token.user, call.token.bot or call.token.user}:
        raise SlackError(refusal)
    return message


@method("chat.update", "chat:write", tier=50)
def update(call: Call) -> JSON:
    channel = call.channel()
    message = _own(call, channel, "cant_update_message")
    said = _said(call)
    if len(said["text"].encode()) > _LONGEST_EDIT:
        raise SlackError("msg_too_long")
    before = dict(message)
    if "blocks" in call.arguments:
        message.pop("blocks", None)
    message |= said | {"edited": {"user": call.token.user, "ts": call.state.ts()}}
    call.note(message["ts"])
    call.tell(call.token.team, changed(message, before, channel), channel)
    return {"channel": channel.id, "ts": message["ts"], "text": message["text"]}


def changed(message: JSON, before: JSON, channel: Channel) -> JSON:
    """See <https://docs.slack.dev/reference/events/message/message_changed>."""
    at = message.get("edited", {}).get("ts", message["ts"])
    return {
        "type": "message",
        "subtype": "message_changed",
        "hidden": True,
        "channel": channel.id,
        "channel_type": channel.kind,
        "ts": at,
        "event_ts": at,
        "message": dict(message),
        "previous_message": before,
    }


@method("chat.delete", "chat:write", tier=50)
def delete(call: Call) -> JSON:
    channel = call.channel()
    message = _own(call, channel, "cant_delete_message")
    call.note(message["ts"])
    call.tell(call.token.team, taken_back(message, channel, call.state.ts()), channel)
    return {"channel": channel.id, "ts": message["ts"]}


def taken_back(message: JSON, channel: Channel, at: str) -> JSON:
    """Remove it, or leave a tombstone where a thread hangs on it; the event that tells."""
    before = dict(message)
    if message.get("reply_count"):
        gone = {"subtype": "tombstone", "text": "This message was deleted.", "user": "USLACKBOT"}
        message.clear()
        message |= before | gone
        return changed(message, before, channel) | {"event_ts": at}
    del channel.messages[message["ts"]]
    return {
        "type": "message",
        "subtype": "message_deleted",
        "hidden": True,
        "channel": channel.id,
        "channel_type": channel.kind,
        "ts": at,
        "event_ts": at,
        "deleted_ts": before["ts"],
        "previous_message": before,
    }
