"""Who may do what in a channel, and what it is about: MODE, TOPIC, and what JOIN is answered."""

import asyncio

import pytest

from bridgekit import (
    ChatChange,
    ChatInfo,
    Member,
    Membership,
    MemberState,
    Rank,
    RetryLater,
)

CHANNEL = "#python"


def ranked(user, rank):
    return Membership(user, MemberState.JOIN, rank=rank)


async def told(host, peer, *lines):
    """What these lines make the adapter tell."""
    await host.until(lambda: host.events)
    before = len(host.events)
    peer.say(*lines, "PING :done")
    await peer.expect("PONG done")
    return [(event.sender, event.content) for event in host.events[before:]]


async def test_modes_are_ranks_of_members(bot, host, in_channel):
    peer = await in_channel(bot, "@op", "ann", "bob")
    assert await told(host, peer, ":Op!o@h MODE #Python +ov-o Ann Bob op") == [
        ("op", ranked("ann", Rank.MODERATOR)),
        ("op", ranked("bob", Rank.VOICE)),
        ("op", ranked("op", Rank.MEMBER)),
    ]


async def test_who_loses_one_of_two_modes_keeps_the_other(bot, host, in_channel):
    peer = await in_channel(bot, "@+ann")
    assert await told(host, peer, ":ChanServ!s@services. MODE #python -o ann") == [
        ("chanserv", ranked("ann", Rank.VOICE))
    ]
    assert await told(host, peer, ":ChanServ!s@services. MODE #python +o ann") == [
        ("chanserv", ranked("ann", Rank.MODERATOR))
    ]


async def test_a_mode_that_changes_no_rank_is_no_event(bot, host, in_channel):
    peer = await in_channel(bot, "@ann")
    lines = (":ann!a@h MODE #python +v ann", ":ann!a@h MODE #python +b *!*@x", ":s.x MODE #python")
    assert await told(host, peer, *lines) == []


async def test_modes_of_a_server_are_nobodys_doing(bot, host, in_channel):
    peer = await in_channel(bot, "ann")
    assert await told(host, peer, ":irc.test MODE #python +o ann") == [
        (None, ranked("ann", Rank.MODERATOR))
    ]


async def test_modes_of_users_and_strangers_mean_nothing(bot, host, in_channel):
    peer = await in_channel(bot, "ann")
    lines = (
        ":bridgekit MODE bridgekit :+i",
        ":ann!a@h MODE #other +o ann",
        ":ann!a@h MODE #python +o ghost",
    )
    assert await told(host, peer, *lines) == []


async def test_a_moderated_channel_is_for_voices(bot, host, in_channel):
    peer = await in_channel(bot, "ann")
    assert await told(host, peer, ":ann!a@h MODE #python +m", ":ann!a@h MODE #python -m") == [
        ("ann", ChatChange(ChatInfo(id=CHANNEL, may_speak=Rank.VOICE))),
        ("ann", ChatChange(ChatInfo(id=CHANNEL, may_speak=Rank.MEMBER))),
    ]


async def test_a_rank_outlives_a_change_of_nick_and_not_a_part(bot, host, in_channel):
    peer = await in_channel(bot, "@ann")
    lines = (
        ":ann!a@h NICK :eve",
        ":eve!a@h PART #python",
        ":eve!a@h JOIN #python",
        ":eve!a@h NICK :ann",
    )
    renamed, _, _, again = [
        content
        for _, content in await told(host, peer, *lines)
        if content.state is MemberState.JOIN or content.reason == ""
    ]
    assert renamed == ranked("eve", Rank.MODERATOR)
    assert again == Membership("ann", MemberState.JOIN)


async def test_who_is_kicked_after_a_ban_of_their_nick_is_banned(bot, host, in_channel):
    peer = await in_channel(bot, "@op", "Ann", "bob", "eve")
    lines = (
        ":op!o@h MODE #python +bb ann!*@* *!*@evil.test",
        ":op!o@h KICK #python Ann :ads",
        ":op!o@h KICK #python bob :ads too",
        ":op!o@h MODE #python -b Ann!*@*",
    )
    assert await told(host, peer, *lines) == [
        ("op", Membership("ann", MemberState.BAN, "ads")),
        ("op", Membership("bob", MemberState.KICK, "ads too")),
        ("op", Membership("ann", MemberState.LEAVE)),
    ]


async def test_a_ban_that_somebody_stays_in_spite_of_is_not_told(bot, host, in_channel):
    peer = await in_channel(bot, "@op", "ann", "bob")
    lines = (
        ":op!o@h MODE #python +b-b ann!*@* ann!*@*",
        ":op!o@h MODE #python +b bob!*@*",
        ":op!o@h MODE #python -b *!*@*",
        ":bob!b@h NICK :rob",
    )
    assert len(await told(host, peer, *lines)) == 2  # the change of nick
    assert await told(host, peer, ":op!o@h KICK #python ann", ":op!o@h KICK #python rob") == [
        ("op", Membership("ann", MemberState.KICK)),
        ("op", Membership("rob", MemberState.KICK)),
    ]


async def test_a_topic_is_told_when_it_changes(bot, host, in_channel):
    peer = await in_channel(bot, "ann")
    lines = (
        ":irc.test 332 bridgekit #python :\x0304Be\x03 nice",
        ":irc.test 332 bridgekit #python :Be nice",
        ":ann!a@h TOPIC #Python :Be nicer",
        ":ann!a@h TOPIC #other :No",
        ":irc.test TOPIC #python :",
    )
    assert await told(host, peer, *lines) == [
        (None, ChatChange(ChatInfo(id=CHANNEL, topic="Be nice"))),
        ("ann", ChatChange(ChatInfo(id=CHANNEL, topic="Be nicer"))),
        (None, ChatChange(ChatInfo(id=CHANNEL, topic=""))),
    ]
    assert (await bot.chat_info(CHANNEL)).topic == ""


async def test_names_with_several_marks_give_the_highest_rank(bot, in_channel):
    await in_channel(bot, "@+ann", "+bob")
    assert [member async for member in bot.members(CHANNEL)][1:] == [
        Member("ann", "ann", Rank.MODERATOR),
        Member("bob", "bob", Rank.VOICE),
    ]


async def test_half_a_list_of_names_is_no_list(bot, host):
    peer, entering = bot.peer, asyncio.create_task(bot.enter(CHANNEL))
    await peer.expect("JOIN ")
    names = ":irc.test 353 bridgekit = #python :"
    peer.say(":bridgekit!u@host.test JOIN #python", f"{names}bridgekit ann", "PING :half")
    await peer.expect("PONG half")
    with pytest.raises(RetryLater, match="has not listed yet"):
        _ = [member async for member in bot.members(CHANNEL)]
    peer.say(f"{names}bob", ":irc.test 366 bridgekit #python :End")
    await entering
    assert [member.user async for member in bot.members(CHANNEL)] == ["bridgekit", "ann", "bob"]
    peer.say(":irc.test KICK #python bridgekit", "PING :out")
    await peer.expect("PONG out")
    with pytest.raises(RetryLater):
        _ = [member async for member in bot.members(CHANNEL)]
    assert host.aside == []
