"""The write-ahead mark and what settles a doubt: delivery rules 5 and 6."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.errors import LoginError, Rejected, RetryLater
from bridgekit.supports import Absence


async def killed_while_sending(stage, gate, *, after: bool = True) -> str:
    """Alice's "hello" hangs in the network, which has taken it or not, when the bridge dies."""
    room = await stage.begin()
    hold = gate()
    (stage.network.after if after else stage.network.before).append(hold)
    await stage.alice.say(room, "hello")
    await hold.reached.wait()
    return room


async def test_rule_05_the_mark_is_committed_before_the_network_is_called(stage, gate):
    await killed_while_sending(stage, gate, after=False)
    assert [row.state for row in await stage.rows("SELECT state FROM part")] == ["sending"]


async def test_rule_05_an_idempotent_network_costs_no_mark(stage, gate):
    stage.network.idempotent = True
    await killed_while_sending(stage, gate)
    assert await stage.rows("SELECT * FROM part") == []


async def test_rule_05_what_was_not_marked_is_sent_after_a_crash(stage, gate):
    room = await stage.begin()
    stage.hs.hold()
    hold = gate()
    stage.network.before.append(hold)
    await stage.alice.say(room, "one")
    await stage.alice.say(room, "two")
    stage.hs.release()
    await hold.reached.wait()
    await stage.stored("SELECT * FROM job", 2)
    await stage.again()
    await stage.heard("two")  # the first was marked, and is not sent blindly
    await stage.notice("may not have been bridged")


async def test_rule_05_waiting_for_pacing_leaves_no_mark(stage, gate, monkeypatch):
    from bridgekit.supports import SupportsPacing
    from bridgekit.testing.loopback import LoopbackClient

    hold = gate()

    class Paced(LoopbackClient, SupportsPacing):
        async def pace(self, event: object) -> None:
            await hold(event)

    monkeypatch.setattr("bridgekit.testing.loopback.LoopbackClient", Paced)
    room = await stage.begin()
    await stage.alice.say(room, "hello")
    await hold.reached.wait()
    assert await stage.rows("SELECT * FROM part") == []
    monkeypatch.undo()
    await stage.again()
    await stage.heard("hello")


async def test_rule_05_three_deaths_bury_a_poison_job_and_its_lane_goes_on(stage, gate):
    stage.network.remembers = Absence.ABSENT
    room = await killed_while_sending(stage, gate, after=False)
    for _ in range(2):
        hold = gate()
        stage.network.before.append(hold)
        await stage.again()
        await hold.reached.wait()
    await stage.again()
    notice = await stage.notice("stopped three times")
    assert "may not have been bridged" in notice["body"]
    await stage.alice.say(room, "next")
    await stage.heard("next")
    assert [one.reason for one in await stage.ended(2)] == ["deaths", "delivered"]


async def test_rule_05_an_orderly_stop_charges_nothing(stage):
    room = await stage.begin()
    await stage.alice.say(room, "hello")
    await stage.heard("hello")
    await stage.ended()
    await stage.rig.stop()
    await stage.start()
    assert await stage.rows("SELECT * FROM job WHERE deaths > 0") == []


async def test_rule_06_an_idempotent_network_is_sent_it_again_and_has_it_once(stage, gate):
    stage.network.idempotent = True
    await killed_while_sending(stage, gate)
    await stage.again()
    (outcome,) = await stage.ended()
    assert outcome.result == "delivered"
    assert stage.network.texts() == ["hello"]
    assert await stage.notices() == []


async def test_rule_06_a_lost_answer_of_an_idempotent_network_is_asked_for_again(stage):
    stage.network.idempotent = True
    stage.network.after.append(lambda _: ConnectionResetError("gone"))
    room = await stage.begin()
    await stage.alice.say(room, "hello")
    (outcome,) = await stage.ended()
    assert (outcome.result, outcome.targets) == ("delivered", ("sent-0",))
    assert stage.network.texts() == ["hello"]


async def test_rule_06_a_network_that_remembers_is_asked_and_says_found(stage, gate):
    stage.network.remembers = Absence.ABSENT
    await killed_while_sending(stage, gate)
    await stage.again()
    (outcome,) = await stage.ended()
    assert (outcome.result, outcome.targets) == ("delivered", ("sent-0",))
    assert len(stage.network.looked_up) == 1
    assert stage.network.texts() == ["hello"]


async def test_rule_06_only_a_sure_absence_allows_a_resend(stage, gate):
    stage.network.remembers = Absence.ABSENT
    await killed_while_sending(stage, gate, after=False)
    await stage.again()
    await stage.heard("hello")
    (outcome,) = await stage.ended()
    assert outcome.result == "delivered"
    assert await stage.notices() == []


@pytest.mark.parametrize("remembers", [None, Absence.UNSURE])
@pytest.mark.parametrize("after", [True, False])
async def test_rule_06_what_nobody_can_tell_is_told_once_and_never_resent(
    stage, gate, remembers, after
):
    stage.network.remembers = remembers
    room = await killed_while_sending(stage, gate, after=after)
    await stage.again()
    notice = await stage.notice("may not have been bridged")
    assert notice["m.mentions"] == {"user_ids": ["@alice:example.org"]}
    await stage.alice.say(room, "next")
    await stage.heard(*(["hello"] if after else []), "next")
    await stage.ended(2)
    await stage.again()
    await stage.alice.say(room, "last")
    await stage.network.wait(lambda: "last" in stage.network.texts())
    assert stage.network.texts().count("hello") == int(after)
    assert len(await stage.notices()) == 1


