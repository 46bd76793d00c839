"""What is given up after some tries: each counts what failed so, and no other pause."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridgekit.errors import ChatMoved, RetryLater
from bridgekit.events import Deletion, Edit
from bridgekit.ids import ChatID
from bridgekit.supports import Absence
from bridgekit.testing.loopback import LoopbackClient
from bridgekit.to_network.dispatch import MOVES
from bridgekit.to_network.doubt import LOOKS
from bridgekit.to_network.sending import TRIES

PAUSES = [lambda _: RetryLater("Slowly", after=1.0)] * (LOOKS + 1)


def lost(_):
    return ConnectionResetError("gone")


@pytest.fixture
def ended(timed, later):
    async def wait(count):
        """The last of so many outcomes."""
        await later(lambda: len(timed.to_network()) == count, timed.rig.clock, 10)
        return timed.to_network()[-1]

    return wait


@pytest.fixture
def looks(timed, monkeypatch):
    """How many look-ups fail, and how many there were."""
    find, looks = LoopbackClient.find, {"fail": 0, "made": 0}

    async def flaky(self, event, since):
        looks["made"] += 1
        if looks["made"] <= looks["fail"]:
            raise ConnectionError("no")
        return await find(self, event, since)

    monkeypatch.setattr(LoopbackClient, "find", flaky)
    timed.network.remembers = Absence.ABSENT
    return looks


async def test_a_deletion_that_had_to_pause_is_repeated_when_its_answer_is_lost(timed, ended):
    room = await timed.begin()
    event = await timed.alice.say(room, "hello")
    await ended(1)
    timed.network.before.extend([*PAUSES, lost])
    await timed.alice.redact(room, event)
    assert (await ended(2)).result == "delivered"
    assert timed.network.acted(Deletion) == [Deletion("sent-0")]


async def test_an_act_whose_answer_is_lost_each_time_is_given_up(timed, ended):
    room = await timed.begin()
    event = await timed.alice.say(room, "hello")
    await ended(1)
    timed.network.after.extend([lost] * (TRIES + 1))
    await timed.alice.edit(room, event, "hallo")
    assert (await ended(2)).reason == "may_not_be_sent"
    assert len(timed.network.acted(Edit)) == TRIES


async def test_the_tries_of_one_part_are_not_those_of_another(timed, ended):
    timed.network.limits = replace(timed.network.limits, text=5)
    room = await timed.begin()
    event = await timed.alice.say(room, "aaaa bbbb")
    await ended(1)
    once = [*[lost] * (TRIES - 1), lambda _: None]
    timed.network.before.extend(once * 2)
    await timed.alice.redact(room, event)
    assert (await ended(2)).result == "delivered"
    assert timed.network.chat("#room").texts() == []


async def test_a_look_up_that_fails_after_pauses_is_repeated(timed, ended, looks):
    """Rule 6: the network can be asked, so it is."""
    looks["fail"] = 2
    room = await timed.begin()
    timed.network.before.extend(PAUSES)
    timed.network.after.append(lost)
    await timed.alice.say(room, "hello")
    outcome = await ended(1)
    assert (outcome.result, outcome.targets) == ("delivered", ("sent-0",))
    assert timed.network.texts() == ["hello"]


async def test_a_look_up_that_fails_each_time_is_given_up(timed, ended, looks):
    looks["fail"] = LOOKS + 1
    room = await timed.begin()
    timed.network.after.append(lost)
    await timed.alice.say(room, "hello")
    assert (await ended(1)).result == "unknown"
    assert looks["made"] == LOOKS


async def test_a_chat_that_moves_after_pauses_is_followed(timed, ended):
    room = await timed.begin()
    timed.network.before.extend([*PAUSES[: MOVES + 1], lambda _: ChatMoved(ChatID("#new"))])
    await timed.alice.say(room, "hello")
    assert (await ended(1)).result == "delivered"
    assert timed.network.texts("#new") == ["hello"]
