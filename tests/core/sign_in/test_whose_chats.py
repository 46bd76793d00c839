"""Networks whose logins have chats of their own, like workspaces: who speaks where, who cannot."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridgekit.configuration.relay_settings import RelaySettings
from bridgekit.facts import Chat
from bridgekit.ids import ChatID
from tests.core.sign_in.conftest import ALICE, BANK, BOT, BankAdapter, alone, parts, says, sign_in

TEA, MILK = "#tea", "#milk"


@pytest.fixture
async def divided(rig, monkeypatch):
    """`bank:bot` and all people are for one chat, `bank:other` is for another."""
    own = {"bot": {"nick": "bot"}, "other": {"nick": "other"}}
    monkeypatch.setattr(BankAdapter, "own_logins", lambda _: own)

    def serves(_, login, chat):
        return (chat == MILK) is (login.id == "bank:other")

    monkeypatch.setattr(BankAdapter, "serves", serves)
    return rig


async def linked(rig, person, chat):
    room = await person.create_room(invite=[BOT], preset="public_chat")
    await person.wait_for(
        room,
        lambda one: one.get("state_key") == BOT and one["content"].get("membership") == "join",
    )
    await parts(rig).matrix.rooms.linking.link(BANK, Chat(ChatID(chat)), room)
    return room


async def heard(bank, person, room, text):
    """By which login it came, and whether that spoke for somebody else."""
    await person.say(room, text)
    await bank.wait(lambda: any(one.text == text for one in bank.heard))
    (found,) = [one for one in bank.heard if one.text == text]
    return found.login, found.relayed


async def test_whose_login_is_for_other_chats_is_relayed_like_who_has_none(divided, bank):
    await divided.start()
    alice, room = await alone(divided)
    await sign_in(alice, room, "carol")
    (carol,) = parts(divided).owners.of("bank", ALICE)
    tea, milk = await linked(divided, alice, TEA), await linked(divided, alice, MILK)
    assert await heard(bank, alice, tea, "by myself") == (carol, False)
    assert await heard(bank, alice, milk, "by the relay") == ("bank:other", True)


async def test_what_is_read_in_a_chat_is_not_told_by_a_login_for_other_ones(divided, bank):
    await divided.start()
    alice, room = await alone(divided)
    await sign_in(alice, room, "carol")
    tea, milk = await linked(divided, alice, TEA), await linked(divided, alice, MILK)
    for linked_room in (milk, tea):
        event = await alice.say(linked_room, f"said in {linked_room}")
        await bank.wait(lambda room=linked_room: any(room in one.text for one in bank.heard))
        await alice.read(linked_room, event)
    await bank.wait(lambda: any(one.kind == "receipt" for one in bank.acts))
    assert [one.event.chat.id for one in bank.acts if one.kind == "receipt"] == [TEA]


async def test_no_login_is_chosen_for_a_chat_that_it_is_not_for(divided):
    await divided.start()
    alice, room = await alone(divided)
    await sign_in(alice, room, "carol")
    (carol,) = parts(divided).owners.of("bank", ALICE)
    milk = await linked(divided, alice, MILK)
    for command in (f"relay {carol}", f"prefer-here {carol}", "relay bank:bot"):
        await alice.say(milk, f"!bridge {command}")
        await alice.wait_for(milk, says(f"{command.split()[1]} is not for {MILK}"))


@pytest.mark.parametrize(("default", "login"), [("bot", "bank:other"), ("other", "bank:other")])
async def test_the_relay_that_the_operator_named_speaks_where_it_can(divided, bank, default, login):
    config = replace(divided.others[BANK], relay=RelaySettings(default=default))
    divided.others[BANK] = config
    await divided.start()
    alice, _ = await alone(divided)
    milk = await linked(divided, alice, MILK)
    assert await heard(bank, alice, milk, "who says it?") == (login, True)


async def test_the_relay_that_a_room_has_stored_speaks_only_where_it_can(divided, bank):
    """It may have been chosen before anybody knew which chats that login is for."""
    await divided.start()
    alice, _ = await alone(divided)
    milk = await linked(divided, alice, MILK)
    portals = parts(divided).portals
    (portal,) = await portals.in_room(milk)
    await portals.set_relay(portal, "bank:bot")
    assert await heard(bank, alice, milk, "who says it?") == ("bank:other", True)
