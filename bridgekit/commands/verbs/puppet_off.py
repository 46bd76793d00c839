"""`puppet-off`: the bridge forgets somebody's access token."""

from __future__ import annotations

from bridgekit.commands.command import Answer, Arguments, Asked, Command, Route
from bridgekit.puppets.puppets import Puppets


class PuppetOff(Arguments):
    pass


def puppet_off(puppets: Puppets) -> Command[PuppetOff]:
    async def run(asked: Asked[PuppetOff]) -> Answer:
        await puppets.sign_out(asked.user)
        return Answer(
            text="I have forgotten your access token. End its session in your client, too, if you "
            "made it for me: until then it is valid."
        )

    return Command(
        name="puppet-off",
        help="Have the access token forgotten that you gave.",
        arguments=PuppetOff,
        run=run,
        route=Route("DELETE", "/puppet"),
    )
