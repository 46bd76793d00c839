"""People show who they are on Telegram, by a code; the bot goes on speaking for them."""

import asyncio
import re

import pytest

from bridgekit import Login, LoginError, LoginID, LoginState, Rejected
from bridgekit.testing.contract.timing import play
from bridges.telegram import TelegramAdapter
from bridges.telegram.accounts import (
    DECLINED,
    NO_PERSON,
    NOT_LINKED,
    TAKEN,
    UNKNOWN,
    UNLINKED,
    Accounts,
)
from bridges.telegram.fake.network import GROUP
from bridges.telegram.linked import LinkedClient
from tests.adapters.telegram.test_bridge import bridged


class Flow:
    """Somebody who is shown a code."""

    relay = False
    callback_url = state = ""
    person = "@alice:example.org"

    def __init__(self):
        self.shown = asyncio.Queue()

    async def show(self, text, *, link=None, qr=None):
        await self.shown.put((text, link, qr))


@pytest.fixture
def accounts(host):
    return Accounts(host)


async def shown_to(accounts, group):
    flow = Flow()
    task = group.create_task(accounts.login(flow, "bridge_bot"))
    text, link, qr = await flow.shown.get()
    assert link == qr
    return task, text.rpartition(" ")[2], link


async def test_who_gives_the_code_to_the_bot_is_signed_in(accounts, fake):
    from telegram import User

    user = User.de_json(fake.state.user("Ann"), None)
    other = User.de_json(fake.state.user("Eve"), None)
    async with asyncio.TaskGroup() as group:
        task, code, link = await shown_to(accounts, group)
        assert link == f"https://t.me/bridge_bot?start={code}"
        assert accounts.redeem("AAAA2222", user) == (UNKNOWN, None)
        question, asked = accounts.redeem(f" {code.lower()} ", user)
        assert question.startswith("@alice:example.org on Matrix says")
        assert asked == code
        assert accounts.answer(code, other, yes=True) == UNKNOWN  # who has not said the code
        assert accounts.answer(code, user, yes=True) == TAKEN
        assert accounts.answer(code, user, yes=True) == UNKNOWN  # once
        assert accounts.redeem(code, user) == (UNKNOWN, None)
        assert await task == {"user": str(user.id), "name": "Ann"}


async def test_who_was_sent_the_link_of_somebody_else_says_no(accounts, fake):
    from telegram import User

    user = User.de_json(fake.state.user("Ann"), None)
    flow = Flow()
    signing_in = asyncio.create_task(accounts.login(flow, "bridge_bot"))
    text, _, _ = await flow.shown.get()
    code = text.rpartition(" ")[2]
    accounts.redeem(code, user)
    assert accounts.answer(code, user, yes=False) == DECLINED
    with pytest.raises(Rejected, match="said that it is not you"):
        await signing_in
    assert accounts.redeem(code, user) == (UNKNOWN, None)


async def test_a_code_is_gone_once_its_person_gives_up(accounts, fake):
    from telegram import User

    user = User.de_json(fake.state.user("Ann"), None)
    async with asyncio.TaskGroup() as group:
        task, code, _ = await shown_to(accounts, group)
        task.cancel()
    assert accounts.redeem(code, user) == (UNKNOWN, None)


async def test_codes_are_bounded(accounts):
    async with asyncio.TaskGroup() as group:
        tasks = [(await shown_to(accounts, group))[0] for _ in range(100)]
        with pytest.raises(Rejected, match="Too many"):
            await accounts.login(Flow(), "bridge_bot")
        for task in tasks:
            task.cancel()


@pytest.mark.parametrize(
    "about",
    [
        {"from": {"id": 1087968824, "is_bot": True, "first_name": "Group"}},
        {"from": {"id": 777000, "is_bot": False, "first_name": "Telegram"}},
        {"from": {"id": 5, "is_bot": True, "first_name": "Other bot"}},
        {"sender_chat": {"id": GROUP, "type": "supergroup", "title": "A group"}},
    ],
    ids=["anonymous administrator", "stand-in", "bot", "chat"],
)
@pytest.mark.parametrize("command", ["/link@bridge_bot {}", "/unlink@bridge_bot"])
async def test_who_is_no_person_links_nothing(place, about, command):
    group_id = -1001
    async with asyncio.TaskGroup() as group:
        task, code, _ = await shown_to(place.adapter._accounts, group)
        text = command.format(code)
        marks = [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}]
        place.people.say("Ann", group_id, text, entities=marks, **about)
        answers = await place.fake.acts.until(lambda: place.fake.acts.texts(group_id))
        assert answers == [NO_PERSON]
        assert not task.done()
        task.cancel()


