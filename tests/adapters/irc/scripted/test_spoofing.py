"""Who has no connection speaks under a nick of their own, where server and channel allow it."""

import asyncio

import pytest

from bridgekit import MessageKind, Sent

CAPABILITIES = ("batch", "draft/relaymsg=/", "echo-message", "labeled-response", "message-tags")


@pytest.fixture
async def bot(adapter_on, bot_login, running, scripted):
    peers, over = asyncio.Queue(), asyncio.Event()

    async def script(peer):
        await peer.negotiate(*CAPABILITIES)
        peer.say(
            ":s.x 001 bridgekit :Hi",
            ":s.x 005 bridgekit NICKLEN=12 CASEMAPPING=ascii :are supported",
            ":s.x 422 bridgekit :no MOTD",
        )
        peers.put_nowait(peer)
        await over.wait()

    async with scripted(script) as port:
        adapter = adapter_on(port)
        async with running(adapter, bot_login(adapter)) as client:
            client.peer = await peers.get()
            entering = asyncio.create_task(client.enter("#c"))
            await client.peer.enter("bridgekit")
            await entering
            yield client
            over.set()


async def said(bot, event, *answers, begins):
    """The line that the bot writes for an event, and what becomes of it."""

    async def serve():
        heard = await bot.peer.expect(f"@label=bk{bot.said} {begins}")
        bot.peer.say(*(answer.replace("LABEL", f"bk{bot.said}") for answer in answers))
        return heard.partition(" ")[2]

    sending, heard = asyncio.create_task(bot.send(event)), await serve()
    return heard, sending


async def test_a_relayed_person_has_a_nick_of_their_own(bot, host, matrix_event):
    bot.said = 1
    event = matrix_event("#c", "hi all", author="Alice Liddell", relayed=True)
    echo = ":AliceLidd/mx!u@h PRIVMSG #c :hi all"
    tags = "@label=LABEL;msgid=one;draft/relaymsg=bridgekit"
    heard, sending = await said(bot, event, f"{tags} {echo}", begins="RELAYMSG")
    assert heard == "RELAYMSG #c AliceLidd/mx :hi all"
    assert await sending == Sent(("one",))
    bot.peer.say(f"@draft/relaymsg=bridgekit {echo}", ":ann!a@h PRIVMSG #c :not ours")
    await host.message("not ours")
    assert [event for event in host.events if event.sender == "alicelidd/mx"] == []


async def test_where_a_channel_does_not_allow_it_people_are_named(bot, matrix_event):
    event = matrix_event("#c", "hi", author="Alice", relayed=True)
    bot.said = 1
    refusal = "@label=LABEL :s.x FAIL RELAYMSG PRIVS_NEEDED :You cannot relay messages"
    _, sending = await said(bot, event, refusal, begins="RELAYMSG")
    for bot.said in (2, 3):  # and it is not tried again
        echo = "@label=LABEL;msgid=two :bridgekit!u@h PRIVMSG #c :<Alice> hi"
        if bot.said == 3:
            sending = asyncio.create_task(bot.send(event))
        assert (await bot.peer.expect("@label")).endswith("PRIVMSG #c :<Alice> hi")
        bot.peer.say(echo.replace("LABEL", f"bk{bot.said}"))
        assert await sending == Sent(("two",))


@pytest.mark.parametrize(
    ("chat", "options"),
    [
        ("#c", {"relayed": True, "kind": MessageKind.EMOTE}),
        ("#c", {"relayed": False}),
        ("#c", {"relayed": True, "author": "ケ"}),
        ("bob", {"relayed": True}),
    ],
)
async def test_all_else_is_said_as_ever(bot, matrix_event, chat, options):
    sending = asyncio.create_task(bot.send(matrix_event(chat, "hi", **options)))
    assert " PRIVMSG " in await bot.peer.expect("@label")
    bot.peer.say("@label=bk1 :s.x ACK")
    await sending
