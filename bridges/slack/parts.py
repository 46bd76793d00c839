"""A message in parts that Slack takes, measured as Slack does: in bytes, with what is escaped.

Of more than 4000 an edit is refused, and a post may be broken by Slack into several messages, of
which nobody knows. https://docs.slack.dev/reference/methods/chat.update, `msg_too_long`.
"""

from dataclasses import replace

from bridgekit import MatrixEvent, Message, split
from bridges.slack.layout import escaped

LONGEST = 4000


def measure(text: str) -> int:
    return len(escaped(text).encode(errors="replace"))


def parts(event: MatrixEvent[Message], *, named: bool) -> list[Message]:
    """`named`: its author's name stands before each part. All parts of an answer are answers."""
    room = LONGEST - (measure(f"{event.author.name}: ") if named else 0)
    first, *others = split(event.content.text, max(1, room), measure)
    rest = replace(event.content, attachments=(), quote=None)
    return [replace(event.content, text=first), *(replace(rest, text=text) for text in others)]
