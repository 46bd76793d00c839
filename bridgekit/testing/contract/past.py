"""The contract: what was said before, and a chat that goes by another ID."""

from __future__ import annotations

from bridgekit.ids import MessageID
from bridgekit.supports import SupportsHistory
from bridgekit.testing.contract.asking import chat_of_stage
from bridgekit.testing.contract.saying import expect_heard, expect_said
from bridgekit.testing.contract.scenario import Lacking, scenario
from bridgekit.testing.contract.stage import Stage
from bridgekit.testing.contract.story import Broken


class OfThePast:
    """The past of a chat, and its future under another ID."""

    @scenario(SupportsHistory, "miss", "drop")
    async def test_what_was_missed_is_read_from_the_past(self, stage: Stage) -> None:
        """What was missed before a connection broke is read from the past, once and in order."""
        await stage.said("bob", "before it")
        await stage.seen("before it")
        await stage.says("my own words")
        await stage.heard("my own words")
        await stage.network.miss()
        stage.story.tell("what follows is not told")
        for text in ("missed first", "missed second"):
            await stage.said("bob", text)
        before = stage.watch.connected
        await stage.network.drop()
        await stage.until(lambda: stage.watch.connected > before, "the connection is made anew")
        await stage.said("bob", "after it")
        await stage.seen("after it")
        await stage.quiet()
        expect_said(stage, ["before it", "missed first", "missed second", "after it"])
        if any("my own words" in body for body in stage.here.bodies()):
            raise Broken(
                "What Alice said came back from the past as somebody else's: it needs the same "
                "`txn`, `id` or `sender` as its echo."
            )

    @scenario(SupportsHistory)
    async def test_the_past_reads_as_the_present_did(self, stage: Stage) -> None:
        """The past has the IDs that messages had live, oldest first, and within the limit."""
        named = [await stage.said("bob", f"the {which}") for which in ("first", "second", "third")]
        await stage.seen("the third")
        if None in named:
            raise Lacking("messages have no IDs")
        found = await _past(stage, 100)
        if [one for one in found if one in named] != named:
            raise Broken(f"Live, the messages were {named}; the past has {found}.")
        last = await _past(stage, 1)
        if last != named[2:]:
            raise Broken(f"Of the past, {last} is not the one message that was said last.")
        behind = await _past(stage, 1, after=named[0])
        if behind != named[1:2]:
            raise Broken(f"Behind {named[0]}, {behind} is not the one message that comes first.")

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


async def _past(stage: Stage, limit: int, after: MessageID | None = None) -> list[MessageID | None]:
    client: object = stage.client
    assert isinstance(client, SupportsHistory)  # noqa: S101 (the scenario needs it)
    found = client.history(chat_of_stage(stage).id, after=after, limit=limit)
    return [one.id async for one in found]
