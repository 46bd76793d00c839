"""Channels with rules of their own: moderated, with a key, forwarded, closed to us."""

import asyncio

import pytest

from bridgekit import ChatChange, MessageKind, Rank, Rejected, RetryLater, plain


def may_speak(host):
    changes = [event.content for event in host.events if isinstance(event.content, ChatChange)]
    return [one.info.may_speak for one in changes if one.info.may_speak]


async def settled(bot):
    bot.peer.say("PING :settled")
    await bot.peer.expect("PONG settled")


async def test_what_holds_in_a_channel_is_asked_for_when_it_is_entered(bot, host, in_channel):
    peer = await in_channel(bot)
    peer.say(":s.x 324 bridgekit #python +ntm")
    await settled(bot)
    assert may_speak(host) == [Rank.VOICE]
    assert ("bot",) in host.paced
    peer.say(":s.x 324 bridgekit #python +ntm", ":op!o@h MODE #python -m")
    await settled(bot)
    assert may_speak(host) == [Rank.VOICE, Rank.MEMBER]


async def test_a_channel_that_is_moderated_no_longer_is_told_after_a_restart(bot, host, in_channel):
    peer = await in_channel(bot)
    peer.say(":s.x 324 bridgekit #python +nt")
    await settled(bot)
    assert may_speak(host) == [Rank.MEMBER]


async def test_a_channel_with_a_key_or_for_the_invited_is_closed_until_it_has_neither(
    bot, host, in_channel
):
    def closed():
        changes = [event.content for event in host.events if isinstance(event.content, ChatChange)]
        told = [one.info.by_invitation for one in changes]
        return [one for one in told if one is not None]

    peer = await in_channel(bot)
    peer.say(":s.x 324 bridgekit #python +nt")
    await settled(bot)
    assert closed() == [False]
    for modes in ("+i", "+k secret", "-i", "-k secret"):
        peer.say(f":op!o@h MODE #python {modes}")
    await settled(bot)
    assert closed() == [False, True, False]


@pytest.mark.parametrize(
    ("line", "join"),
    [
        (":op!o@h MODE #python +k secret", "JOIN #python secret"),
        (":s.x 324 bridgekit #python +ntk secret", "JOIN #python secret"),
        (":s.x 324 bridgekit #python +ntk *", "JOIN #python"),
        (":op!o@h MODE #python +k-k secret secret", "JOIN #python"),
    ],
)
async def test_a_key_that_is_set_while_we_are_there_opens_the_channel_again(
    bot, in_channel, line, join
):
    peer = await in_channel(bot)
    peer.say(line, ":op!o@h KICK #python bridgekit :out")
    await settled(bot)
    entering = asyncio.create_task(bot.enter("#python"))
    assert await peer.expect("JOIN") == join
    peer.say(":bridgekit!u@h JOIN #python", ":s.x 366 bridgekit #python :End")
    await entering


async def test_where_a_forward_leads_to_we_do_not_stay(bot):
    async def serve():
        await bot.peer.expect("JOIN")
        bot.peer.say(
            ":s.x 470 bridgekit #python ##python-help :Forwarding to another channel",
            ":bridgekit!u@host.test JOIN ##Python-help",
        )
        return await bot.peer.expect("PART")

    entering = asyncio.create_task(bot.enter("#python"))
    assert await serve() == "PART ##python-help"
    with pytest.raises(Rejected, match="forwards #python to ##python-help; bridge that instead"):
        await entering


async def test_a_room_is_told_once_why_its_channel_cannot_be_entered(bot, host):
    for _ in range(2):
        entering = asyncio.create_task(bot.enter("#python"))
        await bot.peer.expect("JOIN")
        bot.peer.say(":s.x 477 bridgekit #python :You need a registered nick")
        with pytest.raises(Rejected, match="for nicks with an account only"):
            await entering
    (told,) = host.events
    assert (told.chat.id, told.sender, told.content.kind) == (
        "#python",
        None,
        MessageKind.NOTICE,
    )


async def test_a_room_is_told_once_of_a_channel_that_stays_closed_for_now(bot, host):
    """A channel that the network keeps for itself is "temporarily unavailable" for ever."""
    for told in (0, 1, 1):
        entering = asyncio.create_task(bot.enter("#python"))
        await bot.peer.expect("JOIN")
        words = f"Nick/channel is temporarily unavailable, wait {len(host.events)} seconds"
        bot.peer.say(f":s.x 437 bridgekit #python :{words}")
        with pytest.raises(RetryLater):
            await entering
        assert len(host.events) == told
    assert "does not let us into #python yet" in plain(host.events[0].content.text)


async def test_who_does_not_listen_tells_no_room(bot, host):
    host.listeners.clear()
    entering = asyncio.create_task(bot.enter("#python"))
    await bot.peer.expect("JOIN")
    bot.peer.say(":s.x 474 bridgekit #python :banned")
    with pytest.raises(Rejected):
        await entering
    assert host.events == []


async def test_a_secret_channel_is_listed_nowhere_until_it_is_none(bot, host, in_channel):
    peer = await in_channel(bot)
    peer.say(":s.x 324 bridgekit #python +nts", ":op!o@h MODE #python -s")
    peer.say(":op!o@h MODE #python +s", ":op!o@h MODE #python +m")
    await settled(bot)
    changes = [event.content for event in host.events if isinstance(event.content, ChatChange)]
    told = [one.info.secret for one in changes]
    assert [secret for secret in told if secret is not None] == [True, False, True]
