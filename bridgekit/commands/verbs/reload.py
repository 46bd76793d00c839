"""`reload`: the configuration is read again, and what can be changed while it runs is."""

from __future__ import annotations

from pydantic import Field

from bridgekit.commands.command import Answer, Arguments, Asked, Command, Route
from bridgekit.errors import ConfigError, Rejected
from bridgekit.operating.reloading import Reloading
from bridgekit.permissions.rights import Right

SAME = "Nothing has changed in the configuration."


class Reload(Arguments):
    pass


class WhatChanged(Answer):
    changed: list[str] = Field(description="What is in force now.")
    needs_restart: list[str] = Field(description="What will be after a restart.")


def reload(reloading: Reloading) -> Command[Reload]:
    async def run(asked: Asked[Reload]) -> WhatChanged:
        del asked
        try:
            found = await reloading.reload()
        except ConfigError as error:
            raise Rejected(f"Nothing is changed: {error}") from error
        changed, later = list(map(str, found.taken)), list(map(str, found.later))
        lines = [f"`{one}`" for one in changed]
        lines += [f"Needs a restart: `{one}`" for one in later]
        return WhatChanged(text="\n".join(lines) or SAME, changed=changed, needs_restart=later)

    return Command(
        name="reload",
        help="Read the configuration again, and take over what can be while the bridge runs.",
        arguments=Reload,
        answer=WhatChanged,
        run=run,
        route=Route("POST", "/reload"),
        right=Right.ADMIN,
    )
