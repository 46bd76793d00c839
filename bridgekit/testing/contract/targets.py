"""What others can be about: messages that are on both sides, by their IDs on each."""

from __future__ import annotations

from typing import NamedTuple

from bridgekit.events import Message
from bridgekit.ids import MessageID
from bridgekit.richtext import from_plain
from bridgekit.testing.contract.scenario import Lacking
from bridgekit.testing.contract.stage import Stage


class Target(NamedTuple):
    """A message: `id` on the network, `event` on Matrix."""

    id: MessageID
    event: str


async def of_bob(stage: Stage, text: str) -> Target:
    """Bob says something on the network, and it is seen."""
    named = identified(await stage.said("bob", text))
    return Target(named, str((await stage.seen(text))["event_id"]))


async def of_alice(stage: Stage, text: str) -> Target:
    """Alice says something on Matrix, and it is heard."""
    event = await stage.says(text)
    return Target(identified((await stage.heard(text)).id), event)


def identified(named: MessageID | None) -> MessageID:
    """The ID; without one, nothing can be about the message."""
    if named is None:
        raise Lacking("messages have no IDs")
    return named


def message(text: str) -> Message:
    return Message(from_plain(text))
