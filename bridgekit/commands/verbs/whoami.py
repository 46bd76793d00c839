"""`whoami`: who the bridge takes somebody for, and what they may do."""

from __future__ import annotations

from pydantic import Field

from bridgekit.commands.caller import Via
from bridgekit.commands.command import Answer, Arguments, Asked, Command, Route
from bridgekit.ids import NetworkName, UserID
from bridgekit.permissions.permissions import Permissions
from bridgekit.permissions.rights import Level, Right


class WhoAmI(Arguments):
    pass


class Identity(Answer):
    user: UserID
    via: Via
    level: Level
    rights: list[Right]
    rule: str
    on: dict[NetworkName, list[Right]] = Field(description="Where a network has rules of its own.")


def whoami(permissions: Permissions) -> Command[WhoAmI]:
    def rights_of(user: UserID, network: NetworkName | None = None) -> list[Right]:
        return [right for right in Right if permissions.may(user, right, network)]

    async def run(asked: Asked[WhoAmI]) -> Identity:
        user, operator = asked.user, asked.caller.operator
        level = Level.ADMIN if operator else permissions.level(user)
        rights = list(Right) if operator else rights_of(user)
        rule = "" if operator else permissions.rule(user)
        others = () if operator else permissions.networks(user)
        on = {network: rights_of(user, network) for network in others}
        because = f" ({rule})" if rule else ""
        text = f"You are {user}; your level is {level}{because}. You may: {_named(rights)}."
        text += "".join(f" On {network}: {_named(there)}." for network, there in on.items())
        return Identity(
            text=text, user=user, via=asked.caller.via, level=level, rights=rights, rule=rule, on=on
        )

    return Command(
        name="whoami",
        help="Show who you are to the bridge and what you may do.",
        arguments=WhoAmI,
        answer=Identity,
        run=run,
        route=Route("GET", "/identity"),
    )


def _named(rights: list[Right]) -> str:
    return ", ".join(rights) or "nothing"
