"""A right that is taken away is gone at once, and what somebody had by it is held."""

from __future__ import annotations

from dataclasses import replace

from bridgekit.permissions.rights import Level
from bridgekit.testing.clock import settle
from tests.core.operating.test_reloading import reloaded
from tests.core.sign_in.conftest import (
    ALICE,
    BANK,
    BankAdapter,
    alone,
    parts,
    says,
    sign_in,
    times_told,
    told,
)

TAKEN = {"*": Level.RELAY}
HELD = "The rules of this bridge let you have no login on Loopback"


async def rule(rig, permissions) -> None:
    running = parts(rig).commands.reloading.config
    await reloaded(rig, replace(running, permissions=permissions))


async def test_a_login_is_held_at_once_and_comes_back_with_the_right(rig, bank):
    await rig.start()
    alice, room = await alone(rig)
    await sign_in(alice, room, "carol")
    (login,) = parts(rig).owners.of("bank", ALICE)
    await rule(rig, TAKEN)
    assert login not in bank.clients
    assert not parts(rig).networks.get("bank").logins.known(login)
    await told(rig, HELD)
    await alice.say(room, "logins")
    await alice.wait_for(room, says("not connected just now, the rules of this bridge let you"))
    await rule(rig, TAKEN)
    await settle()
    assert times_told(rig, HELD) == 1
    await rule(rig, rig.permissions)
    await bank.wait(lambda: login in bank.clients)
    await told(rig, "You have your login on Loopback (carol) again")
    assert parts(rig).owners.of("bank", ALICE) == (login,)


async def test_an_automatic_login_is_held_too_and_at_the_next_start(rig, bank, monkeypatch):
    monkeypatch.setattr(BankAdapter, "automatic_login", lambda *_: {"nick": "alice"})
    await rig.start()
    alice, _ = await alone(rig)
    shared = await alice.join("#bank_#room:example.org")
    await alice.say(shared, "mine")
    await bank.wait(lambda: "mine" in bank.texts())
    (login,) = parts(rig).owners.of(BANK, ALICE)
    await rule(rig, TAKEN)
    assert login not in bank.clients
    await told(rig, HELD)
    await rig.stop()
    before, rig.permissions = rig.permissions, TAKEN
    await rig.start()
    await bank.wait(lambda: "bank:bot" in bank.clients)
    network = parts(rig).networks.get("bank")
    assert login not in bank.clients
    await parts(rig).owners.recall(network, login)
    assert not network.logins.known(login), "no chat of theirs brings it back"
    await rule(rig, before)
    await bank.wait(lambda: login in bank.clients)


async def test_a_sign_in_under_way_ends_with_the_right(rig):
    await rig.start()
    alice, room = await alone(rig)
    await alice.say(room, "sign-in bank")
    await alice.wait_for(room, says("Your nick"))
    (session,) = parts(rig).people.sign_ins._sessions.values()
    await rule(rig, TAKEN)
    assert session.over


async def test_who_keeps_the_right_keeps_the_login(rig, bank):
    await rig.start()
    alice, room = await alone(rig)
    await sign_in(alice, room, "carol")
    (login,) = parts(rig).owners.of("bank", ALICE)
    client = bank.clients[login]
    await rule(rig, {"example.org": Level.USER})
    await settle()
    assert bank.clients[login] is client
    assert times_told(rig, HELD) == times_told(rig, "again") == 0
