"""A whole bridge whose PostgreSQL is killed in mid-flow: nothing is lost, nothing doubled."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.errors import RetryLater
from bridgekit.testing.rig import Rig
from bridgekit.testing.servers import postgres
from tests.integration.missing import or_skip

ALIAS = "#loop_#room:example.org"
BEFORE, MEANWHILE, AFTER = ([f"{when} {n}" for n in range(8)] for when in ("before", "in", "after"))

pytestmark = pytest.mark.postgres


async def told(rig: Rig, text: str) -> None:
    """As a network does: again, until it is acknowledged."""
    while True:
        try:
            return await rig.network.say("#room", "bob", text, id=text)
        except RetryLater as error:
            await rig.clock.sleep(error.after or 0.1)


async def test_rule_24_a_database_that_is_killed_in_mid_flow_loses_and_doubles_nothing(
    tmp_path,
) -> None:
    with or_skip(postgres()) as server:
        async with Rig(tmp_path, database=server.url(server.make())) as rig:
            await rig.start()
            alice = rig.hs.person("alice")
            room = await alice.join(ALIAS)
            for text in BEFORE:
                await alice.say(room, text)
                await told(rig, f"bob {text}")
            await rig.network.wait(lambda: BEFORE[0] in rig.network.texts())
            server.kill()
            waiting = [asyncio.create_task(told(rig, f"bob {text}")) for text in MEANWHILE]
            for text in MEANWHILE:
                await alice.say(room, text)
            store = rig.bridge.parts.store
            async with asyncio.timeout(60):
                while not store.writer.failing:  # noqa: ASYNC110 (it tells nobody)
                    await asyncio.sleep(0)
            server.start()
            await asyncio.gather(*waiting)
            for text in AFTER:
                await alice.say(room, text)
            said = [*BEFORE, *MEANWHILE, *AFTER]
            async with asyncio.timeout(60):
                await rig.network.wait(lambda: len(rig.network.texts()) >= len(said))
                await alice.wait_for(
                    room, lambda event: event["content"].get("body") == f"bob {MEANWHILE[-1]}"
                )
            assert rig.network.texts() == said
            heard = [body for body in await alice.bodies(room) if body.startswith("bob ")]
            assert sorted(heard) == sorted(f"bob {text}" for text in [*BEFORE, *MEANWHILE])
            await rig.stop()
