"""`resolve`: whom a name or a number means on a network."""

from __future__ import annotations

from pydantic import Field

from bridgekit.clock import Clock
from bridgekit.commands.clients import Clients, in_time
from bridgekit.commands.command import Answer, Arguments, Asked, Command, Route
from bridgekit.errors import Rejected
from bridgekit.ids import ChatID, NetworkName, UserID
from bridgekit.namespaces import Namespaces
from bridgekit.permissions.rights import Right
from bridgekit.room.portals import other_in
from bridgekit.supports import SupportsContacts
from bridgekit.to_matrix.lookup import looked_up, or_closed


class Resolve(Arguments):
    network: NetworkName = Field(description="the network, as the bridge calls it")
    whom: str = Field(
        description="a name, a number, or whatever people go by there", min_length=1, max_length=200
    )


class Resolved(Answer):
    chat: ChatID = Field(description="The direct chat with them.")
    user: UserID | None = Field(
        default=None, description="Who they are on Matrix, where the chat is private."
    )


def resolve(clients: Clients, namespaces: Namespaces, clock: Clock) -> Command[Resolve]:
    async def run(asked: Asked[Resolve]) -> Resolved:
        told = asked.arguments
        client = clients.of(asked.user, told.network)
        if not isinstance(client, SupportsContacts):
            raise Rejected(f"{told.network} cannot be asked who that is.")
        chat = await in_time(clock, told.network, client.resolve(told.whom))
        if not chat.private:
            return Resolved(text=f"`{chat.id}`. `start` opens the chat.", chat=chat.id)
        info = await looked_up(clock, "chat", client.chat_info(chat.id))
        other = other_in(chat.id, or_closed(clients.network(told.network), info).other)
        user = None if other is None else namespaces.ghost(told.network, other)
        known = f": {user} on Matrix" if user else ""
        text = f"`{other or chat.id}`{known}. `start` opens the chat."
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
