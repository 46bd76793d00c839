"""A message under a name and picture of its own, as networks let programs speak; pure.

MSC4144 (per-message profiles), with its fallback for clients that do not know it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from html import escape
from typing import Any

PROFILE = "com.beeper.per_message_profile"
PROFILE_SIZE = 6_000  # bytes that a profile takes at most: its name three times, and its picture
_HTML = "org.matrix.custom.html"


def under_profile(content: Mapping[str, Any], name: str, avatar: str | None) -> dict[str, Any]:
    """The content as said by `name`, with the picture at `avatar` (mxc)."""
    # Clients group messages by the ID, and cache by it: the same look, the same ID.
    known_by = hashlib.sha256(f"{name}\0{avatar or ''}".encode()).hexdigest()[:16]
    profile = {"id": known_by, "displayname": name, "has_fallback": "body" in content}
    if avatar is not None:
        profile["avatar_url"] = avatar
    said = {**content, PROFILE: profile}
    if "filename" in content and content["body"] == content["filename"]:
        profile["has_fallback"] = False  # a file without a text: its name must stay its name
    elif profile["has_fallback"]:
        shown = escape(name, quote=False)
        text = str(content["body"])
        html = as_html(text, content.get("formatted_body"))
        prefix = f"<strong data-mx-profile-fallback>{shown}: </strong>"
        said |= {"body": f"{name}: {text}", "format": _HTML, "formatted_body": prefix + html}
    return said


def profile_in(content: Mapping[str, Any]) -> tuple[str, str | None] | None:
    """The name and the picture (mxc) that a message is shown under; None: its sender's own."""
    profile = content.get(PROFILE)
    if not isinstance(profile, dict):
        return None
    name, avatar = profile.get("displayname"), profile.get("avatar_url")
    if not isinstance(name, str) or not name:
        return None
    return name, avatar if isinstance(avatar, str) else None


def as_html(body: str, html: str | None) -> str:
    """A text with its formatting, which the fallback has even where the text has none."""
    return html or escape(body, quote=False).replace("\n", "<br>")
