"""Whom a policy list names: neither what they say nor they themselves cross, whatever goes on."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bridgekit.commands.caller import Caller, Via
from bridgekit.commands.command import Answer
from bridgekit.commands.place import Place
from bridgekit.ids import RoomID, UserID
from bridgekit.models import Direction
from bridgekit.reasons import Reason
from bridgekit.testing.rig import NETWORK
from tests.core.commands.conftest import alone
from tests.core.moderation.conftest import ALIAS, FEW, count
from tests.signed_in import sign_in

LIST = RoomID("!list:example.org")
RULE = {
    "type": "m.policy.rule.user",
    "state_key": "1",
    "content": {"entity": "@mallory:example.org", "recommendation": "m.ban"},
}


async def unseen(_: str) -> None: ...


def listed(rig):
    """From now on Mallory is."""
    rig.bridge.parts.matrix.moderation.asked.policies.read(LIST, [RULE])


def slow(rig):
    """`whoami` takes until the second event; the first says that it has begun."""
    begun, over = asyncio.Event(), asyncio.Event()

    async def run(_: object) -> Answer:
        begun.set()
        await over.wait()
        return Answer(text="It was slow.")

    table = rig.bridge.parts.commands.giving.table
    table._commands["whoami"] = replace(table.find("whoami"), run=run)
    return begun, over


async def test_nothing_of_theirs_crosses_while_a_command_keeps_the_room_busy(rig):
    await rig.start()
    listed(rig)
    begun, over = slow(rig)
    alice, mallory = rig.hs.person("alice"), rig.hs.person("mallory")
    room = await alice.join(ALIAS)
    await mallory.join(ALIAS)
    await alice.say(room, "!bridge whoami")
    await begun.wait()
    await mallory.say(room, "buy")
    for number in range(2 * FEW):  # nor more than a flood may
        await alice.say(room, f"{number}")
    await rig.hs.pushed()
    over.set()
    await rig.network.say("#room", "bob", "the end", id="b1")
    await alice.wait_for(room, lambda event: event["content"].get("body") == "the end")
    await rig.network.wait(lambda: str(FEW - 2) in rig.network.texts("#room"))
    assert "buy" not in rig.network.texts("#room")
    assert count(rig, Direction.TO_NETWORK, Reason.LISTED) == 1
    assert count(rig, Direction.TO_NETWORK, Reason.FLOOD) > 0


async def test_they_give_no_commands(rig):
    await rig.start()
    mallory, room = await alone(rig, "mallory")
    listed(rig)
    await mallory.say(room, "start loop bob")
    await mallory.wait_for(
        room, lambda event: "A policy list that this bridge obeys" in str(event["content"])
    )
    giving = rig.bridge.parts.commands.giving
    operator = Caller(UserID(mallory.user_id), Via.OPERATOR)
    answer = await giving.typed(operator, ["whoami"], Place(), unseen)
    assert "your level is admin" in answer.text, "the operator may act for anybody"


async def test_they_do_not_come_to_the_chat_either(rig, monkeypatch):
    await rig.start()
    listed(rig)
    sorting = rig.bridge.parts.matrix.inbox._splitting._sorter
    monkeypatch.setattr(sorting._own, "comes", lambda *_: True)
    alice, mallory = rig.hs.person("alice"), rig.hs.person("mallory")
    await alice.join(ALIAS)
    before = rig.bridge.parts.status.counts["", Direction.TO_NETWORK, Reason.LISTED]
    await mallory.join(ALIAS)
    await rig.hs.pushed()
    await rig.bridge.parts.matrix.inbox.drained()
    after = rig.bridge.parts.status.counts["", Direction.TO_NETWORK, Reason.LISTED]
    assert (before, after) == (0, 1)


async def test_what_they_say_by_their_own_account_over_there_does_not_cross_either(rig):
    """Neither as themselves nor as a ghost: they are one person."""
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join(ALIAS)
    login = await sign_in(rig, "mallory")
    listed(rig)
    await rig.network.say("#room", "mallory", "buy", id="m1")
    await rig.bridge.parts.networks.get(NETWORK).logins.close(login)
    await rig.network.say("#room", "mallory", "buy more", id="m2")
    await rig.network.say("#room", "bob", "the end", id="b1")
    await alice.wait_for(room, lambda event: event["content"].get("body") == "the end")
    assert not [body for body in await alice.bodies(room) if body.startswith("buy")]
    assert count(rig, Direction.TO_MATRIX, Reason.LISTED) == 2
