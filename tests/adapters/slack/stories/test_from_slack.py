"""What people on Slack say and do, as it is seen on Matrix."""

from __future__ import annotations

from typing import Any, ClassVar

from bridgekit.testing.contract.scenario import scenario
from bridgekit.testing.contract.stage import Stage
from bridges.slack.fake import Channel
from tests.adapters.slack.stories.subject import (
    ROOM,
    TEAM,
    OnSlack,
    channel,
    content,
    network_of,
    person,
    slack_of,
    state,
)


class TestWords(OnSlack):
    @scenario()
    async def test_markup_is_formatting(self, stage: Stage) -> None:
        person(stage).says(ROOM, "*bold*, _italic_ and `code` &amp; <https://x.y|a link>")
        found = await content(stage, "bold, italic and code & a link (https://x.y)")
        for tag in ("<strong>bold</strong>", "<em>italic</em>", "<code>code</code>", "&amp;"):
            assert tag in found["formatted_body"]

    @scenario()
    async def test_a_mention_is_a_pill_and_names_whom_it_is_about(self, stage: Stage) -> None:
        await stage.said("carol", "I am here")
        carol = (await stage.seen("I am here"))["sender"]
        person(stage).says(ROOM, f"<@{person(stage, 'carol').id}> look")
        found = await content(stage, "carol look")
        assert found["m.mentions"] == {"user_ids": [carol]}
        assert f"https://matrix.to/#/{carol}" in found["formatted_body"]

    @scenario()
    async def test_a_broadcast_calls_the_room(self, stage: Stage) -> None:
        for number, word in enumerate(("here", "channel", "everyone")):
            person(stage).says(ROOM, f"<!{word}> {number}")
            assert (await content(stage, f"@room {number}"))["m.mentions"] == {"room": True}

    @scenario()
    async def test_groups_channels_and_dates_are_readable(self, stage: Stage) -> None:
        text = "<!subteam^S1|@gardeners> in <#C0OTHER|beds> on <!date^1392734382^{date}|Feb 18>"
        person(stage).says(ROOM, text)
        await stage.seen("@gardeners in #beds on Feb 18")

    @scenario()
    async def test_what_is_named_by_id_only_is_looked_up(self, stage: Stage) -> None:
        person(stage).says(ROOM, f"<!subteam^S0GARDEN> and <#{ROOM}> and <@U0NOBODY>")
        await stage.seen("@gardeners and #room and U0NOBODY")

    @scenario()
    async def test_what_a_bot_posts_is_seen_under_its_name_for_the_message(
        self, stage: Stage
    ) -> None:
        slack = slack_of(stage)
        block = {"type": "section", "text": {"type": "mrkdwn", "text": "*deployed*"}}
        picture = f"{slack.origin}/emoji/ci.png"
        by = {"subtype": "bot_message", "bot_id": "B0CI", "username": "deploys", "user": ""}
        icons = {"image_48": picture}
        person(stage).says(ROOM, "", blocks=[block], icons=icons, **by)
        event = await stage.seen("deploys: deployed")
        assert event["content"]["com.beeper.per_message_profile"]["displayname"] == "deploys"
        assert "b0ci" in event["sender"]

    @scenario()
    async def test_an_action_is_an_emote(self, stage: Stage) -> None:
        person(stage).says(ROOM, "waves", subtype="me_message")
        assert (await content(stage, "waves"))["msgtype"] == "m.emote"

    @scenario()
    async def test_a_huddle_is_a_notice(self, stage: Stage) -> None:
        person(stage).says(ROOM, "", subtype="huddle_thread", room={"id": "R1"})
        assert (await content(stage, "A huddle started"))["msgtype"] == "m.notice"
        for subtype in ("channel_canvas_updated", "tabbed_canvas_updated", "list_record_comment"):
            person(stage).says(ROOM, f"about {subtype}", subtype=subtype)
            assert (await content(stage, f"about {subtype}"))["msgtype"] == "m.notice"

    @scenario()
    async def test_what_a_workflow_posts_is_seen_with_its_buttons(self, stage: Stage) -> None:
        """Workflow Builder posts as an app does, and has buttons of its own."""
        words = {"type": "rich_text_section", "elements": [{"type": "text", "text": "New hire"}]}
        button = {"type": "workflow_button", "text": {"type": "plain_text", "text": "Start"}}
        blocks = [
            {"type": "rich_text", "elements": [words]},
            {"type": "actions", "elements": [button]},
        ]
        by = {"subtype": "bot_message", "bot_id": "B0FLOW", "app_id": "A0FLOW", "user": ""}
        person(stage).says(ROOM, "New hire", blocks=blocks, username="Onboarding", **by)
        shown = "Onboarding: New hire\n\n[Start]"
        await stage.seen(shown)
        added = "added an integration to this channel: <https://x.y/flow|Onboarding>"
        person(stage).says(ROOM, added, subtype="bot_add", bot_id="B0FLOW")
        found = await content(
            stage, "added an integration to this channel: Onboarding (https://x.y/flow)"
        )
        assert found["msgtype"] == "m.notice"

    @scenario()
    async def test_an_unknown_kind_with_text_is_seen_and_one_without_says_nothing(
        self, stage: Stage
    ) -> None:
        person(stage).says(ROOM, "", subtype="hologram")
        person(stage).says(ROOM, "a hologram", subtype="hologram")
        assert (await content(stage, "a hologram"))["msgtype"] == "m.notice"
        await stage.quiet()
        assert "" not in stage.here.bodies()
        assert stage.set_aside == 1  # for the operator to see

    @scenario()
    async def test_custom_emoji_keep_their_names(self, stage: Stage) -> None:
        person(stage).says(ROOM, "well done :bridgekit: :wave:")
        found = await content(stage, "well done :bridgekit: 👋")
        assert "bridgekit" in found.get("formatted_body", ":bridgekit:")


