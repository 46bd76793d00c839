"""A message as a page of its own, for networks that have no room for so long a text. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridgekit.richtext import Mention, from_html, from_plain, to_html

_FRAME = """\
<!doctype html>
<html lang="">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex">
<title>Message</title>
<style>body{{max-width:45em;margin:2em auto;padding:0 1em;font-family:sans-serif}}</style>
<body>
{body}
"""


def page(content: Mapping[str, Any]) -> str | None:
    """The content of an `m.room.message` as HTML; None where it has no text (any more)."""
    body, formatted = content.get("body"), content.get("formatted_body")
    if not isinstance(body, str):
        return None
    if isinstance(formatted, str) and content.get("format") == "org.matrix.custom.html":
        # Read and written anew: only what we know comes out again.
        text = to_html(from_html(formatted), _no_pill)
    else:
        text = to_html(from_plain(body), _no_pill)
    return _FRAME.format(body=text)


def _no_pill(mention: Mention) -> None:
    """Who is mentioned is shown by name: the reader need not be on Matrix."""
