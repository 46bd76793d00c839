"""What somebody did, in words for the transcript: messages go by numbers there, people by names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bridgekit.events import Content, Location, Membership, Message, Poll, Unsupported
from bridgekit.richtext import plain
from bridgekit.testing.contract.story import in_words, shortened
from bridgekit.testing.homeserver.rooms import Event

Number = Callable[[str], str]
"""What a message is called in the transcript, by its ID."""
Called = Callable[[str], str]
"""What somebody on Matrix is called there, by theirs."""


def is_said(content: Content) -> bool:
    """Whether it makes a message, which others can be about."""
    return isinstance(content, Location | Message | Poll | Unsupported)


def of_content(content: Content, number: Number) -> str:
    """On the network."""
    match content:
        case Message():
            answered = f"(to {number(content.reply_to)}) " if content.reply_to else ""
            files = [f"[file {file.name}]" for file in content.attachments]
            return answered + " ".join(filter(None, [plain(content.text), *files]))
        case Membership():
            return f"{content.user}: {content.state.value}"
        case _:
            return in_words(content, number)


def of_event(event: Event, number: Number, called: Called) -> str | None:
    """On Matrix; None: nothing that a person would see."""
    content = event.content
    relation = content.get("m.relates_to", {})
    words = None
    match event.type:
        case "m.room.message" if relation.get("rel_type") == "m.replace":
            new = content.get("m.new_content", {})
            words = f"changed {number(relation['event_id'])} to {shortened(str(new.get('body')))}"
        case "m.room.message" | "m.sticker":
            answered = relation.get("m.in_reply_to", {}).get("event_id")
            words = f"{f'(to {number(answered)}) ' if answered else ''}{_said(content)}"
        case "m.reaction":
            words = f"reacted {relation.get('key')} to {number(relation.get('event_id', ''))}"
        case "m.room.redaction":
            words = f"deleted {number(event.redacts or '')}"
        case "m.room.member":
            words = _moved(event, called)
        case "m.room.name" | "m.room.topic":
            what = event.type.rpartition(".")[2]
            words = f"set the {what} to: {content.get(what)}"
    return words


def _said(content: dict[str, Any]) -> str:
    body = str(content.get("body"))
    if "url" not in content:
        return body
    name = str(content.get("filename", body))
    return f"[file {name}]" if name == body else f"{body} [file {name}]"


def _moved(event: Event, called: Called) -> str | None:
    before = event.replaced.content.get("membership") if event.replaced else None
    after = event.content.get("membership")
    if before == after:
        return None  # another name or picture
    user = event.state_key or ""
    return str(after) if user == event.sender else f"{called(user)}: {after}"
