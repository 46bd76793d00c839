"""What is said in a benchmark, where and by whom: numbered, so that it is known again."""

from __future__ import annotations

import re

DOMAIN = "example.org"
NETWORK = "irc"
BOT = f"@bridgebot:{DOMAIN}"
AS_TOKEN = "as-token-of-the-benchmark"  # noqa: S105 (of bridges that live for seconds)
HS_TOKEN = "hs-token-of-the-benchmark"  # noqa: S105 (of bridges that live for seconds)
WORDS = "the quick brown fox jumps over the lazy dog"
NUMBERED = re.compile(rb"(\d+) the quick")


def text_of(number: int) -> str:
    return f"{number} {WORDS}"


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
