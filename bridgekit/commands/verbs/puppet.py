"""`puppet`: whether what somebody writes from elsewhere appears as themselves, as just tried."""

from __future__ import annotations

from bridgekit.commands.command import Answer, Arguments, Asked, Command, Route
from bridgekit.puppets.puppets import How, Proof, Puppets


class Puppet(Arguments):
    pass


class PuppetProof(Answer):
    how: How
    works: bool


def puppet(puppets: Puppets) -> Command[Puppet]:
    async def run(asked: Asked[Puppet]) -> PuppetProof:
        return proof_of(await puppets.prove(asked.user))

    return Command(
        name="puppet",
        help="Try whether what you write from elsewhere appears as yourself.",
        arguments=Puppet,
        answer=PuppetProof,
        run=run,
        route=Route("GET", "/puppet"),
    )


def proof_of(proof: Proof) -> PuppetProof:
    """A proof as an answer."""
    return PuppetProof(text=proof.sentence, how=proof.how, works=proof.works)
