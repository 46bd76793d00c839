"""Which messages are for the bridge itself, and what in them is. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridgekit.matrix.referring import own_body


def text_of(event: Mapping[str, Any]) -> str | None:
    """What somebody typed; None if it is anything else: a file, another bot's notice.

    Whoever edits a message says it anew, and whoever answers one says what stands below the quote.
    """
    content = event["content"]
    if event["type"] != "m.room.message" or content.get("msgtype") != "m.text":
        return None
    new = content.get("m.new_content")
    body = own_body(new if isinstance(new, Mapping) else content)
    return None if body is None else body.strip()


def addressed(event: Mapping[str, Any], prefix: str) -> bool:
    """Whether it begins with the prefix, so that it goes to no network."""
    text = text_of(event)
    return text is not None and after(prefix, text) is not None


def after(prefix: str, text: str) -> str | None:
    """What follows the prefix; None if `text` does not begin with it."""
    first, _, rest = text.strip().partition(" ")
    first, line_break, more = first.partition("\n")
    if first.lower() != prefix.lower():
        return None
    return f"{more}{line_break}{rest}".strip()
