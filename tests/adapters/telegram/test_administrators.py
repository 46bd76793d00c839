"""The administrators of a chat, whom Telegram lists for bots, and how people on Matrix see them."""

from collections import OrderedDict
from types import SimpleNamespace

import pytest
from telegram import ChatMemberOwner, User

from bridgekit import LoginID, Membership, MemberState, Moved, Rank
from bridges.telegram.administrators import Administrators, listed
from bridges.telegram.fake.errors import bad_request
from bridges.telegram.fake.state import ADMINISTRATOR
from bridges.telegram.wire import TooFastError

GROUP, FORUM, CHANNEL = -1001, -1_000_000_002_002, -1_000_000_003_003
LOGIN = LoginID("telegram:bot")


def appoint(fake, chat, name, **about):
    user = fake.state.user(name)
    fake.state.chats[chat].members[user["id"]] = {**ADMINISTRATOR, **about}
    return str(user["id"])


def members(host):
    return [event for event in host.events if isinstance(event.content, Membership)]


async def test_administrators_are_told_with_their_ranks_when_a_chat_is_entered(place):
    ann = appoint(place.fake, GROUP, "Ann")
    boss = appoint(place.fake, GROUP, "Boss", status="creator")
    appoint(place.fake, GROUP, "Mask", is_anonymous=True)
    place.people.stand("Bob", GROUP, status="member")
    await place.heard(1)
    place.host.events.clear()
    await place.client.enter(str(GROUP))
    there = members(place.host)
    assert [event.content for event in there] == [
        Membership(ann, MemberState.JOIN, rank=Rank.ADMIN),
        Membership(boss, MemberState.JOIN, rank=Rank.OWNER),
    ]  # neither the bot nor who is anonymous, and of nobody that they are less
    assert {event.sender for event in there} == {None}
    assert [event.people[0].name for event in there] == ["Ann", "Boss"]
    await place.client.enter(str(GROUP))
    assert len(members(place.host)) == 2  # once a day


async def test_administrators_are_asked_for_again_each_day(fake, host, at_work, monkeypatch):
    monkeypatch.setattr("bridges.telegram.administrators._A_DAY", 0.0)
    monkeypatch.setattr("bridges.telegram.administrators._LOOK", 0.0)
    async with at_work(fake, host) as place:
        await place.client.enter(str(GROUP))
        assert members(host) == []
        ann = appoint(fake, GROUP, "Ann")
        await host.until(lambda: members(host))
    assert members(host)[0].content.user == ann


class Listing:
    """A bot whose groups all have the same administrator; Telegram lists those of `most`."""

    def __init__(self, most=100):
        self.asked, self._most = [], most

    async def get_chat(self, chat):
        self.asked.append(chat)
        if len(self.asked) > self._most:
            raise TooFastError(30.0)
        return SimpleNamespace(type="supergroup")

    async def get_chat_administrators(self, chat):
        del chat
        return [ChatMemberOwner(User(7, "Ann", is_bot=False), is_anonymous=False)]


async def test_administrators_of_a_group_are_asked_for_once_for_all_of_its_topics(host):
    bot, rooms = Listing(), [str(FORUM), f"{FORUM}/2", f"{FORUM}/3"]
    host.linked = ["77", *rooms]
    administrators = Administrators(bot, host, LOGIN, 1, OrderedDict())
    for _ in range(2):
        await administrators.look()
    assert bot.asked == [FORUM]
    assert [(event.chat.id, event.content.user) for event in members(host)] == [
        (room, "7") for room in rooms
    ]


async def test_whoever_asks_too_much_asks_for_the_others_at_the_next_look(host):
    bot = Listing(most=1)
    host.linked = [str(GROUP), str(FORUM), str(CHANNEL)]
    administrators = Administrators(bot, host, LOGIN, 1, OrderedDict())
    await administrators.look()
    assert bot.asked == [GROUP, FORUM]
    bot.asked.clear()
    await administrators.look()
    assert bot.asked == [FORUM, CHANNEL]
    assert {event.chat.id for event in members(host)} == {str(GROUP), str(FORUM)}


async def test_what_is_told_of_a_member_meanwhile_is_newer_than_the_list(place, monkeypatch):
    ann = appoint(place.fake, GROUP, "Ann")
    bob = appoint(place.fake, GROUP, "Bob")

    async def slow(*about):
        found = await listed(*about)
        place.people.stand("Ann", GROUP, status="left")
        await place.host.until(lambda: members(place.host))
        return found

    monkeypatch.setattr("bridges.telegram.administrators.listed", slow)
    await place.client.enter(str(GROUP))
    told = [(event.content.user, event.content.state) for event in members(place.host)]
    assert told == [(ann, MemberState.LEAVE), (bob, MemberState.JOIN)]


async def test_a_channel_does_not_show_who_runs_it(place):
    appoint(place.fake, CHANNEL, "Ann")
    await place.client.enter(str(CHANNEL))
    assert place.host.events == []
    here = next(chat for chat in place.host.chats("") if chat.id == str(CHANNEL))
    assert "Ann" not in await place.client.command("status", (), here)


async def test_a_chat_that_lists_nobody_is_entered_all_the_same_and_asked_again(place):
    appoint(place.fake, GROUP, "Ann")
    place.fake.faults.next(bad_request("oops"), lambda method: method == "getchatadministrators")
    await place.client.enter(str(GROUP))
    assert members(place.host) == []
    await place.client.enter(str(GROUP))
    assert len(members(place.host)) == 1


async def test_a_group_that_has_moved_unseen_is_told_also_without_privacy_mode(place):
    place.state.add_chat(-55, "group", "Small")
    place.people.migrate(-55, -1_000_000_000_055, told=False)
    await place.client.enter("-55")
    assert place.host.events[-1].content == Moved("-1000000000055")


@pytest.mark.parametrize("anonymous", [True, False])
async def test_who_is_promoted_to_be_anonymous_looks_like_anybody(place, anonymous):
    about = {**ADMINISTRATOR, "is_anonymous": anonymous}
    event = await place.hears_one(lambda: place.people.stand("Ann", GROUP, **about))
    assert event.content.rank is (Rank.MEMBER if anonymous else Rank.ADMIN)


async def test_status_on_matrix_counts_the_members_and_names_the_administrators(place):
    appoint(place.fake, GROUP, "Ann", custom_title="Head gardener")
    appoint(place.fake, GROUP, "Cid")
    answer = await place.client.command("status", (), place.host.chats("")[0])
    assert "has 4 members" in answer  # the bot and whoever began to speak, too
    assert "Its administrators are Ann (Head gardener), Cid." in answer
