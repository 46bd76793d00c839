"""`open`: the room of a shared chat that is there."""

from __future__ import annotations

from pydantic import Field

from bridgekit.commands.command import Answer, Arguments, Asked, Command, Route
from bridgekit.commands.verbs.opened import InRoom, in_room
from bridgekit.ids import NetworkName
from bridgekit.permissions.rights import Right
from bridgekit.room.opening import Opening


class Open(Arguments):
    network: NetworkName = Field(description="the network, as the bridge calls it")
    chat: str = Field(description='the chat, as its network names it, like "#python"', min_length=1)


def open_(opening: Opening) -> Command[Open]:
    async def run(asked: Asked[Open]) -> Answer:
        told = asked.arguments
        await asked.progress(f"I look for it on {told.network}, and make its room …")
        return in_room(await opening.open(asked.user, told.network, told.chat))

    return Command(
        name="open",
        help="Open the room of a channel; it is made if there is none.",
        arguments=Open,
        run=run,
        route=Route("POST", "/chats"),
        answer=InRoom,
        right=Right.CREATE,
    )
