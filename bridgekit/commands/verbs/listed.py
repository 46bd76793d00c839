"""What the commands that list chats answer: each chat and its room."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, Field

from bridgekit.commands.command import Answer
from bridgekit.ids import ChatID, NetworkName, PortalID, RoomID
from bridgekit.models import Flow, Portal


class BridgedChat(BaseModel):
    """A chat that has a room."""

    id: PortalID = Field(description="For `after`: what comes behind it.")
    network: NetworkName
    chat: ChatID
    room: RoomID
    direction: Flow
    private: bool = Field(description="Whether it is seen by one login only.")


class Chats(Answer):
    chats: list[BridgedChat]


def chats_of(portals: Sequence[Portal], none: str) -> Chats:
    """`none` is said where there are none."""
    found = [
        BridgedChat(
            id=portal.id,
            network=portal.key.network,
            chat=portal.key.chat,
            room=portal.room,
            direction=portal.flow,
            private=portal.private,
        )
        for portal in portals
        if portal.room is not None
    ]
    return Chats(text="\n".join(map(_line, found)) or none, chats=found)


def _line(one: BridgedChat) -> str:
    way = "" if one.direction is Flow.BOTH else f" ({one.direction} only)"
    return f"{one.network}: `{one.chat}` in {one.room}{way}"
