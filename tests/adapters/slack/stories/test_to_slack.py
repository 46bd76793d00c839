"""What people on Matrix say and do, as it is seen on Slack."""

from __future__ import annotations

import json
from functools import partial
from typing import Any, ClassVar

from aiohttp import ClientSession

from bridgekit.testing.contract.scenario import scenario
from bridgekit.testing.contract.stage import Stage
from bridges.slack.fake import Fault, Kind
from bridges.slack.fake.network import shown
from tests.adapters.slack.stories.subject import (
    ROOM,
    TEAM,
    OnSlack,
    channel,
    person,
    post,
    posts,
    slack_of,
    state,
)


def _says(text: str, arguments: dict[str, Any]) -> bool:
    return text in str(arguments["text"])


def elements(arguments: dict[str, Any]) -> list[dict[str, Any]]:
    """All that stands in line in a post, in order."""
    found: list[dict[str, Any]] = []

    def gather(value: Any) -> None:
        if isinstance(value, list):
            for one in value:
                gather(one)
        elif "elements" in value:
            gather(value["elements"])
        else:
            found.append(value)

    gather(json.loads(arguments["blocks"]))
    return found


class TestFaces(OnSlack):
    @scenario()
    async def test_a_post_shows_the_name_and_the_picture_of_its_author(self, stage: Stage) -> None:
        picture = await stage.alice.upload(PIXEL, "image/png", "alice.png")
        await stage.alice.set_profile("Alice A.", picture)
        await stage.quiet()
        await stage.says("it is me")
        found = await post(stage, lambda one: one["text"] == "it is me", "it is heard")
        assert found["username"] == "Alice A."
        async with ClientSession() as browser, browser.get(found["icon_url"]) as answer:
            assert await answer.read() == PIXEL

    @scenario()
    async def test_without_the_scope_the_name_stands_in_the_text(self, stage: Stage) -> None:
        slack = slack_of(stage)
        (bot,) = [one for one in slack.state.tokens.values() if one.kind == "bot"]
        bot.scopes -= {"chat:write.customize"}
        await stage.stop()
        await stage.start()
        await stage.says("it is me")
        found = await post(stage, lambda one: "it is me" in one["text"], "it is heard")
        assert found["text"] == "alice: it is me"
        assert "username" not in found
        assert {"bold": True} in [one.get("style") for one in elements(found)]

    @scenario()
    async def test_a_scope_that_goes_and_comes_back_is_noticed_at_once(self, stage: Stage) -> None:
        slack = slack_of(stage)
        (bot,) = [one for one in slack.state.tokens.values() if one.kind == "bot"]
        for has, text in ((True, "one"), (False, "two"), (True, "three"), (True, "four")):
            change = bot.scopes.__or__ if has else bot.scopes.__sub__
            bot.scopes = change({"chat:write.customize"})
            await stage.says(text)
            found = await post(stage, partial(_says, text), "it is heard")
            if text != "three":  # whose answer says that the scope is there again
                assert (found["text"], "username" in found) == (
                    (text, True) if has else (f"alice: {text}", False)
                )
        assert stage.here.notices() == []

    @scenario()
    async def test_an_emote_is_in_italics(self, stage: Stage) -> None:
        await stage.alice.say(stage.room, "waves", msgtype="m.emote")
        found = await post(stage, lambda one: one["text"] == "waves", "it is heard")
        assert elements(found)[0]["style"] == {"italic": True}


