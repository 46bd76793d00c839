"""What somebody said, short enough to be told which message is meant. Pure.

As appservice-irc does: soon after it a name says which one is meant, later its first words do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridgekit.richtext import Mention, Node, RichText, Text, plain
from bridgekit.richtext.graphemes import boundary

SOON = 300_000  # milliseconds in which people still know what was said
WORDS = 32  # letters that are quoted


@dataclass(frozen=True, slots=True)
class Original:
    """What is referred to: who said it (shown as `author`), what, and when."""

    author: Node
    text: str
    at: int


def in_answer(text: RichText, original: Original, now: int) -> RichText:
    """What is said, so that people see what it answers."""
    if not quotes(original, now):
        return (original.author, Text(": "), *text)
    return (Text("<"), original.author, Text(f'> "{original.text}" <- '), *text)


def quotes(original: Original, now: int) -> bool:
    """Whether it takes its words; soon after, whose they are is enough."""
    return bool(original.text) and not 0 <= now - original.at <= SOON


def meant(original: Original) -> RichText:
    """Which message is meant, as the end of a sentence."""
    said = f': "{original.text}"' if original.text else ""
    return (original.author, Text(said))


def first_words(text: RichText) -> str:
    """The first letters of the first line."""
    line = next((line for line in plain(text).splitlines() if line.strip()), "").strip()
    if len(line) <= WORDS:
        return line
    return f"{line[: boundary(line, 0, WORDS)].rstrip()}…"


def time_of(event: Mapping[str, Any]) -> int:
    """When it was sent, as its homeserver says."""
    at = event.get("origin_server_ts")
    return at if isinstance(at, int) else 0


def named(user: Mention | str) -> Node:
    """How the author of a message is shown on the network."""
    return Text(user) if isinstance(user, str) else user
