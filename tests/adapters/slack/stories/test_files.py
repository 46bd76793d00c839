"""Files of messages on Slack: all of them, and what becomes of one that cannot be had."""

from __future__ import annotations

from bridgekit.testing.contract.scenario import scenario
from bridgekit.testing.contract.stage import Stage
from bridges.slack.fake import Fault, Kind
from bridges.slack.fake.faults import DOWNLOAD
from tests.adapters.slack.stories.subject import ROOM, TEAM, OnSlack, content, person, slack_of


class TestFiles(OnSlack):
    @scenario()
    async def test_several_files_of_a_message_in_a_thread_are_all_seen(self, stage: Stage) -> None:
        root = person(stage).says(ROOM, "a story")
        await stage.seen("a story")
        person(stage).shares(ROOM, {"a.txt": b"one", "b.txt": b"two"}, "look", thread_ts=root)
        await stage.until(lambda: {"a.txt", "b.txt"} <= set(stage.here.bodies()), "both are seen")
        files = [one for one in stage.here.said() if one["content"].get("url")]
        data = [await stage.alice.download(one["content"]["url"]) for one in files]
        assert sorted(data) == [b"one", b"two"]
        assert all(one["content"]["m.relates_to"]["rel_type"] == "m.thread" for one in files)

    @scenario()
    async def test_a_stub_of_slack_connect_is_looked_up(self, stage: Stage) -> None:
        person(stage).shares(ROOM, {"a.txt": b"from afar"}, "first")
        await stage.seen("first")
        (file,) = slack_of(stage).state.workspace(TEAM).files.values()
        stub = {"id": file.id, "mode": "file_access", "file_access": "check_file_info"}
        person(stage).says(ROOM, "second", files=[stub])
        found = await content(stage, "second")
        assert found["filename"] == "a.txt"
        assert await stage.alice.download(found["url"]) == b"from afar"

    @scenario()
    async def test_a_stub_that_nobody_knows_keeps_its_text(self, stage: Stage) -> None:
        stub = {"id": "F0NONE", "file_access": "check_file_info"}
        person(stage).says(ROOM, "see this", files=[stub])
        await stage.until(
            lambda: [one for one in stage.here.bodies() if one.startswith("see this")], "the text"
        )

    @scenario()
    async def test_a_login_page_is_no_file_and_the_text_arrives(self, stage: Stage) -> None:
        (bot,) = [one for one in slack_of(stage).state.tokens.values() if one.kind == "bot"]
        bot.scopes -= {"files:read"}
        person(stage).shares(ROOM, {"secret.txt": b"the content"}, "see the file")
        await stage.seen("see the file")
        await stage.until(
            lambda: [one for one in stage.here.texts() if "secret.txt" in one], "it is named"
        )
        assert not [one for one in stage.here.said() if one["content"].get("url")]

    @scenario()
    async def test_a_file_elsewhere_is_a_link_and_one_that_is_gone_is_said(
        self, stage: Stage
    ) -> None:
        outside = {"id": "F1", "name": "doc", "is_external": True, "permalink": "https://x.y/doc"}
        person(stage).says(ROOM, "one", files=[outside])
        person(stage).says(ROOM, "two", files=[{"id": "F2", "mode": "tombstone"}])
        person(stage).says(ROOM, "three", files=[{"id": "F3", "mode": "hidden_by_limit"}])
        await stage.until(
            lambda: all(
                any(words in one for one in stage.here.bodies())
                for words in ("https://x.y/doc", "was deleted", "no longer shows")
            ),
            "each is said",
        )

    @scenario()
    async def test_a_file_at_a_private_address_gets_no_token_and_is_not_read(
        self, stage: Stage
    ) -> None:
        url = "http://10.0.0.1/internal.txt"
        file = {"id": "F1", "name": "internal.txt", "url_private": url, "mimetype": "text/plain"}
        person(stage).says(ROOM, "look here", files=[file])
        await stage.seen("look here")
        await stage.until(
            lambda: [one for one in stage.here.texts() if "internal.txt" in one], "it is named"
        )

    @scenario()
    async def test_a_file_that_never_comes_or_is_cut_short_is_said_and_the_text_arrives(
        self, stage: Stage
    ) -> None:
        faults = slack_of(stage).faults
        for kind in (Kind.HANG, Kind.CUT, Kind.BROKEN):
            for _ in range(3):  # so often it is asked for
                faults.next(Fault(kind), {DOWNLOAD})
            person(stage).shares(ROOM, {f"{kind}.txt": b"the content"}, f"see, {kind}")
            await stage.seen(f"see, {kind}", within=900.0)
            named = await stage.until(
                lambda name=f"{kind}.txt": [one for one in stage.here.texts() if name in one],
                "it is named",
                within=900.0,
            )
            assert named
        assert not [one for one in stage.here.said() if one["content"].get("url")]
        person(stage).shares(ROOM, {"good.txt": b"the content"})
        await stage.seen("good.txt")

    @scenario()
    async def test_a_file_that_is_longer_than_it_says_is_read_to_its_end(
        self, stage: Stage
    ) -> None:
        person(stage).shares(ROOM, {"a.txt": b"longer than it says"}, "first")
        await stage.seen("first")
        (file,) = slack_of(stage).state.workspace(TEAM).files.values()
        url = f"{slack_of(stage).origin}/files-pri/{TEAM}-{file.id}/download/b.txt"
        lie = {"id": "F9", "name": "b.txt", "url_private_download": url, "size": 3}
        person(stage).says(ROOM, "second", files=[lie])
        found = await content(stage, "second")
        assert await stage.alice.download(found["url"]) == b"longer than it says"
        assert found["info"]["size"] == len(b"longer than it says")
