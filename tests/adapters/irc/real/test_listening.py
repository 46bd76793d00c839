"""A channel that bans the bot, on a real server: people's connections listen, one after another."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from bridgekit import Rejected, Role

pytestmark = pytest.mark.ngircd


@pytest.fixture
def adapter(adapter_on, ngircd, host):
    """As the core asks it who listens."""
    adapter = adapter_on(ngircd)
    host.role = lambda login, chat: (
        Role.LISTEN if login == (adapter.stand_in(chat) or "bot") else Role.IGNORE
    )
    return adapter


def told(host, said):
    return [text for event in host.events if (text := said(event) or "").startswith("line ")]


async def test_rule_22_where_the_bot_is_banned_people_listen_and_hand_over_without_a_gap(
    adapter, host, said, ngircd, running, irc_person, bot_login, person_login
):
    async with irc_person(ngircd, "rex") as rex, AsyncExitStack() as stack:
        await rex.join("#nobots")
        rex.say("MODE #nobots +b bridgekit!*@*")
        await rex.hear("+b")
        bot = await stack.enter_async_context(running(adapter, bot_login(adapter)))
        with pytest.raises(Rejected, match="banned from the channel"):
            await bot.enter("#nobots")
        last = 0
        for name in ("nina", "nils", "nora"):
            async with running(adapter, person_login(name)) as person:
                following = await stack.enter_async_context(
                    running(adapter, person_login(f"{name}x"))
                )
                await asyncio.gather(person.enter("#nobots"), following.enter("#nobots"))
                for _ in range(20):
                    rex.say(f"PRIVMSG #nobots :line {last}")
                    last += 1
                await host.message(f"line {last - 20}")
        # The last of those who listened is gone; the first of the others goes on.
        rex.say(f"PRIVMSG #nobots :line {last}")
        await host.message(f"line {last}")
        assert adapter.stand_in("#nobots") == "ninax"
        assert told(host, said) == [f"line {number}" for number in range(last + 1)]


async def test_rule_22_a_bot_that_is_put_out_is_followed_by_people_and_follows_them(
    adapter, host, said, ngircd, running, irc_person, bot_login, person_login
):
    async with (
        irc_person(ngircd, "ruth") as ruth,
        running(adapter, bot_login(adapter)) as bot,
        running(adapter, person_login("nemo")) as nemo,
    ):
        await ruth.join("#nobots2")
        await asyncio.gather(bot.enter("#nobots2"), nemo.enter("#nobots2"))
        ruth.say("PRIVMSG #nobots2 :line 0")
        ruth.say("KICK #nobots2 bridgekit :no bots", "PRIVMSG #nobots2 :line 1")
        await host.message("line 1")
        assert adapter.stand_in("#nobots2") == "nemo"
        await bot.enter("#nobots2")
        ruth.say("PRIVMSG #nobots2 :line 2")
        await host.message("line 2")
        assert adapter.stand_in("#nobots2") is None
        assert told(host, said) == ["line 0", "line 1", "line 2"]


async def test_where_the_network_forbids_bots_people_listen_everywhere(
    adapter_on, host, ngircd, running, irc_person, person_login
):
    adapter = adapter_on(ngircd, bot=False)
    assert adapter.own_logins() == {}
    host.role = lambda login, chat: Role.LISTEN if login == adapter.stand_in(chat) else Role.IGNORE
    async with irc_person(ngircd, "roy") as roy, running(adapter, person_login("nadia")) as nadia:
        await roy.join("#nobots3")
        await nadia.enter("#nobots3")
        roy.say("PRIVMSG #nobots3 :no bot hears this")
        assert (await host.message("no bot hears this")).sender == "roy"
