"""Kicks, bans, ranks, topics and invitations on a real ngIRCd, from either side."""

import asyncio

import pytest

from bridgekit import (
    Chat,
    ChatChange,
    ChatInfo,
    MatrixEvent,
    Membership,
    MemberState,
    Profile,
    Rank,
    Rejected,
)

pytestmark = pytest.mark.ngircd


def act(client, chat, content):
    event = MatrixEvent(Chat(chat), content, "txn", Profile("Alice"), relayed=False)
    if isinstance(content, Membership):
        return client.set_member(event)
    return client.change_chat(event)


def ranked(user, rank):
    return Membership(user, MemberState.JOIN, rank=rank)


async def told(host, content):
    """Once the adapter has told this, by whom it was done."""

    def found():
        return [event.sender for event in host.events if event.content == content]

    await host.until(found)
    return found()[-1]


async def test_an_operator_from_matrix_rules_the_channel(
    ngircd, host, adapter_on, bot_login, person_login, running, irc_person
):
    chat, adapter = "#ruled", adapter_on(ngircd)
    async with (
        irc_person(ngircd, "rob") as rob,
        irc_person(ngircd, "sue") as sue,
        running(adapter, person_login("queen")) as queen,
        running(adapter, bot_login(adapter)) as bot,
    ):
        await queen.enter(chat)  # the first one in is its operator
        await asyncio.gather(bot.enter(chat), rob.join(chat))
        await act(queen, chat, ChatChange(ChatInfo(topic="Long live the queen")))
        await rob.hear("TOPIC #ruled :Long live the queen")
        await act(queen, chat, ranked("rob", Rank.MODERATOR))
        await rob.hear("MODE #ruled +o rob")
        assert await told(host, ranked("rob", Rank.MODERATOR)) == "queen"
        await act(queen, chat, ranked("rob", Rank.VOICE))
        await rob.hear("MODE #ruled -o+v rob rob")
        await act(queen, chat, ChatChange(ChatInfo(may_speak=Rank.VOICE)))
        await rob.hear("MODE #ruled +m")
        await act(queen, chat, Membership("rob", MemberState.BAN, "treason"))
        await rob.hear("KICK #ruled rob :treason")
        assert await told(host, Membership("rob", MemberState.BAN, "treason")) == "queen"
        rob.say("JOIN #ruled")
        await rob.hear(" 474 ")
        await act(queen, chat, Membership("rob", MemberState.LEAVE))
        assert await told(host, Membership("rob", MemberState.LEAVE)) == "queen"
        await rob.join(chat)
        await act(queen, chat, Membership("rob", MemberState.KICK, "again"))
        await rob.hear("KICK #ruled rob :again")
        await act(queen, chat, Membership("rob", MemberState.KICK, "and again"))  # is so already
        await act(queen, chat, Membership("sue", MemberState.INVITE))
        await sue.hear("INVITE sue #ruled")
        await act(queen, chat, Membership("queen", MemberState.LEAVE, "abdicates"))
        await told(host, Membership("queen", MemberState.LEAVE, "abdicates"))


async def test_who_is_no_operator_is_told_so(ngircd, adapter_on, person_login, running, irc_person):
    chat, adapter = "#strict", adapter_on(ngircd)
    async with (
        irc_person(ngircd, "warden") as warden,
        running(adapter, person_login("peasant")) as peasant,
    ):
        await warden.join(chat)
        warden.say("MODE #strict +ti")
        await warden.hear("MODE #strict")
        warden.say("INVITE peasant #strict")
        await warden.hear(" 341 ")
        await peasant.enter(chat)
        for content in (
            ChatChange(ChatInfo(topic="Freedom")),
            ChatChange(ChatInfo(may_speak=Rank.VOICE)),
            Membership("warden", MemberState.KICK),
            Membership("warden", MemberState.BAN),
            ranked("warden", Rank.MEMBER),
            ranked("peasant", Rank.MODERATOR),
            Membership("warden", MemberState.LEAVE),
        ):
            with pytest.raises(Rejected, match="only an operator of the channel may do that"):
                await act(peasant, chat, content)
        with pytest.raises(Rejected, match="nobody has this nick"):
            await act(peasant, chat, Membership("nobody-there", MemberState.INVITE))
