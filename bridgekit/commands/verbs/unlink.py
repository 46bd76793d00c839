"""`unlink`: bridge the room with a chat no longer."""

from __future__ import annotations

from pydantic import Field

from bridgekit.commands.command import Answer, Arguments, Asked, Command, Preview, Route, Where
from bridgekit.commands.which import which
from bridgekit.ids import NetworkName
from bridgekit.permissions.rights import Right
from bridgekit.room.bridge_info import KINDS
from bridgekit.room.giving_up import GivingUp


class Unlink(Arguments):
    network: NetworkName | None = Field(default=None, description="where the room has several")
    chat: str | None = Field(default=None, description="where it has several of that network")
    confirm: str | None = Field(default=None, description="what the preview said, to do it")


def unlink(giving_up: GivingUp) -> Command[Unlink]:
    async def run(asked: Asked[Unlink]) -> Answer:
        told = asked.arguments
        portal = which(asked.portals, told.network, told.chat)
        preview = await giving_up.preview_unlink(portal)
        if told.confirm != preview.digest:
            return Preview(text=preview.text, confirm=preview.digest)
        await asked.progress("The people of the chat leave the room …")
        await giving_up.unlink(portal)
        return Answer(text="It is unlinked: nothing said here crosses to it any more.")

    return Command(
        name="unlink",
        help="Unlink a chat from this room.",
        arguments=Unlink,
        run=run,
        route=Route("DELETE", "/rooms/{room}/links"),
        right=Right.LINK,
        where=Where.PORTAL,
        power=KINDS[0],
    )
