"""What the network shows us of our own: rule 19, from the side of what we send."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridgekit.errors import RetryLater
from bridgekit.events import ChatChange, Membership, MemberState
from bridgekit.facts import ChatInfo, Member
from bridgekit.ids import LoginID, RemoteUserID


async def personal(stage) -> LoginID:
    """Alice has spoken once, and from here on her login counts as one that she uses herself too."""
    await stage.begin()
    await past_read(stage)
    await stage.alice.say(stage.room, "first")
    await stage.ended()
    return shared(stage)


async def past_read(stage) -> None:
    """Once something has come through, nothing keeps the lane to Matrix waiting any more."""
    await stage.network.say("#room", "bob", "begin", id="begin")
    await stage.alice.wait_for(stage.room, lambda event: event["content"].get("body") == "begin")


def shared(stage) -> LoginID:
    """Alice's login counts as one that she uses herself too."""
    logins = stage.parts.networks.get("loop").logins
    (login,) = [entry for entry in logins._entries.values() if not entry.login.relay]
    login.login = replace(login.login, exclusive=False)
    return login.login.id


async def shown(stage) -> list[str]:
    """What the network's side of the room shows on Matrix, once everything is through."""
    await stage.network.say("#room", "bob", "end", id="end")
    await stage.alice.wait_for(stage.room, lambda event: event["content"].get("body") == "end")
    ghosts = [event for event in await stage.alice.messages(stage.room)
              if event["sender"].startswith("@loop_")]  # fmt: skip
    bodies = [event["content"]["body"] for event in ghosts[:-1]]
    return [body for body in bodies if body != "begin"]


async def test_rule_19_an_echo_before_the_answer_waits_for_it(stage, gate):
    await personal(stage)
    hold = gate()
    stage.network.after.append(hold)
    await stage.alice.say(stage.room, "hello")
    await hold.reached.wait()
    await stage.network.say("#room", "alice", "hello", id="sent-1")
    hold.open()
    assert await shown(stage) == []


async def test_rule_19_an_echo_after_the_answer_is_known_by_its_id(stage):
    await personal(stage)
    await stage.alice.say(stage.room, "hello")
    await stage.ended(2)
    await stage.network.say("#room", "alice", "hello", id="sent-1")
    assert await shown(stage) == []


async def test_rule_19_what_they_write_on_their_phone_meanwhile_is_bridged(stage, gate):
    await personal(stage)
    hold = gate()
    stage.network.after.append(hold)
    await stage.alice.say(stage.room, "hello")
    await hold.reached.wait()
    await stage.network.say("#room", "alice", "from my phone", id="phone")
    hold.open()
    assert await shown(stage) == ["from my phone"]


async def test_rule_19_the_echo_of_one_part_waits_for_the_whole_message(stage, gate):
    from bridgekit.testing.loopback import LoopbackConfig

    stage.rig._loopback = LoopbackConfig(text_limit=5)
    await personal(stage)
    hold = gate()
    stage.network.before.extend([lambda _: None, hold])
    await stage.alice.say(stage.room, "aaaa bbbb")
    await hold.reached.wait()
    await stage.network.say("#room", "alice", "aaaa", id="sent-1")
    hold.open()
    assert await shown(stage) == []


@pytest.mark.parametrize("rest", ["later", "refused", "unknown"])
async def test_rule_19_the_echo_of_a_part_is_known_however_the_rest_ends(stage, rest):
    from bridgekit.errors import Rejected, RetryLater
    from bridgekit.testing.loopback import LoopbackConfig

    errors = {
        "later": RetryLater("Slowly", after=0.2),
        "refused": Rejected("No"),
        "unknown": TimeoutError(),
    }
    stage.rig._loopback = LoopbackConfig(text_limit=5)
    await personal(stage)
    stage.network.before.extend([lambda _: None, lambda _: errors[rest]])
    await stage.alice.say(stage.room, "aaaa bbbb")
    await stage.network.wait(lambda: "aaaa" in stage.network.texts())
    await stage.network.say("#room", "alice", "aaaa", id="sent-1")
    assert await shown(stage) == []


@pytest.mark.parametrize("exclusive", [True, False])
@pytest.mark.parametrize("early", [True, False])
async def test_rule_19_an_id_that_comes_with_the_echo_links_the_message(
    stage, gate, exclusive, early
):
    login = await personal(stage)
    entry = stage.parts.networks.get("loop").logins._entries[login]
    entry.login = replace(entry.login, exclusive=exclusive)
    stage.network.late_ids = True
    hold = gate()
    stage.network.after.append(hold)
    event = await stage.alice.say(stage.room, "hello")
    await hold.reached.wait()
    txn = stage.network.heard[-1].txn
    if not early:
        hold.open()
        await stage.ended(2)
    await stage.network.say("#room", "alice", "hello", id="late", txn=txn)
    if early:
        # The lane to Matrix must have looked at it before the answer comes.
        flights = stage.parts.handlers["to_network"]._flights
        await stage.until(lambda: flights.echo_of(txn))
        hold.open()
    assert await shown(stage) == []
    rows = await stage.stored("SELECT event FROM link WHERE message = 'late'", 1)
    assert [row.event for row in rows] == [event]
    await stage.stored("SELECT * FROM pending", 0)


