"""What one connection says to a server: joining, sending, leaving."""

import asyncio

import pytest

from bridgekit import (
    LoginID,
    Membership,
    MemberState,
    Rejected,
    RetryLater,
    Scope,
    Sent,
)
from bridges.irc.connection import DisconnectedError

BOT = LoginID("bot")


async def test_entering_twice_joins_once(bot, in_channel):
    peer = await in_channel(bot)
    await bot.enter("#python")
    peer.say("PING :end")
    await peer.expect("PONG end")
    assert sum(line.startswith("JOIN") for line in peer.heard) == 1


async def test_many_channels_are_entered_at_once(bot):
    chats = [f"#chan{number}" for number in range(200)]

    async def serve():
        joined = 0
        while joined < len(chats):
            for chat in (await bot.peer.expect("JOIN ")).split()[1].split(","):
                bot.peer.say(f":bridgekit!u@h JOIN :{chat}", f":s.x 366 bridgekit {chat} :End")
                joined += 1

    await asyncio.gather(serve(), *(bot.enter(chat) for chat in chats))
    assert {info.id async for info in bot.chats()} == set(chats)
    assert sum(line.startswith("JOIN") for line in bot.peer.heard) < 6


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("473 bridgekit #python :Cannot join channel (+i)", "invited people only"),
        ("474 bridgekit #Python :Cannot join channel (+b)", "banned"),
        ("475 bridgekit #python :Cannot join channel (+k)", "set it under keys"),
        ("470 bridgekit #python ##python :Forwarding", "forwards #python to ##python"),
        ("403 #python :No such channel", "no such channel"),
        ("519 bridgekit #python :Cannot join channel (Admin only)", "Admin only"),
        ("926 bridgekit #python :Channel #python is CBANed: spam", "CBANed: spam"),
    ],
)
async def test_a_refused_join_is_explained(bot, line, sentence):
    entering = asyncio.gather(bot.enter("#python"), bot.enter("#python"), return_exceptions=True)
    await bot.peer.expect("JOIN")
    bot.peer.say(f":s.x {line}")
    for error in await entering:
        assert isinstance(error, Rejected)
        assert sentence in str(error)


async def test_the_key_of_a_channel_is_given(adapter_on, bot_login, running, scripted):
    async def script(peer):
        await peer.welcome()
        assert await peer.expect("JOIN ") == "JOIN #ops sesame"
        peer.say(":bridgekit!u@h JOIN #ops", ":s.x 366 bridgekit #ops :End")
        await peer.hangs_up()

    async with scripted(script) as port:
        adapter = adapter_on(port, keys={"#Ops": "sesame"})
        async with running(adapter, bot_login(adapter)) as client:
            await client.enter("#ops")


async def test_sending_waits_for_the_pong_behind_the_message(bot, matrix_event, in_channel):
    peer = await in_channel(bot)

    async def serve():
        assert await peer.next() == "PRIVMSG #python :hi"
        assert await peer.next() == "PING bk1"
        peer.say(":irc.test PONG irc.test bk1")

    sent, _ = await asyncio.gather(bot.send(matrix_event("#python", "hi")), serve())
    assert sent == Sent()


async def test_a_channel_that_we_were_kicked_from_is_entered_anew(
    bot, host, matrix_event, in_channel
):
    peer = await in_channel(bot, "op")
    peer.say(":op!o@h KICK #python bridgekit :out")
    await host.until(lambda: len(host.events) == 2)
    assert host.events[1].content == Membership("bridgekit", MemberState.KICK, "out")

    async def serve():
        await peer.enter("bridgekit")
        await peer.expect("PRIVMSG #python :back")
        peer.say(":irc.test PONG irc.test bk1")

    sent, _ = await asyncio.gather(bot.send(matrix_event("#python", "back")), serve())
    assert sent == Sent()


@pytest.mark.parametrize(
    ("chat", "text"),
    [("#python", "a\nb"), ("#python", ""), ("#python", "x" * 500), ("no body", "x"), ("a,b", "x")],
)
async def test_what_is_not_one_line_to_somebody_is_refused_unsent(
    bot, matrix_event, chat, text, in_channel
):
    peer = await in_channel(bot)
    with pytest.raises(Rejected):
        await bot.send(matrix_event(chat, text))
    peer.say("PING :end")
    await peer.expect("PONG end")
    assert not any(line.startswith("PRIVMSG") for line in peer.heard)


async def test_every_part_of_a_split_message_fits(bot, matrix_event, in_channel):
    peer = await in_channel(bot)
    event = matrix_event("#python", "wörds " * 300, relayed=True)
    parts = bot.split(event)
    assert len(parts) > 3
    for number, part in enumerate(parts, 1):
        await bot.pace(event)

        async def serve(number=number):
            line = await peer.expect("PRIVMSG")
            assert len(f":bridgekit!u@host.test {line}\r\n".encode()) <= 512
            peer.say(f":s.x PONG s.x bk{number}")

        part_event = type(event)(event.chat, part, event.txn, event.author, event.relayed)
        await asyncio.gather(bot.send(part_event), serve())


async def test_pacing_asks_the_host_for_a_token_of_the_login(bot, host, matrix_event):
    await bot.pace(matrix_event("#python", "x"))
    assert host.paced == [("bot",)]