class TestWords(OnSlack):
    @scenario()
    async def test_html_is_a_block(self, stage: Stage) -> None:
        html = "<b>bold</b> and <a href='https://x.y'>a link</a><ul><li>one</li></ul>"
        await stage.alice.say(stage.room, "bold and a link", html=html)
        found = await post(stage, lambda one: "bold" in one["text"], "it is heard")
        kinds = [one["type"] for one in json.loads(found["blocks"])[0]["elements"]]
        assert kinds == ["rich_text_section", "rich_text_list"]
        assert {"type": "link", "url": "https://x.y", "text": "a link"} in elements(found)

    @scenario()
    async def test_a_pill_is_a_mention(self, stage: Stage) -> None:
        await stage.said("bob", "hello")
        ghost = (await stage.seen("hello"))["sender"]
        html = f"<a href='https://matrix.to/#/{ghost}'>bob</a>: look"
        await stage.alice.say(stage.room, "bob: look", html=html)
        found = await post(stage, lambda one: "look" in one["text"], "it is heard")
        assert {"type": "user", "user_id": person(stage).id} in elements(found)

    @scenario()
    async def test_typing_a_broadcast_calls_nobody(self, stage: Stage) -> None:
        await stage.says("<!channel> <!here|here> <@U0BOB> and on")
        found = await post(stage, lambda one: "and on" in one["text"], "it is heard")
        assert "<" not in found["text"]
        assert shown(json.loads(found.get("blocks", "[]"))) in (
            "",
            "<!channel> <!here|here> <@U0BOB> and on",
        )

    @scenario()
    async def test_who_may_call_the_room_calls_the_channel(self, stage: Stage) -> None:
        mentions = {"m.mentions": {"room": True}}
        await stage.alice.say(stage.room, "@room dinner", **mentions)
        found = await post(stage, lambda one: "dinner" in one["text"], "it is heard")
        assert {"type": "broadcast", "range": "channel"} in elements(found)
        levels = state(stage, "m.room.power_levels") | {"users_default": 0}
        await stage.alice.set_state(stage.room, "m.room.power_levels", levels)
        dave = stage.hs.person("dave")
        await dave.join(stage.room)
        await dave.say(stage.room, "@room lunch", **mentions)
        found = await post(stage, lambda one: "lunch" in one["text"], "it is heard")
        assert "broadcast" not in found.get("blocks", "")

    @scenario()
    async def test_a_custom_emoji_goes_by_its_name(self, stage: Stage) -> None:
        html = "<img data-mx-emoticon src='mxc://example.org/x' alt=':bridgekit:'> yes"
        await stage.alice.say(stage.room, ":bridgekit: yes", html=html)
        found = await post(stage, lambda one: "yes" in one["text"], "it is heard")
        assert {"type": "emoji", "name": "bridgekit"} in elements(found)

    @scenario()
    async def test_what_slack_does_not_like_in_a_block_goes_as_text(self, stage: Stage) -> None:
        slack_of(stage).faults.next(Fault(Kind.ERROR, code="invalid_blocks"), {"chat.postMessage"})
        await stage.says("*stars* all the same")
        found = await post(stage, lambda one: "stars" in one["text"], "it is heard")
        assert json.loads(found.get("blocks", "[]")) == []
        await stage.quiet()
        assert stage.there.times("*stars*") == 1

    @scenario()
    async def test_more_than_a_block_holds_goes_all_the_same(self, stage: Stage) -> None:
        slack_of(stage).faults.next(
            Fault(Kind.ERROR, code="msg_blocks_too_long"), {"chat.postMessage"}
        )
        await stage.says("*long*")
        await stage.heard("*long*")
        assert stage.here.notices() == []


class TestThreads(OnSlack):
    @scenario()
    async def test_a_reply_hangs_on_what_it_answers(self, stage: Stage) -> None:
        root = await stage.said("bob", "a question")
        event = (await stage.seen("a question"))["event_id"]
        await stage.alice.reply(stage.room, event, "an answer")
        found = await post(stage, lambda one: "an answer" in one["text"], "it is heard")
        assert found["thread_ts"] == root

    @scenario()
    async def test_a_reply_within_a_thread_stays_in_it(self, stage: Stage) -> None:
        root = await stage.said("bob", "a story")
        await stage.seen("a story")
        person(stage, "carol").says(ROOM, "a comment", thread_ts=str(root))
        event = (await stage.seen("a comment"))["event_id"]
        await stage.alice.reply(stage.room, event, "to the comment")
        found = await post(stage, lambda one: "to the comment" in one["text"], "it is heard")
        assert found["thread_ts"] == root

    @scenario()
    async def test_a_reply_to_what_was_also_sent_to_the_channel_stays_in_its_thread(
        self, stage: Stage
    ) -> None:
        root = await stage.said("bob", "a story")
        await stage.seen("a story")
        more = {"thread_ts": str(root), "subtype": "thread_broadcast"}
        person(stage, "carol").says(ROOM, "to all", **more)
        event = await stage.until(
            lambda: [one for one in stage.here.said() if "to all" in str(one["content"])],
            "it is seen",
        )
        await stage.alice.reply(stage.room, event[0]["event_id"], "noted")
        found = await post(stage, lambda one: "noted" in one["text"], "it is heard")
        assert found["thread_ts"] == root


