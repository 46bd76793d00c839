"""What somebody hears of a chat that may be none, or not for them, as they open it."""

from __future__ import annotations

import pytest

from bridgekit.errors import Rejected
from bridgekit.login.logins import NotConnected
from bridgekit.permissions.rights import Level
from bridgekit.testing.rig import NETWORK
from tests.core.linking.test_opening import ALICE, One, opening


async def test_where_names_are_ids_what_the_network_says_of_entering_is_told(rig, monkeypatch):
    await rig.start()
    rig.hs.person("alice")
    network = rig.bridge.parts.networks.get(NETWORK)

    async def ready(*_: object) -> None:
        raise Rejected("You are banned there.")

    with monkeypatch.context() as barred:
        barred.setattr(network.logins, "ready", ready)
        with pytest.raises(Rejected, match="You are banned there"):
            await opening(rig).open(ALICE, NETWORK, "#new")
        with pytest.raises(Rejected, match="There is no chat #new on loop that I could open"):
            await opening(rig, One(network)).open(ALICE, NETWORK, "#new")
        rig.permissions[ALICE] = Level.ADMIN
        with pytest.raises(Rejected, match="You are banned there"):
            await opening(rig, One(network)).open(ALICE, NETWORK, "#new")


async def test_that_the_bridge_is_not_connected_is_said_of_any_chat(rig, monkeypatch):
    await rig.start()
    rig.hs.person("alice")
    network = rig.bridge.parts.networks.get(NETWORK)

    async def ready(*_: object) -> None:
        raise NotConnected("not yet")

    monkeypatch.setattr(network.logins, "ready", ready)
    with pytest.raises(Rejected, match="is not connected to loop now"):
        await opening(rig, One(network)).open(ALICE, NETWORK, "#new")
