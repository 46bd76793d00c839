"""The adapter against servers that nobody scripted: ngIRCd, and the toy of the `irc` package."""

import asyncio

import pytest

from bridgekit import (
    ChatChange,
    Membership,
    MemberState,
    Message,
    MessageKind,
    Rejected,
    Text,
)


@pytest.fixture(params=["toy", pytest.param("ngircd", marks=pytest.mark.ngircd)])
def server(request):
    return request.getfixturevalue("toy_server" if request.param == "toy" else "ngircd")


async def test_people_on_both_sides_talk(
    server, host, adapter_on, bot_login, person_login, running, irc_person, matrix_event
):
    adapter = adapter_on(server)
    async with irc_person(server, "ann") as ann:
        await ann.join("#talk")
        async with (
            running(adapter, bot_login(adapter)) as bot,
            running(adapter, person_login("carol")) as carol,
        ):
            await asyncio.gather(bot.enter("#talk"), carol.enter("#talk"))
            ann.say("PRIVMSG #talk :hello")
            event = await host.message("hello")
            assert (event.chat.id, event.sender) == ("#talk", "ann")

            await carol.send(matrix_event("#talk", "hi ann"))
            assert await ann.hear("PRIVMSG") == f":{carol._session.source} PRIVMSG #talk :hi ann"
            await bot.send(matrix_event("#talk", "me too", author="Dora", relayed=True))
            assert (await ann.hear("PRIVMSG")).endswith("PRIVMSG #talk :<Dora> me too")

            await carol.send(matrix_event("ann", "psst", kind=MessageKind.EMOTE))
            assert (await ann.hear("ACTION")).endswith("PRIVMSG ann :\x01ACTION psst\x01")
            ann.say("PRIVMSG carol :psst yourself")
            event = await host.message("psst yourself")
            assert (event.chat.id, event.chat.private) == ("ann", True)

            ann.say("NICK anna", "PART #talk")
            gone = Membership("anna", MemberState.LEAVE)
            await host.until(lambda: gone in [event.content for event in host.events])
    lists = [event.content for event in host.events if isinstance(event.content, ChatChange)]
    listed = [member.user for change in lists for member in change.info.members or ()]
    assert "ann" in listed


async def test_every_line_of_a_long_message_arrives_whole_and_in_order(
    server, adapter_on, person_login, running, irc_person, matrix_event
):
    adapter = adapter_on(server)
    words = [f"wörd{number}😀" for number in range(400)]
    event = matrix_event("#long", " ".join(words))
    async with irc_person(server, "bea") as bea:
        await bea.join("#long")
        async with running(adapter, person_login("dave")) as dave:
            await dave.enter("#long")
            for part in dave.split(event):
                await dave.send(type(event)(event.chat, part, "t", event.author, relayed=False))
            heard = []
            while len(heard) < len(words):
                line = await bea.hear("PRIVMSG")
                assert len(f"{line}\r\n".encode()) <= 512
                heard += line.split(" :", 1)[1].split()
    assert heard == words


async def test_a_message_to_nobody_is_refused(server, adapter_on, bot_login, running, matrix_event):
    adapter = adapter_on(server)
    async with running(adapter, bot_login(adapter)) as bot:
        with pytest.raises(Rejected, match="nobody has this nick"):
            await bot.send(matrix_event("no-such-nick", "hi"))


async def test_two_people_of_one_name_get_two_nicks(server, adapter_on, person_login, running):
    adapter = adapter_on(server)
    async with (
        running(adapter, person_login("twin")) as one,
        running(adapter, person_login("twin2", nick="twin")) as two,
    ):
        assert (one.me, two.me) == ("twin", "twin_")


async def test_many_messages_in_several_channels_are_each_confirmed(
    server, adapter_on, person_login, running, irc_person, matrix_event
):
    adapter = adapter_on(server)
    chats = [f"#many{number}" for number in range(5)]
    async with irc_person(server, "eve") as eve:
        for chat in chats:
            await eve.join(chat)
        async with running(adapter, person_login("frank")) as frank:
            await asyncio.gather(*(frank.enter(chat) for chat in chats))

            async def talk(chat):
                for number in range(40):
                    await frank.send(matrix_event(chat, f"{number}"))

            await asyncio.gather(*(talk(chat) for chat in chats))
            heard = {chat: [] for chat in chats}
            for _ in range(200):
                target, text = (await eve.hear("PRIVMSG")).split(" PRIVMSG ")[1].split(" :", 1)
                heard[target].append(text)
    assert heard == {chat: [str(number) for number in range(40)] for chat in chats}


@pytest.mark.ngircd
async def test_refusals_of_a_real_server_are_explained(
    ngircd, host, adapter_on, bot_login, running, irc_person, matrix_event
):
    adapter = adapter_on(ngircd)
    async with irc_person(ngircd, "guard") as guard:
        for chat, modes in (("#quiet", "+m"), ("#closed", "+i"), ("#locked", "+k sesame")):
            await guard.join(chat)
            guard.say(f"MODE {chat} {modes}")
            await guard.hear("MODE")
        async with running(adapter, bot_login(adapter)) as bot:
            with pytest.raises(Rejected, match="for invited people only"):
                await bot.enter("#closed")
            with pytest.raises(Rejected, match="has a key"):
                await bot.enter("#locked")
            with pytest.raises(Rejected, match=r"#quiet.*moderated"):
                await bot.send(matrix_event("#quiet", "may I?"))
            guard.say("KICK #quiet bridgekit :quiet, please")
            await host.until(lambda: any(event.sender == "guard" for event in host.events))
        assert host.events[-1].content == Membership("bridgekit", MemberState.KICK, "quiet, please")


@pytest.mark.ngircd
async def test_bytes_that_are_no_utf8_arrive_as_text(
    ngircd, host, adapter_on, bot_login, running, irc_person
):
    adapter = adapter_on(ngircd)
    async with irc_person(ngircd, "gus") as gus, running(adapter, bot_login(adapter)) as bot:
        await bot.enter("#bytes")
        await gus.join("#bytes")
        gus.say(b"PRIVMSG #bytes :caf\xe9", "PRIVMSG #bytes :\x02caf\u00e9")
        event = await host.message("café")
        assert event.content == Message((Text("café"),))
        gus.say("QUIT :bye")
        left = Membership("gus", MemberState.LEAVE, '"bye"')
        await host.until(lambda: left in [event.content for event in host.events])


@pytest.mark.ngircd
async def test_a_hostile_name_adds_no_line(
    ngircd, adapter_on, bot_login, running, irc_person, matrix_event
):
    adapter = adapter_on(ngircd)
    async with irc_person(ngircd, "hal") as hal:
        await hal.join("#hostile")
        async with running(adapter, bot_login(adapter)) as bot:
            event = matrix_event("#hostile", "hi", author="Eve\r\nQUIT :gone", relayed=True)
            await bot.send(event)
            assert (await hal.hear("PRIVMSG")).endswith(" :<Eve QUIT :gone> hi")
            await bot.send(matrix_event("#hostile", "still here"))
            assert (await hal.hear("PRIVMSG")).endswith(" :still here")
