"""Chats, as they are listed: to whom it is said with whom somebody talks."""

from __future__ import annotations

from bridgekit.commands.caller import Caller, Via
from bridgekit.commands.place import Place
from bridgekit.ids import UserID
from bridgekit.permissions.rights import Level
from tests.core.commands.conftest import alone


async def others(rig, user):
    """With whom each chat is, as this person is told."""
    giving, caller = rig.bridge.parts.commands.giving, Caller(UserID(user), Via.CHAT)
    answer = await giving.typed(caller, ["chats"], Place(), unseen)
    return {one.chat: one.others for one in answer.chats}


async def unseen(_):
    raise AssertionError("nothing is shown in between")


async def test_with_whom_somebody_talks_is_told_to_nobody_else(rig):
    rig.permissions["@carol:example.org"] = Level.ADMIN
    await rig.start()
    alice, _ = await alone(rig)
    direct = await alice.create_room(invite=["@loop_bob:example.org"], direct=True)
    await alice.say(direct, "hello")
    await rig.network.wait(lambda: "hello" in rig.network.texts("bob"))
    assert (await others(rig, alice.user_id))["bob"] == ["bob"]
    assert (await others(rig, "@carol:example.org"))["bob"] == []
