"""What settles a doubt about a send: delivery rule 6."""

from __future__ import annotations

import pytest

from bridgekit.errors import LoginError, Rejected, RetryLater
from bridgekit.events import Deletion
from bridgekit.lanes.parking import PATIENCE
from bridgekit.supports import Absence


async def test_rule_06_an_idempotent_network_is_sent_it_again_and_has_it_once(stage, killed):
    stage.network.idempotent = True
    await killed()
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


async def test_rule_06_a_network_that_remembers_is_asked_and_says_found(stage, killed):
    stage.network.remembers = Absence.ABSENT
    await killed()
    await stage.again()
    (outcome,) = await stage.ended()
    assert (outcome.result, outcome.targets) == ("delivered", ("sent-0",))
    assert len(stage.network.looked_up) == 1
    assert stage.network.texts() == ["hello"]


async def test_rule_06_only_a_sure_absence_allows_a_resend(stage, killed):
    stage.network.remembers = Absence.ABSENT
    await killed(after=False)
    await stage.again()
    await stage.heard("hello")
    (outcome,) = await stage.ended()
    assert outcome.result == "delivered"
    assert await stage.notices() == []


@pytest.mark.parametrize("remembers", [None, Absence.UNSURE])
@pytest.mark.parametrize("after", [True, False])
async def test_rule_06_what_nobody_can_tell_is_told_once_and_never_resent(
    stage, remembers, after, killed
):
    stage.network.remembers = remembers
    room = await killed(after=after)
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
    warnings = [one for one in await stage.notices() if "may not have been" in one]
    assert len(warnings) == 1


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


@pytest.mark.parametrize(
    ("idempotent", "first", "heard"),
    [(True, "delivered", ["hello", "next"]), (False, "unknown", ["next"])],
)
async def test_rule_06_an_answer_that_cannot_come_any_more_is_not_waited_for(
    timed, later, gate, idempotent, first, heard
):
    timed.network.idempotent = idempotent
    hold = gate()  # the adapter forgets who waits when its connection ends
    timed.network.before.append(hold)
    room = await timed.begin()
    await timed.alice.say(room, "hello")
    await timed.alice.say(room, "next")
    await hold.reached.wait()
    await timed.network.drop()
    await later(lambda: len(timed.to_network()) == 2, timed.rig.clock)
    assert [one.result for one in timed.to_network()] == [first, "delivered"]
    assert timed.network.texts() == heard


async def test_rule_06_a_store_that_fails_the_adapter_in_its_send_says_nothing_of_the_network(
    stage,
):
    from bridgekit.store.failure import StoreDown

    stage.network.after.append(lambda _: StoreDown())
    room = await stage.begin()
    await stage.alice.say(room, "hello")
    await stage.notice("may not have been bridged")
    assert stage.network.texts() == ["hello"]


@pytest.mark.parametrize("idempotent", [True, False])
async def test_rule_06_an_answer_that_is_none_is_told_as_a_doubt_and_not_asked_for_again(
    stage, monkeypatch, idempotent
):
    """Whatever an adapter returns in its place, the network may have it."""
    from bridgekit.testing.loopback import LoopbackClient

    send, answers = LoopbackClient.send, [None, "17"]

    async def forgetful(self, event):
        sent = await send(self, event)
        return answers.pop() if answers else sent

    monkeypatch.setattr(LoopbackClient, "send", forgetful)
    stage.network.idempotent = idempotent
    room = await stage.begin()
    for text in ("hello", "hello again", "next"):
        await stage.alice.say(room, text)
    await stage.heard("hello", "hello again", "next")
    outcomes = await stage.ended(3)
    assert [one.result for one in outcomes] == ["unknown", "unknown", "delivered"]
    notices = await stage.notices()
    assert len([one for one in notices if "may not have been bridged" in one]) == len(notices) == 2


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
    from bridgekit.testing.loopback import LoopbackClient

    find, failures = (
        LoopbackClient.find,
        [ConnectionError("no"), RetryLater("later", after=0.01)],
    )

    async def flaky(self, event, since):
        if failures:
            raise failures.pop()
        return await find(self, event, since)

    monkeypatch.setattr(LoopbackClient, "find", flaky)
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
    from bridgekit.testing.loopback import LoopbackClient

    async def refusing(*_: object) -> None:
        raise error

    monkeypatch.setattr(LoopbackClient, "find", refusing)
    stage.network.remembers = Absence.ABSENT
    stage.network.after.append(lambda _: TimeoutError())
    room = await stage.begin()
    await stage.alice.say(room, "hello")
    await stage.notice("may not have been bridged")


