"""A room with the bot alone, and one that is bridged."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bridgekit.testing.homeserver import Person
from bridgekit.testing.rig import Rig

BOT = "@bridgebot:example.org"
Tell = Callable[..., Awaitable[str]]


async def alone(rig: Rig, who: str = "alice") -> tuple[Person, str]:
    """A person, and a room of theirs with the bot."""
    person = rig.hs.person(who)
    room = await person.create_room(invite=[BOT], direct=True)
    await person.wait_for(room, joined)
    return person, room


def joined(event: dict[str, Any]) -> bool:
    return event.get("state_key") == BOT and event["content"].get("membership") == "join"


@pytest.fixture
def tell(rig: Rig) -> Tell:
    async def tell(person: Person, room: str, text: str) -> str:
        """Say it; the bot's answer, and not how far it is before that."""
        before = len(_answers(rig, room))
        await person.say(room, text)
        await rig.hs.wait_for(lambda: len(_answers(rig, room)) > before or None, "an answer")
        return _answers(rig, room)[before].removeprefix("* ")

    return tell


async def by_bot(person: Person, room: str) -> list[dict[str, Any]]:
    return [event for event in await person.messages(room) if event["sender"] == BOT]


def _answers(rig: Rig, room: str) -> list[str]:
    events = rig.hs.world.rooms[room].events
    said = [one for one in events if one.sender == BOT and one.type == "m.room.message"]
    bodies = (str(one.content.get("body")) for one in said)
    return [body for body in bodies if not body.endswith("…")]
