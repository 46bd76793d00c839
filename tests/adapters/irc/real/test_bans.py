"""A ban on a real server that tells of nobody where they are connected from, unless it is asked."""

import asyncio

import pytest

from bridgekit import Chat, MatrixEvent, Membership, MemberState, Profile

pytestmark = pytest.mark.ngircd


async def test_a_ban_is_of_what_the_server_says_of_somebody_and_spares_who_shares_their_host(
    ngircd, host, adapter_on, bot_login, person_login, running, irc_person
):
    chat, adapter = "#barred", adapter_on(ngircd)
    async with (
        irc_person(ngircd, "mob") as mob,
        irc_person(ngircd, "mab") as mab,
        running(adapter, person_login("judge")) as judge,
        running(adapter, bot_login(adapter)) as bot,
    ):
        await judge.enter(chat)  # the first one in is its operator
        await asyncio.gather(mob.join(chat), mab.join(chat))
        await bot.enter(chat)
        await host.until(lambda: bot.channels.lists(chat))
        about = Membership("mob", MemberState.BAN, "out")
        await judge.set_member(MatrixEvent(Chat(chat), about, "t", Profile("Judge"), relayed=False))
        line = await mab.hear(" +b ")
        mask = line.split()[4]
        assert mask.startswith(("*!", "mob!")), line  # all are on one host here: not of the host
        assert not mask.startswith("*!*@")
        assert " mob " in await mab.hear(" KICK ")
        mob.say(f"JOIN {chat}")
        await mob.hear(" 474 ")
        mab.say(f"PART {chat}", f"JOIN {chat}")
        await mab.hear(" 366 ")
        await asyncio.gather(judge.set_member(MatrixEvent(
            Chat(chat), Membership("mob", MemberState.LEAVE), "u", Profile("Judge"), relayed=False
        )), mab.hear(f" -b {mask}"))  # fmt: skip
        await mob.join(chat)
