"""What the rig itself promises: several networks beside each other, and a public URL on demand."""

from __future__ import annotations

import asyncio
import gc
from weakref import ref

import pytest

from bridgekit.ids import NetworkName
from bridgekit.matrix.server import Server
from bridgekit.testing.rig import NETWORK, Rig

OTHER = NetworkName("other")
SEEN: list[ref[Server]] = []


async def test_two_networks_are_bridged_beside_each_other(tmp_path, database):
    async with Rig(tmp_path, database=database, networks=(NETWORK, OTHER)) as rig:
        rig.link("#there", network=OTHER)
        await rig.start()
        alice = rig.hs.person("alice")
        for name, chat in ((NETWORK, "#room"), (OTHER, "#there")):
            network = rig.networks[name]
            room = await alice.join(f"#{name}_{chat}:example.org")
            await network.person("bob").say(chat, f"this is {name}", id="m1")
            async with asyncio.timeout(60):
                event = await alice.wait_for(
                    room, lambda event, body=f"this is {name}": event["content"].get("body") == body
                )
            assert event["sender"] == f"@{name}_bob:example.org"
            await alice.say(room, f"to {name}")
            await network.wait(lambda network=network: len(network.texts()) == 1)
            assert network.texts() == [f"to {name}"]


async def test_a_public_rig_is_reached_where_it_listens(tmp_path):
    async with Rig(tmp_path, public=True) as public, Rig(tmp_path) as private:
        assert public.config.appservice.public_url == public.config.appservice.url
        assert private.config.appservice.public_url is None


@pytest.mark.parametrize("turn", [1, 2])
async def test_nothing_is_kept_of_the_bridge_of_a_test_before(turn, rig):
    del turn  # the second would find what is kept of the first
    gc.collect()
    assert [server for seen in SEEN if (server := seen()) is not None] == []
    SEEN.append(ref((await rig.start()).parts.matrix.server))
