"""Both tokens are changed while people talk: nothing is lost, nothing doubled."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from bridgekit.configuration import registration
from bridgekit.testing.rig import Rig

ALIAS = "#loop_#room:example.org"
NEXT = {
    "secret": SecretStr("what-signs-stays-the-same-0123456789"),
    "as_token_next": SecretStr("next-as-token-of-the-rig-0123456789"),
    "hs_token_next": SecretStr("next-hs-token-of-the-rig-0123456789"),
}


async def told(rig: Rig, room: Any, alice: Any, number: int) -> None:
    """One message each way, and both arrive."""
    await alice.say(room, f"out {number}")
    await rig.network.say("#room", "bob", f"in {number}", id=f"m{number}")
    await rig.network.wait(lambda: f"out {number}" in rig.network.texts())
    await alice.wait_for(room, lambda event: event["content"].get("body") == f"in {number}")


async def test_tokens_change_under_traffic_without_a_loss(rig: Rig) -> None:
    rig.appservice = {"secret": NEXT["secret"]}
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join(ALIAS)
    await told(rig, room, alice, 0)

    rig.appservice = NEXT  # step 1: the bridge knows both
    await rig.stop()
    await alice.say(room, "while it was away")
    await rig.start()
    await told(rig, room, alice, 1)

    old = rig.hs.world.appservices["bridgekit"].as_token
    rig.hs.load_registration(registration.build(rig.config).fields())  # the homeserver, restarted
    assert rig.hs.world.appservices["bridgekit"].as_token != old
    await told(rig, room, alice, 2)

    rig.appservice = {  # step 2: the old ones go
        "secret": NEXT["secret"],
        "as_token": NEXT["as_token_next"],
        "hs_token": NEXT["hs_token_next"],
    }
    await rig.stop()
    await rig.start()
    await told(rig, room, alice, 3)
    await rig.stop()

    out = ["out 0", "while it was away", "out 1", "out 2", "out 3"]
    assert rig.network.texts() == out
    inwards = [body for body in await alice.bodies(room) if body.startswith("in ")]
    assert inwards == [f"in {number}" for number in range(4)]
