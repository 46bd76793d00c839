"""Capabilities that come and go while we are in: IRCv3 cap-notify."""

import asyncio
import base64

import pytest

from bridgekit import (
    LoginError,
    Sent,
    SupportsDelete,
    SupportsHistory,
    SupportsReact,
    SupportsTyping,
)
from bridges.irc.wire import parse

FIRST = ("batch", "message-tags", "labeled-response", "echo-message", "server-time")
BOT = ":bridgekit!u@h"


@pytest.fixture
def account():
    return None


@pytest.fixture
async def bot(adapter_on, bot_login, running, scripted, in_channel, account):
    """The bot in #python, on a server that has no more than `FIRST` at first."""
    peers, over = asyncio.Queue(), asyncio.Event()

    async def script(peer):
        await peer.expect("CAP LS")
        peer.say(f":irc.test CAP * LS :{' '.join(FIRST)}{' sasl=PLAIN' if account else ''}")
        while (line := await peer.next()) != "CAP END":
            if line.startswith("CAP REQ "):
                peer.say(f":irc.test CAP * ACK :{line.removeprefix('CAP REQ ')}")
            elif line == "AUTHENTICATE PLAIN":
                peer.say("AUTHENTICATE +")
            elif line.startswith("AUTHENTICATE "):
                peer.say(":irc.test 900 * * me :You are logged in", ":irc.test 903 * :Done")
        peer.say(":s.x 001 bridgekit :Welcome bridgekit!u@h", ":s.x 422 bridgekit :no MOTD")
        peers.put_nowait(peer)
        await over.wait()

    async with scripted(script) as port:
        adapter = adapter_on(port, **({"sasl": account} if account else {}))
        async with running(adapter, bot_login(adapter)) as client:
            client.peer = await peers.get()
            await in_channel(client, "ann")
            yield client
            over.set()


async def settled(client):
    client.peer.say("PING :settled")
    heard = []
    while not heard or heard[-1] != "PONG settled":
        heard.append(await client.peer.next())
    return heard[:-1]


async def offer(client, *capabilities, grant=True):
    """What is asked for of what the server has from now on."""
    client.peer.say(f":s.x CAP bridgekit NEW :{' '.join(capabilities)}")
    asked = [line.removeprefix("CAP REQ ") for line in await settled(client)]
    for name in asked if grant else ():
        client.peer.say(f":s.x CAP bridgekit ACK :{name}")
    await settled(client)
    return asked


async def test_what_is_of_use_is_asked_for_and_used_from_then_on(bot, matrix_event):
    assert not isinstance(bot, SupportsDelete | SupportsHistory)
    assert isinstance(bot, SupportsReact)
    asked = await offer(bot, "draft/message-redaction", "draft/chathistory", "tls", "away-notify")
    assert asked == ["away-notify", "draft/chathistory", "draft/message-redaction"]
    assert isinstance(bot, SupportsDelete)
    assert isinstance(bot, SupportsHistory)
    assert len(bot.split(matrix_event("#python", "one\ntwo"))) == 2
    await offer(bot, "draft/multiline=max-bytes=1000,max-lines=4")
    assert len(bot.split(matrix_event("#python", "one\ntwo"))) == 1


async def test_what_is_refused_is_not_used(bot):
    await offer(bot, "draft/message-redaction", grant=False)
    bot.peer.say(":s.x CAP bridgekit NAK :draft/message-redaction")
    await settled(bot)
    assert not isinstance(bot, SupportsDelete)


async def test_what_is_taken_away_is_not_used_any_more(bot, matrix_event):
    await offer(bot, "draft/message-redaction", "draft/multiline=max-bytes=1000,max-lines=4")
    gone = "message-tags draft/message-redaction draft/multiline account-tag"
    bot.peer.say(f":s.x CAP bridgekit DEL :{gone}")
    await settled(bot)
    assert not isinstance(bot, SupportsReact | SupportsTyping | SupportsDelete)
    assert len(bot.split(matrix_event("#python", "one\ntwo"))) == 2
    answer = await bot.command("features", [], None)
    assert not any(name in answer for name in gone.split())


async def test_a_limit_that_changes_holds_at_once(bot, matrix_event):
    await offer(bot, "draft/multiline=max-bytes=1000,max-lines=4")
    assert await offer(bot, "draft/multiline=max-bytes=1000,max-lines=1") == []
    assert len(bot.split(matrix_event("#python", "one\ntwo"))) == 2


