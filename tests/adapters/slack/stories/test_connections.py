"""Events over several connections: acknowledged in time, seen once, and without a gap."""

from __future__ import annotations

from typing import Any, ClassVar

from bridgekit.testing.contract.scenario import scenario
from bridgekit.testing.contract.stage import Stage
from tests.adapters.slack.stories.subject import ROOM, TEAM, OnSlack, channel, person, slack_of


class TestEvents(OnSlack):
    settings: ClassVar[dict[str, Any]] = {"connections": 2}

    @scenario()
    async def test_a_message_and_its_mention_are_one(self, stage: Stage) -> None:
        ts = person(stage).says(ROOM, "hello bridge")
        twin = channel(stage).messages[ts] | {"type": "app_mention", "channel": ROOM}
        slack_of(stage).delivery.tell(TEAM, twin, channel(stage))
        await stage.seen("hello bridge")
        await stage.quiet()
        assert stage.here.bodies().count("hello bridge") == 1

    @scenario()
    async def test_an_event_is_acknowledged_in_time_though_matrix_does_not_answer(
        self, stage: Stage
    ) -> None:
        delivery = slack_of(stage).delivery
        held = stage.hs.delay("PUT", "/rooms/")
        person(stage).says(ROOM, "early")
        await stage.quiet(2.0)  # Slack gives three seconds
        assert delivery.unanswered == 0
        held.release()
        await stage.seen("early")

    @scenario()
    async def test_what_comes_over_two_connections_is_seen_once(self, stage: Stage) -> None:
        delivery = slack_of(stage).delivery
        assert len(delivery.sockets) == 2
        person(stage).says(ROOM, "twice")
        delivery.send(delivery.last)
        await stage.seen("twice")
        await stage.quiet()
        assert stage.here.bodies().count("twice") == 1

    @scenario()
    async def test_a_connection_that_is_about_to_end_has_a_successor_before(
        self, stage: Stage
    ) -> None:
        """`refresh_requested`: reconnect first, so that no login is interrupted."""
        slack, before = slack_of(stage), stage.watch.connected
        old = list(slack.delivery.sockets)
        await slack.disconnect("refresh_requested")
        await stage.until(lambda: len(slack.delivery.sockets) == 4, "the successors are there")
        for socket in old:
            await socket.close()
        await stage.until(lambda: len(slack.delivery.sockets) == 2, "the old ones are gone")
        await stage.said("bob", "without a gap")
        await stage.seen("without a gap")
        await stage.quiet()
        assert stage.watch.connected == before

    @scenario()
    async def test_too_many_connections_are_not_met_with_one_more(self, stage: Stage) -> None:
        slack = slack_of(stage)
        old = list(slack.delivery.sockets)
        await slack.disconnect("too_many_websockets")
        await stage.until(
            lambda: slack.delivery.sockets and not {*old} & {*slack.delivery.sockets}, "others"
        )
        assert slack.most == len(old)
        await stage.said("bob", "and on")
        await stage.seen("and on")

    @scenario()
    async def test_socket_mode_that_is_switched_off_is_said(self, stage: Stage) -> None:
        await slack_of(stage).disconnect("link_disabled")
        await stage.until(
            lambda: "switched off" in " ".join(map(str, stage.watch.refusals)),
            "the login is refused, with the reason",
        )

    @scenario()
    async def test_a_delete_that_comes_first_suppresses_the_message(self, stage: Stage) -> None:
        slack_of(stage).delivery.troubles.swap = True
        ts = person(stage).says(ROOM, "never to be seen")
        person(stage).does("chat.delete", channel=ROOM, ts=ts)
        await stage.said("bob", "after it")
        await stage.seen("after it")
        await stage.quiet()
        assert "never to be seen" not in stage.here.bodies()
