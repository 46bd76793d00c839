"""Long words from Matrix: in parts that Slack takes, and that it lets be edited."""

from __future__ import annotations

from bridgekit.testing.contract.scenario import scenario
from bridgekit.testing.contract.stage import Stage
from bridges.slack.fake import Fault, Kind
from tests.adapters.slack.stories.subject import OnSlack, post, posts, slack_of


class TestLength(OnSlack):
    @scenario()
    async def test_what_slack_finds_too_long_is_cut_and_posted_once(self, stage: Stage) -> None:
        """One refusal, and a piece whose answer is lost."""
        slack_of(stage).faults.next(Fault(Kind.ERROR, code="msg_too_long"), {"chat.postMessage"})
        slack_of(stage).faults.next(Fault(Kind.LOST), {"chat.postMessage"})
        before = len(posts(stage))
        await stage.says("beginnings endings...")
        await stage.heard("endings...")
        await stage.quiet()
        texts = [one["text"] for one in posts(stage)[before:]]
        assert texts == ["beginnings", "endings..."]
        assert stage.here.notices() == []

    @scenario()
    async def test_what_is_cut_is_edited_and_deleted_in_all_its_pieces(self, stage: Stage) -> None:
        slack_of(stage).faults.next(Fault(Kind.ERROR, code="msg_too_long"), {"chat.postMessage"})
        event = await stage.says("beginnings endings...")
        await stage.heard("endings...")
        await stage.quiet()
        await stage.alice.edit(stage.room, event, "whole")
        await stage.until(lambda: len(posts(stage, "chat.delete")) == 1, "the rest is gone")
        assert [one["text"] for one in posts(stage, "chat.update")] == ["whole"]

    @scenario()
    async def test_every_part_is_short_enough_to_be_edited_in_whatever_letters(
        self, stage: Stage
    ) -> None:
        """Slack counts bytes, of the text as it is escaped."""
        for letters in ("слово ", "<&> "):
            event = await stage.says(letters * 900)
            await stage.says("done")
            await stage.heard("done")
            await stage.alice.edit(stage.room, event, letters * 890)
            await stage.says("edited")
            await stage.heard("edited")
            await stage.quiet()
        assert stage.here.notices() == []
        texts = [one["text"] for one in posts(stage) + posts(stage, "chat.update")]
        assert max(len(text.encode()) for text in texts) <= 4000
        assert sum(text.count("слово") for text in texts) >= 1790

    @scenario()
    async def test_a_long_answer_stays_in_its_thread_to_the_end(self, stage: Stage) -> None:
        root = await stage.said("bob", "a question")
        event = (await stage.seen("a question"))["event_id"]
        await stage.alice.reply(stage.room, event, "word " * 1200 + "end")
        await post(stage, lambda one: one["text"].endswith("end"), "it is heard to its end")
        said = [one for one in posts(stage) if "word" in one["text"]]
        assert {one.get("thread_ts") for one in said} == {root}
        assert len(said) > 1
