"""What is cleared away of somebody, and what is not: what they do meanwhile stays."""

from __future__ import annotations

import asyncio
import json

from bridgekit.errors import Rejected
from bridgekit.login_row import LoginKind
from bridgekit.testing.clock import settle
from tests.core.sign_in.conftest import ALICE, BankAdapter, alone, parts


async def test_an_automatic_login_that_is_made_anew_while_it_is_cleared_away_stays(
    rig, bank, monkeypatch
):
    monkeypatch.setattr(BankAdapter, "automatic_login", lambda *_: {"nick": "alice"})
    await rig.start()
    alice, _ = await alone(rig)
    shared = await alice.join("#bank_#room:example.org")
    await alice.say(shared, "one")
    await bank.wait(lambda: "one" in bank.texts())
    (login,) = parts(rig).owners.of("bank", ALICE)
    signing_out = parts(rig).people.signing_out
    (row,) = [one for one in await parts(rig).owners._people.of_person(ALICE) if one.id == login]
    clear, signing_out._clear = signing_out._clear, forever
    await signing_out.end(row)
    await alice.say(shared, "two")
    await bank.wait(lambda: "two" in bank.texts())
    assert await signing_out._clear_login(row)
    (row,) = [one for one in await parts(rig).owners._people.of_person(ALICE) if one.id == login]
    assert row.kind is LoginKind.AUTOMATIC
    assert await clear()


async def forever() -> bool:
    await asyncio.get_running_loop().create_future()
    return True


async def test_what_somebody_said_in_vain_is_shown_and_forgotten_too(rig):
    await rig.start()
    alice, dan = rig.hs.person("alice"), rig.hs.person("dan")
    shared = await alice.join("#loop_#room:example.org")
    await dan.join("#loop_#room:example.org")
    data = parts(rig).people.data

    async def of(user):
        return (await data.export(user))["said_and_done"]

    for person in (alice, dan):
        rig.network.before.append(lambda _: Rejected("Not this."))
        await person.say(shared, f"{person.user_id} in vain")
        while not await of(person.user_id):
            await settle()
    (found,) = await of(ALICE)
    assert json.loads(found["content"])["body"] == f"{ALICE} in vain"
    await data.erase(ALICE)
    assert await of(ALICE) == []
    (left,) = await of(dan.user_id)
    assert left["what"] == "job", "what others said in vain stays"
