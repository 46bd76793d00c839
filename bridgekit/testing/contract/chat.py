"""The contract: the chat itself: what it is about, both ways, and that it goes by another ID."""

from __future__ import annotations

from bridgekit.events import ChatChange
from bridgekit.facts import ChatInfo
from bridgekit.supports import SupportsChatChange
from bridgekit.testing.contract.heard import done
from bridgekit.testing.contract.saying import expect_heard, expect_said
from bridgekit.testing.contract.scenario import scenario
from bridgekit.testing.contract.stage import Stage
from bridgekit.testing.contract.story import Broken


class OfTheChat:
    """It may change; its room stays."""

    @scenario(ChatChange)
    async def test_a_new_topic_is_seen(self, stage: Stage) -> None:
        """A new topic arrives on Matrix."""
        await stage.does("bob", ChatChange(ChatInfo(topic="Tulips")))
        await stage.until(
            lambda: stage.here.room.content("m.room.topic").get("topic") == "Tulips",
            "the topic is seen on Matrix",
        )

    @scenario(SupportsChatChange)
    async def test_a_new_topic_is_heard(self, stage: Stage) -> None:
        """A new topic arrives on the network."""
        await stage.alice.set_topic(stage.room, "Tulips")
        await done(stage, ChatChange, lambda change: change.info.topic == "Tulips")

    @scenario("move")
    async def test_a_chat_that_says_it_has_moved_goes_on(self, stage: Stage) -> None:
        """A chat that goes by another ID keeps its room (`Moved`)."""
        stage.story.tell("the chat goes by another ID, and the bridge is told")
        await stage.network.move(told=True)
        await stage.said("bob", "under another name")
        await stage.seen("under another name")
        await stage.says("so I see")
        await stage.heard("so I see")
        await stage.quiet()
        expect_said(stage, ["under another name"])
        expect_heard(stage, ["so I see"])

    @scenario("move")
    async def test_a_chat_that_moves_while_the_bridge_is_away_goes_on(self, stage: Stage) -> None:
        """A chat that goes by another ID since the bridge was there last keeps its room."""
        await stage.stop()
        stage.story.tell("the chat goes by another ID, and nobody is there to hear it")
        await stage.network.move(told=False)
        await stage.start()
        await stage.says("where are you?")
        await stage.heard("where are you?")
        await stage.said("bob", "over here")
        await stage.seen("over here")
        await stage.quiet()
        expect_heard(stage, ["where are you?"])
        expect_said(stage, ["over here"])

    @scenario("move")
    async def test_a_chat_that_turns_out_to_have_moved_goes_on(self, stage: Stage) -> None:
        """A message to a chat that goes by another ID arrives there, once (`ChatMoved`)."""
        stage.story.tell("the chat goes by another ID, and the bridge is not told")
        await stage.network.move(told=False)
        await stage.says("are you still there?")
        await stage.heard("are you still there?")
        await stage.said("bob", "next door")
        await stage.seen("next door")
        await stage.quiet()
        expect_heard(stage, ["are you still there?"])
        if stage.here.notices():
            raise Broken(f"It arrived, and Alice is told: {stage.here.notices()}.")
