"""A puppet by a person's own access token: given, tried, copied by clients, taken back, revoked."""

from __future__ import annotations

import pytest

from bridgekit.errors import Rejected
from bridgekit.puppets.marks import PUPPET
from bridgekit.puppets.puppets import How

ALICE, GHOST = "@alice:example.org", "@loop_alice:example.org"


@pytest.fixture
async def lent(stage):
    """Alice has given the bridge a token of hers."""
    await stage.begin()
    token = stage.rig.hs._world.add_access_token(ALICE)
    proof = await stage.puppets.sign_in(ALICE, token)
    assert (proof.how, proof.works) == (How.OWN_TOKEN, True)
    return stage, token


async def test_with_her_token_she_speaks_as_herself_and_hears_no_echo(lent):
    stage, _ = lent
    for number in range(5):
        await stage.says(f"from the train {number}", id=f"m{number}")
    await stage.sees("from the train 4")
    assert await stage.senders("from the train 0") == [ALICE]
    assert stage.network.heard == []


async def test_a_client_that_copies_our_keys_is_still_bridged(lent):
    stage, _ = lent
    await stage.says("from the train", id="m1")
    original = await stage.sees("from the train")
    await stage.settled()
    assert PUPPET in original["content"]
    await stage.alice.send(stage.room, "m.room.message", {**original["content"], "body": "copied"})
    await stage.network.wait(lambda: stage.network.texts() == ["copied"])


async def test_a_copy_is_still_bridged_after_a_restart(lent, monkeypatch):
    monkeypatch.setattr("bridgekit.puppets.returning.LATELY", 0)
    stage, _ = lent
    await stage.says("from the train", id="m1")
    original = await stage.sees("from the train")
    await stage.settled()
    await stage.again()
    monkeypatch.setattr("bridgekit.puppets.returning.LATELY", -1)
    await stage.alice.send(stage.room, "m.room.message", {**original["content"], "body": "copied"})
    await stage.network.wait(lambda: stage.network.texts() == ["copied"])


async def test_the_token_outlives_a_restart_and_is_sealed(lent):
    stage, token = lent
    await stage.settled()
    await stage.again()
    await stage.network.wait(lambda: "loop:own-alice" in stage.network.clients)
    await stage.says("from the train", id="m1")
    assert (await stage.sees("from the train"))["sender"] == ALICE
    row = await stage.puppets._rows.find(ALICE)
    assert token not in row.token


async def test_a_token_that_is_revoked_is_told_once_and_her_ghost_speaks(lent):
    stage, token = lent
    del stage.rig.hs._world.access_tokens[token]
    for number in range(3):
        await stage.says(f"from the train {number}", id=f"m{number}")
        assert (await stage.sees(f"from the train {number}"))["sender"] == GHOST
    (told,) = stage.told
    assert "Your double puppet has stopped" in told
    assert token not in told
    row = await stage.puppets._rows.find(ALICE)
    assert (row.lost, row.token) == (True, "")
    proof = await stage.puppets.prove(ALICE)
    assert (proof.how, proof.works) == (How.NOT_AT_ALL, False)
    again = stage.rig.hs._world.add_access_token(ALICE)
    assert (await stage.puppets.sign_in(ALICE, again)).works
    await stage.says("back", id="m9")
    assert (await stage.sees("back"))["sender"] == ALICE


async def test_without_it_again_her_ghost_speaks(lent):
    stage, _ = lent
    await stage.puppets.sign_out(ALICE)
    await stage.says("from the train", id="m1")
    assert (await stage.sees("from the train"))["sender"] == GHOST
    assert await stage.puppets._rows.find(ALICE) is None
    with pytest.raises(Rejected, match="no access token"):
        await stage.puppets.sign_out(ALICE)


@pytest.mark.parametrize(
    ("user", "token", "says"),
    [
        (ALICE, "syt_nobodys", "none that your homeserver knows"),
        (ALICE, "with a space", "no access token"),
        (ALICE, "é", "no access token"),
        (ALICE, "", "no access token"),
        ("@x:other.org", "syt_x", "People of other.org cannot have double puppets"),
    ],
)
async def test_what_is_no_token_of_hers_is_refused_and_leaves_nothing(stage, user, token, says):
    await stage.begin()
    with pytest.raises(Rejected, match=says):
        await stage.puppets.sign_in(user, token)
    assert await stage.puppets._rows.find(user) is None


async def test_somebody_elses_token_is_refused(stage):
    await stage.begin()
    bobs = stage.rig.hs._world.add_access_token(stage.rig.hs.person("bob").user_id)
    with pytest.raises(Rejected, match=r"that of @bob:example\.org"):
        await stage.puppets.sign_in(ALICE, bobs)


async def test_where_the_homeserver_allows_it_no_token_is_needed(allowed):
    with pytest.raises(Rejected, match="your homeserver has allowed it"):
        await allowed.puppets.sign_in(ALICE, "syt_x")


async def test_the_proof_says_how_it_stands(stage):
    await stage.begin()
    proof = await stage.puppets.prove(ALICE)
    assert not proof.works
    assert "access token" in proof.sentence
    await stage.rig.kill()
    stage.allow()
    await stage.start()
    proof = await stage.puppets.prove(ALICE)
    assert (proof.how, proof.works) == (How.AUTOMATIC, True)
    await stage.rig.kill()
    del stage.rig.hs._world.appservices["bridgekit-puppets"]
    await stage.start()
    proof = await stage.puppets.prove(ALICE)
    assert (proof.how, proof.works) == (How.AUTOMATIC, False)
    assert "bridgekit registration --puppets example.org" in proof.sentence
