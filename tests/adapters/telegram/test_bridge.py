"""Telegram and Matrix with the whole bridge between them, in memory, where time is simulated."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import wraps

import pytest

from bridgekit.configuration.settings import ChatLink
from bridgekit.testing.contract.stage import NETWORK
from bridgekit.testing.contract.staging import staged
from bridgekit.testing.contract.timing import play
from bridges.telegram import TelegramAdapter
from bridges.telegram.fake import telegram_group
from bridges.telegram.fake.errors import BotError
from bridges.telegram.fake.faults import Loss
from bridges.telegram.fake.network import GROUP

OTHER = -1_000_000_000_777
_EPOCH = datetime(2030, 1, 1, tzinfo=UTC)


def now():
    return _EPOCH + timedelta(seconds=asyncio.get_running_loop().time())


@asynccontextmanager
async def bridged(folder, time, **settings):
    """A bridge at work between alice's room and a group."""
    async with (
        telegram_group(now, **settings) as group,
        staged(folder, time, TelegramAdapter, group) as stage,
    ):
        stage.fake = group.fake
        yield stage


def played(scene):
    """A test of a scene on a stage where both sides have spoken."""

    @wraps(scene)
    def test(tmp_path):
        async def on_stage(time):
            async with bridged(tmp_path, time) as stage:
                await stage.start()
                await stage.meet()
                await scene(stage)

        play(on_stage, sockets=False)

    del test.__wrapped__
    return test


def replies_and_mentions(event):
    content = event["content"]
    answered = content["m.relates_to"]["m.in_reply_to"]["event_id"]
    return answered, content["m.mentions"].get("user_ids", [])


@played
async def test_a_reply_to_a_relayed_message_mentions_its_author_on_matrix(stage):
    event = await stage.says("a question")
    heard = await stage.heard("a question")
    number = int(heard.id.rpartition(":")[2])
    stage.fake.people.say("Bob", GROUP, "an answer", answers=number)
    answer = await stage.seen("an answer")
    assert replies_and_mentions(answer) == (event, [stage.alice.user_id])


@played
async def test_an_edit_that_nobody_can_see_is_no_edit(stage):
    number = stage.fake.people.say("Bob", GROUP, "with a preview")
    stage.fake.people.edit("Bob", GROUP, number, link_preview_options={"url": "https://x.org"})
    stage.fake.people.edit("Bob", GROUP, number, text="really changed")
    await stage.until(stage.here.edited, "the real edit is seen")
    await stage.quiet()
    bodies = [one["content"]["m.new_content"]["body"] for one in stage.here.edited()]
    assert bodies == ["really changed"]


@played
async def test_an_edited_caption_keeps_the_file_and_a_new_file_replaces_it(stage):
    people, files = stage.fake.people, stage.fake.state.files
    about = {"file_name": "a.txt", "mime_type": "text/plain"}
    number = people.send_file("Bob", GROUP, "document", b"one", caption="look", **about)
    said = await stage.seen("look")
    people.edit("Bob", GROUP, number, caption="see")
    await stage.until(lambda: len(stage.here.edited()) == 1, "the caption is changed")
    people.edit("Bob", GROUP, number, document=files.described(b"two", **about))
    await stage.until(lambda: len(stage.here.edited()) == 2, "the file is changed")
    first, second = (one["content"]["m.new_content"] for one in stage.here.edited())
    assert (first["body"], first["url"]) == ("see", said["content"]["url"])
    assert await stage.alice.download(second["url"]) == b"two"


@played
async def test_a_long_text_arrives_whole_and_its_edit_changes_every_part(stage):
    event = await stage.says("long " * 1500 + "end")
    await stage.heard("end")
    parts = stage.fake.acts.of("sendmessage")[1:]
    assert len(parts) == 2
    assert all(len(one.message["text"]) <= 4096 for one in parts)
    await stage.alice.edit(stage.room, event, "short")
    await stage.until(lambda: stage.fake.acts.of("deletemessage"), "what is left over is deleted")
    assert stage.fake.acts.of("editmessagetext")[0].message["text"] == "alice: short"


