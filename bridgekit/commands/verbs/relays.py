"""`relays`: who speaks in a bridged room for people without a login."""

from __future__ import annotations

from bridgekit.commands.command import Answer, Arguments, Asked, Command, Route, Where
from bridgekit.to_network.relay_choice import RelayChoice


class Relays(Arguments):
    pass


def relays(choice: RelayChoice) -> Command[Relays]:
    async def run(asked: Asked[Relays]) -> Answer:
        return Answer(text="\n".join(choice.shown(portal) for portal in asked.portals))

    return Command(
        name="relays",
        help="Show who speaks here for people without a login.",
        arguments=Relays,
        run=run,
        route=Route("GET", "/rooms/{room}/relay"),
        where=Where.PORTAL,
    )
