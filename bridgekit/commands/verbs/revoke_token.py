"""`revoke-token`: ends a token."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from bridgekit.audited import APIToken
from bridgekit.commands.command import Answer, Arguments, Asked, Command, Route
from bridgekit.commands.refusals import Unknown
from bridgekit.store.api_tokens import APITokens, forget_tokens
from bridgekit.store.writer import Writer


class RevokeToken(Arguments):
    name: str = Field(description="what it is called", max_length=40)


def revoke_token(rows: APITokens, writer: Writer) -> Command[RevokeToken]:
    async def run(asked: Asked[RevokeToken]) -> Answer:
        name, theirs = asked.arguments.name, await rows.of(asked.user)
        if all(row.name != name for row in theirs):
            raise Unknown("You have no token of this name; see `tokens`.")
        made = _made_by(name, theirs)
        await writer.write(forget_tokens(asked.user, [name, *made]))
        also = f" What it made ended with it: {', '.join(made)}." if made else ""
        return Answer(text=f"{name} is no token any more.{also}")

    return Command(
        name="revoke-token",
        help="End a token that you made, and those that it made.",
        arguments=RevokeToken,
        run=run,
        route=Route("DELETE", "/tokens/{name}"),
    )


def _made_by(name: str, tokens: Sequence[APIToken]) -> list[str]:
    """The names of the tokens that this one made, and that those made."""
    ending = [one for one in tokens if one.name == name]
    for maker in ending:  # it grows meanwhile
        ending += [one for one in tokens if one.made_by == maker.digest and one not in ending]
    return [one.name for one in ending if one.name != name]
