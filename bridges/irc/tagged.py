"""What IRCv3's client-only tags say of other messages: replies, reactions, typing. Pure.

https://ircv3.net/specs/client-tags/reply, react, typing and extensions/message-redaction; the first
two under their draft names as well, which is what clients send.
"""

from collections.abc import Mapping

from bridgekit import Deletion, MatrixEvent, Message, MessageID, Reaction, Typing
from bridges.irc.acts import Act
from bridges.irc.wire import Line

CAPABILITY = "message-tags"
REPLY, REACT, UNREACT, TYPING = "+draft/reply", "+draft/react", "+draft/unreact", "+typing"
SENT = (REPLY, REACT, UNREACT, TYPING)
_REPLY = (REPLY, "+reply")
_REACT, _UNREACT = (REACT, "+react"), (UNREACT, "+unreact")
_TYPING = (TYPING, "+draft/typing")
_LONGEST_EMOJI = 64  # characters; more is no reaction but somebody's joke


def reply_of(tags: Mapping[str, str]) -> MessageID | None:
    """What a message answers."""
    target = _first(tags, _REPLY)
    return MessageID(target) if target else None


def answering(message: Message) -> Mapping[str, str]:
    """The tags of a message that answers another."""
    return {REPLY: str(message.reply_to)} if message.reply_to else {}


def told_by(line: Line) -> Reaction | Typing | None:
    """What a TAGMSG says; None for what is not for us."""
    target = reply_of(line.tags)
    emoji = _first(line.tags, _REACT)
    removed = _first(line.tags, _UNREACT)
    said = emoji or removed
    if target and said and len(said) <= _LONGEST_EMOJI:
        return Reaction(target, said, removed=not emoji)
    if typing := _first(line.tags, _TYPING):
        return Typing(active=typing in ("active", "paused"))
    return None


def react(event: MatrixEvent[Reaction], target: str) -> Act:
    """A reaction, or the end of one, to a message in `target`."""
    reaction = event.content
    tag = UNREACT if reaction.removed else REACT
    tags = {tag: reaction.emoji, REPLY: str(reaction.target)}
    return Act("TAGMSG", (target,), f"react in {target}", tags=tags)


def typing(event: MatrixEvent[Typing], target: str) -> Act:
    """That somebody types in `target`, or no longer."""
    tags = {TYPING: "active" if event.content.active else "done"}
    return Act("TAGMSG", (target,), f"tell {target} who types", tags=tags)


def redact(event: MatrixEvent[Deletion], target: str) -> Act:
    """The deletion of a message in `target`."""
    gone = frozenset({"UNKNOWN_MSGID"})
    return Act(
        "REDACT", (target, str(event.content.target)), f"delete the message in {target}", gone
    )


def _first(tags: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((tags[name] for name in names if tags.get(name)), "")
