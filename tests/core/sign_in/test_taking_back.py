"""Secrets that cannot be taken back at once, as the homeserver does not answer just then."""

from __future__ import annotations

import pytest

from bridgekit.errors import RetryLater
from tests.core.sign_in.conftest import (
    ALICE,
    BOT,
    SECRET,
    alone,
    parts,
    says,
    sign_in,
    times_told,
)


@pytest.mark.parametrize("how", ["an answer", "a command", "an answer too late"])
async def test_a_secret_that_cannot_be_taken_back_just_now_is_taken_back_after_that(
    rig, monkeypatch, how
):
    await rig.start()
    alice, room = await alone(rig)
    await alice.set_power(room, BOT, 100)
    intents, tries = parts(rig).intents, []
    redact = intents.redact

    async def busy(*asked: object) -> object:
        tries.append(asked)
        if len(tries) == 1:
            raise RetryLater("The homeserver asks for a pause", after=0.0)
        return await redact(*asked)

    monkeypatch.setattr(intents, "redact", busy)
    if how == "an answer":
        await sign_in(alice, room, "carol")
    elif how == "an answer too late":
        parts(rig).people.sign_ins._broken_off.recall("1", room, ALICE)
        await alice.say(room, SECRET)
        await alice.wait_for(room, says("Your sign-in is over"))
    else:
        await alice.say(room, f"puppet-token {SECRET}")
        await alice.wait_for(room, says("That access token"))
    assert SECRET not in str(await alice.events(room))
    assert times_told(rig, "Delete your message") == 0
    assert len(tries) == 2
