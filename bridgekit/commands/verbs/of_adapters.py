"""The commands that only one network has, as its adapter declares them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from bridgekit.adapter import Adapter
from bridgekit.clock import Clock
from bridgekit.commands.clients import Clients, done_in_time
from bridgekit.commands.command import Answer, Arguments, Asked, Command, Route
from bridgekit.commands.free_words import Unkept
from bridgekit.configuration.plugins import yielded
from bridgekit.errors import Rejected
from bridgekit.facts import Chat
from bridgekit.ids import NetworkName
from bridgekit.permissions.rights import Right
from bridgekit.supports import Command as Declared
from bridgekit.supports import SupportsCommands

PATIENCE = 120.0  # seconds: a network may have much to list


class Words(Arguments):
    words: tuple[str, ...] = Field(default=(), description="what it is about")


class PrivateWords(Words):
    words: Annotated[tuple[str, ...], Unkept()] = Field(default=(), description="what it is about")


def of_adapter(
    name: NetworkName, adapter: type[Adapter[object]], clients: Clients, clock: Clock
) -> Iterator[Command[Words]]:
    """Each as NETWORK-COMMAND; in a room of the network, COMMAND alone will do."""
    declared = {
        one.name: one
        for kind in yielded(adapter)
        if kind is not None and issubclass(kind, SupportsCommands)
        for one in kind.commands
    }
    return (_command(name, one, clients, clock) for one in declared.values())


def _command(
    network: NetworkName, declared: Declared, clients: Clients, clock: Clock
) -> Command[Words]:
    async def run(asked: Asked[Words]) -> Answer:
        client = clients.of(asked.user, network)
        if not isinstance(client, SupportsCommands):
            raise Rejected(f"Your login on {network} has no command {declared.name}.")
        here = [one for one in asked.portals if one.key.network == network]
        chat = Chat(here[0].key.chat, private=here[0].private) if len(here) == 1 else None
        doing = client.command(declared.name, asked.arguments.words, chat)
        return Answer(text=await done_in_time(clock, network, doing, PATIENCE))

    return Command(
        name=f"{network}-{declared.name}",
        help=declared.help,
        arguments=PrivateWords if declared.private else Words,
        run=run,
        route=Route("POST", f"/networks/{network}/commands/{declared.name}"),
        right=Right.ADMIN if declared.admins else Right.CREATE,
        network=network,
        takes=declared.arguments,
    )
