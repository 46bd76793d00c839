"""A direct chat goes on in another room, which its person has opened: the one that it had says
where. What they say there afterwards is theirs and the bot's alone, and reaches nobody.
"""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import quote

from bridgekit.ids import RoomID, UserID
from bridgekit.matrix.api import Refused
from bridgekit.matrix.intents import Intents
from bridgekit.room.succession import TOMBSTONE
from bridgekit.status import Status

_BEGIN = "This chat goes on in the room that you have opened now"


def room_link(room: RoomID, domain: str) -> str:
    """What clients open; `domain` is of a homeserver that is in the room."""
    return f"https://matrix.to/#/{quote(room, safe='!:')}?via={domain}"


async def point_on(
    intents: Intents, status: Status, old: RoomID, new: RoomID, ghost: UserID
) -> None:
    """Say it in the room that the chat had, and have the ghost leave that; safe to repeat."""
    text = f"{_BEGIN}: {room_link(new, _domain(intents))}"
    await status.notice(old, text, key=f"goes on {new}", speaker=ghost, doubtful=True)
    with suppress(Refused):  # in a room of theirs the bot may not, or is not there
        await intents.set_state(old, TOMBSTONE, {"body": _BEGIN, "replacement_room": new})
    await intents.leave(ghost, old, text)


async def goes_on_at(intents: Intents, room: RoomID) -> str | None:
    """The link to where it goes on, if the bot has said so of this room."""
    with suppress(Refused):
        event = await intents.state_event(room, TOMBSTONE)
        if event is not None and event.get("sender") == intents.bot:
            new = event["content"].get("replacement_room")
            return room_link(RoomID(new), _domain(intents)) if isinstance(new, str) else None
    return None


def _domain(intents: Intents) -> str:
    return intents.bot.partition(":")[2]
