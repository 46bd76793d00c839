"""A bridge whose guard is strict, so that a test needs few messages."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bridgekit.configuration.moderation_settings import ModerationSettings
from bridgekit.models import Direction
from bridgekit.reasons import Reason
from bridgekit.testing.rig import NETWORK, Rig

ALIAS = "#loop_#room:example.org"
FEW = 5
STRICT = ModerationSettings(sender_burst=FEW, sender_rate=0.01)


@pytest.fixture
async def rig(tmp_path, database) -> AsyncIterator[Rig]:
    async with Rig(tmp_path, database=database) as rig:
        rig.settings["moderation"] = STRICT
        yield rig


def count(rig, direction: Direction, reason: Reason) -> int:
    return int(rig.bridge.parts.status.counts[NETWORK, direction, reason])


def counted(rig, reason: Reason) -> int:
    """In both directions."""
    both = (Direction.TO_MATRIX, Direction.TO_NETWORK)
    return sum(count(rig, direction, reason) for direction in both)


async def notices(person, room):
    """What the bridge itself has said in a room."""
    events = await person.messages(room)
    bodies = [event["content"]["body"] for event in events if event["sender"].startswith("@bridge")]
    return [body for body in bodies if body.startswith("⚠")]
