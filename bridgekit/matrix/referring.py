"""What an event refers to: the event that it edits, redacts, answers, or hangs on. Pure.

Spec: client-server API, "Forming relationships between events" and "Redactions".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridgekit.ids import EventID


def edited_event(content: Mapping[str, Any]) -> EventID | None:
    """The event that this content replaces, if it replaces one."""
    relation = _relation(content)
    return _event_id(relation) if relation.get("rel_type") == "m.replace" else None


def redacted_event(event: Mapping[str, Any]) -> EventID | None:
    """The event that a redaction takes back; from room version 11 on it is named in the content."""
    target = event["content"].get("redacts") or event.get("redacts")
    return EventID(target) if isinstance(target, str) and target else None


def reply_target(content: Mapping[str, Any]) -> EventID | None:
    """The event that this content answers; within a thread only where its sender chose one."""
    relation = _relation(content)
    if relation.get("is_falling_back") is True:
        return None
    return _event_id(relation.get("m.in_reply_to"))


def own_body(content: Mapping[str, Any]) -> str | None:
    """The plain text, without what it quotes of what it answers; None if it has none.

    Clients before version 1.13 of the spec quote that line by line ("Fallbacks for rich replies").
    """
    body = content.get("body")
    if not isinstance(body, str):
        return None
    lines = body.split("\n")
    if "m.in_reply_to" not in _relation(content) or not lines[0].startswith("> <"):
        return body
    while lines and lines[0].startswith("> "):
        lines.pop(0)
    return "\n".join(lines[1:] if lines and not lines[0] else lines)


def thread_target(content: Mapping[str, Any]) -> EventID | None:
    """The event that the content's thread hangs on."""
    relation = _relation(content)
    return _event_id(relation) if relation.get("rel_type") == "m.thread" else None


def annotation(content: Mapping[str, Any]) -> tuple[EventID, str] | None:
    """The event that a reaction is on, and with what."""
    relation = _relation(content)
    target, key = _event_id(relation), relation.get("key")
    if relation.get("rel_type") != "m.annotation" or target is None:
        return None
    return (target, key) if isinstance(key, str) and key.strip() else None


def reference(content: Mapping[str, Any]) -> EventID | None:
    """The event that a vote or the end of a poll is about."""
    relation = _relation(content)
    return _event_id(relation) if relation.get("rel_type") == "m.reference" else None


def _relation(content: Mapping[str, Any]) -> Mapping[str, Any]:
    relation = content.get("m.relates_to")
    return relation if isinstance(relation, dict) else {}


def _event_id(holder: object) -> EventID | None:
    target = holder.get("event_id") if isinstance(holder, dict) else None
    return EventID(target) if isinstance(target, str) and target else None
