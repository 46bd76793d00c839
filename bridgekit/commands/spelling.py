"""Commands that a sentence names, spelt as they are typed where others are, too. Pure."""

from __future__ import annotations

import re
from collections.abc import Container

_CODE = re.compile(r"`([a-z][a-z-]*)(?=[ `])")


def with_prefix(text: str, prefix: str, commands: Container[str]) -> str:
    """The same with the prefix before each of these commands that stands in `backticks`."""

    def spelt(found: re.Match[str]) -> str:
        return f"`{prefix} {found[1]}" if found[1] in commands else found[0]

    return _CODE.sub(spelt, text)
