"""`search`: people on a network, by what they may be called; each login of the person is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from pydantic import BaseModel, Field

from bridgekit.clock import Clock
from bridgekit.commands.clients import Clients, in_time
from bridgekit.commands.command import Answer, Arguments, Asked, Command, Rest, Route, Where
from bridgekit.errors import LoginError, Rejected, RetryLater
from bridgekit.facts import UserInfo
from bridgekit.fault import fault_of
from bridgekit.ids import NetworkName, RemoteUserID, UserID
from bridgekit.login.accounts import named
from bridgekit.namespaces import Namespaces
from bridgekit.networks import Network
from bridgekit.permissions.rights import Right
from bridgekit.supports import SupportsContacts
from bridgekit.to_network.failure import line_of

log = structlog.get_logger()

MOST = 50  # people that one account names


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
    accounts: list[str] = Field(description="The accounts that know them, of those asked.")


class People(Answer):
    people: list[Somebody]


@dataclass(frozen=True, slots=True)
class _Told:
    """What one account has answered; `no`: why it did not."""

    account: str
    people: Sequence[UserInfo] = ()
    no: Exception | None = None


class _Searching:
    def __init__(self, clients: Clients, namespaces: Namespaces, clock: Clock) -> None:
        self._clients, self._namespaces, self._clock = clients, namespaces, clock

    async def run(self, asked: Asked[Search]) -> People:
        name, text = asked.arguments.network, asked.arguments.text
        network = self._clients.network(name)
        able = self._able(asked.user, network)
        told = await asyncio.gather(*(self._ask(network, *one, text) for one in able))
        failed = [one.no for one in told if one.no is not None]
        if len(failed) == len(told):  # a program must not take that for nobody
            raise failed[0]
        nobody = f"Nobody on {name} is called so." if text else "You have no contacts."
        said = "\n".join(_said(one, nobody) for one in told)
        return People(text=said, people=self._people(name, told))

    def _able(self, user: UserID, network: Network) -> Sequence[tuple[str, SupportsContacts]]:
        """Their own accounts that can be asked; the bridge's own where they have none there now.

        Raises `RetryLater` or `Rejected`.
        """
        logins, own = network.logins, self._clients.theirs(user, network.name)
        there = [client for one in own if (client := logins.client_of(one)) is not None]
        found = there or logins.listeners.clients()
        able = [(named(one), one) for one in found if isinstance(one, SupportsContacts)]
        if able:
            return able
        if not found or (own and not there):
            raise RetryLater(f"{network.name} is not connected now; try again later", after=10.0)
        raise Rejected(f"{network.name} cannot be searched for people.")

    async def _ask(
        self, network: Network, account: str, client: SupportsContacts, text: str
    ) -> _Told:
        apps = {one.me for one in network.logins.listeners.clients()}
        try:
            found = await in_time(self._clock, network.name, _found(client, text))
        except (Rejected, RetryLater, LoginError) as error:
            return _Told(account, no=error)
        except Exception as error:  # noqa: BLE001 (an adapter's: the other accounts are asked still)
            log.warning("look-up failed", what="search", error=fault_of(error, network.adapter))
            return _Told(account, no=RetryLater(f"{network.name} failed over it"))
        return _Told(account, [one for one in found if one.id not in apps][:MOST])

    def _people(self, network: NetworkName, told: Sequence[_Told]) -> list[Somebody]:
        found: dict[RemoteUserID, Somebody] = {}
        for one in told:
            for user in one.people:
                if user.id is None:
                    continue
                ghost = self._namespaces.ghost(network, user.id)
                known = Somebody(id=user.id, name=user.name, user=ghost, accounts=[])
                found.setdefault(user.id, known).accounts.append(one.account)
        return list(found.values())


def search(clients: Clients, namespaces: Namespaces, clock: Clock) -> Command[Search]:
    return Command(
        name="search",
        help="Find people on a network, or list your contacts there.",
        arguments=Search,
        answer=People,
        run=_Searching(clients, namespaces, clock).run,
        route=Route("GET", "/networks/{network}/people"),
        right=Right.CREATE,
        where=Where.ALONE,
    )


def _said(told: _Told, nobody: str) -> str:
    if told.no is not None:
        return f"As {told.account}: {line_of(str(told.no)).rstrip('.')}."
    lines = [f"`{one.id}` {one.name or ''}".strip() for one in told.people if one.id is not None]
    return "\n".join([f"As {told.account}:", *(lines or [nobody])])


async def _found(client: SupportsContacts, text: str) -> list[UserInfo]:
    people: list[UserInfo] = []
    async for one in client.search(text):
        people.append(one)
        if len(people) > MOST:  # one may be the bridge's own
            break
    return people
