"""`stats`: what came to which end since the start and lately, and what waits."""

from __future__ import annotations

import asyncio
from collections import Counter

from bridgekit.commands.caller import Caller, Via
from bridgekit.commands.place import Place
from bridgekit.ids import PortalID, UserID
from bridgekit.metrics.history import EVERY, MINUTES, History
from bridgekit.models import Direction, lane_to_network
from bridgekit.reasons import Reason
from bridgekit.testing.clock import VirtualClock
from bridgekit.testing.rig import Rig

KEY = ("loop", Direction.TO_NETWORK, Reason.DELIVERED)


async def test_lately_is_what_was_counted_in_the_last_minutes() -> None:
    counts, clock = Counter({KEY: 5}), VirtualClock()
    history = History(counts, clock)
    assert history.since(10)[KEY] == 5, "all that there is, at first"
    running = asyncio.ensure_future(history.run())
    for _ in range(20):
        await clock.wait_for_timer(within=EVERY)
        counts[KEY] += 1
        await clock.advance(EVERY)
    assert history.since(10)[KEY] == 9
    assert history.since(MINUTES)[KEY] == 25
    for _ in range(MINUTES):
        await clock.wait_for_timer(within=EVERY)
        await clock.advance(EVERY)
    assert KEY not in history.since(MINUTES)
    running.cancel()


async def test_the_command_says_what_was_delivered(rig: Rig) -> None:
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join("#loop_#room:example.org")
    await alice.say(room, "hello")
    await rig.network.wait(lambda: rig.network.texts() == ["hello"])
    await rig.bridge.parts.queue.idle(lane_to_network(PortalID(1)))  # its end is stored

    async def progress(_: str) -> None: ...

    operator = Caller(UserID("@op:example.org"), Via.OPERATOR)
    giving = rig.bridge.parts.commands.giving
    answer = await giving.typed(operator, ("stats", "loop"), Place(None, alone=True), progress)
    assert "loop to_network: 1 delivered (+1) (in 60 minutes)" in answer.text
    found = {(one.direction, one.outcome): one.lately for one in answer.events}
    assert found[Direction.TO_NETWORK, Reason.DELIVERED] == 1
