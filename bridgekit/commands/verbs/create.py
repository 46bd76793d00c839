"""`create`: a new chat on a network, with its room."""

from __future__ import annotations

from pydantic import Field

from bridgekit.commands.command import Answer, Arguments, Asked, Command, Route
from bridgekit.commands.verbs.opened import InRoom, in_room
from bridgekit.ids import NetworkName
from bridgekit.permissions.rights import Right
from bridgekit.room.opening import Opening


class Create(Arguments):
    network: NetworkName = Field(description="the network, as the bridge calls it")
    name: str = Field(description="what the new chat is called", min_length=1)
    members: tuple[str, ...] = Field(default=(), description="who shall be in it, beside you")


def create(opening: Opening) -> Command[Create]:
    async def run(asked: Asked[Create]) -> Answer:
        told = asked.arguments
        await asked.progress(f"I make the chat on {told.network}, and its room …")
        opened = await opening.create(asked.user, told.network, told.name, told.members)
        return in_room(opened)

    return Command(
        name="create",
        help="Make a new chat on a network, and its room.",
        arguments=Create,
        run=run,
        route=Route("POST", "/new-chats"),
        answer=InRoom,
        right=Right.CREATE,
    )
