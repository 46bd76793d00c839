"""What a network told, before it is stored: whether it can be, when it was, what it is known by."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bridgekit.events import (
    ChatChange,
    Content,
    Deletion,
    Delivery,
    Edit,
    Location,
    Membership,
    Message,
    Moved,
    Pin,
    Poll,
    Raw,
    Reaction,
    Receipt,
    RemoteEvent,
    Unsupported,
    Vote,
)
from bridgekit.facts import ChatInfo

FAST = timedelta(minutes=1)
TOO_OLD = timedelta(days=90)  # `seen` keys live as long: older, nobody knows whether it was bridged


def dated(event: RemoteEvent[Content], now: datetime) -> RemoteEvent[Content]:
    """The event, which happened by `now`; without a zone, its time is in UTC.

    A network whose clock is fast must not put an event behind all later ones. That it is a little
    fast is let pass: an event is known by its time as well, and that must not hang on when it came.
    """
    at = event.at or now
    return replace(event, at=min(at if at.tzinfo else at.replace(tzinfo=UTC), now + FAST))


def too_old(event: RemoteEvent[Content], now: datetime) -> bool:
    return event.at is not None and now - event.at > TOO_OLD


def storable(event: RemoteEvent[Any] | Raw) -> bool:
    """Whether the IDs can be kept: databases take no lone surrogates and no NUL."""
    words: list[str | None] = [event.chat.id, event.chat.parent, event.key]
    if not isinstance(event, Raw):
        words += [event.sender, event.id, event.txn, *(info.id for info in event.people)]
        match event.content:
            case (
                Deletion(target) | Reaction(target) | Pin(target) | Vote(target) | Delivery(target)
            ):
                words.append(target)
            case Membership(user=word) | Receipt(up_to=word) | Moved(new=word):
                words.append(word)
            case Location(stamp=stamp, reply_to=answered, thread=root):
                words += [stamp, answered, root]
            case Edit(target=target, stamp=stamp):
                words += [target, stamp]
            case Message(reply_to=answered, thread=root):
                words += [answered, root]
            case Unsupported(reply_to=answered, thread=root):
                words += [answered, root]
            case Poll(stamp=stamp, target=ended, reply_to=answered, thread=root):
                words += [stamp, ended, answered, root]
            case ChatChange(info=ChatInfo(members=members)):
                words += [member.user for member in members or ()]
    return _utf8("".join([word or "" for word in words]))


def _utf8(word: str) -> bool:
    try:
        word.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in word


def identity(event: RemoteEvent[Content]) -> str | None:
    """What makes it the same when it comes again (delivery rule 18); None: nothing but its key."""
    match event.content:
        case Edit(target=target, stamp=str(stamp)):
            return f"{target}:{stamp}"
        case Message() | Unsupported() if event.id is not None:
            return f"{event.id}:"
        case Location(stamp=stamp) | Poll(stamp=stamp) if event.id is not None:
            return f"{event.id}:{stamp or ''}"
        case Delivery(target=target, state=state):
            return f"{target}:: {state} {event.sender or ''}"
    return None


def nameless(event: RemoteEvent[Content]) -> bool:
    """Whether nobody could tell that it came before: it must not be read twice."""
    says = isinstance(event.content, Message | Unsupported | Location | Poll)
    return says and event.id is None and event.key is None


def source_of(event: RemoteEvent[Content]) -> str:
    """What people know the job by: the network's ID of the message that it is, or is about."""
    return event.id or getattr(event.content, "target", None) or ""
