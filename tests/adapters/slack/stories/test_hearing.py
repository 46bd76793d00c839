"""Over HTTP Slack may cease to call and says so to nobody: that is noticed and made up for."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from bridgekit.testing.contract import FakeNetwork
from bridgekit.testing.contract.scenario import scenario
from bridgekit.testing.contract.stage import Stage
from bridges.slack.config import Transport
from bridges.slack.fake import Fault, Kind, fake_network
from bridges.slack.hearing import AGAIN, DEAF, HEARS, LOOK
from tests.adapters.slack.stories.subject import ROOM, OnSlack, person, seconds, slack_of
from tests.adapters.slack.test_contract import Subscribed


def told(stage: Stage) -> list[str]:
    """What the bridge itself has said in the room."""
    said = [one for one in stage.here.room.events if one.type == "m.room.message"]
    return [str(one.content.get("body")) for one in said if one.sender.startswith(stage.here.bot)]


class TestSwitchedOff(OnSlack):
    adapter = Subscribed

    def network(self) -> AbstractAsyncContextManager[FakeNetwork]:
        return fake_network(seconds, Transport.HTTP, self.room())

    @scenario()
    async def test_a_subscription_that_was_switched_off_is_told_and_history_read_instead(
        self, stage: Stage
    ) -> None:
        await stage.said("bob", "before it")
        await stage.seen("before it")
        slack_of(stage).delivery.troubles.missing = True
        person(stage).says(ROOM, "to nobody")
        await stage.quiet(2 * LOOK + AGAIN)
        await stage.seen("to nobody")
        assert told(stage).count(DEAF) == 1
        person(stage).says(ROOM, "and again")
        await stage.quiet(2 * LOOK + AGAIN)
        await stage.seen("and again")
        assert told(stage).count(DEAF) == 1, "it was said already"
        slack_of(stage).delivery.troubles.missing = False
        await stage.said("bob", "at last")
        await stage.seen("at last")
        await stage.until(lambda: HEARS in told(stage), "they are told")

    @scenario()
    async def test_where_nobody_speaks_silence_is_no_fault(self, stage: Stage) -> None:
        await stage.said("bob", "before it")
        await stage.seen("before it")
        before = stage.watch.connected
        slack_of(stage).delivery.troubles.missing = True
        await stage.says("an answer of our own")
        await stage.quiet(4 * LOOK)
        assert stage.watch.connected == before
        assert told(stage) == []

    @scenario()
    async def test_what_our_own_posts_stand_in_front_of_is_noticed_too(self, stage: Stage) -> None:
        await stage.said("bob", "before it")
        await stage.seen("before it")
        slack_of(stage).delivery.troubles.missing = True
        person(stage).says(ROOM, "to nobody")
        for number in range(8):
            await stage.says(f"our own {number}")
            await stage.heard(f"our own {number}")
        await stage.quiet(2 * LOOK + AGAIN)
        await stage.seen("to nobody")
        assert told(stage).count(DEAF) == 1

    @scenario()
    async def test_a_first_look_that_fails_says_nothing(self, stage: Stage) -> None:
        await stage.said("bob", "before it")
        await stage.seen("before it")
        await stage.kill()
        await stage.start()
        await stage.quiet(AGAIN)
        before, faults = stage.watch.connected, slack_of(stage).faults
        faults.next(Fault(Kind.ERROR, code="channel_not_found"), {"conversations.history"})
        await stage.quiet(4 * LOOK)
        assert faults.struck["conversations.history"] == 1
        assert stage.watch.connected == before
        assert told(stage) == []
