"""What the commands that open chats answer: the room."""

from __future__ import annotations

from pydantic import Field

from bridgekit.commands.command import Answer
from bridgekit.ids import RoomID
from bridgekit.room.opening import Opened


class InRoom(Answer):
    """A chat has a room."""

    room: RoomID = Field(description="The room of the chat.")
    made: bool = Field(description="Whether the room is new.")


def in_room(opened: Opened) -> InRoom:
    said = "Its room is made" if opened.made else "It has a room"
    link = f"https://matrix.to/#/{opened.room}"
    text = f"{said}: you are in it, or invited. {link}"
    if opened.note:
        text = f"{opened.note} {text}"
    return InRoom(text=text, room=opened.room, made=opened.made)
