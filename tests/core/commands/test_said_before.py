"""What was said to the bridge stays so, whatever prefix, room or key there is by then."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pydantic import SecretStr

from bridgekit.configuration.command_settings import CommandSettings
from bridgekit.matrix.inbox import Inbox
from bridgekit.room.control import Control
from tests.core.commands.conftest import BOT, alone, by_bot

SECRET = "horse-battery"


@asynccontextmanager
async def dies_at(rig, monkeypatch, place: type, step: str, **appservice: Any):
    """A bridge that gets no further than that; the one after it goes by `!new`, and by these."""
    reached = asyncio.Event()

    async def hang(*_: Any) -> None:
        reached.set()
        await asyncio.get_running_loop().create_future()

    with monkeypatch.context() as patch:
        patch.setattr(place, step, hang)
        yield
        await reached.wait()
        await rig.kill()
    rig.settings["commands"] = CommandSettings(prefix="!new")
    rig.appservice |= appservice
    await rig.start()


@pytest.mark.parametrize(("place", "step"), [(Inbox, "_split"), (Control, "handle")])
async def test_a_command_under_the_prefix_of_before_is_done_and_goes_to_no_network(
    rig, monkeypatch, place, step
):
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join("#loop_#room:example.org")
    await alice.say(room, "before")
    await rig.network.wait(lambda: "before" in rig.network.texts())
    async with dies_at(rig, monkeypatch, place, step):
        await alice.say(room, f"!bridge puppet-token {SECRET}")
        await alice.say(room, "!bridge whoami")
    await alice.wait_for(room, lambda event: "You are @alice" in event["content"].get("body", ""))
    await alice.say(room, "!bridge help")
    await rig.network.wait(lambda: "!bridge help" in rig.network.texts())
    assert rig.network.texts() == ["before", "!bridge help"], "that is mere talk now"
    refused, who = await by_bot(alice, room)
    assert refused["content"]["body"].startswith("Others would read it here")
    assert "You are" in who["content"]["body"]
    assert SECRET not in str(await alice.events(room))


async def test_a_secret_that_was_said_to_the_bot_is_not_for_the_chat_that_the_room_got_since(
    rig, monkeypatch
):
    await rig.start()
    alice, room = await alone(rig)
    await alice.set_power(room, BOT, 100)
    bob = rig.hs.person("bob")
    await alice.invite(room, bob.user_id)
    async with dies_at(rig, monkeypatch, Control, "handle"):
        await alice.say(room, f"puppet-token {SECRET}")
        await alice.say(room, f"puppettoken {SECRET}")
        await alice.say(room, "good morning to all")
        rig.link("#other", room)
    await rig.network.wait(lambda: "good morning to all" in rig.network.texts("#other"))
    assert rig.network.texts("#other") == ["good morning to all"]
    assert SECRET not in str(await alice.events(room))


@pytest.mark.parametrize("prefix", ["", "!bridge "])
async def test_who_said_what_no_key_opens_any_more_is_asked_to_say_it_again(
    rig, monkeypatch, prefix
):
    rig.appservice["encryption_key"] = SecretStr("o" * 32)
    await rig.start()
    alice, room = await alone(rig)
    room = await alice.join("#loop_#room:example.org") if prefix else room
    async with dies_at(rig, monkeypatch, Control, "handle", encryption_key=SecretStr("n" * 32)):
        await alice.say(room, f"{prefix}puppet-token {SECRET}")
    told = await alice.wait_for(room, lambda event: event["content"].get("msgtype") == "m.notice")
    assert told["content"]["body"].startswith("What you said was stored with a key")
    assert rig.network.texts() == []
