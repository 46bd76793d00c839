"""`here`: what a room is bridged with."""

from __future__ import annotations

from bridgekit.commands.command import Answer, Arguments, Asked, Command, Route, Where
from bridgekit.commands.verbs.listed import Chats, Listed


class Here(Arguments):
    pass


def here(listed: Listed) -> Command[Here]:
    async def run(asked: Asked[Here]) -> Answer:
        return await listed.chats(asked.portals, "This room is not bridged.", asked.user)

    return Command(
        name="here",
        help="Show the chats of this room.",
        arguments=Here,
        answer=Chats,
        run=run,
        route=Route("GET", "/rooms/{room}/chats"),
        where=Where.PORTAL,
    )
