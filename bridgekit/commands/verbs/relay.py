"""`relay`: which login speaks in a bridged room for people who have none."""

from __future__ import annotations

from pydantic import Field

from bridgekit.commands.command import Answer, Arguments, Asked, Command, Route, Where
from bridgekit.commands.which import which
from bridgekit.ids import ChatID, NetworkName
from bridgekit.permissions.rights import Right
from bridgekit.room.bridge_info import KINDS
from bridgekit.to_network.relay_choice import RelayChoice


class Relay(Arguments):
    login: str = Field(description="one of the bridge's or of yours, `default` or `nobody`")
    network: NetworkName | None = Field(default=None, description="of a room with several chats")
    chat: ChatID | None = Field(default=None, description="of a room with several of a network")


def relay(choice: RelayChoice) -> Command[Relay]:
    async def run(asked: Asked[Relay]) -> Answer:
        told = asked.arguments
        portal = which(asked.portals, told.network, told.chat)
        return Answer(text=await choice.choose(portal, told.login, asked.user))

    return Command(
        name="relay",
        help="Choose who speaks here for people without a login.",
        arguments=Relay,
        run=run,
        route=Route("PUT", "/rooms/{room}/relay"),
        right=Right.MANAGE_RELAY,
        where=Where.PORTAL,
        power=KINDS[0],
    )
