"""`resolve`: whom a name or a number means on a network."""

from __future__ import annotations

from pydantic import Field

from bridgekit.clock import Clock
from bridgekit.commands.clients import Clients, in_time
from bridgekit.commands.command import Answer, Arguments, Asked, Command, Route
from bridgekit.errors import Rejected
from bridgekit.ids import ChatID, NetworkName, RemoteUserID, UserID
from bridgekit.namespaces import Namespaces
from bridgekit.permissions.rights import Right
from bridgekit.supports import SupportsContacts


class Resolve(Arguments):
    network: NetworkName = Field(description="the network, as the bridge calls it")
    whom: str = Field(
        description="a name, a number, or whatever people go by there", min_length=1, max_length=200
    )


class Resolved(Answer):
    chat: ChatID = Field(description="The direct chat with them.")
    user: UserID | None = Field(description="Who they are on Matrix, where the chat is private.")


def resolve(clients: Clients, namespaces: Namespaces, clock: Clock) -> Command[Resolve]:
    async def run(asked: Asked[Resolve]) -> Resolved:
        told = asked.arguments
        client = clients.of(asked.user, told.network)
        if not isinstance(client, SupportsContacts):
            raise Rejected(f"{told.network} cannot be asked who that is.")
        chat = await in_time(clock, told.network, client.resolve(told.whom))
        user = namespaces.ghost(told.network, RemoteUserID(chat.id)) if chat.private else None
        known = f": {user} on Matrix" if user else ""
        text = f"`{chat.id}`{known}. `start` opens the chat."
        return Resolved(text=text, chat=chat.id, user=user)

    return Command(
        name="resolve",
        help="Find out whom a name or a number means.",
        arguments=Resolve,
        answer=Resolved,
        run=run,
        route=Route("GET", "/networks/{network}/people/{whom}"),
        right=Right.CREATE,
    )