async def test_a_lost_connection_leaves_the_message_in_doubt(bot, matrix_event, in_channel):
    peer = await in_channel(bot)
    sending = asyncio.create_task(bot.send(matrix_event("#python", "hi")))
    await peer.expect("PRIVMSG")
    peer.writer.close()
    with pytest.raises(DisconnectedError):
        await sending
    with pytest.raises(RetryLater) as error:
        await bot.send(matrix_event("#python", "hi"))
    assert error.value.scope is Scope.LOGIN


async def test_a_silent_server_is_asked_and_then_left(adapter_on, bot_login, scripted):
    async def script(peer):
        await peer.welcome()
        assert await peer.expect("PING") == "PING :are-you-there"
        peer.say(":s.x PONG s.x :are-you-there")
        await peer.expect("PING")
        await peer.hangs_up()

    async with scripted(script) as port:
        adapter = adapter_on(port, ping={"interval": 0.05, "timeout": 1.0})
        async with adapter.connect(bot_login(adapter)) as client:
            with pytest.raises(DisconnectedError, match="no longer answers"):
                await client.run()


async def test_a_server_is_not_silent_while_nobody_listens_to_it(
    adapter_on, bot_login, scripted, host
):
    host.failures = [RetryLater("the disk is full", after=1.3)]  # longer than one may be silent

    async def script(peer):
        await peer.welcome()
        await peer.enter("bridgekit")
        peer.say(":bob!b@h PRIVMSG #python :first")
        await host.message("first")
        peer.say(":bob!b@h PRIVMSG #python :second")
        while True:
            await peer.expect("PING")
            peer.say(":s.x PONG s.x :are-you-there")

    async with scripted(script) as port:
        adapter = adapter_on(port, ping={"interval": 0.1, "timeout": 1.0})
        async with adapter.connect(bot_login(adapter)) as client:
            reading = asyncio.create_task(client.run())
            heard = asyncio.create_task(host.message("second"))
            entering = asyncio.create_task(client.enter("#python"))
            await asyncio.wait({reading, heard}, return_when=asyncio.FIRST_COMPLETED)
            assert heard.done()
            reading.cancel()
            await asyncio.wait({reading, entering})


async def test_the_servers_last_words_are_kept(adapter_on, bot_login, scripted):
    async def script(peer):
        await peer.welcome()
        peer.say("ERROR :Closing Link: killed by \x02op\x02")

    async with scripted(script) as port:
        adapter = adapter_on(port)
        async with adapter.connect(bot_login(adapter)) as client:
            with pytest.raises(DisconnectedError, match="Closing Link: killed by op"):
                await client.run()


async def test_leaving_says_quit_and_closes(adapter_on, bot_login, running, scripted):
    gone = asyncio.Event()

    async def script(peer):
        await peer.welcome()
        await peer.expect("QUIT")
        await peer.hangs_up()
        gone.set()

    async with scripted(script) as port:
        adapter = adapter_on(port)
        before = asyncio.all_tasks()
        async with running(adapter, bot_login(adapter)):
            pass
        await gone.wait()
        assert [task for task in asyncio.all_tasks() - before if "serve" not in str(task)] == []


async def test_leaving_a_channel_says_part(bot, in_channel):
    peer = await in_channel(bot)
    await bot.leave("#python")
    await bot.leave("#elsewhere")
    await bot.leave("somebody")
    await peer.expect("PART #python")
    peer.say(":bridgekit!u@h PART #python", "PING :end")
    await peer.expect("PONG end")
    assert [info async for info in bot.chats()] == []
    with pytest.raises(RetryLater):
        await anext(bot.members("#python"))


async def test_a_connection_that_is_lost_while_entering_was_surely_not_written_to(
    bot, matrix_event, monkeypatch
):
    async def lost(*_):
        bot._ended = True

    monkeypatch.setattr(bot, "enter", lost)
    with pytest.raises(RetryLater) as caught:
        await bot.send(matrix_event("#python", "hi"))
    assert caught.value.scope is Scope.LOGIN


async def test_a_confirmation_behind_what_the_core_cannot_take_is_waited_for(
    adapter_on, bot_login, running, scripted, host, in_channel, matrix_event, monkeypatch
):
    peers, room, asked = asyncio.Queue(), asyncio.Event(), asyncio.Queue()
    take = host.receive

    async def receive(*args, **fields):
        asked.put_nowait(None)
        if not room.is_set():
            raise RetryLater("Too many events wait already", after=0.02)
        await take(*args, **fields)

    async def script(peer):
        await peer.welcome()
        peers.put_nowait(peer)
        await asyncio.Event().wait()

    async with scripted(script) as port:
        adapter = adapter_on(port, ping={"interval": 0.05, "timeout": 0.05})
        async with running(adapter, bot_login(adapter)) as client:
            client.peer = peer = await peers.get()
            await in_channel(client)
            monkeypatch.setattr(host, "receive", receive)
            sending = asyncio.create_task(client.send(matrix_event("#python", "hi")))
            token = (await peer.expect("PING bk")).removeprefix("PING ")
            peer.say(":ann!a@h PRIVMSG #python :flood")
            await asked.get()
            peer.say(f":s.x PONG s.x :{token}")
            for _ in range(10):  # twice as long as it is waited for otherwise
                await asked.get()
            with pytest.raises(RetryLater, match="More is said"):
                await client.send(matrix_event("#python", "and more"))
            assert not sending.done()
            room.set()
            assert await sending == Sent()
