"""How deep a text may be nested: whatever walks a tree by recursion must come to its end."""

from __future__ import annotations

from bridgekit.richtext.html_in import MAX_DEPTH
from bridgekit.richtext.nodes import RichText
from bridgekit.richtext.walk import parts, walk


def shallow(rich: RichText) -> RichText:
    """The same text; without its formatting, if that is nested deeper than Matrix allows."""
    return tuple(node for node in walk(rich) if not parts(node)) if _too_deep(rich) else rich


def _too_deep(rich: RichText) -> bool:
    waiting = [(node, 1) for node in rich]
    while waiting:
        node, depth = waiting.pop()
        if depth > MAX_DEPTH:
            return True
        waiting.extend((child, depth + 1) for part in parts(node) for child in part)
    return False