@played
async def test_several_people_share_the_one_reaction_of_the_bot(stage):
    number = stage.fake.people.say("Bob", GROUP, "react to me")
    event = (await stage.seen("react to me"))["event_id"]
    dave = stage.hs.person("dave")
    await dave.join(stage.room)

    def shown():
        mine = stage.fake.state.chats[GROUP].reactions.get(number, {})
        return [one["emoji"] for one in mine.get(stage.fake.state.bot["id"], ())]

    await stage.alice.react(stage.room, event, "👍")
    await stage.until(lambda: shown() == ["👍"], "the first reaction is shown")
    hearts = await dave.react(stage.room, event, "\u2764\ufe0f")
    await stage.until(lambda: shown() == ["❤"], "the latest one is shown in its place")
    await dave.redact(stage.room, hearts)
    await stage.until(lambda: shown() == ["👍"], "the one that is left is shown again")


@played
async def test_a_reaction_that_is_not_allowed_there_takes_nobodys_away(stage):
    number = stage.fake.people.say("Bob", GROUP, "react to me")
    event = (await stage.seen("react to me"))["event_id"]
    dave = stage.hs.person("dave")
    await dave.join(stage.room)
    group, me = stage.fake.state.chats[GROUP], stage.fake.state.bot["id"]
    group.allowed_reactions = ["👍"]
    await stage.alice.react(stage.room, event, "👍")
    await stage.until(lambda: stage.fake.acts.of("setmessagereaction"), "the first one is shown")
    await dave.react(stage.room, event, "🔥")
    await stage.until(lambda: "not in this chat" in "".join(stage.here.notices()), "dave is told")
    assert [one["emoji"] for one in group.reactions[number][me]] == ["👍"]


@played
async def test_an_emoji_that_telegram_does_not_have_is_told(stage):
    event = (await stage.seen("is anybody there? 1"))["event_id"]
    await stage.alice.react(stage.room, event, "🌹")
    await stage.until(stage.here.notices, "alice is told")
    assert "does not have this emoji" in stage.here.notices()[0]


@played
async def test_a_send_that_nobody_knows_of_is_told_and_never_sent_again(stage):
    for number, fault in enumerate((Loss.AFTER, BotError(502, "Bad Gateway"))):
        stage.fake.faults.next(fault)
        await stage.says(f"taken or not {number}")
        await stage.until(lambda told=number: len(stage.here.notices()) > told, "alice is told")
        assert "may not have been sent" in stage.here.notices()[-1]
    await stage.says("and on it goes")
    await stage.heard("and on it goes")
    said = [text for text in stage.fake.acts.texts(GROUP) if "taken or not" in text]
    assert said == ["alice: taken or not 0"]


@played
async def test_what_the_bot_itself_does_to_a_chat_changes_nothing_on_matrix(stage):
    event = await stage.says("pin me")
    await stage.heard("pin me")
    await stage.alice.pin(stage.room, event)
    await stage.alice.set_name(stage.room, "Another name")
    done = stage.fake.acts
    await stage.until(lambda: done.of("setchattitle") and done.of("pinchatmessage"), "it is done")
    told = stage.fake.state.chats[GROUP].messages.values()
    assert {"new_chat_title", "pinned_message"} <= {name for one in told for name in one}
    before = len(stage.here.room.events)
    await stage.quiet()
    assert len(stage.here.room.events) == before
    assert len(done.of("setchattitle")) == len(done.of("pinchatmessage")) == 1


@played
async def test_another_bridge_and_a_relay_bot_that_repeat_everything_are_stopped(stage):
    mirror = {"id": 55, "is_bot": True, "first_name": "Mirror"}
    robot = stage.hs.person("robot")
    await robot.join(stage.room)

    def repeat(did):
        if did.method == "sendmessage":
            stage.fake.people.say("Mirror", GROUP, did.message["text"], **{"from": mirror})

    stage.fake.acts.watchers.append(repeat)
    answered = len(stage.here.said())
    await stage.says("round and round it goes")
    for _ in range(400):
        said = stage.here.said()
        for event in said[answered:]:
            await robot.say(stage.room, f"<{event['sender']}> {event['content']['body']}")
        answered = len(said)
        await stage.time.passes(0.25)
        if any("goes round and round" in notice for notice in stage.here.notices()):
            break
    told = [notice for notice in stage.here.notices() if "goes round and round" in notice]
    assert len(told) == 1
    assert len(stage.fake.acts.texts(GROUP)) < 30
    await stage.says("people go on")
    await stage.heard("people go on")


