"""`link`: bridge the room with a chat that is there."""

from __future__ import annotations

from pydantic import Field

from bridgekit.commands.command import Answer, Arguments, Asked, Command, Preview, Route, Where
from bridgekit.ids import NetworkName
from bridgekit.models import Flow
from bridgekit.permissions.rights import Right
from bridgekit.room.bridge_info import KINDS
from bridgekit.room.by_hand import ByHand, LinkAsked


class Link(Arguments):
    network: NetworkName = Field(description="the network, as the bridge calls it")
    chat: str = Field(description='the chat, as its network names it, like "#python"', min_length=1)
    direction: Flow = Field(default=Flow.BOTH, description="to_matrix, to_network or both")
    confirm: str | None = Field(default=None, description="what the preview said, to do it")


def link(by_hand: ByHand) -> Command[Link]:
    async def run(asked: Asked[Link]) -> Answer:
        told, room = asked.arguments, asked.room
        assert room is not None  # noqa: S101 (`Where.ROOM`)
        by = None if asked.caller.operator else asked.user
        wanted = LinkAsked(by, told.network, told.chat, room, told.direction)
        preview = await by_hand.preview(wanted)
        if told.confirm != preview.digest:
            return Preview(text=preview.text, confirm=preview.digest)
        await asked.progress(f"I enter {told.chat} on {told.network} …")
        portal = await by_hand.link(wanted)
        return Answer(text=f"{portal.key.chat} of {portal.key.network} is bridged with this room.")

    return Command(
        name="link",
        help="Link this room to a chat.",
        arguments=Link,
        run=run,
        route=Route("POST", "/rooms/{room}/links"),
        right=Right.LINK,
        where=Where.ROOM,
        power=KINDS[0],
    )
