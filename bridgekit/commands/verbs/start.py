"""`start`: a direct chat with somebody."""

from __future__ import annotations

from pydantic import Field

from bridgekit.commands.command import Answer, Arguments, Asked, Command, Route
from bridgekit.commands.verbs.opened import InRoom, in_room
from bridgekit.ids import NetworkName
from bridgekit.permissions.rights import Right
from bridgekit.room.opening import Opening


class Start(Arguments):
    network: NetworkName = Field(description="the network, as the bridge calls it")
    whom: str = Field(
        description="a name, a number, or whatever people go by there; or their Matrix ID",
        min_length=1,
    )


def start(opening: Opening) -> Command[Start]:
    async def run(asked: Asked[Start]) -> Answer:
        told = asked.arguments
        await asked.progress(f"I look for them on {told.network}, and make the room …")
        return in_room(await opening.start(asked.user, told.network, told.whom))

    return Command(
        name="start",
        help="Start a direct chat with somebody.",
        arguments=Start,
        run=run,
        route=Route("POST", "/direct-chats"),
        answer=InRoom,
        right=Right.CREATE,
    )
