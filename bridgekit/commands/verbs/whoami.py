"""`whoami`: who the bridge takes somebody for, and what they may do."""

from __future__ import annotations

from bridgekit.commands.caller import Via
from bridgekit.commands.command import Answer, Arguments, Asked, Command, Route
from bridgekit.ids import UserID
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


def whoami(permissions: Permissions) -> Command[WhoAmI]:
    async def run(asked: Asked[WhoAmI]) -> Identity:
        user, operator = asked.user, asked.caller.operator
        level = Level.ADMIN if operator else permissions.level(user)
        rights = [right for right in Right if operator or permissions.may(user, right)]
        rule = "" if operator else permissions.rule(user)
        named = ", ".join(rights) or "nothing"
        because = f" ({rule})" if rule else ""
        text = f"You are {user}; your level is {level}{because}. You may: {named}."
        return Identity(
            text=text, user=user, via=asked.caller.via, level=level, rights=rights, rule=rule
        )

    return Command(
        name="whoami",
        help="Show who you are to the bridge and what you may do.",
        arguments=WhoAmI,
        answer=Identity,
        run=run,
        route=Route("GET", "/identity"),
    )
