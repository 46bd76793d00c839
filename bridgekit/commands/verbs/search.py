"""`search`: people on a network, by what they may be called."""

from __future__ import annotations

from pydantic import BaseModel, Field

from bridgekit.clock import Clock
from bridgekit.commands.clients import Clients, in_time
from bridgekit.commands.command import Answer, Arguments, Asked, Command, Rest, Route, Where
from bridgekit.errors import Rejected
from bridgekit.facts import UserInfo
from bridgekit.ids import NetworkName, RemoteUserID, UserID
from bridgekit.namespaces import Namespaces
from bridgekit.permissions.rights import Right
from bridgekit.supports import SupportsContacts

MOST = 50


class Search(Arguments):
    network: NetworkName = Field(description="the network, as the bridge calls it")
    text: Rest = Field(
        default="", description="what they may be called; else all contacts", max_length=200
    )


class Somebody(BaseModel):
    """A person on the network, and who they are on Matrix."""

    id: RemoteUserID
    name: str | None
    user: UserID


class People(Answer):
    people: list[Somebody]


def search(clients: Clients, namespaces: Namespaces, clock: Clock) -> Command[Search]:
    async def run(asked: Asked[Search]) -> People:
        told = asked.arguments
        client = clients.of(asked.user, told.network)
        if not isinstance(client, SupportsContacts):
            raise Rejected(f"{told.network} cannot be searched for people.")
        found = await in_time(clock, told.network, _found(client, told.text))
        people = [
            Somebody(id=one.id, name=one.name, user=namespaces.ghost(told.network, one.id))
            for one in found
            if one.id is not None
        ]
        lines = [f"`{one.id}` {one.name or ''}".strip() for one in people]
        nobody = f"Nobody on {told.network} is called so." if told.text else "You have no contacts."
        text = "\n".join(lines) or nobody
        return People(text=text, people=people)

    return Command(
        name="search",
        help="Find people on a network, or list your contacts there.",
        arguments=Search,
        answer=People,
        run=run,
        route=Route("GET", "/networks/{network}/people"),
        right=Right.CREATE,
        where=Where.ALONE,
    )


async def _found(client: SupportsContacts, text: str) -> list[UserInfo]:
    people: list[UserInfo] = []
    async for one in client.search(text):
        people.append(one)
        if len(people) >= MOST:
            break
    return people
