"""Which messages are for the bridge itself, and what in them is. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridgekit.matrix.referring import edited_event


def text_of(event: Mapping[str, Any]) -> str | None:
    """What somebody typed; None if it is anything else: a file, another bot's notice, an edit."""
    content = event["content"]
    body = content.get("body")
    if event["type"] != "m.room.message" or content.get("msgtype") != "m.text":
        return None
    return body.strip() if isinstance(body, str) and edited_event(content) is None else None


def addressed(event: Mapping[str, Any], prefix: str) -> bool:
    """Whether it begins with the prefix, so that it goes to no network; an edit of such, too."""
    content = event["content"]
    new = content.get("m.new_content")
    body = (new if isinstance(new, Mapping) else content).get("body")
    is_text = event["type"] == "m.room.message" and content.get("msgtype") == "m.text"
    return is_text and isinstance(body, str) and after(prefix, body) is not None


def after(prefix: str, text: str) -> str | None:
    """What follows the prefix; None if `text` does not begin with it."""
    first, _, rest = text.strip().partition(" ")
    first, line_break, more = first.partition("\n")
    if first.lower() != prefix.lower():
        return None
    return f"{more}{line_break}{rest}".strip()
