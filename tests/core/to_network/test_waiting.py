"""What waits, for how long, and who waits with it: rules 10 and 11, and order."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.errors import LoginError, RetryLater, Scope


async def test_order_in_a_room_is_kept_whoever_speaks(stage):
    room = await stage.begin()
    people = [stage.alice, *(stage.hs.person(name) for name in ("bob", "carol"))]
    for person in people[1:]:
        await person.join(room)
    expected = []
    for number in range(30):
        text = f"number {number}"
        await people[number % 3].say(room, text)
        expected.append(text)
    await stage.heard(*expected)


async def test_a_slow_chat_delays_only_itself(stage, gate):
    stage.rig.link("#other")
    room = await stage.begin()
    other = await stage.alice.join("#loop_#other:example.org")
    hold = gate()
    stage.network.before.append(hold)
    await stage.alice.say(room, "slow 1")
    await hold.reached.wait()
    await stage.alice.say(room, "slow 2")
    for number in range(3):
        await stage.alice.say(other, f"fast {number}")
    await stage.heard("fast 0", "fast 1", "fast 2")
    hold.open()
    await stage.heard("slow 1", "slow 2", chat="#room")


async def test_rule_10_a_login_that_connects_holds_its_lane_for_ten_seconds_at_most(
    timed, slow_login
):
    room = await timed.begin()
    bob = timed.hs.person("bob")
    await bob.join(room)
    await timed.alice.say(room, "alice 1")
    await timed.alice.say(room, "alice 2")
    await bob.say(room, "bob 1")
    await timed.alice.say(room, "alice 3")
    await bob.say(room, "bob 2")
    await slow_login.asked.wait()
    await timed.rig.clock.advance(9)
    assert timed.network.texts() == []
    await timed.rig.clock.advance(1)  # and not ten seconds more for each of hers
    await timed.heard("bob 1", "bob 2")
    slow_login.set()
    await timed.heard("bob 1", "bob 2", "alice 1", "alice 2", "alice 3")


async def test_rule_10_a_login_that_connects_in_time_keeps_everything_in_order(timed, slow_login):
    room = await timed.begin()
    bob = timed.hs.person("bob")
    await bob.join(room)
    await timed.alice.say(room, "alice 1")
    await bob.say(room, "bob 1")
    await timed.hs.pushed()
    slow_login.set()
    await timed.heard("alice 1", "bob 1")


async def test_rule_10_jobs_that_wait_do_not_try_one_by_one(timed, slow_login, later):
    asked = []
    connecting = timed.network.connecting

    async def counted(login: object) -> None:
        asked.append(login.person)
        await connecting(login)

    timed.network.connecting = counted
    room = await timed.begin()
    for number in range(5):
        await timed.alice.say(room, f"{number}")
    await later(lambda: timed.rig.clock.monotonic() > 60, timed.rig.clock)
    assert asked.count("alice") == 1
    slow_login.set()
    await timed.heard("0", "1", "2", "3", "4")


@pytest.mark.parametrize("kind", ["at connect", "in the middle"])
async def test_rule_10_a_refused_login_fails_its_people_at_once_and_is_asked_again_later(
    timed, later, kind
):
    room = await timed.begin()
    if kind == "at connect":
        timed.network.refuse = "The account is closed."
    else:
        timed.network.before.append(lambda _: LoginError("The account is closed."))
    await timed.alice.say(room, "one")
    await timed.notice("The account is closed.")
    timed.network.refuse = None
    await timed.alice.say(room, "two")
    await timed.ended(2)
    assert [one.reason for one in timed.to_network()] == ["login_refused", "login_refused"]
    assert len(await timed.notices()) == 2
    clock = timed.rig.clock
    await later(lambda: clock.monotonic() > 301, clock, 30)
    await timed.alice.say(room, "three")
    await timed.heard("three")


async def test_rule_10_a_refusal_concerns_nobody_else(stage):
    room = await stage.begin()
    bob = stage.hs.person("bob")
    await bob.join(room)
    stage.network.before.append(lambda _: LoginError("No"))
    await stage.alice.say(room, "hers")
    await stage.notice("No")
    await bob.say(room, "his")
    await stage.heard("his")


async def test_rule_10_jobs_that_stepped_aside_fail_when_their_login_is_refused(
    timed, slow_login, later
):
    room = await timed.begin()
    await timed.alice.say(room, "one")
    await timed.alice.say(room, "two")
    clock = timed.rig.clock
    await clock.wait_for_timer(within=10)
    lane = lambda: timed.parts.queue.waiting  # noqa: E731
    await later(lambda: clock.monotonic() > 11 and lane() == 2, clock)
    timed.network.refuse = "No."
    slow_login.set()
    outcomes = await timed.ended(2)
    assert [one.reason for one in outcomes] == ["login_refused", "login_refused"]
    assert len(await timed.notices()) == 2


async def test_rule_10_nobody_overtakes_what_stepped_aside(timed, slow_login, later, monkeypatch):
    """One that is being looked at when its login connects must not be sent before the earlier."""
    room = await timed.begin()
    await timed.alice.say(room, "one")
    clock = timed.rig.clock
    await clock.wait_for_timer(within=10)
    await later(lambda: clock.monotonic() > 11 and timed.parts.queue.waiting == 1, clock)
    handler = timed.parts.handlers["to_network"]
    of, looked, go_on = handler._speakers._profiles.of, asyncio.Event(), asyncio.Event()

    async def slow(*who: object) -> object:
        looked.set()
        await go_on.wait()
        return await of(*who)

    monkeypatch.setattr(handler._speakers._profiles, "of", slow)
    await timed.alice.say(room, "two")
    await looked.wait()
    slow_login.set()
    login = next(login for login in timed.parts.owners._rows)
    await later(lambda: login in timed.network.clients, clock, 0)
    go_on.set()
    await timed.heard("one", "two")


@pytest.mark.parametrize(
    ("scope", "others_room", "others_login"),
    [
        (Scope.CHAT, True, True),
        (Scope.LOGIN, False, True),
        (Scope.METHOD, False, True),
        (Scope.NETWORK, False, False),
    ],
)
async def test_rule_11_a_pause_holds_up_what_it_names_and_no_more(
    timed, later, gate, scope, others_room, others_login
):
    timed.rig.link("#other")
    timed.rig.link("#third")
    room = await timed.begin()
    other = await timed.alice.join("#loop_#other:example.org")
    bob = timed.hs.person("bob")
    third = await bob.join("#loop_#third:example.org")
    pause = gate(RetryLater("Slow down", after=60, scope=scope))
    pause.open()
    timed.network.before.append(pause)
    await timed.alice.say(room, "paused")
    clock = timed.rig.clock
    await pause.reached.wait()
    await later(lambda: timed.parts.queue.waiting == 1, clock, 0)
    await timed.alice.say(other, "same login")
    await bob.say(third, "other login")
    expected = {text for text, goes in (("same login", others_room), ("other login", others_login))
                if goes}  # fmt: skip
    paused = 3 - len(expected)
    await later(lambda: timed.parts.queue.waiting == paused, clock, 0)
    await timed.network.wait(lambda: len(timed.network.heard) == len(expected))
    assert set(timed.network.texts()) == expected
    await clock.advance(59)
    assert len(timed.network.heard) == len(expected)
    await clock.advance(1)
    await timed.network.wait(lambda: len(timed.network.heard) == 3)
    assert await timed.notices() == []


async def test_rule_11_a_pause_without_a_length_grows(timed, later):
    timed.network.before.extend([lambda _: RetryLater("Busy")] * 5)
    room = await timed.begin()
    await timed.alice.say(room, "hello")
    clock = timed.rig.clock
    await later(lambda: len(timed.network.heard) == 1, clock)
    assert clock.monotonic() >= (1 + 2 + 4 + 8 + 16) / 2
    assert len(await timed.ended()) == 1


async def test_rule_11_who_waits_for_a_network_that_takes_nothing_is_told_so_once(timed, later):
    """It may be hours until it does: nobody should take it for sent."""
    for _ in range(20):
        timed.network.before.append(lambda _: RetryLater("Nobody answers there.", after=60))
    room = await timed.begin()
    await timed.alice.say(room, "hello")
    await timed.alice.say(room, "and more")
    clock = timed.rig.clock
    await later(lambda: clock.monotonic() >= 290, clock, 10)
    assert await timed.notices() == []
    await later(lambda: timed.network.texts() == ["hello", "and more"], clock, 10)
    (notice,) = await timed.notices()
    assert "does not take it for now" in notice
    assert "Nobody answers there." in notice
