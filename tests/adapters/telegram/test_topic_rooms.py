"""Topics as rooms of their own, with the whole bridge: made, found, written in, closed, parted."""

import re

import pytest

from bridgekit.testing.contract.stage import NETWORK
from bridgekit.testing.contract.timing import play
from bridgekit.testing.homeserver import MatrixError
from bridges.telegram.fake.errors import BotError
from bridges.telegram.fake.network import GROUP
from tests.adapters.telegram.test_bridge import bridged

LINK = re.compile(r"matrix\.to/#/(![^?]+)\?via=example\.org$")
SUSPENDED = "any more, until it is opened again"


def rooms_told(stage):
    """The rooms that the group's room was told of."""
    return [found[1] for text in stage.here.notices() if (found := LINK.search(text))]


def bodies(stage, room):
    events = stage.hs.world.rooms[room].events
    return [one.content.get("body") for one in events if one.type == "m.room.message"]


def speaks_from(stage, room):
    return stage.hs.world.rooms[room].content("m.room.power_levels")["events_default"]


def in_a_forum(tmp_path, scene, topics="rooms"):
    """Play it where the group is a forum with a topic, in which bob has said something."""

    async def on_stage(time):
        async with bridged(tmp_path, time, topics=topics) as stage:
            stage.fake.state.chats[GROUP].is_forum = True
            stage.fake.state.chats[GROUP].last_message = 1
            await stage.start()
            await stage.meet()
            stage.topic = stage.fake.people.create_topic("Bob", GROUP, "Tea")
            stage.fake.people.say("Bob", GROUP, "green tea", topic=stage.topic)
            await scene(stage)

    play(on_stage, sockets=False)


async def entered(stage):
    """The topic's room, once alice is in it by the link that she was shown."""
    await stage.until(lambda: rooms_told(stage), "the group's room is told")
    (room,) = rooms_told(stage)
    await stage.alice.join(room)
    await stage.until(lambda: "green tea" in bodies(stage, room), "what was said is there")
    return room


def sends(stage):
    return len(stage.fake.acts.of("sendmessage"))


def test_each_topic_has_a_room_that_the_people_of_the_groups_room_find_and_enter(tmp_path):
    async def scene(stage):
        room = await entered(stage)
        shown = stage.hs.world.rooms[room]
        assert shown.content("m.room.name")["name"] == "Tea"
        assert bodies(stage, room) == ["The topic “Tea” was created.", "green tea"]
        assert "green tea" not in stage.here.bodies()
        with pytest.raises(MatrixError, match="not invited"):
            await stage.hs.person("mallory").join(room)
        await stage.alice.say(room, "black tea")
        await stage.heard("black tea")
        (said,) = stage.fake.acts.of("sendmessage")[-1:]
        assert said.message["message_thread_id"] == stage.topic
        stage.fake.people.say("Bob", GROUP, "in general")
        await stage.seen("in general")

    in_a_forum(tmp_path, scene)


def test_a_topic_is_told_of_once_also_after_a_crash(tmp_path):
    async def scene(stage):
        room = await entered(stage)
        await stage.kill()
        stage.fake.people.say("Bob", GROUP, "after it", topic=stage.topic)
        await stage.start()
        await stage.until(lambda: "after it" in bodies(stage, room), "it goes on there")
        assert rooms_told(stage) == [room]

    in_a_forum(tmp_path, scene)


def test_where_topics_are_threads_none_has_a_room(tmp_path):
    async def scene(stage):
        said = await stage.seen("green tea")
        assert said["content"]["m.relates_to"]["rel_type"] == "m.thread"
        assert rooms_told(stage) == []

    in_a_forum(tmp_path, scene, topics="threads")


