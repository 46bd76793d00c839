"""`help`: what applies to whoever asks, where they ask."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import BaseModel, Field

from bridgekit.commands.command import Answer, AnyCommand, Arguments, Asked, Command, Route, Where
from bridgekit.commands.confirming import CONFIRM
from bridgekit.commands.giving import Giving
from bridgekit.commands.words import spelled, usage


class Help(Arguments):
    command: str | None = Field(default=None, description="The command to explain.")


class Usage(BaseModel):
    """A command, as it is to be typed and what it does."""

    name: str
    usage: str
    help: str


class Usages(Answer):
    commands: list[Usage]


def help_(giving: Callable[[], Giving], introduction: str) -> Command[Help]:
    """`introduction` says what this bridge is."""

    async def run(asked: Asked[Help]) -> Usages:
        table = giving().table
        if asked.arguments.command is not None:
            here = [portal.key.network for portal in asked.portals]
            return _explained(table.find(asked.arguments.command, here))
        powerless = await _powerless(giving(), asked)
        listed = [
            one for one in table if one.power not in powerless and _applies(giving(), one, asked)
        ]
        lines = "\n".join(f"`{usage(one)}`: {one.help}" for one in listed)
        how = "Nothing said to me leaves this room." if asked.alone else "Here I take:"
        how = how if asked.event else "There is:"  # a program, or a shell
        more = "" if asked.alone else "\nThere is more in a room with nobody but me."
        text = f"{introduction} {how}\n{lines}{more}"
        return Usages(text=text, commands=[_usage(one) for one in listed])

    return Command(
        name="help",
        help="List the commands that you can use here, or explain one.",
        arguments=Help,
        answer=Usages,
        run=run,
        route=Route("GET", "/commands"),
    )


def _explained(command: AnyCommand) -> Usages:
    fields = command.arguments.model_fields.items()
    meanings = [
        f"{spelled(name)}: {field.description}"
        for name, field in fields
        if field.description and name != CONFIRM  # which is a word of its own
    ]
    lines = [f"`{usage(command)}`: {command.help}", *meanings]
    return Usages(text="\n".join(lines), commands=[_usage(command)])


def _usage(command: AnyCommand) -> Usage:
    return Usage(name=command.name, usage=usage(command), help=command.help)


async def _powerless(giving: Giving, asked: Asked[Help]) -> set[str]:
    """What of a room that others are in, too, they may not set there, by its power levels."""
    if asked.event is None or asked.room is None or asked.alone:
        return set()
    kinds = {one.power for one in giving.table if one.power is not None}
    return {kind for kind in kinds if not await giving.has_power(asked.user, asked.room, kind)}


def _applies(giving: Giving, command: AnyCommand, asked: Asked[Help]) -> bool:
    """Whether they may, and whether this is a place for it."""
    if command.where is Where.PORTAL and asked.event is not None and not asked.portals:
        return False
    if command.where is Where.ALONE and not asked.alone:
        return False
    rules = giving.decide(asked.caller, command, None, asked.portals)
    return asked.caller.operator or rules.allowed
