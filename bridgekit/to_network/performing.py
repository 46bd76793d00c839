"""The one call of the client that an event's content stands for."""

from __future__ import annotations

from typing import TypeVar, cast

from bridgekit.adapter import Client, Sent
from bridgekit.events import (
    ChatChange,
    Content,
    Deletion,
    Edit,
    Location,
    MatrixEvent,
    Membership,
    Message,
    Pin,
    Poll,
    Reaction,
    Receipt,
    Typing,
    Vote,
)
from bridgekit.supports import (
    SupportsChatChange,
    SupportsDelete,
    SupportsEdit,
    SupportsLocation,
    SupportsMembership,
    SupportsPin,
    SupportsPoll,
    SupportsReact,
    SupportsReceipt,
    SupportsTyping,
)

T = TypeVar("T", bound=Content)


def makes_message(content: Content) -> bool:
    """Whether it makes a message; all else sets a state, and may be repeated."""
    if isinstance(content, Poll):
        return content.target is None
    return isinstance(content, Message | Location)


async def perform(client: Client, event: MatrixEvent[Content]) -> Sent:  # noqa: C901, PLR0912 (a case a kind)
    """Ask the client for it; nothing asks for what the client cannot."""

    def of(_: type[T]) -> MatrixEvent[T]:
        return cast("MatrixEvent[T]", event)

    match event.content:
        case Message():
            return await client.send(of(Message))
        case Poll() if isinstance(client, SupportsPoll):
            return await client.poll(of(Poll))
        case Location() if isinstance(client, SupportsLocation):
            return await client.send_location(of(Location))
        case Edit() if isinstance(client, SupportsEdit):
            await client.edit(of(Edit))
        case Deletion() if isinstance(client, SupportsDelete):
            await client.delete(of(Deletion))
        case Reaction() if isinstance(client, SupportsReact):
            await client.react(of(Reaction))
        case Vote() if isinstance(client, SupportsPoll):
            await client.vote(of(Vote))
        case Pin() if isinstance(client, SupportsPin):
            await client.pin(of(Pin))
        case Membership() if isinstance(client, SupportsMembership):
            await client.set_member(of(Membership))
        case ChatChange() if isinstance(client, SupportsChatChange):
            await client.change_chat(of(ChatChange))
        case Receipt() if isinstance(client, SupportsReceipt):
            await client.mark_read(of(Receipt))
        case Typing() if isinstance(client, SupportsTyping):
            await client.typing(of(Typing))
        case content:
            raise TypeError(f"{type(client).__name__} was asked for a {type(content).__name__}")
    return Sent()
