"""Several logins of one person: which one speaks, in whose chats, and what each of them is."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from bridgekit.errors import LoginError
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, RemoteUserID
from bridgekit.permissions.rights import Level
from bridgekit.testing.clock import settle
from tests.core.sign_in.conftest import (
    ALICE,
    BANK,
    BOT,
    BankAdapter,
    alone,
    nth,
    parts,
    says,
    sign_in,
    times_told,
    told,
)


async def test_several_logins_are_kept_apart_and_the_chosen_one_speaks(rig, bank):
    await rig.start()
    alice, room = await alone(rig)
    await sign_in(alice, room, "carol")
    await sign_in(alice, room, "cleo")
    carol, cleo = parts(rig).owners.of("bank", ALICE)
    assert [bank.clients[one].me for one in (carol, cleo)] == ["carol", "cleo"]
    await alice.say(room, f"prefer {cleo}")
    await alice.wait_for(room, says("On bank you speak as cleo"))
    assert parts(rig).owners.of("bank", ALICE) == (cleo, carol)
    await rig.kill()
    await rig.start()
    await bank.wait(lambda: {"carol", "cleo"} <= {one.me for one in bank.clients.values()})
    assert parts(rig).owners.of("bank", ALICE) == (cleo, carol), "it is still chosen"


async def test_in_one_room_another_login_speaks_where_its_person_has_chosen_it(rig, bank):
    await rig.start()
    alice, room = await alone(rig)
    await sign_in(alice, room, "carol")
    await sign_in(alice, room, "cleo")
    carol, cleo = parts(rig).owners.of("bank", ALICE)
    shared = await alice.create_room(invite=[BOT], preset="public_chat")
    await alice.wait_for(
        shared,
        lambda one: one.get("state_key") == BOT and one["content"].get("membership") == "join",
    )
    await parts(rig).matrix.rooms.linking.link(BANK, Chat(ChatID("#tea")), shared)

    async def spoken_by(text):
        await alice.say(shared, text)
        await bank.wait(lambda: text in bank.texts("#tea"))
        return bank.heard[-1].login

    await alice.say(shared, f"!bridge prefer-here {cleo}")
    await alice.wait_for(shared, says("you speak as cleo"))
    assert await spoken_by("one") == cleo
    assert (await parts(rig).people.data.export(ALICE))["speaks_in"][0]["by"] == cleo
    await rig.kill()
    await rig.start()
    await bank.wait(lambda: {carol, cleo} <= set(bank.clients))
    assert await spoken_by("two") == cleo
    await alice.say(shared, "!bridge prefer-here default")
    await alice.wait_for(shared, says("by your usual login"))
    assert await spoken_by("three") == carol
    await alice.say(shared, "!bridge prefer-here relay")
    await alice.wait_for(shared, says("as those do who have no login"))
    assert await spoken_by("four") == "bank:bot"
    await alice.say(shared, "!bridge prefer-here bank:other")
    await alice.wait_for(shared, says("You have no such login on bank."))


async def test_a_login_that_was_signed_in_to_connects_again_and_stays(rig, bank):
    await rig.start()
    alice, room = await alone(rig)
    await sign_in(alice, room, "carol")
    await rig.kill()
    assert bank.clients == {}
    await rig.start()
    await bank.wait(lambda: any(one.me == "carol" for one in bank.clients.values()))
    network = parts(rig).networks.get("bank")
    (login,) = parts(rig).owners.of("bank", ALICE)
    entry = network.logins._entries[login]
    assert not network.logins._supervisor._closes_when_idle(entry)


async def test_what_comes_to_a_private_chat_comes_to_whose_login_it_is(rig, bank):
    await rig.start()
    alice, room = await alone(rig)
    await sign_in(alice, room, "carol")
    await sign_in(alice, room, "cleo")
    carol, cleo = parts(rig).owners.of("bank", ALICE)
    bob = bank.person("bob")
    await bob.say("bob", "psst carol", id="p1", to=carol)
    await bob.say("bob", "psst cleo", id="p2", to=cleo)
    rooms = {}
    for text in ("psst carol", "psst cleo"):
        rooms[text] = await rig.hs.wait_for(lambda text=text: said_in(rig, text), text)
    assert len(set(rooms.values())) == 2
    await alice.join(rooms["psst cleo"])
    await alice.say(rooms["psst cleo"], "it is cleo")
    await bank.wait(lambda: "it is cleo" in bank.texts("bob"))


def said_in(rig, text: str) -> str | None:
    for one in rig.hs.world.rooms.values():
        if any(text == event.content.get("body") for event in one.events):
            return one.id
    return None


async def test_the_same_account_twice_is_one_login_with_the_new_credentials(rig, bank):
    await rig.start()
    alice, room = await alone(rig)
    await sign_in(alice, room, "carol")
    (login,) = parts(rig).owners.of("bank", ALICE)
    await alice.say(room, "sign-in bank")
    for question, answer in (("Your nick", "carol"), ("Your password", "new"), ("A note", "-")):
        await nth(rig, room, question, 2)
        await alice.say(room, answer)
    await nth(rig, room, "signed in to Loopback as carol", 2)
    assert parts(rig).owners.of("bank", ALICE) == (login,)
    await bank.wait(lambda: login in bank.clients and password(bank, login) == "new")
    assert len(bank.clients) == 2, "the bot and carol"


def password(bank, login) -> str:
    return str(bank.clients[login].login.credentials["password"])


async def test_nobody_signs_in_to_what_is_somebody_elses_here(rig):
    await rig.start()
    alice, room = await alone(rig)
    await sign_in(alice, room, "carol")
    (login,) = parts(rig).owners.of("bank", ALICE)
    dan, other = await alone(rig, "dan")
    await dan.say(other, "sign-in bank")
    for question, answer in (("Your nick", "carol"), ("Your password", "x"), ("A note", "-")):
        await dan.wait_for(other, says(question))
        await dan.say(other, answer)
    await dan.wait_for(other, says("Somebody else is signed in to this account"))
    assert parts(rig).owners.of("bank", dan.user_id) == ()
    assert parts(rig).owners.account("bank", RemoteUserID("carol")) == (login, ALICE)
    network = parts(rig).networks.get("bank")
    assert network.logins.identities.holder(RemoteUserID("carol")) == login
    assert {one.id for one in network.logins.all()} == {login, "bank:bot"}, "no trial is left"


async def test_a_refused_login_is_told_once_and_signed_in_to_again_in_place(rig, bank):
    await rig.start()
    alice, room = await alone(rig)
    await sign_in(alice, room, "carol")
    (login,) = parts(rig).owners.of("bank", ALICE)
    bank.refuse = "The bank has closed your account."
    await bank.drop()
    how = f"is not let in any more, sign in again with: sign-in bank --again {login}."
    await told(rig, f"{how} The bank has closed your account.")
    await rig.kill()
    await rig.start()
    network = parts(rig).networks.get("bank")
    await rig.hs.wait_for(lambda: network.logins.state(login)[0].value == "refused" or None)
    await settle()
    await parts(rig).people.management.tell(ALICE, "What comes after it.", "after")
    await told(rig, "What comes after it.")
    assert times_told(rig, "your login carol is not let in any more") == 1
    bank.refuse = None
    await alice.say(room, f"sign-in bank --again {login}")
    for question, answer in (("Your nick", "carol"), ("Your password", "new"), ("A note", "-")):
        await nth(rig, room, question, 2)
        await alice.say(room, answer)
    await nth(rig, room, "signed in to Loopback as carol", 2)
    assert parts(rig).owners.of("bank", ALICE) == (login,)
    assert password(bank, login) == "new"


async def test_another_account_never_takes_the_place_of_a_login(rig, bank):
    await rig.start()
    alice, room = await alone(rig)
    await sign_in(alice, room, "carol")
    (login,) = parts(rig).owners.of("bank", ALICE)
    await alice.say(room, f"sign-in bank --again {login}")
    for question, answer in (("Your nick", "cleo"), ("Your password", "x"), ("A note", "-")):
        await nth(rig, room, question, 2)
        await alice.say(room, answer)
    await alice.wait_for(room, says("You have signed in as cleo, but this login is carol"))
    await bank.wait(lambda: login in bank.clients and bank.clients[login].me == "carol")
    assert len(bank.clients) == 2, "the bot and carol"
    assert times_told(rig, "is not let in any more") == 0


@pytest.mark.parametrize("command", ["prefer", "sign-out", "sign-in bank --again"])
async def test_nobody_touches_the_logins_of_others(rig, command):
    await rig.start()
    alice, room = await alone(rig)
    await sign_in(alice, room, "carol")
    (login,) = parts(rig).owners.of("bank", ALICE)
    dan, other = await alone(rig, "dan")
    await dan.say(other, f"{command} {login}")
    await dan.wait_for(other, says("You have no such login"))


async def test_a_login_of_the_bridges_own_can_be_signed_in_to(rig, bank):
    await rig.start()
    alice, room = await alone(rig)
    await alice.say(room, "sign-in bank --relay")
    for question, answer in (("Your nick", "desk"), ("Your password", "x"), ("A note", "-")):
        await alice.wait_for(room, says(question))
        await alice.say(room, answer)
    await alice.wait_for(room, says("signed in to Loopback as desk"))
    (login,) = [one for one in bank.clients if one != "bank:bot"]
    assert bank.clients[login].login.relay
    assert await parts(rig).owners.owner(login) is None
    await rig.kill()
    await rig.start()
    await bank.wait(lambda: login in bank.clients)
    assert bank.clients[login].login.relay


async def test_a_login_on_trial_is_gone_when_the_network_never_lets_it_in(rig, bank):
    await rig.start()
    network = parts(rig).networks.get("bank")
    login = network.logins.all()[0]
    bank.refuse = "No."
    trial = type(login)("bank:trial", "Alice", {}, relay=False)
    with pytest.raises(LoginError, match="No"):
        await network.logins.attempt(trial, 5.0)
    await network.logins.close(trial.id)
    assert not network.logins.known(trial.id)


async def test_what_somebody_says_elsewhere_after_signing_out_is_shown(rig):
    await rig.start()
    alice, room = await alone(rig)
    shared = await alice.join("#loop_#room:example.org")
    await alice.say(room, "sign-in loop")
    while not rig.network.pairing.codes:
        await settle()
    (code,) = rig.network.pairing.codes
    rig.network.pairing.scan(code, "carol")
    await alice.wait_for(room, says("signed in to Loopback as carol"))
    (login,) = parts(rig).owners.of("loop", ALICE)
    await parts(rig).people.signing_out.sign_out(ALICE, login)
    await rig.network.person("carol").say("#room", "from my telephone", id="t1")
    await alice.wait_for(shared, says("from my telephone", by="@loop_carol:example.org"))


async def test_a_login_that_no_key_opens_is_told_once_and_signed_in_to_again(rig, bank):
    await rig.start()
    alice, room = await alone(rig)
    await sign_in(alice, room, "carol")
    (login,) = parts(rig).owners.of("bank", ALICE)
    await rig.stop()
    rig.appservice["secret"] = SecretStr("another-secret")
    await rig.start()
    await told(rig, "What you signed in with cannot be read any more.")
    assert login not in bank.clients
    await alice.say(room, f"sign-in bank --again {login}")
    for question, answer in (("Your nick", "carol"), ("Your password", "new"), ("A note", "-")):
        await nth(rig, room, question, 2)
        await alice.say(room, answer)
    await nth(rig, room, "signed in to Loopback as carol", 2)
    assert parts(rig).owners.of("bank", ALICE) == (login,)


async def test_who_may_not_sign_in_any_more_is_not_connected_any_more(rig, bank):
    await rig.start()
    alice, room = await alone(rig)
    await sign_in(alice, room, "carol")
    (login,) = parts(rig).owners.of("bank", ALICE)
    await rig.stop()
    rig.permissions = {"*": Level.RELAY}
    await rig.start()
    await bank.wait(lambda: "bank:bot" in bank.clients)
    assert login not in bank.clients
    assert not parts(rig).networks.get("bank").logins.known(login)


async def test_who_signs_in_is_not_there_without_their_account_any_more(rig, bank, monkeypatch):
    monkeypatch.setattr(BankAdapter, "automatic_login", lambda *_: {"nick": "alice"})
    await rig.start()
    alice, room = await alone(rig)
    shared = await alice.join("#bank_#room:example.org")
    await alice.say(shared, "without an account")
    await bank.wait(lambda: "without an account" in bank.texts())
    assert {client.me for client in bank.clients.values()} >= {"alice"}
    await sign_in(alice, room, "carol")
    await bank.wait(lambda: "alice" not in {client.me for client in bank.clients.values()})
    await rig.stop()
    await rig.start()
    await alice.say(shared, "with one")
    await bank.wait(lambda: "with one" in bank.texts())
    assert "alice" not in {client.me for client in bank.clients.values()}
