"""Signing in again to a login that there is: it stays whose it is, and one try ends no other."""

from __future__ import annotations

from bridgekit.ids import LoginID
from bridgekit.login.candidates import Candidate
from tests.core.sign_in.conftest import ALICE, BANK, alone, nth, parts, sign_in
from tests.core.sign_in.test_logins import password


async def test_somebodys_own_login_does_not_become_the_bridges_by_signing_in_again(rig, bank):
    await rig.start()
    alice, room = await alone(rig)
    await sign_in(alice, room, "carol")
    (login,) = parts(rig).owners.of("bank", ALICE)
    await alice.say(room, f"sign-in bank --again {login} --relay")
    for question, answer in (("Your nick", "carol"), ("Your password", "new"), ("A note", "-")):
        await nth(rig, room, question, 2)
        await alice.say(room, answer)
    await nth(rig, room, "signed in to Loopback as carol", 2)
    assert password(bank, login) == "new"
    assert not bank.clients[login].login.relay
    assert parts(rig).owners.of("bank", ALICE) == (login,)


async def test_a_trial_that_ends_late_ends_no_other_one_of_the_same_login(rig):
    """As where somebody begins to sign in again before the first try has let go."""
    await rig.start()
    candidates = parts(rig).people.candidates
    about = (BANK, "The Bank", LoginID("bank:1"), ALICE, ALICE, {"nick": "carol"})
    first, second = (Candidate(name, *about, again=True) for name in ("first", "second"))
    candidates.add(first)
    candidates.add(second)
    candidates.drop(first)
    assert candidates.on_trial(second.login)
    candidates.drop(second)
    assert not candidates.on_trial(second.login)
