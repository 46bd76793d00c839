"""The write-ahead mark: delivery rule 5."""

from __future__ import annotations

import asyncio

from bridgekit.errors import RetryLater
from bridgekit.supports import Absence, SupportsHistory


async def test_rule_05_the_mark_is_committed_before_the_network_is_called(stage, killed):
    await killed(after=False)
    assert [row.state for row in await stage.rows("SELECT state FROM part")] == ["sending"]


async def test_rule_05_an_idempotent_network_costs_no_mark(stage, killed):
    stage.network.idempotent = True
    await killed()
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

    hold = gate()

    class Paced(SupportsPacing):
        async def pace(self, event: object) -> None:
            await hold(event)

    monkeypatch.setattr(stage.network, "extra", (Paced,))
    room = await stage.begin()
    await stage.alice.say(room, "hello")
    await hold.reached.wait()
    assert await stage.rows("SELECT * FROM part") == []
    monkeypatch.undo()
    await stage.again()
    await stage.heard("hello")


async def test_rule_05_three_deaths_bury_a_poison_job_and_its_lane_goes_on(stage, gate, killed):
    stage.network.remembers = Absence.ABSENT
    room = await killed(after=False)
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


async def test_rule_05_a_mark_counts_wherever_its_job_stands_in_the_lane(stage, gate, monkeypatch):
    """Jobs of a login that does not connect step aside: the one in doubt may be the last."""
    stage.network.lacks = frozenset({SupportsHistory})  # which would show that it was taken
    room = await stage.begin()
    bob = stage.hs.person("bob")
    await bob.join(room)
    await bob.say(room, "I am here")
    await stage.heard("I am here")
    await stage.ended()
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
    await asyncio.wait_for(hold.reached.wait(), 60)
    await stage.again()
    await stage.notice("may not have been bridged", person=bob)
    assert stage.network.texts().count("now") == 1


async def deaths(stage) -> list[int]:
    rows = await stage.rows("SELECT deaths FROM job WHERE kind = 'm.room.message'")
    return [row.deaths for row in rows]


async def in_doubt(stage, monkeypatch, after: float = 3600) -> None:
    """Alice's "hello" may be sent, and the network cannot say yet."""
    from bridgekit.testing.loopback import LoopbackClient

    async def busy(*_: object) -> None:
        raise RetryLater("not now", after=after)

    monkeypatch.setattr(LoopbackClient, "find", busy)
    stage.network.remembers = Absence.ABSENT
    stage.network.after.append(lambda _: TimeoutError())
    room = await stage.begin()
    await stage.alice.say(room, "hello")
    await stage.stored("SELECT 1 FROM job WHERE attempts > 0", 1)


async def test_rule_05_orderly_stops_charge_nothing_to_what_is_in_doubt(stage, monkeypatch):
    # What is shown again meanwhile waits for what is in doubt, so a stop takes as long as it may.
    monkeypatch.setattr("bridgekit.lanes.stopping.STOPPING", 0.1)
    await in_doubt(stage, monkeypatch, after=0.01)
    for _ in range(4):
        await stage.rig.stop()
        await stage.start()
        await stage.stored("SELECT 1 FROM part WHERE state = 'sending'", 1)
    assert await deaths(stage) == [0]
    assert await stage.notices() == []


async def test_rule_05_what_is_in_doubt_is_so_after_an_orderly_stop(stage, monkeypatch):
    await in_doubt(stage, monkeypatch, after=0.01)
    await stage.rig.stop()
    monkeypatch.undo()
    await stage.start()
    (outcome,) = await stage.ended()
    assert outcome.targets == ("sent-0",)
    assert len(stage.network.looked_up) == 1
    assert stage.network.texts() == ["hello"]


async def test_rule_05_a_kill_after_an_orderly_stop_is_charged(stage, monkeypatch):
    await in_doubt(stage, monkeypatch, after=0.01)
    await stage.rig.stop()
    await stage.start()
    await stage.stored("SELECT 1 FROM part WHERE state = 'sending'", 1)
    await stage.again()
    await stage.stored("SELECT 1 FROM job WHERE deaths = 1", 1)


async def test_rule_05_what_is_in_doubt_is_charged_only_once_somebody_is_at_it(stage, monkeypatch):
    await in_doubt(stage, monkeypatch)
    await stage.rig.stop()
    monkeypatch.undo()
    never = asyncio.Event()

    async def connecting(_: object) -> None:
        await never.wait()

    stage.network.connecting = connecting
    await stage.start()
    for _ in range(4):
        await stage.again()
    assert await deaths(stage) == [0]
    assert [row.state for row in await stage.rows("SELECT state FROM part")] == ["doubt"]