async def test_rule_06_an_echo_settles_a_doubt(stage, gate):
    await personal(stage)
    hold = gate(TimeoutError())
    stage.network.after.append(hold)
    await stage.alice.say(stage.room, "hello")
    await hold.reached.wait()
    txn = stage.network.heard[-1].txn
    await stage.network.say("#room", "alice", "hello", id="echo", txn=txn)
    flights = stage.parts.handlers["to_network"]._flights
    await stage.until(lambda: flights.echo_of(txn))
    hold.open()
    assert [one.result for one in await stage.ended(2)] == ["delivered", "delivered"]
    assert await stage.notices() == []
    assert await shown(stage) == []


async def test_rule_06_an_echo_that_comes_too_late_is_known_as_ours_all_the_same(stage):
    await personal(stage)
    stage.network.after.append(lambda _: TimeoutError())
    await stage.alice.say(stage.room, "hello")
    await stage.notice("may not have been bridged")
    await stage.ended(2)
    txn = stage.network.heard[-1].txn
    await stage.stored("SELECT * FROM job WHERE dead = 1", 1)
    await stage.network.say("#room", "alice", "hello", id="echo", txn=txn)
    assert await shown(stage) == []
    # And its sender need not doubt it any more, nor can an operator send it again.
    await stage.notice("It was sent after all.")
    await stage.stored("SELECT * FROM job WHERE dead = 1", 0)


@pytest.mark.parametrize("sign", ["leave", "join", "list", "none"])
async def test_who_takes_a_name_that_a_login_had_is_heard_once_that_was_seen_to_leave(stage, sign):
    room = await stage.begin()
    await stage.alice.say(room, "hi")
    await stage.heard("hi")
    login = stage.network.heard[0].login
    me = stage.network.clients[login].me
    logins = next(iter(stage.parts.networks)).logins
    logins._entries[login].task.cancel()
    await stage.until(lambda: logins.client_of(login) is None)
    await stage.network.say("#room", me, "still hers", id="m1")
    content = {
        "leave": Membership(me, MemberState.LEAVE),
        "join": Membership(me, MemberState.JOIN),
        "list": ChatChange(ChatInfo(members=(Member(RemoteUserID("bob")),))),
        "none": Membership(RemoteUserID("bob"), MemberState.LEAVE),
    }
    await stage.network.emit("#room", me, content[sign])
    await stage.network.say("#room", me, "somebody else's", id="m2")
    await stage.network.say("#room", "carol", "the end", id="m3")
    await stage.alice.wait_for(room, lambda event: event["content"].get("body") == "the end")
    bodies = await stage.alice.bodies(room)
    assert "still hers" not in bodies
    assert ("somebody else's" in bodies) == (sign != "none")


async def test_rule_19_an_act_that_is_moot_halfway_keeps_nobody_waiting(timed, later):
    """The flight of its login lands: what its person writes elsewhere is shown."""
    timed.network.limits = replace(timed.network.limits, text=5)
    room = await timed.begin()
    await past_read(timed)
    event = await timed.alice.say(room, "aaaa bbbb")
    await later(lambda: len(timed.to_network()) == 1, timed.rig.clock, 0.1)
    shared(timed)
    timed.network.before.extend([lambda _: None, lambda _: RetryLater("Slowly", after=100)])
    await timed.alice.edit(room, event, "cccc dddd")
    await later(lambda: not timed.network.before, timed.rig.clock, 0.01)
    mod = timed.network.person("mod")
    await mod.delete("#room", "sent-0")
    await mod.delete("#room", "sent-1")
    await later(lambda: len(timed.to_network()) >= 2, timed.rig.clock, 20)
    assert timed.to_network()[1].result == "dropped"
    await timed.network.say("#room", "alice", "from my phone", id="phone", to=None)
    await later(lambda: brought(timed, "phone"), timed.rig.clock)
    bodies = [one["content"].get("body") for one in await timed.alice.messages(room)]
    assert "from my phone" in bodies


def brought(stage, message: str) -> bool:
    """Whether what the network brought is on Matrix."""
    return any(one.source == message and one.result == "delivered" for one in stage.outcomes)
