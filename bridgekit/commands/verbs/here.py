"""`here`: what a room is bridged with."""

from __future__ import annotations

from bridgekit.commands.command import Answer, Arguments, Asked, Command, Route, Where
from bridgekit.commands.verbs.listed import Chats, chats_of


class Here(Arguments):
    pass


async def _run(asked: Asked[Here]) -> Answer:
    return chats_of(asked.portals, "This room is not bridged.")


def here() -> Command[Here]:
    return Command(
        name="here",
        help="Show the chats of this room.",
        arguments=Here,
        answer=Chats,
        run=_run,
        route=Route("GET", "/rooms/{room}/chats"),
        where=Where.PORTAL,
    )
