"""Who may see a chat on Telegram may enter its room, and nobody else uninvited."""

from dataclasses import replace

import pytest

from bridgekit import ChatChange, ChatInfo
from bridgekit.configuration.inbox_settings import InboxSettings
from bridgekit.configuration.settings import ChatLink
from bridgekit.testing.contract.stage import NETWORK
from bridgekit.testing.contract.timing import play
from bridgekit.testing.homeserver import MatrixError
from tests.adapters.telegram.test_bridge import bridged

GROUP, FORUM, CHANNEL = -1001, -1_000_000_002_002, -1_000_000_003_003
HIDDEN, SHOWN = -1_000_000_000_008, -1_000_000_000_009


@pytest.mark.parametrize("chat", [GROUP, CHANNEL, f"{FORUM}/7"], ids=["group", "channel", "topic"])
@pytest.mark.parametrize("username", ["", "tea_lovers"])
async def test_a_chat_without_a_username_is_for_invited_people(place, chat, username):
    place.state.chats[int(str(chat).partition("/")[0])].username = username
    info = await place.client.chat_info(str(chat))
    assert info.by_invitation is (not username)


async def test_a_chat_with_one_person_is_theirs_and_by_no_invitation(place):
    bob = place.state.user("Bob")
    place.state.add_chat(bob["id"], "private", "Bob")
    info = await place.client.chat_info(str(bob["id"]))
    assert (info.direct, info.by_invitation) == (True, None)


def changes(events):
    """Of which chat it was told who may see it, and what."""
    return [
        (event.chat.id, event.content.info.by_invitation)
        for event in events
        if isinstance(event.content, ChatChange)
        and event.content == ChatChange(ChatInfo(by_invitation=event.content.info.by_invitation))
    ]


async def test_it_is_told_before_the_next_word_that_a_group_is_hidden_or_shown(place):
    group = place.state.chats[GROUP]
    for username, closed in (("tea", False), ("", True)):
        group.username = username
        told, said = await place.hears(lambda: place.people.say("Bob", GROUP, "hi"))
        assert changes([told, said]) == [(str(GROUP), closed)]
        assert told.sender is None
        assert await place.hears(lambda: place.people.say("Bob", GROUP, "hi")) != []
        assert changes(place.host.events[-2:]) == []


async def test_what_is_seen_first_is_no_news_but_what_the_room_was_made_of_is_known(
    fake, host, at_work
):
    fake.state.chats[CHANNEL].username = "news"
    async with at_work(fake, host) as place:
        await place.client.chat_info(str(CHANNEL))  # as its room is made
        fake.state.chats[CHANNEL].username = ""
    async with at_work(fake, host) as place:
        events = await place.hears(lambda: place.people.post(CHANNEL, "now we are among us"))
        assert changes(events) == [(str(CHANNEL), True)]
        assert changes(await place.hears(lambda: place.people.say("Bob", FORUM, "first"))) == []


async def test_what_was_not_stored_is_told_again(place):
    place.state.chats[GROUP].username = "tea"
    place.host.failures.append(OSError("the disk is full"))
    place.people.say("Bob", GROUP, "hi")
    with pytest.raises(OSError, match="full"):
        await place.running
    assert place.host.events == []
    place.host.saved.pop("listening at", None)
    assert place.host.saved.get(f"by invitation {GROUP}") == "yes"


@pytest.mark.parametrize(("topics", "told"), [("threads", 2), ("rooms", 1)])
async def test_rooms_of_topics_that_the_groups_people_may_enter_stay_so(
    fake, host, at_work, topics, told
):
    """Where they have rooms of their own by a link, those are closed with the group."""
    async with at_work(fake, host, topics=topics) as place:
        topic = place.people.create_topic("Bob", FORUM, "Tea")
        host.linked.append(f"{FORUM}/{topic}")
        await place.heard()
        fake.state.chats[FORUM].username = "tea"
        events = await place.hears(lambda: place.people.say("Bob", FORUM, "hi"))
        chats = [str(FORUM), f"{FORUM}/{topic}"][:told]
        assert changes(events) == [(chat, False) for chat in chats]


def rooms(stage):
    """All that there are, by their names."""
    return {room.content("m.room.name").get("name"): room for room in stage.hs.world.rooms.values()}


def linked(tmp_path, scene):
    """Play it where a hidden and a shown group are linked, and the bridge makes their rooms."""

    async def on_stage(time):
        async with bridged(tmp_path, time) as stage:
            stage.fake.state.add_chat(HIDDEN, title="Among us")
            stage.fake.state.add_chat(SHOWN, title="For all", username="for_all")
            known = stage.rig.others[NETWORK]
            links = (*known.links, *(ChatLink(chat=str(chat)) for chat in (HIDDEN, SHOWN)))
            inbox = InboxSettings(invite=(stage.alice.user_id,))
            stage.rig.others[NETWORK] = replace(known, links=links, inbox=inbox)
            await stage.start()
            await stage.meet()
            await stage.until(lambda: {"Among us", "For all"} <= set(rooms(stage)), "they are made")
            await scene(stage)

    play(on_stage, sockets=False)


def rule(room):
    return room.content("m.room.join_rules")["join_rule"]


def test_the_room_that_is_made_for_a_hidden_group_is_for_whom_the_operator_names(tmp_path):
    async def scene(stage):
        hidden, shown = rooms(stage)["Among us"], rooms(stage)["For all"]
        mallory = stage.hs.person("mallory")
        assert (rule(hidden), rule(shown)) == ("invite", "public")
        with pytest.raises(MatrixError, match="not invited"):
            await mallory.join(hidden.id)
        alias = f"#{NETWORK}_{SHOWN}:example.org"
        await stage.until(lambda: alias in stage.hs.world.aliases, "it is found by its alias")
        assert await mallory.join(alias) == shown.id
        await stage.alice.join(hidden.id)
        stage.fake.people.say("Bob", HIDDEN, "here we are")
        await stage.until(
            lambda: "here we are" in [one.content.get("body") for one in hidden.events],
            "it is said",
        )
        assert not [name for name in stage.hs.world.aliases if str(HIDDEN) in name]

    linked(tmp_path, scene)


def test_a_room_is_closed_with_its_group_before_the_next_word_is_shown(tmp_path):
    async def scene(stage):
        shown = rooms(stage)["For all"]
        stage.fake.state.chats[SHOWN].username = ""
        stage.fake.people.say("Bob", SHOWN, "among us now")
        await stage.until(
            lambda: "among us now" in [one.content.get("body") for one in shown.events],
            "it is said",
        )
        kinds = [(one.type, one.content.get("join_rule")) for one in shown.events]
        assert kinds.index(("m.room.join_rules", "invite")) < kinds.index(("m.room.message", None))
        with pytest.raises(MatrixError, match="not invited"):
            await stage.hs.person("mallory").join(shown.id)
        stage.fake.state.chats[SHOWN].username = "for_all_again"
        stage.fake.people.say("Bob", SHOWN, "for all again")
        await stage.until(lambda: rule(shown) == "public", "it is open again")

    linked(tmp_path, scene)
