"""What the bridge itself says, as the content of an event. Pure."""

from __future__ import annotations

import re
from html import escape
from typing import Any

_CODE = re.compile(r"`([^`\n]+)`")


def notice_content(text: str) -> dict[str, Any]:
    """What stands in `backticks` is shown as it is to be typed."""
    content: dict[str, Any] = {"msgtype": "m.notice", "body": _CODE.sub(r"\1", text)}
    if _CODE.search(text):
        html = _CODE.sub(r"<code>\1</code>", escape(text, quote=False)).replace("\n", "<br>\n")
        content |= {"format": "org.matrix.custom.html", "formatted_body": html}
    return content
