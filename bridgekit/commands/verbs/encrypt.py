"""`encrypt`: encrypt what is said in a room from now on."""

from __future__ import annotations

from pydantic import Field

from bridgekit.commands.command import Answer, Arguments, Asked, Command, Preview, Route, Where
from bridgekit.permissions.rights import Right
from bridgekit.room.encrypting import Encrypting

NAME = "encrypt"
_FOR_EVER = "for-ever"
_SHOWN = (
    "What is said here is encrypted from then on. That cannot be switched off again. People whose "
    "clients do not encrypt, and other bridges in this room, read it no more."
)


class Encrypt(Arguments):
    confirm: str | None = Field(default=None, description="what the preview said, to do it")


def encrypt(encrypting: Encrypting) -> Command[Encrypt]:
    async def run(asked: Asked[Encrypt]) -> Answer:
        room = asked.room
        assert room is not None  # noqa: S101 (it is about a room)
        by = None if asked.caller.operator else asked.user
        ours = await encrypting.check(room, asked.portals, by)
        if asked.arguments.confirm != _FOR_EVER:
            return Preview(text=_SHOWN, confirm=_FOR_EVER)
        await encrypting.encrypt(room, ours)
        return Answer(text="What is said here is encrypted from now on.")

    return Command(
        name=NAME,
        help="Encrypt what is said in this room, for ever: that cannot be switched off again.",
        arguments=Encrypt,
        run=run,
        route=Route("PUT", "/rooms/{room}/encryption"),
        right=Right.LINK,
        where=Where.PORTAL,
    )