@played
async def test_an_album_is_in_order_and_each_item_can_be_answered(stage):
    for number in range(3):
        about = {"file_name": f"{number}.txt", "mime_type": "text/plain", "media_group_id": "1"}
        last = stage.fake.people.send_file("Bob", GROUP, "document", bytes([65 + number]), **about)
    stage.fake.people.say("Ann", GROUP, "the third", answers=last)
    answer = await stage.seen("the third")
    shown = [one for one in stage.here.said() if one["content"].get("url")]
    assert [one["content"]["body"] for one in shown] == ["0.txt", "1.txt", "2.txt"]
    assert replies_and_mentions(answer)[0] == shown[2]["event_id"]


@played
async def test_a_file_that_cannot_be_had_leaves_a_word_with_its_name(stage):
    about = {"file_name": "huge.iso", "mime_type": "application/octet-stream", "size": 30_000_000}
    stage.fake.people.send_file("Bob", GROUP, "document", b"x", caption="take this", **about)
    await stage.until(
        lambda: any("huge.iso" in text for text in stage.here.texts()), "its name is shown"
    )
    assert any("has 30 MB" in text and "20 MB" in text for text in stage.here.texts())


@played
async def test_a_hostile_file_name_and_a_wrong_type_harm_nobody(stage):
    name = "../../etc/pass\u202ewd\n<b>.html"
    stage.fake.people.send_file(
        "Bob", GROUP, "document", b"<script>x</script>", file_name=name, mime_type="image/png"
    )
    event = await stage.until(
        lambda: [one for one in stage.here.said() if one["content"].get("url")], "it is shown"
    )
    content = event[0]["content"]
    assert not set("/\u202e\n") & set(content["body"])
    assert content["msgtype"] == "m.file"
    assert content["info"]["mimetype"] != "image/png"


def test_a_chat_that_must_pause_does_not_slow_the_others(tmp_path):
    async def scene(time):
        async with bridged(tmp_path, time) as stage:
            stage.fake.state.add_chat(OTHER)
            levels = {"users": {"@bridgebot:example.org": 100}, "users_default": 50}
            quick = await stage.alice.create_room(
                preset="public_chat", power_level_content_override=levels
            )
            known = stage.rig.others[NETWORK]
            links = (*known.links, ChatLink(chat=str(OTHER), room=quick))
            stage.rig.others[NETWORK] = replace(known, links=links)
            await stage.start()
            await stage.meet()
            began = time.clock.monotonic()
            stage.fake.flood.paused[GROUP] = asyncio.get_running_loop().time() + 300
            for number in range(5):
                await stage.says(f"slow {number}")
                await stage.alice.say(quick, f"quick {number}")
            texts = stage.fake.acts.texts
            await stage.until(lambda: len(texts(OTHER)) == 5, "the other chat hears all of it")
            assert time.clock.monotonic() - began < 60
            assert not any("slow" in text for text in texts(GROUP))
            await stage.until(lambda: "slow 4" in str(texts(GROUP)), "it goes on", within=400)
            assert time.clock.monotonic() - began >= 299
            said = [text for text in texts(GROUP) if "slow" in text]
            assert said == [f"alice: slow {number}" for number in range(5)]
            assert texts(OTHER) == [f"alice: quick {number}" for number in range(5)]

    play(scene, sockets=False)


@pytest.mark.parametrize("transport", ["polling", "webhook"])
def test_what_telegram_tells_while_the_bridge_is_dead_arrives_in_order(tmp_path, transport):
    async def scene(time):
        async with bridged(tmp_path, time, transport=transport, webhook_secret="s") as stage:
            await stage.start()
            await stage.meet()
            await stage.kill()
            for number in range(20):
                stage.fake.people.say("Bob", GROUP, f"word {number}")
            await stage.start()
            await stage.seen("word 19")
            words = [text for text in stage.here.bodies() if text.startswith("word")]
            assert words == [f"word {number}" for number in range(20)]

    play(scene, sockets=False)
