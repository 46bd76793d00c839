"""What is found does not cross, either way; what nobody can look through waits, and only that."""

from __future__ import annotations

import json
from dataclasses import replace

from aiohttp import ClientSession

from bridgekit.audited import AuditOutcome
from bridgekit.configuration.scan_settings import ScanSettings
from bridgekit.lanes.journey import millis
from bridgekit.models import Direction
from bridgekit.store.jobs import Jobs, revive
from bridgekit.testing.clock import settle
from bridgekit.testing.rig import DOMAIN
from tests.core.scanning.conftest import Stage

GOOD, EVIL = b"a good file", b"an evil file"


async def test_to_the_network_its_sender_is_told_and_nothing_goes_there(stage: Stage) -> None:
    await stage.begin()
    event = await stage.alice.send_file(stage.room, "cat.bin", "application/pdf", EVIL)
    told = await stage.shown("The file cat.bin was blocked: the content scan found Evil")
    assert told["content"]["m.relates_to"]["m.in_reply_to"]["event_id"] == event
    await stage.alice.send_file(stage.room, "dog.bin", "application/pdf", GOOD)
    await stage.alice.say(stage.room, "an evil text is not looked through")
    await stage.heard("an evil text is not looked through")
    assert [file.data for file in stage.network.files.values()] == [GOOD]
    assert stage.count(Direction.TO_NETWORK) == 1
    (line,) = await stage.audit()
    assert (line.user, line.room) == (stage.alice.user_id, stage.room)
    assert (line.command, line.outcome, line.via) == (
        "content-scan",
        AuditOutcome.REFUSED,
        "bridge",
    )
    assert line.detail == "the content scan found Evil"
    assert "cat.bin" in json.loads(line.arguments)["what"]


async def test_to_matrix_the_room_reads_it_in_the_place_of_the_file(stage: Stage) -> None:
    await stage.begin()
    evil = stage.bob.file("cat.pdf", EVIL, "application/pdf")
    good = stage.bob.file("dog.pdf", GOOD, "application/pdf")
    await stage.bob.attach("#room", evil, good, caption="two files", id="m1")
    await stage.shown("dog.pdf")
    bodies = await stage.alice.bodies(stage.room)
    blocked = "The file cat.pdf was blocked: the content scan found Evil"
    assert bodies == ["two files", blocked, "dog.pdf"]
    assert all(EVIL not in (one.data or b"") for one in stage.rig.hs.world.media.values())
    (line,) = await stage.audit()
    assert (line.user, line.room) == (f"@loop_bob:{DOMAIN}", stage.room)


async def test_a_picture_of_somebody_is_looked_through_too(stage: Stage) -> None:
    await stage.begin()
    await stage.bob.rename("Bob", stage.bob.file("me.png", EVIL, "image/png"))
    await stage.bob.say("#room", "hello", id="m1")
    await stage.shown("hello")
    assert all(EVIL not in (one.data or b"") for one in stage.rig.hs.world.media.values())
    assert [line.user for line in await stage.audit()] == [f"@loop_bob:{DOMAIN}"]


async def test_while_nobody_answers_a_file_waits_with_its_chat_and_no_other(stage: Stage) -> None:
    stage.rig.link("#other")
    await stage.begin()
    other = await stage.alice.join("#loop_#other:example.org")
    stage.judge.be("down")
    await stage.alice.send_file(stage.room, "dog.bin", "application/pdf", GOOD, caption="first")
    await stage.alice.say(stage.room, "second")
    file = stage.bob.file("dog.pdf", GOOD, "application/pdf")
    await stage.bob.attach("#room", file, caption="a file", id="m1")
    await stage.bob.say("#room", "after it", id="m2")
    await stage.alice.say(other, "elsewhere")
    assert await stage.heard("elsewhere") == ["elsewhere"]
    await stage.bob.say("#other", "there, too", id="m3")
    await stage.alice.wait_for(other, lambda event: event["content"].get("body") == "there, too")
    health = stage.rig.bridge.health
    assert health is not None
    while not await stage.parts.media.scan.trouble():
        await settle()
    (check,) = [one for one in await health.ready() if one.what == "content scan"]
    assert "waits" in check.said
    assert await stage.alice.bodies(stage.room) == ["first", "second"]  # her own
    stage.judge.no_more("down")
    assert await stage.heard("second") == ["elsewhere", "first", "second"]
    await stage.shown("after it")
    assert (await stage.alice.bodies(stage.room))[-1] == "after it"
    assert len(stage.network.files) == 1
    (check,) = [one for one in await health.ready() if one.what == "content scan"]
    assert check.well