class TestThreads(OnSlack):
    @scenario()
    async def test_an_answer_that_is_also_sent_to_the_channel_is_seen_in_both(
        self, stage: Stage
    ) -> None:
        root = person(stage).says(ROOM, "a story")
        await stage.seen("a story")
        more = {"subtype": "thread_broadcast", "thread_ts": root}
        person(stage, "carol").says(ROOM, "for everybody", **more)
        await stage.until(
            lambda: [one for one in stage.here.texts() if "for everybody" in one],
            "the answer is seen",
        )
        found = [one for one in stage.here.said() if "for everybody" in str(one["content"])]
        relations = [one["content"].get("m.relates_to", {}).get("rel_type") for one in found]
        assert None in relations or "m.thread" not in relations  # in the timeline of the room

    @scenario()
    async def test_the_first_of_a_thread_that_is_deleted_is_gone_and_its_answers_stay(
        self, stage: Stage
    ) -> None:
        root = person(stage).says(ROOM, "a slip")
        await stage.seen("a slip")
        person(stage, "carol").says(ROOM, "an answer", thread_ts=root)
        await stage.seen("an answer")
        person(stage).does("chat.delete", channel=ROOM, ts=root)
        await stage.until(lambda: "a slip" not in stage.here.bodies(), "the slip is gone")
        assert "an answer" in stage.here.bodies()


class TestPast(OnSlack):
    @scenario()
    async def test_of_what_was_deleted_during_a_gap_the_past_says_nothing(
        self, stage: Stage
    ) -> None:
        """Where a thread hangs on it, Slack keeps a message that says so."""
        await stage.said("bob", "before")
        await stage.seen("before")
        await stage.stop()
        root = person(stage).says(ROOM, "a slip")
        person(stage, "carol").says(ROOM, "an answer", thread_ts=root)
        person(stage).does("chat.delete", channel=ROOM, ts=root)
        await stage.start()
        await stage.seen("an answer")
        assert not [one for one in stage.here.texts() if "deleted" in one]