class TestQuotes(OnSlack):
    settings: ClassVar[dict[str, Any]] = {"replies": "quote"}

    @scenario()
    async def test_a_reply_is_a_quotation_where_the_operator_wants_that(self, stage: Stage) -> None:
        await stage.said("bob", "a question")
        event = (await stage.seen("a question"))["event_id"]
        await stage.alice.reply(stage.room, event, "an answer")
        found = await post(stage, lambda one: "an answer" in one["text"], "it is heard")
        assert "thread_ts" not in found


class TestChanges(OnSlack):
    @scenario()
    async def test_an_edit_and_a_deletion_reach_every_part(self, stage: Stage) -> None:
        text = " ".join(f"word{number}" for number in range(800))
        event = await stage.says(text)
        await stage.heard("word799")
        parts = len(posts(stage)) - 1
        assert parts > 1
        await stage.alice.edit(stage.room, event, "short")
        await stage.until(lambda: posts(stage, "chat.delete"), "what is too much is deleted")
        assert posts(stage, "chat.update")[0]["text"] == "short"
        await stage.alice.redact(stage.room, event)
        await stage.until(lambda: len(posts(stage, "chat.delete")) == parts, "all of it is gone")

    @scenario()
    async def test_a_reaction_is_there_while_somebody_has_it(self, stage: Stage) -> None:
        """The app has one of each emoji on a message, for everybody on Matrix together."""
        await stage.said("bob", "apple")
        event = (await stage.seen("apple"))["event_id"]
        dave = stage.hs.person("dave")
        await dave.join(stage.room)
        of_alice = await stage.alice.react(stage.room, event, "🎉")
        of_dave = await dave.react(stage.room, event, "🎉")
        await stage.until(lambda: posts(stage, "reactions.add"), "it is there")
        await stage.alice.redact(stage.room, of_alice)
        await stage.quiet()
        assert len(posts(stage, "reactions.add")) == 1
        assert posts(stage, "reactions.remove") == []
        await dave.redact(stage.room, of_dave)
        await stage.until(lambda: posts(stage, "reactions.remove"), "it is gone")

    @scenario()
    async def test_an_emoji_that_slack_has_not_is_told(self, stage: Stage) -> None:
        await stage.said("bob", "apple")
        event = (await stage.seen("apple"))["event_id"]
        await stage.alice.react(stage.room, event, "\U000f0000")
        await stage.until(stage.here.notices, "Alice is told")

    @scenario()
    async def test_a_message_with_files_is_deleted_with_them(self, stage: Stage) -> None:
        event = await stage.alice.send_file(stage.room, "a.txt", "text/plain", b"the content")
        await stage.until(lambda: posts(stage, "files.completeUploadExternal"), "it is shared")
        await stage.quiet()
        await stage.alice.redact(stage.room, event)
        await stage.until(lambda: posts(stage, "files.delete"), "the file is deleted, too")
        assert slack_of(stage).state.workspace(TEAM).files == {}


class TestChannel(OnSlack):
    @scenario()
    async def test_name_and_topic_of_the_room_follow_on_slack(self, stage: Stage) -> None:
        await stage.alice.set_name(stage.room, "Tea & Biscuits")
        await stage.until(lambda: channel(stage).name == "tea-biscuits", "the name is there")
        await stage.alice.set_topic(stage.room, "Tulips")
        await stage.until(lambda: channel(stage).topic == "Tulips", "the topic is there")
        await stage.alice.set_topic(stage.room, "x" * 251)
        await stage.until(stage.here.notices, "Alice is told")
        assert "longer than Slack allows" in " ".join(stage.here.notices())
        await stage.quiet()
        assert channel(stage).topic == "Tulips"


PIXEL = bytes.fromhex(  # one transparent pixel
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c02"
    "0000000b4944415478da6364600000000600023081d02f0000000049454e44ae426082"
)
