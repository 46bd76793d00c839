"""What waits for longer than it may fails, visibly: rule 9."""

from __future__ import annotations

import pytest

from bridgekit.configuration.fallback_settings import ExpirySettings
from bridgekit.errors import RetryLater
from bridgekit.lanes.journey import millis
from bridgekit.store.jobs import revive

HOUR = 3600.0


@pytest.fixture
def impatient(timed):
    timed.rig.network_settings["expire_after"] = ExpirySettings(to_network=1)
    return timed


async def test_rule_09_what_is_held_too_long_expires(impatient, slow_login, later):
    room = await impatient.begin()
    clock = impatient.rig.clock
    await impatient.alice.say(room, "hello")
    await later(lambda: clock.monotonic() > HOUR - 60, clock, 30)
    assert impatient.to_network() == []
    await later(impatient.to_network, clock, 10)
    (outcome,) = impatient.to_network()
    assert (outcome.reason, outcome.fate) == ("expired", "expired")
    await impatient.notice("It waited for longer than a message may.")
    slow_login.set()
    await later(lambda: clock.monotonic() > HOUR + 300, clock, 30)
    assert impatient.network.texts() == []


async def test_rule_09_what_expired_is_sent_once_an_operator_retries_it(
    impatient, slow_login, later
):
    room = await impatient.begin()
    clock = impatient.rig.clock
    await impatient.alice.say(room, "hello")
    await later(impatient.to_network, clock, 60)
    slow_login.set()
    (outcome,) = impatient.to_network()
    await impatient.parts.store.writer.write(revive(outcome.job, millis(clock)))
    await impatient.parts.queue.catch_up()
    await later(lambda: len(impatient.to_network()) == 2, clock, 5)
    assert [one.reason for one in impatient.to_network()] == ["expired", "delivered"]
    assert impatient.network.texts() == ["hello"]


@pytest.mark.usefixtures("slow_login")
async def test_rule_09_what_is_parked_behind_it_ends_as_well(impatient, later):
    room = await impatient.begin()
    clock = impatient.rig.clock
    event = await impatient.alice.say(room, "hello")
    await impatient.alice.react(room, event, "👍")
    await later(lambda: len(impatient.to_network()) == 2, clock, 30)
    assert [one.result for one in impatient.to_network()] == ["failed", "failed"]
    assert impatient.parts.queue.waiting == 0


async def test_rule_09_what_is_tried_again_and_again_expires(impatient, later):
    room = await impatient.begin()
    clock = impatient.rig.clock
    impatient.network.before.extend([lambda _: RetryLater("Slowly", after=600)] * 20)
    await impatient.alice.say(room, "hello")
    await later(impatient.to_network, clock, 60)
    (outcome,) = impatient.to_network()
    assert outcome.reason == "expired"
    assert clock.monotonic() < 2 * HOUR


@pytest.mark.usefixtures("slow_login")
async def test_rule_09_what_expired_before_a_start_fails_with_it(impatient, later):
    room = await impatient.begin()
    clock = impatient.rig.clock
    await impatient.alice.say(room, "hello")
    await later(lambda: impatient.parts.queue.waiting, clock)
    await impatient.rig.kill()
    await clock.advance(2 * HOUR)
    await impatient.start()
    await later(impatient.to_network, clock, 1)
    assert [one.reason for one in impatient.to_network()] == ["expired"]


async def test_rule_20_an_id_that_never_comes_is_not_waited_for_for_ever(timed, later):
    timed.network.late_ids = True
    room = await timed.begin()
    clock = timed.rig.clock
    event = await timed.alice.say(room, "hello")
    await later(lambda: len(timed.to_network()) == 1, clock)
    await timed.alice.react(room, event, "👍")
    await later(lambda: len(timed.to_network()) == 2, clock, 10)
    assert clock.monotonic() < HOUR
    assert timed.to_network()[1].reason == "unsupported"
    await timed.notice("gave that message no ID")
