"""Channels that take nothing any more: the room is closed, which is said once, and opened again."""

from __future__ import annotations

from typing import Any

from bridgekit.testing.contract.scenario import scenario
from bridgekit.testing.contract.stage import Stage
from bridges.slack.fake import Channel, Fault, Kind
from tests.adapters.slack.stories.subject import (
    ROOM,
    TEAM,
    OnSlack,
    channel,
    person,
    posts,
    slack_of,
    state,
)


def is_closed(stage: Stage) -> bool:
    return bool(state(stage, "m.room.power_levels").get("events_default"))


def said(stage: Stage, words: str) -> int:
    """How often the bridge has said so in the room."""
    return sum(words in one for one in stage.here.texts())


async def refused(stage: Stage, code: str, text: str) -> None:
    slack_of(stage).faults.next(Fault(Kind.ERROR, code=code), {"chat.postMessage"})
    await stage.says(text)
    await stage.until(lambda: is_closed(stage), "the room is closed")


class TestClosed(OnSlack):
    @scenario()
    async def test_an_archived_channel_closes_the_room_and_says_so_once(self, stage: Stage) -> None:
        channel(stage).archived = True
        await stage.says("too late")
        await stage.until(lambda: is_closed(stage), "the room is closed")
        await stage.says("much too late")
        await stage.until(lambda: said(stage, "was not bridged") == 2, "Alice is told of each")
        assert said(stage, "archived on Slack, and takes no messages") == 1
        assert "too late" not in str(posts(stage))
        channel(stage).archived = False
        event = {"type": "channel_unarchive", "channel": ROOM, "user": person(stage).id}
        slack_of(stage).delivery.tell(TEAM, event | {"event_ts": "1.1"}, channel(stage))
        await stage.until(lambda: not is_closed(stage), "the room is open")
        await stage.says("back")
        await stage.heard("back")
        channel(stage).archived = True
        await stage.says("again")
        await stage.until(
            lambda: said(stage, "archived on Slack, and takes no messages") == 2, "it is said anew"
        )

    @scenario()
    async def test_an_edit_finds_out_that_a_channel_is_archived_too(self, stage: Stage) -> None:
        event = await stage.says("a typo")
        await stage.heard("a typo")
        slack_of(stage).faults.next(Fault(Kind.ERROR, code="is_archived"), {"chat.update"})
        await stage.alice.edit(stage.room, event, "no typo")
        await stage.until(lambda: is_closed(stage), "the room is closed")

    @scenario()
    async def test_posts_that_the_workspace_does_not_allow_close_the_room_until_one_is_taken(
        self, stage: Stage
    ) -> None:
        await refused(stage, "restricted_action", "may I?")
        await refused(stage, "restricted_action", "now?")
        await stage.until(lambda: said(stage, "was not bridged") == 2, "Alice is told of each")
        assert said(stage, "posting permissions") == 1
        await stage.says("and now?")  # of an admin, who may speak all the same
        await stage.heard("and now?")
        await stage.until(lambda: not is_closed(stage), "the room is open")

    @scenario()
    async def test_other_posting_permissions_open_the_room(self, stage: Stage) -> None:
        await refused(stage, "restricted_action_read_only_channel", "may I?")
        person(stage).says(ROOM, "x", subtype="channel_posting_permissions")
        await stage.until(lambda: not is_closed(stage), "the room is open")

    @scenario()
    async def test_what_is_not_allowed_of_an_act_closes_nothing(self, stage: Stage) -> None:
        await stage.said("bob", "apple")
        event = (await stage.seen("apple"))["event_id"]
        slack_of(stage).faults.next(Fault(Kind.ERROR, code="restricted_action"), {"pins.add"})
        await stage.alice.pin(stage.room, event)
        await stage.until(stage.here.notices, "Alice is told")
        await stage.quiet()
        assert not is_closed(stage)

    @scenario()
    async def test_a_public_channel_that_the_app_was_removed_from_is_entered_and_posted_to(
        self, stage: Stage
    ) -> None:
        channel(stage).members.remove(_bot(stage))  # and nobody tells
        await stage.says("still there?")
        await stage.heard("still there?")
        await stage.quiet()
        assert [one["text"] for one in posts(stage)].count("still there?") == 1
        assert stage.here.notices() == []


