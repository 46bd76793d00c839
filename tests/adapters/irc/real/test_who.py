"""What a real InspIRCd tells of people: accounts, who is away, real names, invitations."""

import asyncio

import pytest

from bridgekit import Chat, MessageKind

pytestmark = pytest.mark.inspircd
HERE = Chat("#who")


async def test_who_people_are_is_known_from_the_start_and_kept(
    adapter_on, bot_login, running, host, inspircd, irc_person, person_login
):
    adapter = adapter_on(inspircd.port, ghost_name="{nick} ({realname})")
    async with irc_person(inspircd.port, "wendy") as wendy:
        wendy.say("PRIVMSG NickServ :REGISTER open-sesame wendy@test.local")
        await wendy.hear("registered")
        wendy.say("AWAY :lunch")
        await wendy.hear(" 306 ")
        await wendy.join("#who")
        async with running(adapter, bot_login(adapter)) as bot:
            await bot.enter("#who")
            await host.until(lambda: "wendy (wendy)" in [info.name for info in host.shown])
            about = bot.channels.about("wendy")
            assert (about.account, about.away, about.host) == ("wendy", True, "127.0.0.1")
            assert about.user == "wendy"

            wendy.say("AWAY", "SETNAME :Wendy of the West")
            await host.until(lambda: host.shown[-1].name == "wendy (Wendy of the West)")
            assert not about.away
            wendy.say("PRIVMSG #who :still here")
            assert (await host.message("still here")).people[0].name == host.shown[-1].name
            assert "wendy" in await bot.command("names", [], HERE)

            async with irc_person(inspircd.port, "viola") as viola:
                await viola.join("#who")
                viola.say("PRIVMSG NickServ :REGISTER open-sesame viola@test.local")
                await viola.hear("registered")
                viola.say("PRIVMSG #who :I have an account now")
                await host.message("I have an account now")
                assert bot.channels.about("viola").account == "viola"

            async with running(adapter, person_login("carl")) as carl:
                wendy.say(f"MODE #who +o {bot.me}", "INVITE carl #who")  # operators are told
                told = await host.message("invites you to #who. To go there: join #who")
                assert (told.sender, told.chat.private) == ("wendy", True)
                seen = await host.message("invites carl to this channel")
                assert (seen.sender, seen.content.kind) == ("wendy", MessageKind.EMOTE)
                assert carl.me == "carl"


async def test_somebody_who_is_away_is_said_to_be(
    adapter_on, running, host, inspircd, irc_person, person_login, matrix_event
):
    adapter = adapter_on(inspircd.port)
    async with irc_person(inspircd.port, "xenia") as xenia:
        xenia.say("AWAY :gone fishing")
        await xenia.hear(" 306 ")
        async with running(adapter, person_login("dora")) as dora:
            await asyncio.gather(
                dora.send(matrix_event("xenia", "there?")),
                host.message("xenia is away: gone fishing."),
            )
