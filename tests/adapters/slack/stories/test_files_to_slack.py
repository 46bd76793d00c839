"""Files of people on Matrix, as they are seen on Slack: by a share, which names no message."""

from __future__ import annotations

from bridgekit import plain
from bridgekit.testing.contract.scenario import scenario
from bridgekit.testing.contract.stage import Stage
from bridges.slack.fake import Fault, Kind
from bridges.slack.fake.server import PIXEL
from tests.adapters.slack.stories.subject import TEAM, OnSlack, posts, slack_of


class TestFiles(OnSlack):
    @scenario()
    async def test_a_file_is_uploaded_with_its_senders_name(self, stage: Stage) -> None:
        await stage.alice.send_file(stage.room, "a.txt", "text/plain", b"the content")
        await stage.until(lambda: posts(stage, "files.completeUploadExternal"), "it is shared")
        (shared,) = posts(stage, "files.completeUploadExternal")
        assert shared["initial_comment"] == "alice"
        (file,) = slack_of(stage).state.workspace(TEAM).files.values()
        assert (file.name, file.data) == ("a.txt", b"the content")

    @scenario()
    async def test_a_share_whose_answer_was_lost_is_found_and_not_doubled(
        self, stage: Stage
    ) -> None:
        slack_of(stage).faults.next(Fault(Kind.LOST), {"files.completeUploadExternal"})
        event = await stage.alice.send_file(stage.room, "a.txt", "text/plain", b"the content")
        await stage.says("and on")
        await stage.heard("and on")
        await stage.quiet()
        assert len(posts(stage, "files.completeUploadExternal")) == 1
        assert stage.here.notices() == []
        await stage.alice.redact(stage.room, event)  # and it is known which message that was
        await stage.until(lambda: posts(stage, "chat.delete"), "it is deleted")

    @scenario()
    async def test_a_share_that_was_accepted_is_not_repeated_while_slack_does_not_say_where(
        self, stage: Stage
    ) -> None:
        slack_of(stage).faults.next(Fault(Kind.LIMITED, after=5), {"files.info"})
        await stage.alice.send_file(stage.room, "a.txt", "text/plain", b"the content")
        await stage.says("and on")
        await stage.heard("and on")
        await stage.quiet()
        assert len(posts(stage, "files.completeUploadExternal")) == 1
        assert stage.here.notices() == []

    @scenario()
    async def test_voice_and_stickers_are_files_and_a_place_is_a_line_with_a_link(
        self, stage: Stage
    ) -> None:
        await stage.alice.voice(stage.room, b"words")
        await stage.alice.sticker(stage.room, "a cat", "image/png", PIXEL)
        await stage.alice.send_location(stage.room, 48.2, 16.4, "Vienna")
        place = await stage.heard("Vienna")
        assert "48.2" in plain(place.content.text)
        assert len(posts(stage, "files.completeUploadExternal")) == 2
        held = slack_of(stage).state.workspace(TEAM).files.values()
        assert {b"words", PIXEL} == {file.data for file in held}
