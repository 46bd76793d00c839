"""`puppet-token`: a person's own access token, by which the bridge speaks as them."""

from __future__ import annotations

from pydantic import Field, SecretStr

from bridgekit.commands.command import Arguments, Asked, Command, Route, Where
from bridgekit.commands.verbs.puppet import PuppetProof, proof_of
from bridgekit.permissions.rights import Right
from bridgekit.puppets.puppets import Puppets


class PuppetToken(Arguments):
    token: SecretStr = Field(description="an access token of a session that you made for this")


def puppet_token(puppets: Puppets) -> Command[PuppetToken]:
    async def run(asked: Asked[PuppetToken]) -> PuppetProof:
        token = asked.arguments.token.get_secret_value()
        return proof_of(await puppets.sign_in(asked.user, token))

    return Command(
        name="puppet-token",
        help="Let what you write from elsewhere appear as yourself.",
        arguments=PuppetToken,
        answer=PuppetProof,
        run=run,
        route=Route("PUT", "/puppet"),
        right=Right.SIGN_IN,
        where=Where.ALONE,
    )
