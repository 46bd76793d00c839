"""What waits for longer than it may fails, visibly: rule 9."""

from __future__ import annotations

import pytest

from bridgekit.configuration.fallback_settings import ExpirySettings
from bridgekit.errors import Rejected, RetryLater
from bridgekit.lanes.journey import millis
from bridgekit.richtext import plain
from bridgekit.store.jobs import revive
from bridgekit.supports import Absence
from bridgekit.testing.loopback import LoopbackClient, LoopbackConfig
from tests.core.uncommitted import HeldEnds

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


async def taken_without_mark(stage, gate) -> None:
    """The network has alice's "hello", and the bridge died before it heard so."""
    stage.network.idempotent = True
    room, hold = await stage.begin(), gate()
    stage.network.after.append(hold)
    await stage.alice.say(room, "hello")
    await hold.reached.wait()
    assert stage.network.texts() == ["hello"]
    await stage.rig.kill()


async def test_rule_09_what_leaves_no_mark_and_expires_after_a_crash_is_unknown(
    impatient, gate, later
):
    await taken_without_mark(impatient, gate)
    clock = impatient.rig.clock
    await clock.advance(2 * HOUR)
    await impatient.start()
    await later(impatient.to_network, clock, 1)
    (outcome,) = impatient.to_network()
    assert (outcome.result, outcome.reason) == ("unknown", "expired")
    notice = await impatient.notice("It waited for longer than a message may.")
    assert "may not have been bridged" in notice["body"]


async def test_rule_09_a_pause_after_a_crash_does_not_settle_what_leaves_no_mark(
    impatient, gate, later
):
    await taken_without_mark(impatient, gate)
    impatient.network.before.extend([lambda _: RetryLater("Slowly", after=600)] * 20)
    await impatient.start()
    await later(impatient.to_network, impatient.rig.clock, 60)
    (outcome,) = impatient.to_network()
    assert (outcome.result, outcome.reason) == ("unknown", "expired")


async def test_rule_09_a_refusal_after_a_crash_settles_what_leaves_no_mark(impatient, gate, later):
    await taken_without_mark(impatient, gate)
    impatient.network.before.append(lambda _: Rejected("No."))
    await impatient.start()
    await later(impatient.to_network, impatient.rig.clock, 1)
    (outcome,) = impatient.to_network()
    assert (outcome.result, outcome.reason) == ("failed", "rejected")


async def ends_unknown(stage, later) -> None:
    """What alice says goes on failing; what she says once that has expired is sent."""
    clock = stage.rig.clock
    await stage.alice.say(stage.room, "poison")
    await later(stage.to_network, clock, 60)
    assert HOUR < clock.monotonic() < 2 * HOUR
    (outcome,) = stage.to_network()
    assert (outcome.result, outcome.reason, outcome.fate) == ("unknown", "expired", "unknown")
    notice = await stage.notice("It waited for longer than a message may.")
    assert "may not have been bridged" in notice["body"]
    await stage.alice.say(stage.room, "next")
    await later(lambda: "next" in stage.network.texts(), clock)


def poisoned(error):
    def fault(event):
        return error if plain(event.content.text) == "poison" else None

    return fault


async def test_rule_09_what_a_network_answers_never_expires_and_is_unknown(impatient, later):
    impatient.network.idempotent = True
    await impatient.begin()
    impatient.network.before.extend([poisoned(ConnectionResetError())] * 100)
    await ends_unknown(impatient, later)


async def test_rule_09_a_pause_does_not_settle_what_was_in_doubt_before(impatient, later):
    impatient.network.idempotent = True
    await impatient.begin()
    impatient.network.after.append(ConnectionResetError)
    pauses = [poisoned(RetryLater("Slowly", after=300))] * 100
    impatient.network.before.extend([lambda _: None, *pauses])
    await ends_unknown(impatient, later)


async def test_rule_06_what_expired_in_doubt_is_sent_once_an_operator_retries_it(
    impatient, gate, later
):
    room, hold = await impatient.begin(), gate()
    clock = impatient.rig.clock
    impatient.network.before.append(hold)
    await impatient.alice.say(room, "hello")
    await hold.reached.wait()
    await impatient.rig.kill()
    await clock.advance(2 * HOUR)
    await impatient.start()
    await later(impatient.to_network, clock, 1)
    (outcome,) = impatient.to_network()
    assert (outcome.result, outcome.reason) == ("unknown", "expired")
    await impatient.parts.store.writer.write(revive(outcome.job, millis(clock)))
    await impatient.parts.queue.catch_up()
    await later(lambda: len(impatient.to_network()) == 2, clock, 5)
    assert [one.reason for one in impatient.to_network()] == ["expired", "delivered"]
    assert impatient.network.texts() == ["hello"]


async def test_rule_09_what_can_never_be_looked_for_expires_and_is_unknown(
    impatient, later, monkeypatch
):
    async def pausing(*_: object) -> None:
        raise RetryLater("No searching now", after=60)

    monkeypatch.setattr(LoopbackClient, "find", pausing)
    impatient.network.remembers = Absence.ABSENT
    await impatient.begin()
    impatient.network.before.append(poisoned(ConnectionResetError()))
    await ends_unknown(impatient, later)
    assert impatient.network.texts() == ["next"]


async def test_rule_09_what_was_sent_only_in_part_expires_and_says_which(impatient, later):
    impatient.rig._loopback = LoopbackConfig(text_limit=5)
    room = await impatient.begin()
    clock = impatient.rig.clock
    pauses = [lambda _: RetryLater("Slowly", after=300)] * 100
    impatient.network.before.extend([lambda _: None, *pauses])
    await impatient.alice.say(room, "aaaa bbbb")
    await later(impatient.to_network, clock, 60)
    assert HOUR < clock.monotonic() < 2 * HOUR
    (outcome,) = impatient.to_network()
    assert (outcome.reason, outcome.fate, outcome.targets) == ("expired", "partly", ("sent-0",))
    notice = await impatient.notice("Part 2 of 2 was not sent.")
    assert "was bridged only in part" in notice["body"]
    impatient.network.before.clear()
    await impatient.alice.say(room, "next")
    await later(lambda: impatient.network.texts() == ["aaaa", "next"], clock)


async def test_rule_09_what_was_sent_whole_before_a_crash_does_not_expire(
    impatient, later, monkeypatch
):
    impatient.rig._loopback = LoopbackConfig(text_limit=5)
    room = await impatient.begin()
    clock = impatient.rig.clock
    HeldEnds(impatient.parts.store.writer, monkeypatch)
    await impatient.alice.say(room, "aaaa bbbb")
    await later(lambda: impatient.network.texts() == ["aaaa", "bbbb"], clock)
    await impatient.stored("SELECT 1 FROM part WHERE state = 'sent'", 2)
    await impatient.rig.kill()
    await clock.advance(2 * HOUR)
    await impatient.start()
    await later(impatient.to_network, clock, 1)
    (outcome,) = impatient.to_network()
    assert (outcome.result, outcome.targets) == ("delivered", ("sent-0", "sent-1"))


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
