"""What a network delivers, with no text in it nested deeper than can be stored and shown. Pure."""

from __future__ import annotations

from dataclasses import replace

from bridgekit.events import Content, Edit, Message, RemoteEvent
from bridgekit.richtext.depth import shallow


def shallow_event(event: RemoteEvent[Content]) -> RemoteEvent[Content]:
    """The same event; no copy where there is nothing to do."""
    match event.content:
        case Message() as message:
            new: Content = _message(message)
        case Edit() as edit:
            message = _message(edit.message)
            new = edit if message is edit.message else replace(edit, message=message)
        case _:
            return event
    return event if new is event.content else replace(event, content=new)


def _message(message: Message) -> Message:
    text = shallow(message.text)
    quote = None if message.quote is None else shallow(message.quote)
    if text is message.text and quote is message.quote:
        return message
    return replace(message, text=text, quote=quote)
