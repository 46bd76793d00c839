"""What was said as a person is said once, whatever dies, and never taken for their own word."""

from __future__ import annotations

import asyncio

import pytest

from tests.core.uncommitted import HeldEnds

ALICE = "@alice:example.org"


@pytest.fixture(params=["automatic", "by a token"])
async def speaking(request, stage):
    """Alice has a puppet, and has said something from elsewhere."""
    if request.param == "automatic":
        stage.allow()
    await stage.begin()
    if request.param == "by a token":
        await stage.puppets.sign_in(ALICE, stage.rig.hs.world.add_access_token(ALICE))
    await stage.says("one", id="m1")
    await stage.sees("one")
    await stage.settled()
    return stage


async def everything_once(stage, *texts):
    for text in texts:
        assert await stage.senders(text) == [ALICE], text
    assert stage.network.heard == []  # and nothing of it went back


async def test_a_kill_between_send_and_commit_doubles_nothing(speaking, monkeypatch):
    stage = speaking
    HeldEnds(stage.parts.store.writer, monkeypatch)
    await stage.says("two", id="m2")
    await stage.sees("two")
    await stage.rig.kill()
    await stage.rig.hs.restart()  # which forgets our transactions

    async def never(login):
        if login.id == "loop:own-alice":
            await asyncio.get_running_loop().create_future()

    stage.network.connecting = never  # it is hers also while her login is not connected
    await stage.start()
    await stage.says("last", nick="bob", id="m3")
    await stage.sees("last")
    await everything_once(stage, "one", "two")


async def test_answers_that_are_lost_double_nothing(speaking):
    stage = speaking
    fault = stage.rig.hs.lose_answer("PUT", "/send/", times=None)
    await stage.says("two", id="m2")
    await stage.says("three", id="m3")
    await stage.sees("two")
    await stage.rig.hs.pushed()  # it is back before anybody knows which event it became
    fault.clear()
    await stage.sees("three")
    await everything_once(stage, "one", "two", "three")