async def test_rule_06_a_doubt_stays_one_when_the_login_is_refused_meanwhile(stage, killed):
    await killed()
    stage.network.refuse = "Your account is closed."
    await stage.again()
    notice = await stage.notice("Your account is closed.")
    assert "may not have been bridged" in notice["body"]
    (outcome,) = await stage.ended()
    assert outcome.result == "unknown"


async def test_rule_06_once_it_is_unknown_it_stays_so_until_somebody_says_otherwise(stage):
    stage.network.remembers = Absence.UNSURE
    stage.network.before.append(lambda _: TimeoutError())
    room = await stage.begin()
    held = stage.hs.delay("PUT", "/send/m.room.message")
    await stage.alice.say(room, "hello")
    await held.reached.wait()  # it is being told
    await stage.rig.kill()
    stage.network.remembers = Absence.ABSENT
    held.release()
    await stage.start()
    assert [one.result for one in await stage.ended()] == ["unknown"]
    assert stage.network.texts() == []


async def test_rule_06_a_retry_goes_on_from_what_was_unknown(stage):
    stage.network.before.append(lambda _: ConnectionResetError())
    room = await stage.begin()
    await stage.alice.say(room, "hello")
    (outcome,) = await stage.ended()
    assert outcome.result == "unknown"
    from bridgekit.store.jobs import revive

    await stage.parts.store.writer.write(revive(outcome.job, outcome.received_at))
    await stage.parts.queue.catch_up()
    await stage.heard("hello")


async def redacted_in_doubt(timed, later) -> None:
    """The network has alice's "secret", but its answer was lost; she has redacted it."""
    room = await timed.begin()
    timed.network.after.append(lambda _: ConnectionError("lost"))
    event = await timed.alice.say(room, "secret")
    await later(timed.to_network, timed.rig.clock, 0.01)
    await timed.alice.redact(room, event)
    await timed.stored("SELECT id FROM job WHERE kind = 'm.room.redaction'", 1)


async def test_rule_09_redacting_what_may_have_been_sent_says_that_it_may_still_be_there(
    timed, later
):
    await redacted_in_doubt(timed, later)
    clock = timed.rig.clock
    await later(lambda: len(timed.to_network()) == 2, clock, 10)
    assert clock.monotonic() > PATIENCE
    sent, redaction = timed.to_network()
    assert (sent.result, redaction.result) == ("unknown", "failed")
    await timed.notice("so it may still be there")
    jobs = await timed.rows("SELECT id FROM job")
    assert jobs == [], "nobody sends it again, whoever asks for a retry"
    (gone,) = await timed.rows("SELECT target FROM tombstone")
    assert gone.target == sent.source


@pytest.mark.parametrize("restart", [False, True])
async def test_rule_09_what_may_have_been_sent_is_deleted_once_its_echo_shows_it(
    timed, later, restart
):
    await redacted_in_doubt(timed, later)
    if restart:
        await timed.again()
    (echo,) = await timed.rows("SELECT txn FROM pending")
    await timed.network.say("#room", "alice", "secret", id="sent-0", txn=echo.txn)
    await later(lambda: timed.network.acted(Deletion), timed.rig.clock, 0.1)
    assert timed.network.acted(Deletion) == [Deletion("sent-0")]
    assert timed.network.chat("#room").texts() == []
