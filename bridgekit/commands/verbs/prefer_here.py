"""`prefer-here`: which of several logins speaks for its person in one chat."""

from __future__ import annotations

from pydantic import Field

from bridgekit.commands.command import Answer, Arguments, Asked, Command, Route, Where
from bridgekit.commands.which import which
from bridgekit.errors import Rejected
from bridgekit.ids import ChatID, LoginID, NetworkName
from bridgekit.login.accounts import account
from bridgekit.login.owners import Owners
from bridgekit.login.preferences import RELAYED
from bridgekit.networks import Networks

DEFAULT, RELAY = "default", "relay"


class PreferHere(Arguments):
    login: str = Field(description=f"one of yours, as `logins` names it, {DEFAULT}, or {RELAY}")
    network: NetworkName | None = Field(default=None, description="of a room with several chats")
    chat: ChatID | None = Field(default=None, description="of a room with several of a network")


def prefer_here(owners: Owners, networks: Networks) -> Command[PreferHere]:
    async def run(asked: Asked[PreferHere]) -> Answer:
        told = asked.arguments
        portal = which(asked.portals, told.network, told.chat)
        if portal.private:
            raise Rejected("In a private chat the login speaks whose it is.")
        name = portal.key.network
        login = {DEFAULT: None, RELAY: RELAYED}.get(told.login, LoginID(told.login))
        if login and login not in owners.of(name, asked.user):
            raise Rejected(f"You have no such login on {name}.")
        network = networks.get(name)
        if login and network and not network.logins.listeners.serves(login, portal.key.chat):
            raise Rejected(f"`{login}` is not for {portal.key.chat}: nothing can be said by it.")
        await owners.preferences.choose(portal, asked.user, login)
        who = "by your usual login" if login is None else "as those do who have no login"
        if login:
            row = owners.row(login)
            who = f"as {account(network, login, None if row is None else row.me) or login}"
        return Answer(text=f"In {portal.key.chat} of {name} you speak {who} from now on.")

    return Command(
        name="prefer-here",
        help="Of several logins on a network, speak with this one in this room.",
        arguments=PreferHere,
        run=run,
        route=Route("PUT", "/rooms/{room}/preferred-login"),
        where=Where.PORTAL,
    )
