"""Signing out, and what is stored about a person: shown without secrets, and deleted."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from types import SimpleNamespace

import pytest
from pydantic import SecretStr

from bridgekit.errors import Rejected
from bridgekit.ids import LoginID, UserID
from bridgekit.login_row import LoginKind
from bridgekit.permissions.permissions import Rule
from bridgekit.permissions.rights import Level
from bridgekit.testing.clock import settle
from tests.core.sign_in.conftest import (
    ALICE,
    BANK,
    SECRET,
    alone,
    parts,
    says,
    sign_in,
    times_told,
    told,
)
from tests.core.sign_in.test_logins import said_in


async def private_chat(rig, bank, alice) -> tuple[LoginID, str]:
    """Bob writes to Alice's login, and she answers."""
    (login,) = parts(rig).owners.of("bank", ALICE)
    await bank.person("bob").say("bob", "psst", id="p1", to=login)
    room = await rig.hs.wait_for(lambda: said_in(rig, "psst"))
    await alice.join(room)
    await alice.say(room, "yes?")
    await bank.wait(lambda: "yes?" in bank.texts("bob"))
    return login, room


async def gone(rig, login: LoginID) -> None:
    while await parts(rig).owners._people.login(login) is not None:
        await settle()


async def test_what_signing_out_means_is_said_before_it_is_done(rig, bank):
    await rig.start()
    alice, room = await alone(rig)
    await sign_in(alice, room, "carol")
    login, _ = await private_chat(rig, bank, alice)
    await alice.say(room, f"sign-out {login}")
    await alice.wait_for(room, says("1 private chats will not be bridged any more"))
    assert login in bank.clients, "nothing is done yet"
    await alice.say(room, "confirm")
    await alice.wait_for(room, says("Signed out of bank, as carol."))
    await alice.wait_for(room, says("sign-in bank signs you in again."))
    assert not times_told(rig, "It is done")
    await gone(rig, login)
    assert login not in bank.clients


async def test_the_ghosts_leave_and_the_room_stays(rig, bank):
    await rig.start()
    alice, room = await alone(rig)
    await sign_in(alice, room, "carol")
    login, private = await private_chat(rig, bank, alice)
    await parts(rig).people.signing_out.sign_out(ALICE, login)
    await gone(rig, login)
    members = await alice.members(private)
    assert "@bank_bob:example.org" not in members
    assert ALICE in members
    export = await parts(rig).people.data.export(ALICE)
    assert export["logins"] == []
    assert await parts(rig).portals.in_room(private) == ()


async def test_the_network_ends_the_session_or_its_person_hears_that_it_does_not(rig, bank):
    await rig.start()
    alice, room = await alone(rig)
    await sign_in(alice, room, "carol")
    (login,) = parts(rig).owners.of("bank", ALICE)
    bank.refuse = "broken"
    await parts(rig).people.signing_out.sign_out(ALICE, login)
    await told(rig, "The network could not be told: end the session there yourself.")


async def test_a_crash_in_the_middle_of_signing_out_is_made_good(rig, bank):
    await rig.start()
    alice, room = await alone(rig)
    await sign_in(alice, room, "carol")
    login, private = await private_chat(rig, bank, alice)
    people, signing_out = parts(rig).owners._people, parts(rig).people.signing_out
    signing_out._wanted.set = lambda: None  # as if it died before it cleared anything
    await signing_out.end(await people.login(login))
    await rig.kill()
    await rig.start()
    await gone(rig, login)
    assert "@bank_bob:example.org" not in await alice.members(private)
    row = await parts(rig).owners._people.login(login)
    assert row is None or row.kind is LoginKind.LEAVING
    assert login not in bank.clients


@pytest.mark.parametrize("command", ["sign-out", "sign-in bank --again"])
async def test_who_is_no_admin_on_a_network_touches_none_of_its_logins(rig, bank, command):
    dan = UserID("@dan:example.org")
    rig.permissions[dan] = Rule(Level.ADMIN, networks={BANK: Rule(Level.USER)})
    await rig.start()
    alice, room = await alone(rig)
    await alice.say(room, "sign-in bank --relay")
    for question, answer in (("Your nick", "desk"), ("Your password", "x"), ("A note", "-")):
        await alice.wait_for(room, says(question))
        await alice.say(room, answer)
    await alice.wait_for(room, says("signed in to Loopback as desk"))
    (relay,) = [one for one, client in bank.clients.items() if client.me == "desk"]
    person, other = await alone(rig, "dan")
    await person.say(other, f"{command} {relay}")
    await person.wait_for(other, says("You have no such login"))


async def test_an_export_shows_everything_but_secrets(rig, bank):
    await rig.start()
    alice, room = await alone(rig)
    await sign_in(alice, room, "carol")
    _, private = await private_chat(rig, bank, alice)
    export = await parts(rig).people.data.export(ALICE)
    while len(export["said_and_done"]) < 1:  # what she said is linked once it was heard
        export = await parts(rig).people.data.export(ALICE)
    (shown,) = export["logins"]
    assert (shown["account"], shown["kind"]) == ("carol", "signed_in")
    assert shown["private_chats"][0]["room"] == private
    assert any(one["what"] == "link" for one in export["said_and_done"])
    assert export["room_with_the_bot"] == room
    assert SECRET not in json.dumps(export)
    await alice.say(room, "my-data")
    await alice.wait_for(room, says('"account": "carol"'))