class TestChanges(OnSlack):
    @scenario()
    async def test_a_preview_is_no_edit(self, stage: Stage) -> None:
        """`message_changed` comes for previews, too: only another `edited.ts` is an edit."""
        ts = person(stage).says(ROOM, "see https://x.y")
        await stage.seen("see https://x.y")
        before = channel(stage).messages[ts]
        after = before | {"attachments": [{"from_url": "https://x.y", "title": "A page"}]}
        event = {
            "type": "message",
            "subtype": "message_changed",
            "channel": ROOM,
            "message": after,
            "previous_message": before,
            "event_ts": ts,
        }
        slack_of(stage).delivery.tell(TEAM, event, channel(stage))
        await stage.said("bob", "after it")
        await stage.seen("after it")
        await stage.quiet()
        assert stage.here.edited() == []

    @scenario()
    async def test_a_deletion_takes_all_parts(self, stage: Stage) -> None:
        ts = person(stage).shares(ROOM, {"a.txt": b"one", "b.txt": b"two"}, "two files")
        await stage.until(lambda: len(stage.here.said()) >= 4, "text and files are seen")
        person(stage).does("chat.delete", channel=ROOM, ts=ts)
        await stage.until(
            lambda: not {"two files", "a.txt", "b.txt"} & set(stage.here.bodies()), "all are gone"
        )

    @scenario()
    async def test_name_topic_and_archive_follow(self, stage: Stage) -> None:
        slack, bob = slack_of(stage), person(stage)
        await stage.said("bob", "hello")
        bob.does("conversations.setTopic", channel=ROOM, topic="Tulips")
        await stage.until(lambda: state(stage, "m.room.topic").get("topic") == "Tulips", "topic")
        renamed = {"type": "channel_rename", "channel": {"id": ROOM, "name": "garden"}}
        slack.delivery.tell(TEAM, renamed, channel(stage))
        await stage.until(lambda: state(stage, "m.room.name").get("name") == "garden", "name")
        event = {"channel": ROOM, "user": bob.id, "event_ts": "1.1"}
        slack.delivery.tell(TEAM, event | {"type": "channel_archive"}, channel(stage))
        await stage.until(lambda: _may_speak(stage), "the room is closed")
        slack.delivery.tell(TEAM, event | {"type": "channel_unarchive"}, channel(stage))
        await stage.until(lambda: not _may_speak(stage), "the room is open")

    @scenario()
    async def test_a_deleted_channel_closes_the_room_and_says_so(self, stage: Stage) -> None:
        await stage.said("bob", "hello")
        about = {"channel": ROOM, "user": person(stage).id, "event_ts": slack_of(stage).state.ts()}
        slack_of(stage).delivery.tell(TEAM, about | {"type": "channel_deleted"}, channel(stage))
        words = "This channel was deleted on Slack."
        await stage.until(lambda: words in stage.here.texts(), "it is said")
        await stage.until(lambda: _may_speak(stage), "the room is closed")

    @scenario()
    async def test_a_channel_that_goes_by_another_id_keeps_its_room(self, stage: Stage) -> None:
        slack, old = slack_of(stage), channel(stage)
        new = Channel("C0NEW", "room", members=list(old.members))
        slack.state.workspace(TEAM).channels["C0NEW"] = new
        event = {"type": "channel_id_changed", "old_channel_id": ROOM, "new_channel_id": "C0NEW"}
        slack.delivery.tell(TEAM, event | {"event_ts": "1.1"}, old)
        person(stage).says("C0NEW", "under another name")
        await stage.seen("under another name")
        await stage.says("so I see")
        await stage.until(
            lambda: any(one.get("channel") == "C0NEW" for one in _posts(stage)), "it goes there"
        )

    @scenario()
    async def test_who_joins_and_leaves_is_seen(self, stage: Stage) -> None:
        person(stage, "dora").does("conversations.join", channel=ROOM)
        ghost = f"@net_{TEAM.lower()}-u0dora:example.org"
        await stage.until(lambda: stage.here.room.membership(ghost) == "join", "dora joins")
        person(stage, "dora").does("conversations.leave", channel=ROOM)
        await stage.until(lambda: stage.here.room.membership(ghost) == "leave", "dora leaves")


class TestPurpose(OnSlack):
    settings: ClassVar[dict[str, Any]] = {"topic": "purpose"}

    @scenario()
    async def test_the_purpose_is_the_topic_where_the_operator_wants_that(
        self, stage: Stage
    ) -> None:
        person(stage).says(ROOM, "x", subtype="channel_purpose", purpose="Growing things")
        person(stage).says(ROOM, "x", subtype="channel_topic", topic="Tulips")
        await stage.until(
            lambda: state(stage, "m.room.topic").get("topic") == "Growing things", "the purpose"
        )
        await stage.quiet()
        assert state(stage, "m.room.topic")["topic"] == "Growing things"


class TestGroupChat(OnSlack):
    @staticmethod
    def room() -> Channel:
        return Channel("G0GROUP", "mpdm-bob--carol--bridge-1", "mpim", ["U0BOB", "U0CAROL"])

    @scenario()
    async def test_a_group_chat_with_the_app_goes_both_ways(self, stage: Stage) -> None:
        await stage.said("bob", "just us three")
        await stage.seen("just us three")
        await stage.says("and me")
        await stage.heard("and me")


class TestChatWithTheApp(OnSlack):
    @staticmethod
    def room() -> Channel:
        return Channel("D0BOB", "", "im", ["U0BOB"])

    @scenario()
    async def test_a_direct_chat_with_the_app_can_be_linked(self, stage: Stage) -> None:
        await stage.said("bob", "hello app")
        await stage.seen("hello app")
        await stage.says("hello bob")
        await stage.heard("hello bob")


def _posts(stage: Stage) -> list[dict[str, str]]:
    return [act.arguments for act in network_of(stage).slack.state.acts]


def _may_speak(stage: Stage) -> int:
    return int(state(stage, "m.room.power_levels").get("events_default", 0) or 0)
