"""`direction`: which way a chat of the room carries messages."""

from __future__ import annotations

from pydantic import Field

from bridgekit.commands.command import Answer, Arguments, Asked, Command, Route, Where
from bridgekit.commands.which import which
from bridgekit.ids import NetworkName
from bridgekit.models import Flow
from bridgekit.permissions.rights import Right
from bridgekit.room.bridge_info import KINDS
from bridgekit.room.by_hand import WAYS, ByHand


class Direction(Arguments):
    direction: Flow = Field(description="to_matrix, to_network or both")
    network: NetworkName | None = Field(default=None, description="where the room has several")
    chat: str | None = Field(default=None, description="where it has several of that network")


def direction(by_hand: ByHand) -> Command[Direction]:
    async def run(asked: Asked[Direction]) -> Answer:
        told = asked.arguments
        portal = which(asked.portals, told.network, told.chat)
        by = None if asked.caller.operator else asked.user
        await by_hand.turn(portal, told.direction, by)
        return Answer(text=f"From now on messages cross {WAYS[told.direction]}.")

    return Command(
        name="direction",
        help="Choose which way a chat of this room carries messages.",
        arguments=Direction,
        run=run,
        route=Route("PUT", "/rooms/{room}/direction"),
        right=Right.LINK,
        where=Where.PORTAL,
        power=KINDS[0],
    )
