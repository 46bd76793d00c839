"""Logins that come and go while somebody has something to say."""

from __future__ import annotations

from bridgekit.errors import RetryLater


async def test_a_login_that_fails_to_enter_the_chat_tries_again(timed, later, monkeypatch):
    from bridgekit.testing.loopback import LoopbackClient

    enter, failures = LoopbackClient.enter, [ConnectionError("no"), RetryLater("throttled")]

    async def flaky(self: LoopbackClient, chat: str) -> None:
        if self.me == "alice" and failures:
            raise failures.pop()
        await enter(self, chat)

    room = await timed.begin()
    monkeypatch.setattr(LoopbackClient, "enter", flaky)
    await timed.alice.say(room, "hello")
    await later(lambda: timed.network.texts() == ["hello"], timed.rig.clock)
    assert await timed.notices() == []


async def test_a_login_of_a_person_closes_when_idle_and_opens_for_the_next_word(timed, later):
    room = await timed.begin()
    await timed.alice.say(room, "one")
    await timed.heard("one")
    assert set(map(str, timed.network.clients)) > {"loop:bot"}
    clock = timed.rig.clock
    await later(lambda: set(timed.network.clients) == {"loop:bot"}, clock, 600)
    assert clock.monotonic() >= 3600
    await timed.alice.say(room, "two")
    await timed.heard("one", "two")


async def test_logins_come_back_after_the_connection_broke(timed, later):
    room = await timed.begin()
    await timed.alice.say(room, "one")
    await timed.heard("one")
    timed.network.offline = True
    await timed.network.drop()
    await later(lambda: not timed.network.clients, timed.rig.clock)
    await timed.alice.say(room, "two")
    await later(lambda: timed.rig.clock.monotonic() > 120, timed.rig.clock, 5)
    timed.network.offline = False
    await later(lambda: len(timed.network.heard) == 2, timed.rig.clock, 5)
    assert timed.network.texts() == ["one", "two"]


async def test_what_an_outage_longer_than_the_idle_time_held_is_sent_and_not_cut_off(timed, later):
    from bridgekit.testing.loopback import LoopbackConfig

    timed.rig._loopback = LoopbackConfig(idle_after=60)
    room = await timed.begin()
    timed.network.offline = True
    await timed.network.drop()
    await timed.alice.say(room, "patience")
    await later(lambda: timed.rig.clock.monotonic() > 2000, timed.rig.clock, 20)
    timed.network.offline = False
    await later(lambda: timed.network.texts() == ["patience"], timed.rig.clock, 20)
    (outcome,) = await timed.ended()
    assert outcome.result == "delivered"