@pytest.mark.parametrize("remembers", [None, Absence.UNSURE])
async def test_rule_06_an_answer_that_is_lost_without_a_crash_is_as_unknown(stage, remembers):
    stage.network.remembers = remembers
    stage.network.after.append(lambda _: ConnectionResetError("hello, this is what was said"))
    room = await stage.begin()
    await stage.alice.say(room, "hello")
    await stage.alice.say(room, "next")
    await stage.heard("hello", "next")
    await stage.notice("may not have been bridged")
    assert [one.result for one in await stage.ended(2)] == ["unknown", "delivered"]


async def test_rule_06_a_store_that_fails_the_adapter_in_its_send_says_nothing_of_the_network(
    stage,
):
    from bridgekit.store.failure import StoreDown

    stage.network.after.append(lambda _: StoreDown())
    room = await stage.begin()
    await stage.alice.say(room, "hello")
    await stage.notice("may not have been bridged")
    assert stage.network.texts() == ["hello"]


async def test_rule_06_a_lost_answer_is_looked_up_at_once_where_that_can_be(stage):
    stage.network.remembers = Absence.ABSENT
    stage.network.after.append(lambda _: TimeoutError())
    stage.network.before.extend([lambda _: None, lambda _: TimeoutError()])
    room = await stage.begin()
    await stage.alice.say(room, "taken")
    await stage.alice.say(room, "not taken")
    await stage.heard("taken", "not taken")
    assert [one.result for one in await stage.ended(2)] == ["delivered", "delivered"]
    assert await stage.notices() == []


async def test_rule_06_a_look_up_that_fails_is_repeated_and_settles_nothing(stage, monkeypatch):
    from bridgekit.testing.loopback import RememberingClient

    find, failures = (
        RememberingClient.find,
        [ConnectionError("no"), RetryLater("later", after=0.01)],
    )

    async def flaky(self, event, since):
        if failures:
            raise failures.pop()
        return await find(self, event, since)

    monkeypatch.setattr(RememberingClient, "find", flaky)
    stage.network.remembers = Absence.ABSENT
    stage.network.after.append(lambda _: TimeoutError())
    room = await stage.begin()
    await stage.alice.say(room, "hello")
    (outcome,) = await stage.ended()
    assert outcome.result == "delivered"
    assert stage.network.texts() == ["hello"]
    assert failures == []


@pytest.mark.parametrize("error", [LoginError("No"), Rejected("No")])
async def test_rule_06_a_network_that_refuses_to_look_cannot_tell(stage, monkeypatch, error):
    from bridgekit.testing.loopback import RememberingClient

    async def refusing(*_: object) -> None:
        raise error

    monkeypatch.setattr(RememberingClient, "find", refusing)
    stage.network.remembers = Absence.ABSENT
    stage.network.after.append(lambda _: TimeoutError())
    room = await stage.begin()
    await stage.alice.say(room, "hello")
    await stage.notice("may not have been bridged")


async def test_rule_06_a_doubt_stays_one_when_the_login_is_refused_meanwhile(stage, gate):
    await killed_while_sending(stage, gate)
    stage.network.refuse = "Your account is closed."
    await stage.again()
    notice = await stage.notice("Your account is closed.")
    assert "may not have been bridged" in notice["body"]
    (outcome,) = await stage.ended()
    assert outcome.result == "unknown"


async def test_rule_06_a_retry_goes_on_from_what_was_unknown(stage):
    stage.network.before.append(lambda _: ConnectionResetError())
    room = await stage.begin()
    await stage.alice.say(room, "hello")
    (outcome,) = await stage.ended()
    assert outcome.result == "unknown"
    from bridgekit.store.jobs import revive

    await stage.rig.stop()
    await stage.start()
    await stage.parts.store.writer.write(revive(outcome.job))
    await stage.parts.queue.catch_up()
    await stage.heard("hello")


async def test_rule_05_a_mark_counts_wherever_its_job_stands_in_the_lane(stage, gate, monkeypatch):
    """Jobs of a login that does not connect step aside: the one in doubt may be the last."""
    room = await stage.begin()
    bob = stage.hs.person("bob")
    await bob.join(room)
    await bob.say(room, "I am here")
    await stage.heard("I am here")
    hold, never = gate(), asyncio.Event()

    async def connecting(login: object) -> None:
        if login.person == "alice":
            await never.wait()

    stage.network.connecting = connecting
    monkeypatch.setattr("bridgekit.to_network.dispatch.PATIENCE", 0.01)
    for number in range(20):
        await stage.alice.say(room, f"later {number}")
    stage.network.after.append(hold)
    await bob.say(room, "now")
    await asyncio.wait_for(hold.reached.wait(), 20)
    await stage.again()
    await stage.notice("may not have been bridged", person=bob)
    assert stage.network.texts().count("now") == 1