async def test_who_takes_their_account_back_is_no_login_also_after_a_restart(
    accounts, host, fake, config_of
):
    from telegram import User

    user = User.de_json(fake.state.user("Ann"), None)
    login = Login(LoginID("telegram:ann"), "Ann", {"user": str(user.id)}, relay=False)
    assert await accounts.unlink(user) == NOT_LINKED
    host.others = [login]
    assert await accounts.unlink(user) == UNLINKED
    assert host.states == [(login.id, LoginState.REFUSED)]
    adapter = TelegramAdapter(config_of(fake.url), host)
    with pytest.raises(LoginError, match="/unlink"):
        async with adapter.connect(login):
            pass
    await host.save(f"unlinked {user.id}", None)
    async with adapter.connect(login) as client:
        assert isinstance(client, LinkedClient)
        assert client.me == str(user.id)


async def test_nobody_signs_in_while_the_bot_is_away(host, fake, config_of):
    with pytest.raises(Rejected, match="not connected"):
        await TelegramAdapter(config_of(fake.url), host).login(Flow())


def test_replies_and_mentions_reach_the_real_person_and_the_bot_speaks_for_them(tmp_path):
    async def scene(time):
        async with bridged(tmp_path, time) as stage:
            people = stage.fake.people
            ann = stage.fake.state.user("Ann")
            stage.fake.state.add_chat(ann["id"], "private", "Ann")
            await stage.start()
            await stage.meet()
            await link(stage, ann)
            mention = [{"type": "text_mention", "offset": 0, "length": 3, "user": ann}]
            people.say("Bob", GROUP, "Ann, look", entities=mention)
            event = await stage.seen("Ann, look")
            assert event["content"]["m.mentions"] == {"user_ids": [stage.alice.user_id]}
            await stage.says("still by the bot")
            await stage.heard("still by the bot")
            assert "alice: still by the bot" in stage.fake.acts.texts(GROUP)
            dave = stage.hs.person("dave")
            await dave.join(stage.room)
            pill = f'<a href="https://matrix.to/#/{stage.alice.user_id}">alice</a> you'
            await dave.say(stage.room, "alice you", html=pill)
            await stage.heard("alice you")
            entity = stage.fake.acts.did[-1].message["entities"][1]
            assert (entity["type"], entity["user"]["id"]) == ("text_mention", ann["id"])
            assert not stage.here.notices()

    play(scene, sockets=False)


async def link(stage, ann):
    """Alice asks the bridge for a code, in the room returned, and gives it to the bot as Ann."""
    alone = await stage.alice.create_room(direct=True, invite=["@bridgebot:example.org"])
    world = stage.hs.world

    def says(pattern):
        room = world.rooms[alone]
        texts = [str(event.content.get("body")) for event in room.events]
        return next((found for text in texts if (found := re.search(pattern, text))), None)

    await stage.until(lambda: "@bridgebot:example.org" in world.rooms[alone].members(), "it comes")
    await stage.alice.say(alone, "sign-in net")
    found = await stage.until(lambda: says(r"/link (\w{8})"), "a code is shown")
    command = [{"type": "bot_command", "offset": 0, "length": 6}]
    stage.fake.people.say("Ann", ann["id"], f"/start {found[1]}", entities=command)
    asked = await stage.until(
        lambda: [one for one in stage.fake.acts.did if "on Matrix says" in str(one.message)],
        "she is asked whether it is her",
    )
    keys = asked[0].message["reply_markup"]["inline_keyboard"][0]
    number = asked[0].message["message_id"]
    stage.fake.people.press("Ann", ann["id"], number, keys[0]["callback_data"])
    connected = stage.watch.clients
    await stage.until(
        lambda: any(client.me == str(ann["id"]) for client in connected.values()), "it is Ann"
    )
    return alone
