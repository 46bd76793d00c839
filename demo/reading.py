"""How each side reads: what a client shows of a Matrix event, and of an IRC line. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from demo.irc_person import Line
from demo.view import readable

_FILES = ("m.image", "m.file")
_DOUBT = "may not have been bridged"


def name_of(user: str) -> str:
    """`rosa` for `@irc_rosa:localhost`; the bot of the bridge is the bridge."""
    name = user.partition(":")[0].removeprefix("@").removeprefix("irc_")
    return "bridge" if name == "bridgebot" else name


def matrix(event: Mapping[str, Any], earlier: Mapping[str, str | None]) -> str | None:
    """What a client shows behind the sender's name; None for what it does not show.

    `earlier` is what it showed of the events before.
    """
    content, shown = event["content"], None
    match event["type"]:
        case "m.room.message":
            shown = _said(content)
        case "m.reaction":
            shown = f"reacts with {content.get('m.relates_to', {}).get('key', '')}"
        case "m.room.redaction":
            target = content.get("redacts") or event.get("redacts", "")
            shown = f"deletes: {earlier.get(target) or 'what is gone already'}"
        case "m.room.topic" if content.get("topic"):
            shown = f"sets the topic: {content['topic']}"
        case "m.room.member" if content.get("membership") == "leave":
            shown = _put_out(event)
        case "m.room.power_levels":
            shown = _powers(event)
    return shown


def doubted(event: Mapping[str, Any], earlier: Mapping[str, str | None]) -> set[str]:
    """What the bridge says of a message that was on its way when it was killed: it may be lost.

    Only where a network cannot be asked. The message as it was shown, or nothing.
    """
    content = event["content"]
    if content.get("msgtype") != "m.notice" or _DOUBT not in content.get("body", ""):
        return set()
    return {str(earlier.get(content["m.relates_to"]["m.in_reply_to"]["event_id"]))}


def owed(said: Sequence[str], heard: Sequence[str], doubts: Collection[str]) -> list[str]:
    """What the other side must have heard: all but what its sender was told may be lost."""
    return [one for one in said if one in heard or one not in doubts]


def _said(content: Mapping[str, Any]) -> str | None:
    body = content.get("body")
    if body is None:  # taken back meanwhile
        return None
    relation = content.get("m.relates_to", {})
    if relation.get("rel_type") == "m.replace":
        return f"[now reads] {content.get('m.new_content', {}).get('body', body)}"
    if content.get("msgtype") in _FILES:
        return f"[picture] {body}"
    mark = "[reply] " if "m.in_reply_to" in relation else ""
    return f"{mark}* {body}" if content.get("msgtype") == "m.emote" else f"{mark}{body}"


def _put_out(event: Mapping[str, Any]) -> str | None:
    if event["sender"] == event["state_key"]:
        return None
    return f"puts {name_of(event['state_key'])} out: {event['content'].get('reason', '')}"


def _powers(event: Mapping[str, Any]) -> str | None:
    old = event.get("unsigned", {}).get("prev_content")
    if old is None:
        return None
    before, after = old.get("users", {}), event["content"].get("users", {})
    changed = [
        f"{name_of(user)} {after[user]}" for user in after if before.get(user) != after[user]
    ]
    return f"gives power levels: {', '.join(changed)}" if changed else None


def irc(line: Line) -> tuple[str, str] | None:
    """Who, and what a client shows behind that name; None for what it does not show."""
    text = None
    match line.command:
        case "JOIN":
            return "  →", line.nick
        case "QUIT":
            return "  ←", line.nick
        case "PRIVMSG":
            text = readable(line.text)
        case "TOPIC":
            text = f"sets the topic: {line.text}"
        case "KICK":
            text = f"puts {line.words[1]} out: {line.text}"
        case "MODE" if len(line.words) > 2:  # noqa: PLR2004 (a channel, a mode, a nick)
            text = f"sets {' '.join(line.words[1:])}"
    return None if text is None else (line.nick, text)
