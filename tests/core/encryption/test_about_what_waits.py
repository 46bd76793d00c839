"""What is about a message that waits for its key waits for that message (delivery rule 20)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridgekit.models import Direction
from bridgekit.reasons import Reason
from tests.core.encryption.rigs import Scene, scene_of
from tests.core.encryption.test_late import WAITS, gone, said_too_early
from tests.core.until import until


@pytest.fixture
async def scene(tmp_path: Path, empty_database: str) -> AsyncIterator[Scene]:
    async with scene_of(tmp_path, database=empty_database) as found:
        yield found


async def liked_too_early(scene: Scene) -> tuple[str, dict[str, object], str]:
    """Carol can read what alice says, and likes it; the bridge has no key yet."""
    said, key = await said_too_early(scene, "too early")
    carol = scene.rig.hs.person("carol")
    await carol.join(scene.room)
    await carol.react(scene.room, said, "👍")
    await carol.say(scene.room, "next")
    await scene.heard("next")
    return said, key, (await scene.notice(WAITS))["event_id"]


def likes(scene: Scene) -> list[str]:
    """What is liked in the chat."""
    said = scene.rig.network.chat("#room").messages.values()
    return [one.text for one in said if "👍" in one.reactions]


async def ended(scene: Scene, reason: Reason) -> None:
    counts = scene.parts.status.counts
    await until(lambda: counts["loop", Direction.TO_NETWORK, reason])


@pytest.mark.parametrize("killed", [False, True])
async def test_a_reaction_waits_for_the_key_of_what_it_is_about(
    scene: Scene, *, killed: bool
) -> None:
    await scene.begin(mode="allow")
    await scene.encrypt()
    _, key, _ = await liked_too_early(scene)
    if killed:
        await scene.again(mode="allow")
    await scene.alice.give_key(key)
    await scene.rig.network.wait(lambda: bool(likes(scene)))
    assert likes(scene)[0].endswith("too early")
    counts = scene.parts.status.counts
    assert not counts["loop", Direction.TO_NETWORK, Reason.TARGET_UNKNOWN]


async def test_one_to_what_is_given_up_ends_with_it(scene: Scene) -> None:
    await scene.begin(mode="allow", wait=8.0)
    await scene.encrypt()
    await liked_too_early(scene)
    await ended(scene, Reason.TARGET_NOT_BRIDGED)
    assert likes(scene) == []


async def test_what_is_redacted_meanwhile_is_still_not_bridged(scene: Scene) -> None:
    await scene.begin(mode="allow")
    await scene.encrypt()
    said, key, notice = await liked_too_early(scene)
    await scene.alice.redact(scene.room, said)
    await gone(scene, notice)
    await scene.alice.give_key(key)
    await scene.alice.say(scene.room, "last")
    await scene.heard("last")
    assert scene.rig.network.texts() == ["next", "last"]