class TestPrivate(OnSlack):
    @staticmethod
    def room() -> Channel:
        return Channel(ROOM, "secret", "group", ["U0BOB"])

    @scenario()
    async def test_a_channel_that_the_app_was_removed_from_is_closed_until_it_is_invited(
        self, stage: Stage
    ) -> None:
        channel(stage).members.remove(_bot(stage))
        await stage.says("anybody?")
        await stage.until(lambda: is_closed(stage), "the room is closed")
        assert said(stage, "invites the app") == 1
        person(stage).does("conversations.invite", channel=ROOM, users=_bot(stage))
        await stage.until(lambda: not is_closed(stage), "the room is open")
        await stage.says("hello again")
        await stage.heard("hello again")

    @scenario()
    async def test_that_the_app_was_removed_is_said_before_anybody_asks(self, stage: Stage) -> None:
        left = {"type": "group_left", "channel": ROOM, "actor_id": person(stage).id}
        slack_of(stage).delivery.tell(TEAM, left | {"event_ts": "1.1"}, channel(stage))
        channel(stage).members.remove(_bot(stage))
        await stage.until(lambda: is_closed(stage), "the room is closed")
        assert said(stage, "invites the app") == 1
        await stage.says("anybody?")
        await stage.until(lambda: said(stage, "was not bridged") == 1, "Alice is told")
        assert said(stage, "invites the app") == 1


class TestAway(OnSlack):
    @scenario()
    async def test_what_became_of_a_channel_while_the_bridge_was_away_is_seen(
        self, stage: Stage
    ) -> None:
        await stage.said("bob", "hello")
        await stage.seen("hello")
        await stage.stop()
        changed = channel(stage)
        changed.name, changed.topic, changed.archived = "garden", "Tulips", True
        await stage.start()
        await stage.until(lambda: _of(stage, "m.room.name", "name") == "garden", "its name")
        await stage.until(lambda: _of(stage, "m.room.topic", "topic") == "Tulips", "its topic")
        await stage.until(lambda: is_closed(stage), "it is archived")
        await stage.stop()
        changed.archived = False
        await stage.start()
        await stage.until(lambda: not is_closed(stage), "it is back")

    @scenario()
    async def test_a_channel_that_is_back_after_the_bridge_was_away_is_open(
        self, stage: Stage
    ) -> None:
        """Also where it had been archived, and that was told, since the last connection."""
        await stage.said("bob", "hello")
        await stage.seen("hello")
        event = {"type": "channel_archive", "channel": ROOM, "user": person(stage).id}
        slack_of(stage).delivery.tell(TEAM, event | {"event_ts": "1.1"}, channel(stage))
        await stage.until(lambda: is_closed(stage), "it is archived")
        await stage.stop()
        await stage.start()
        await stage.until(lambda: not is_closed(stage), "it is back")

    @scenario()
    async def test_a_room_keeps_its_name_over_a_restart(self, stage: Stage) -> None:
        await stage.said("bob", "hello")
        await stage.seen("hello")
        before = _of(stage, "m.room.name", "name")
        await stage.stop()
        await stage.start()
        await stage.said("bob", "and on")
        await stage.seen("and on")
        await stage.quiet()
        assert _of(stage, "m.room.name", "name") == before


def _of(stage: Stage, kind: str, key: str) -> Any:
    return state(stage, kind).get(key)


def _bot(stage: Stage) -> str:
    bot = slack_of(stage).state.bot_of(TEAM)
    assert bot is not None
    return bot.user
