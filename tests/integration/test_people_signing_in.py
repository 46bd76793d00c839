"""Signing in on a real Synapse: a code, a secret that is redacted, a room that the bot makes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bridgekit.configuration.config import Network
from bridgekit.ids import UserID
from bridgekit.testing.clock import settle
from bridgekit.testing.homeserver import Person
from bridgekit.testing.loopback import LoopbackConfig, LoopbackNetwork
from bridgekit.testing.rig import DOMAIN
from bridgekit.testing.servers import people
from tests.core.sign_in.conftest import BANK, SECRET, BankAdapter, says, sign_in
from tests.integration.missing import or_skip
from tests.integration.synapse_rig import BOT, SynapseRig, on_synapse

pytestmark = pytest.mark.synapse

ALICE = UserID(f"@alice:{DOMAIN}")


@pytest.fixture
def bank() -> LoopbackNetwork:
    return LoopbackNetwork()


@pytest.fixture
async def rig(tmp_path, database, bank) -> AsyncIterator[SynapseRig]:
    class Bank(BankAdapter):
        network = bank

    with or_skip(on_synapse(tmp_path, database)) as rig:
        rig.others[BANK] = Network(BANK, Bank, LoopbackConfig(), ())
        async with rig:
            yield rig


@pytest.fixture
async def alice(rig) -> AsyncIterator[Person]:
    async with people(rig.hs) as crowd:
        yield await crowd.person("alice")


@pytest.fixture(autouse=True)
async def patience() -> AsyncIterator[None]:
    async with asyncio.timeout(240):
        yield


def is_the_bot_there(event) -> bool:
    """Not only invited: Synapse pushes what is said where one of ours is."""
    return event.get("state_key") == BOT and event["content"].get("membership") == "join"


async def invited_by_the_bot(rig, alice) -> str:
    """Her own room with the bot, which she has entered."""
    room = await rig.bridge.parts.people.management.room(ALICE)
    await alice.join(room)
    return room


async def test_a_secret_is_redacted_in_the_room_that_the_bot_makes(rig, bank, alice):
    await rig.start()
    room = await invited_by_the_bot(rig, alice)
    await sign_in(alice, room, "carol")
    (login,) = rig.bridge.parts.owners.of(BANK, ALICE)
    assert bank.clients[login].me == "carol"
    await alice.wait_for(room, lambda one: one["type"] == "m.room.redaction")
    assert SECRET not in str(await alice.events(room))
    assert await rig.bridge.parts.people.management.room(ALICE) == room


async def test_a_code_is_shown_and_taken_away_and_a_refusal_told_once(rig, alice):
    await rig.start()
    room = await alice.create_room(invite=[BOT], direct=True)
    await alice.wait_for(room, is_the_bot_there)
    await alice.say(room, "sign-in loop")
    drawn = await alice.wait_for(room, lambda one: one["content"].get("msgtype") == "m.image")
    assert drawn["content"]["url"].startswith("mxc://")
    (code,) = rig.network.pairing.codes
    rig.network.pairing.scan(code, "carol")
    await alice.wait_for(room, says("You are signed in to Loopback as carol."))
    gone = drawn["event_id"]
    await alice.wait_for(
        room, lambda one: gone in (one.get("redacts"), one["content"].get("redacts"))
    )
    (login,) = rig.bridge.parts.owners.of("loop", ALICE)
    rig.network.pairing.sign_out("carol")
    rig.network.clients[login].dropped.set()
    await alice.wait_for(room, says("Loopback was signed out of on the telephone"))
    await rig.kill()
    await rig.start()
    network = rig.bridge.parts.networks.get("loop")
    while network.logins.state(login)[0].value != "refused":
        await settle()
    await rig.bridge.parts.people.management.tell(ALICE, "What comes after it.", "after")
    await alice.wait_for(room, says("What comes after it."))
    told = [one for one in await alice.events(room) if says("signed out of on the tele")(one)]
    assert len(told) == 1
