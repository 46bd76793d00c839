"""`delete`: give up a room that the bridge made, with everybody in it."""

from __future__ import annotations

from pydantic import Field

from bridgekit.commands.command import Answer, Arguments, Asked, Command, Preview, Route, Where
from bridgekit.permissions.rights import Right
from bridgekit.room.giving_up import GivingUp


class Delete(Arguments):
    confirm: str | None = Field(default=None, description="what the preview said, to do it")


def delete(giving_up: GivingUp) -> Command[Delete]:
    async def run(asked: Asked[Delete]) -> Answer:
        by = None if asked.caller.operator else asked.user
        portal = asked.portals[0]
        preview = await giving_up.preview_delete(portal, by)
        if asked.arguments.confirm != preview.digest:
            return Preview(text=preview.text, confirm=preview.digest)
        await giving_up.delete(portal, by, asked.progress)
        return Answer(text="The room is deleted.")

    return Command(
        name="delete",
        help="Delete this room, if the bridge made it.",
        arguments=Delete,
        run=run,
        route=Route("DELETE", "/rooms/{room}"),
        right=Right.CREATE,
        where=Where.PORTAL,
    )