async def test_or_it_crosses_unseen(stage: Stage) -> None:
    await stage.begin(when_down="pass")
    stage.judge.be("down")
    await stage.alice.send_file(stage.room, "cat.bin", "application/pdf", EVIL, caption="unseen")
    await stage.heard("unseen")
    assert [file.data for file in stage.network.files.values()] == [EVIL]


async def test_a_bridge_that_dies_while_it_looks_has_sent_nothing_and_knows_it(
    stage: Stage,
) -> None:
    await stage.begin()
    stage.judge.be("slow")
    await stage.alice.send_file(stage.room, "dog.bin", "application/pdf", GOOD, caption="once")
    file = stage.bob.file("dog.pdf", GOOD, "application/pdf")
    await stage.bob.attach("#room", file, caption="here once", id="m1")
    await stage.judge.at_work()
    await stage.rig.kill()
    stage.judge.no_more("slow")
    await stage.rig.start()
    await stage.alice.say(stage.room, "end")
    assert await stage.heard("end") == ["once", "end"]
    await stage.bob.say("#room", "end of bob", id="m2")
    await stage.shown("end of bob")
    bodies = await stage.alice.bodies(stage.room)
    assert bodies.count("here once") + bodies.count("dog.pdf") == 1
    assert not any("may not have been" in body for body in bodies)


async def test_texts_are_looked_through_where_that_is_wanted(stage: Stage) -> None:
    await stage.begin(texts=True)
    await stage.alice.say(stage.room, "an evil text")
    await stage.shown("It was blocked: the content scan found Evil")
    await stage.bob.say("#room", "good words", id="m1")
    await stage.shown("good words")
    await stage.bob.edit("#room", "m1", "evil words")
    changed = await stage.alice.wait_for(
        stage.room, lambda event: "m.new_content" in event["content"]
    )
    assert (
        changed["content"]["m.new_content"]["body"] == "It was blocked: the content scan found Evil"
    )
    await stage.bob.say("#room", "more evil words", id="m2")
    await stage.alice.say(stage.room, "end")
    assert await stage.heard("end") == ["end"]
    await stage.bob.say("#room", "end of bob", id="m3")
    await stage.shown("end of bob")
    assert not any("evil words" in str(one) for one in await stage.alice.events(stage.room))
    assert len(await stage.audit()) == 3
    # What took the place of a message is that message: it can be deleted, say.
    await stage.bob.delete("#room", "m2")
    await stage.alice.wait_for(stage.room, lambda event: event["type"] == "m.room.redaction")


async def test_no_link_leads_to_what_is_found(stage: Stage) -> None:
    stage.network.limits = replace(stage.network.limits, attachments=frozenset())
    await stage.begin()
    await stage.alice.send_file(stage.room, "cat.bin", "application/pdf", EVIL)
    await stage.shown("The file cat.bin was blocked")
    await stage.alice.send_file(stage.room, "dog.bin", "application/pdf", GOOD)
    await stage.network.wait(stage.network.texts)
    (text,) = stage.network.texts()
    url = text.split()[-1]
    async with ClientSession() as world:
        async with world.get(url) as response:
            assert (response.status, await response.read()) == (200, GOOD)
        # The homeserver that it came from gives something else under the same address now.
        for media in stage.rig.hs.world.media.values():
            if media.data == GOOD:
                media.data = EVIL
        async with world.get(url) as response:
            assert (response.status, await response.read()) == (
                403,
                b"What this link shows was blocked.\n",
            )
        mxc = await stage.alice.upload(EVIL, "image/png", "me.png")
        async with world.get(await stage.parts.media.links.avatar(mxc)) as response:
            assert response.status == 403
        stage.judge.be("down")
        async with world.get(url) as response:
            assert response.status == 503


async def test_what_was_blocked_can_be_sent_again_once_the_scanner_knows_better(
    stage: Stage,
) -> None:
    await stage.begin()
    await stage.alice.send_file(stage.room, "cat.bin", "application/pdf", EVIL, caption="harmless")
    await stage.shown("The file cat.bin was blocked")
    await stage.rig.stop()
    stage.rig.settings["scan"] = ScanSettings()
    await stage.rig.start()
    (dead,) = [one.job for one in await Jobs(stage.parts.store.reader).listed() if one.dead]
    await stage.parts.store.writer.write(revive(dead.id, millis(stage.rig.clock)))
    await stage.parts.queue.catch_up()
    await stage.heard("harmless")