async def test_whoever_wants_to_be_forgotten_is(rig, bank):
    await rig.start()
    alice, room = await alone(rig)
    await sign_in(alice, room, "carol")
    login, _ = await private_chat(rig, bank, alice)
    shared = await alice.join("#loop_#room:example.org")
    event = await alice.say(shared, "hello all")
    await rig.network.wait(lambda: "hello all" in rig.network.texts())
    await alice.say(room, "new-token script")
    await alice.wait_for(room, says("Keep it now"))
    export = await parts(rig).people.data.export(ALICE)
    assert [one["name"] for one in export["api_tokens"]] == ["script"]
    await alice.say(room, "forget-me")
    await alice.wait_for(room, says("what is stored about you will be deleted"))
    await alice.say(room, "confirm")
    await alice.wait_for(room, says("what was stored about you is deleted"))
    await gone(rig, login)
    export = await parts(rig).people.data.export(ALICE)
    while export["logins"]:  # there was an automatic one, too
        export = await parts(rig).people.data.export(ALICE)
    assert export["said_and_done"] == export["api_tokens"] == []
    (portal,) = await parts(rig).portals.in_room(shared)
    (link,) = await parts(rig).portals.rows.of_event(portal.id, event)
    assert link.sender == "", "what others answered to it still finds it"


async def test_whoever_is_forgotten_in_the_middle_of_a_sign_in_is_not_signed_in_after_it(rig, bank):
    await rig.start()
    alice, room = await alone(rig)
    await alice.say(room, "sign-in bank")
    await alice.wait_for(room, says("Your nick"))
    (session,) = parts(rig).people.sign_ins._sessions.values()
    assert await parts(rig).people.data.erase(ALICE) == 0
    assert session.over
    with pytest.raises(Rejected):
        session.answer(session.step.id, {"nick": "carol"})
    assert (await parts(rig).people.data.export(ALICE))["logins"] == []
    assert set(bank.clients) <= {"bank:bot"}


async def test_a_login_that_a_sign_in_leads_to_meanwhile_is_forgotten_too(rig, bank):
    await rig.start()
    alice, room = await alone(rig)
    await alice.say(room, "sign-in bank")
    await alice.wait_for(room, says("Your nick"))
    await alice.say(room, "carol")
    await alice.wait_for(room, says("Your password"))
    (session,) = parts(rig).people.sign_ins._sessions.values()
    session.answer(session.step.id, {"password": SECRET})
    await rig.hs.wait_for(lambda: any(one != "bank:bot" for one in bank.clients) or None)
    await parts(rig).people.data.erase(ALICE)
    assert session.over
    rows = await parts(rig).owners._people.of_person(ALICE)
    assert {one.kind for one in rows} <= {LoginKind.LEAVING}
    assert set(bank.clients) <= {"bank:bot"}


async def test_a_sign_in_that_is_given_up_while_its_login_is_committed_ends_after_that(rig, bank):
    await rig.start()
    alice, room = await alone(rig)
    await alice.say(room, "sign-in bank")
    await alice.wait_for(room, says("Your nick"))
    await alice.say(room, "carol")
    await alice.wait_for(room, says("Your password"))
    sign_ins = parts(rig).people.sign_ins
    (session,) = sign_ins._sessions.values()
    writer = sign_ins._candidates._writer

    async def late(operation, then):
        session.cancel()
        for _ in range(100):
            await settle()
        return await writer.write(operation, then)

    slow = SimpleNamespace(submit=lambda *change, then: asyncio.ensure_future(late(*change, then)))
    sign_ins._candidates._writer = slow
    session.answer(session.step.id, {"password": SECRET})
    await session.ended.wait()
    assert session.step.login in bank.clients
    (row,) = await parts(rig).owners._people.of_person(ALICE)
    assert row.id == session.step.login


@pytest.mark.sqlite
async def test_credentials_in_clear_from_before_are_sealed_at_start(rig, bank, tmp_path):
    await rig.start()
    alice, room = await alone(rig)
    await sign_in(alice, room, "carol")
    (login,) = parts(rig).owners.of("bank", ALICE)
    await rig.stop()
    clear = json.dumps({"nick": "carol", "password": SECRET})
    with closing(sqlite3.connect(tmp_path / "bridge.db")) as connection:
        connection.execute("UPDATE login SET credentials = ? WHERE id = ?", (clear, login))
        connection.commit()
    await rig.start()
    await bank.wait(lambda: login in bank.clients)
    row = None
    while row is None or row.sealed == clear:
        row = await parts(rig).owners._people.login(login)
    assert row.sealed.startswith(parts(rig).people.resealing._sealing.present)
    assert bank.clients[login].login.credentials["password"] == SECRET


async def test_a_change_of_keys_seals_everything_anew(rig, bank):
    await rig.start()
    alice, room = await alone(rig)
    await sign_in(alice, room, "carol")
    (login,) = parts(rig).owners.of("bank", ALICE)
    before = (await parts(rig).owners._people.login(login)).sealed
    await rig.stop()
    rig.appservice["encryption_key"] = SecretStr("a-new-key")
    await rig.start()
    await bank.wait(lambda: login in bank.clients)
    await alice.say(room, "seal-anew")
    await alice.wait_for(room, says("Nothing needs the old keys any more"))
    after = (await parts(rig).owners._people.login(login)).sealed
    assert after[:17] != before[:17]
