"""Who has shown who they are may link and open the Telegram chats that they run or are in."""

import pytest

from bridgekit import Login, LoginID, Rank, Rejected, RetryLater
from bridgekit.testing.contract.timing import play
from bridges.telegram.fake.errors import BotError
from bridges.telegram.fake.state import ADMINISTRATOR
from tests.adapters.telegram.test_bridge import bridged
from tests.adapters.telegram.test_linking import link

GROUP_ID = -1001


def ranked(place, who, chat=GROUP_ID):
    """What somebody who has signed in is in a chat, as they themselves may know."""
    login = Login(LoginID("telegram:x"), who, {"user": str(place.state.user(who)["id"])}, False)

    async def members():
        async with place.adapter.connect(login) as client:
            return [(one.user == client.me, one.rank) async for one in client.members(str(chat))]

    return members()


@pytest.mark.parametrize(
    ("standing", "found"),
    [
        ({**ADMINISTRATOR, "is_anonymous": True}, [(True, Rank.ADMIN)]),
        ({"status": "creator", "is_anonymous": False}, [(True, Rank.OWNER)]),
        ({"status": "member"}, [(True, Rank.MEMBER)]),
        ({"status": "left"}, []),
    ],
    ids=["anonymous administrator", "owner", "member", "gone"],
)
async def test_who_has_signed_in_knows_what_they_are_in_a_chat(place, standing, found):
    ann = place.state.user("Ann")
    place.state.chats[GROUP_ID].members[ann["id"]] = standing
    assert await ranked(place, "Ann") == found


async def test_what_they_are_is_not_known_where_telegram_does_not_say(place):
    place.state.add_chat(-55, "group")
    place.people.migrate(-55, -1_000_000_000_055, told=False)
    for chat, why in ((-55, "-1000000000055"), (-77, "does not know this chat")):
        with pytest.raises(Rejected, match=why):
            await ranked(place, "Ann", chat)
    place.fake.faults.next(BotError(502, "x"), lambda method: method == "getchatmember")
    with pytest.raises(RetryLater, match="did not say"):
        await ranked(place, "Ann")


async def test_nobody_knows_what_they_are_while_the_bot_is_away(fake, host, at_work):
    async with at_work(fake, host) as place:
        pass
    with pytest.raises(RetryLater, match="not connected"):
        await ranked(place, "Ann")


KEY = "example.org/bridgekit/net/-77"


def test_an_administrator_who_has_signed_in_links_the_group_and_nobody_else(tmp_path):
    async def scene(time):
        async with bridged(tmp_path, time) as stage:
            stage.fake.state.add_chat(-77, "group", "Others")
            ann = stage.fake.state.user("Ann")
            stage.fake.state.add_chat(ann["id"], "private", "Ann")
            await stage.start()
            await stage.meet()
            await link(stage, ann)
            room = await stage.alice.create_room(
                invite=["@bridgebot:example.org"],
                preset="public_chat",
                power_level_content_override={"users_default": 100},
            )

            def told(words):
                events = stage.hs.world.rooms[room].events
                return [one for one in events if words in str(one.content.get("body"))]

            members = stage.hs.world.rooms[room].members
            await stage.until(lambda: "@bridgebot:example.org" in members(), "the bot comes")
            await stage.alice.say(room, "!bridge link net -77")
            await stage.until(lambda: told("must want it to be bridged"), "she does not run it")
            stage.fake.state.chats[-77].members[ann["id"]] = ADMINISTRATOR
            await stage.alice.say(room, "!bridge link net -77")
            await stage.until(lambda: told("Write confirm"), "she is told what follows")
            await stage.alice.say(room, "confirm")
            await stage.until(lambda: stage.hs.world.rooms[room].content("m.bridge", KEY), "done")
            stage.fake.people.say("Bob", -77, "hello over there")
            await stage.until(lambda: told("hello over there"), "it is said")

    play(scene, sockets=False)


def test_a_member_who_has_signed_in_is_invited_into_the_room_of_a_hidden_group(tmp_path):
    async def scene(time):
        async with bridged(tmp_path, time) as stage:
            stage.fake.state.add_chat(-77, "group", "Others")
            ann = stage.fake.state.user("Ann")
            stage.fake.state.add_chat(ann["id"], "private", "Ann")
            await stage.start()
            await stage.meet()
            alone, world = await link(stage, ann), stage.hs.world

            def made():
                named = [one for one in world.rooms.values() if one.content("m.room.name")]
                return [one for one in named if one.content("m.room.name")["name"] == "Others"]

            def told(words):
                return [one for one in world.rooms[alone].events if words in str(one.content)]

            await stage.alice.say(alone, "open net -77")
            await stage.until(lambda: told("for people who were invited"), "she is not in it")
            assert not made()
            stage.fake.state.chats[-77].members[ann["id"]] = {"status": "member"}
            await stage.alice.say(alone, "open net -77")
            (room,) = await stage.until(made, "the room is made")
            assert room.content("m.room.join_rules")["join_rule"] == "invite"
            assert room.membership(stage.alice.user_id) == "invite"

    play(scene, sockets=False)