@pytest.mark.parametrize("told", [True, False], ids=["told", "untold"])
def test_a_group_that_becomes_a_forum_keeps_its_room_and_its_topics_have_theirs(tmp_path, told):
    """To have topics a group becomes a supergroup, which has another number."""

    async def scene(time):
        async with bridged(tmp_path, time, topics="rooms") as stage:
            await stage.start()
            await stage.meet()
            people, network = stage.fake.people, stage.network
            await network.move(told=told)
            stage.fake.state.chats[network.group].is_forum = True
            if not told:  # it shows with the first message that is sent there
                await stage.says("where are you?")
                await stage.heard("where are you?")
            stage.topic = people.create_topic("Bob", network.group, "Tea")
            people.say("Bob", network.group, "green tea", topic=stage.topic)
            room = await entered(stage)
            await stage.alice.say(room, "black tea")
            await stage.heard("black tea")
            (said,) = stage.fake.acts.of("sendmessage")[-1:]
            assert said.message["message_thread_id"] == stage.topic
            await stage.kill()
            people.say("Bob", network.group, "white tea", topic=stage.topic)
            people.say("Bob", network.group, "in general")
            await stage.start()
            await stage.seen("in general")
            await stage.until(lambda: "white tea" in bodies(stage, room), "the topic goes on")
            assert rooms_told(stage) == [room]
            assert not {"green tea", "white tea"} & set(stage.here.bodies())

    play(scene, sockets=False)


def test_that_the_bot_was_removed_is_told_in_each_room(tmp_path):
    async def scene(stage):
        room = await entered(stage)
        stage.fake.people.treat_bot("Boss", GROUP, status="left")
        for here in (stage.room, room):
            await stage.until(
                lambda here=here: any("was removed" in str(one) for one in bodies(stage, here)),
                "the room is told",
            )

    in_a_forum(tmp_path, scene)


def close(stage):
    """So that the bot may not write there, and is not told."""
    group = stage.fake.state.chats[GROUP]
    group.members[stage.fake.state.bot["id"]]["can_manage_topics"] = False
    group.topics[stage.topic]["closed"] = True


def suspended(stage, room):
    return [body for body in bodies(stage, room) if SUSPENDED in str(body)]


def test_a_closed_topic_suspends_its_room_until_it_is_opened_again(tmp_path):
    async def scene(stage):
        room, before = await entered(stage), sends(stage)
        close(stage)
        await stage.alice.say(room, "one")
        await stage.until(lambda: suspended(stage, room), "the room is told")
        await stage.until(lambda: speaks_from(stage, room) > 0, "the room shows it")
        with pytest.raises(MatrixError, match="permission"):
            await stage.alice.say(room, "two")
        stage.fake.people.reopen_topic("Bob", GROUP, stage.topic)
        await stage.until(lambda: speaks_from(stage, room) == 0, "the room is open again")
        await stage.alice.say(room, "three")
        await stage.heard("three")
        assert len(suspended(stage, room)) == 1
        assert sends(stage) == before + 1

    in_a_forum(tmp_path, scene)


def test_whoever_is_in_the_groups_room_can_have_the_rooms_of_topics_tried_again(tmp_path):
    async def scene(stage):
        room = await entered(stage)
        close(stage)
        await stage.alice.say(room, "one")
        await stage.until(lambda: speaks_from(stage, room) > 0, "the room shows it")
        (notice,) = suspended(stage, room)
        assert f"{NETWORK}-reopen in the room of the whole group" in notice
        stage.fake.state.chats[GROUP].topics[stage.topic]["closed"] = False  # and nobody says so
        await stage.alice.say(stage.room, f"!bridge {NETWORK}-reopen")
        await stage.until(lambda: speaks_from(stage, room) == 0, "the room is open again")
        await stage.alice.say(room, "two")
        await stage.heard("two")

    in_a_forum(tmp_path, scene)


def test_a_closed_topic_suspends_its_thread_and_telegram_is_not_asked_again(tmp_path):
    async def scene(stage):
        root = (await stage.seen("green tea"))["content"]["m.relates_to"]["event_id"]
        close(stage)
        refused = "Your message was not bridged. This topic is closed on Telegram."
        asked = []
        never = BotError(500, "never")
        for number, text in enumerate(("one", "two"), 1):
            await stage.alice.thread(stage.room, root, text)
            await stage.until(
                lambda number=number: "".join(stage.here.notices()).count(refused) == number,
                f"alice is told {number} times",
            )
            stage.fake.faults.next(never, lambda method: asked.append(method) or False)
        assert not [method for method in asked if method.startswith("send")]
        assert len(suspended(stage, stage.room)) == 1
        await stage.says("in general")
        await stage.heard("in general")

    in_a_forum(tmp_path, scene, topics="threads")
