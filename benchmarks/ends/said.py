"""What is said in a benchmark, where and by whom: numbered, so that it is known again."""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import unquote

DOMAIN = "example.org"
NETWORK = "irc"
BOT = f"@bridgebot:{DOMAIN}"
AS_TOKEN = "as-token-of-the-benchmark"  # noqa: S105 (of bridges that live for seconds)
HS_TOKEN = "hs-token-of-the-benchmark"  # noqa: S105 (of bridges that live for seconds)
ON_IRC = "the quick brown fox jumps over the lazy dog"
"""Each side has words of its own: what comes back where it was said is known for an echo."""
ON_MATRIX = "pack my box with five dozen liquor jugs now"
PUSHED = "$pushed"
"""What the event IDs of messages begin with; their numbers follow."""
_PLACE = re.compile(r"[#!]c(\d+)\b")
_PERSON = re.compile(r"(?<![a-z0-9])[mp](\d+)(?!\d)")


def text_of(number: int, words: str) -> str:
    return f"{number} {words}"


def channel(number: int) -> str:
    return f"#c{number}"


def room(number: int) -> str:
    return f"!c{number}:{DOMAIN}"


def nick(number: int) -> str:
    """Of somebody on IRC."""
    return f"p{number}"


def user(number: int) -> str:
    """Somebody on Matrix."""
    return f"@m{number}:{DOMAIN}"


@cache
def place_of(name: bytes) -> int | None:
    """The number of a channel or a room, as in a URL."""
    found = _PLACE.search(unquote(name))
    return int(found[1]) if found else None


@cache
def person_of(name: bytes) -> int | None:
    """The number of whoever a nick, a user ID or the name before a text speaks for."""
    found = _PERSON.search(unquote(name).replace("\u200b", ""))  # against being mentioned
    return int(found[1]) if found else None
