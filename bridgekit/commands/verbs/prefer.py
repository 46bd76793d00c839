"""`prefer`: which of several logins on a network speaks for its person."""

from __future__ import annotations

from pydantic import Field

from bridgekit.commands.command import Answer, Arguments, Asked, Command, Route, Where
from bridgekit.errors import Rejected
from bridgekit.ids import LoginID
from bridgekit.login.accounts import account
from bridgekit.login.owners import Owners
from bridgekit.networks import Networks


class Prefer(Arguments):
    login: LoginID = Field(description="the login, as `logins` names it")


def prefer(owners: Owners, networks: Networks) -> Command[Prefer]:
    async def run(asked: Asked[Prefer]) -> Answer:
        login = asked.arguments.login
        row = owners.row(login)
        if row is None or login not in owners.of(row.network, asked.user):
            raise Rejected("You have no such login.")
        await owners.choose(login)
        called = account(networks.get(row.network), login, row.me) or login
        return Answer(text=f"On {row.network} you speak as {called} from now on.")

    return Command(
        name="prefer",
        help="Of several logins on a network, speak with this one.",
        arguments=Prefer,
        run=run,
        route=Route("PUT", "/logins/{login}/preferred"),
        where=Where.ALONE,
    )
