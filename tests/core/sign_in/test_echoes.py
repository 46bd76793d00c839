"""What the network shows us of a person's own account: rule 19, over the end of a process."""

from __future__ import annotations

import asyncio

from bridgekit.supports import Absence
from tests.core.sign_in.conftest import alone, says, sign_in
from tests.core.to_network.conftest import Gate


async def test_rule_19_an_echo_waits_for_what_an_earlier_process_was_sending(rig, bank):
    bank.remembers = Absence.ABSENT
    await rig.start()
    alice, management = await alone(rig)
    await sign_in(alice, management, "carol")
    room = await alice.join("#bank_#room:example.org")
    await bank.say("#room", "bob", "before", id="m1")
    await alice.wait_for(room, says("before", "@bank_bob:example.org"))
    hold, connected = Gate(), asyncio.Event()
    bank.after.append(hold)
    await alice.say(room, "hello")
    await hold.reached.wait()
    await rig.kill()

    async def connecting(login: object) -> None:
        if login.person == "alice":
            await connected.wait()

    bank.connecting = connecting
    await rig.start()
    await bank.say("#room", "carol", "hello", id="sent-0")
    await bank.say("#room", "carol", "from my phone", id="m2")
    lanes = rig.bridge.parts.queue
    await rig.hs.wait_for(lambda: lanes.waiting == 3 or None, "all of it is looked at")
    connected.set()
    await alice.wait_for(room, says("from my phone", "@bank_carol:example.org"))
    bodies = [one["content"].get("body") for one in await alice.messages(room)]
    assert bodies == ["before", "hello", "from my phone"]
