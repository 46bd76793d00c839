"""How an event says what it is about: an edit, a reply, a thread, a reaction; pure.

Spec: client-server API, "Forming relationships between events", "Rich replies", "Threading",
"Event replacements" and "Event annotations and reactions".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bridgekit.ids import EventID

CONTENT = dict[str, Any]
ROOM_FOR_FALLBACK = 20_000  # bytes; an edit holds its text twice (see `LARGEST` of `content.py`)
_SHORT = 1_000  # characters of the fallback of an edit that is larger


def replacing(target: EventID, new: Mapping[str, Any]) -> CONTENT:
    """An edit: the new content, and what clients that know no edits show of it.

    Nobody is pinged again: spec, "Mentioning in edits", only new mentions belong on the outside.
    """
    fallback = dict(new)
    if len(json.dumps(fallback, ensure_ascii=False).encode()) > ROOM_FOR_FALLBACK:
        fallback = {"msgtype": new["msgtype"], "body": str(new["body"])[:_SHORT]}
    return {
        **starred(fallback),
        "m.mentions": {},
        "m.new_content": dict(new),
        **related("m.replace", target),
    }


def said_anew(edit: Mapping[str, Any]) -> CONTENT:
    """An edit, as `replacing` makes it, of an event that it cannot name: a message of its own."""
    rest = {k: v for k, v in edit.items() if k not in ("m.relates_to", "m.new_content")}
    return {**rest, **starred(edit["m.new_content"]), "m.mentions": {}}


def starred(content: Mapping[str, Any]) -> CONTENT:
    """With the sign of what was said before in other words: as people write it, and clients."""
    said = {name: f"* {content[name]}" for name in ("body", "formatted_body") if name in content}
    return {**content, **said}


def related(kind: str, target: EventID, **more: Any) -> CONTENT:
    return {"m.relates_to": {"rel_type": kind, "event_id": target, **more}}


def in_reply(target: EventID) -> CONTENT:
    """Without a quotation as fallback: removed from the spec in v1.13."""
    return {"m.relates_to": {"m.in_reply_to": {"event_id": target}}}


def in_thread(root: EventID, latest: EventID, reply: EventID | None = None) -> CONTENT:
    """Said in the thread of `root`; to `reply`, else behind `latest` where threads are unknown."""
    place = {"m.in_reply_to": {"event_id": reply or latest}, "is_falling_back": reply is None}
    return related("m.thread", root, **place)


def annotating(target: EventID, key: str) -> CONTENT:
    return related("m.annotation", target, key=key)