async def test_what_was_sent_with_a_label_is_confirmed_without(bot, matrix_event):
    sending = asyncio.create_task(bot.send(matrix_event("#python", "hi")))
    assert await bot.peer.expect("@label") == "@label=bk1 PRIVMSG #python :hi"
    bot.peer.say(":s.x CAP bridgekit DEL :labeled-response")
    assert await bot.peer.expect("PING") == "PING bk1"
    bot.peer.say(f"@msgid=m1 {BOT} PRIVMSG #python :hi", ":s.x PONG s.x bk1")
    assert await sending == Sent(("m1",))
    sending = asyncio.create_task(bot.send(matrix_event("#python", "ho")))
    assert await bot.peer.expect("PRIVMSG") == "PRIVMSG #python :ho"
    assert await bot.peer.expect("PING") == "PING bk2"
    bot.peer.say(":s.x CAP bridgekit NEW :labeled-response")
    assert await bot.peer.expect("CAP REQ") == "CAP REQ labeled-response"
    bot.peer.say(":s.x CAP bridgekit ACK :labeled-response", ":s.x PONG s.x bk2")
    assert await sending == Sent()
    sending = asyncio.create_task(bot.send(matrix_event("#python", "hu")))
    assert await bot.peer.expect("@label") == "@label=bk3 PRIVMSG #python :hu"
    bot.peer.say(":s.x PONG s.x somebody", "@label=bk3 :s.x ACK")
    assert await sending == Sent()


async def test_a_promise_of_tls_in_the_clear_leads_there_and_lasts_for_no_longer(bot, host):
    bot.peer.say(":s.x CAP bridgekit NEW :sts=port=6697,duration=86400")
    assert await bot.peer.expect("QUIT") == "QUIT :Coming back with TLS"
    config = bot._network.transport.applied(bot._config)
    assert (config.tls, config.port) == (True, 6697)
    assert not host.saved.get("sts")


async def test_a_promise_of_tls_over_tls_is_kept(bot, host):
    bot._session.secure, bot._session.port = True, 6697
    bot.peer.say(":s.x CAP bridgekit NEW :sts=duration=86400")
    await settled(bot)
    assert host.saved["sts"].startswith("6697 ")
    bot.peer.say(":s.x CAP bridgekit DEL :sts")  # no way to take it back, says the specification
    await settled(bot)
    assert host.saved["sts"].startswith("6697 ")
    bot.peer.say(":s.x CAP bridgekit NEW :sts=duration=0")
    await settled(bot)
    assert not host.saved["sts"]


ACCOUNT = pytest.mark.parametrize("account", [{"username": "me", "password": "secret"}])


@ACCOUNT
async def test_who_was_signed_out_signs_in_again_when_services_are_back(bot):
    bot.peer.say(
        ":s.x CAP bridgekit DEL :sasl",
        ":s.x 901 bridgekit bridgekit!u@h :You are now logged out",
        ":s.x CAP bridgekit NEW :sasl=PLAIN",
    )
    assert await bot.peer.expect("CAP REQ") == "CAP REQ sasl"
    bot.peer.say(":s.x CAP bridgekit ACK :sasl")
    assert await bot.peer.expect("AUTHENTICATE") == "AUTHENTICATE PLAIN"
    bot.peer.say("AUTHENTICATE +")
    answer = (await bot.peer.expect("AUTHENTICATE")).split()[1]
    assert base64.b64decode(answer) == b"\0me\0secret"
    bot.peer.say(":s.x 900 bridgekit * me :In again", ":s.x 903 bridgekit :Done")
    assert await offer(bot, "sasl=PLAIN") == []  # once is enough


@ACCOUNT
async def test_who_is_signed_in_does_nothing_when_services_are_back(bot):
    bot.peer.say(":s.x CAP bridgekit DEL :sasl")
    assert await offer(bot, "sasl=PLAIN") == []


@ACCOUNT
async def test_an_account_that_is_refused_then_is_told(bot):
    bot.peer.say(":s.x 901 bridgekit b!u@h :Out", ":s.x CAP bridgekit NEW :sasl=PLAIN")
    await bot.peer.expect("CAP REQ sasl")
    bot.peer.say(":s.x CAP bridgekit ACK :sasl", "AUTHENTICATE +")
    await bot.peer.expect("AUTHENTICATE AG1l")
    refused = parse(":s.x 904 bridgekit :SASL authentication failed")
    with pytest.raises(LoginError, match="refuses the account"):
        bot._reading.renegotiating.take(refused)
