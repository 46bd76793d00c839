"""Who people are beside their nick: accounts, addresses, real names, who is away, who invites."""

import asyncio

import pytest

from bridgekit import Chat, MatrixEvent, Membership, MemberState, MessageKind, Profile, UserInfo
from bridges.irc.features import Features
from bridges.irc.handshake import Handshake, Identity
from bridges.irc.wire import parse

MODERN = (
    *("message-tags", "batch", "account-tag", "account-notify", "extended-join", "away-notify"),
    *("setname", "invite-notify", "userhost-in-names", "multi-prefix", "chghost"),
)
WHOX = "WHO #python %tcuhnfar,42"


@pytest.fixture
def settings():
    return {}


@pytest.fixture
async def connected(adapter_on, running, scripted, settings):
    """Connects a login to a server that has all of it; a test plays that by `peer`."""
    peers, over = asyncio.Queue(), asyncio.Event()

    async def script(peer):
        await peer.negotiate(*MODERN)
        peer.say(
            ":s.x 001 me :Welcome",
            ":s.x 005 me CASEMAPPING=ascii WHOX UTF8ONLY PREFIX=(ov)@+ NICKLEN=30 :are supported",
            ":s.x 422 me :no MOTD",
        )
        peers.put_nowait(peer)
        await over.wait()

    async with scripted(script) as port:
        adapter = adapter_on(port, **settings)

        def connecting(login):
            return running(adapter, login(adapter) if callable(login) else login)

        connecting.peers = peers
        yield connecting
        over.set()


@pytest.fixture
async def bot(connected, bot_login):
    """The bot in #python with ann, who runs it, and bob."""
    async with connected(bot_login) as client:
        client.peer = await connected.peers.get()
        entering = asyncio.create_task(client.enter("#python"))
        await client.peer.expect("JOIN #python")
        client.peer.say(
            ":me!u@h JOIN #python * :A bridge",
            ":s.x 353 me = #python :me!bridge@cloak.example @ann!a@home.example bob!~b@gate.way",
            ":s.x 366 me #python :End",
        )
        await entering
        assert await client.peer.expect("WHO") == WHOX
        yield client


async def settled(client):
    client.peer.say("PING :settled")
    await client.peer.expect("PONG settled")


def about(client, nick):
    return client.channels.about(nick)


async def test_names_tell_where_everybody_is_connected_from_and_we_too(bot):
    assert bot._session.source == "me!bridge@cloak.example"  # of which lines are measured
    assert (about(bot, "ann").user, about(bot, "ann").host) == ("a", "home.example")
    assert bot.channels.modes("#python", "ann") == "o"


async def test_whox_tells_who_was_there_before_us(bot):
    bot.peer.say(
        ":s.x 354 me 42 #python a home.example ann H@ anna :Ann Example",
        ":s.x 354 me 42 #python ~b gate.way bob G 0 :Bob",
        ":s.x 354 me 7 #python ~b evil.example bob H mallory :Not asked by us",
        ":s.x 315 me #python :End of WHO",
    )
    await settled(bot)
    ann, bob = about(bot, "ann"), about(bot, "bob")
    assert (ann.account, ann.realname, ann.away) == ("anna", "Ann Example", False)
    assert (bob.account, bob.host, bob.away) == ("", "gate.way", True)


async def test_what_changes_about_somebody_is_known(bot):
    bot.peer.say(
        ":cat!c@roof.example JOIN #python catherine :Cat",
        ":ann!a@home.example ACCOUNT anna",
        ":bob!~b@gate.way AWAY :lunch",
        ":ann!a@home.example CHGHOST a2 vhost.example",
    )
    await settled(bot)
    cat, ann = about(bot, "cat"), about(bot, "ann")
    assert (cat.account, cat.realname, cat.host) == ("catherine", "Cat", "roof.example")
    assert (ann.account, ann.user, ann.host) == ("anna", "a2", "vhost.example")
    assert about(bot, "bob").away
    bot.peer.say(":bob!~b@gate.way AWAY", ":ann!a2@vhost.example NICK anna")
    bot.peer.say("@account=robert :bob!~b@gate.way PRIVMSG #python :back")
    await settled(bot)
    assert (about(bot, "bob").away, about(bot, "bob").account) == (False, "robert")
    assert about(bot, "anna").host == "vhost.example"
    assert about(bot, "ann") is None


async def test_names_shows_accounts_and_who_is_away(bot):
    bot.peer.say(":bob!~b@gate.way AWAY :lunch", ":ann!a@home.example ACCOUNT anna")
    await settled(bot)
    asking = asyncio.create_task(bot.command("names", [], Chat("#python")))
    await bot.peer.expect("NAMES")
    bot.peer.say(
        ":s.x 353 me = #python :me!bridge@cloak.example @ann!a@home.example bob!~b@gate.way",
        ":s.x 366 me #python :End",
    )
    assert await asking == "me @ann (account: anna) bob (away)"


# Bans.


def on_matrix(user, state):
    content = Membership(user, state)
    return MatrixEvent(Chat("#python"), content, "txn", Profile("Alice"), relayed=False)


async def modes(client, doing):
    """The MODE lines that something writes, each taken by the server."""
    lines, task = [], asyncio.create_task(doing)
    while not task.done():
        reading = asyncio.create_task(client.peer.next())
        await asyncio.wait([task, reading], return_when=asyncio.FIRST_COMPLETED)
        if not reading.done():
            reading.cancel()
            break
        line = reading.result()
        if line.startswith("PING bk"):
            client.peer.say(f":s.x PONG s.x :{line.split()[1]}")
        elif line.startswith("MODE #python "):
            lines.append(line.removeprefix("MODE #python "))
            client.peer.say(f":me!bridge@cloak.example {line}")
        elif line.startswith("KICK"):
            client.peer.say(f":me!bridge@cloak.example {line}")
    await task
    return lines


async def test_a_ban_is_of_the_host_and_so_is_its_end(bot):
    ban, leave = MemberState.BAN, MemberState.LEAVE
    assert await modes(bot, bot.set_member(on_matrix("ann", ban))) == ["+b *!*@home.example"]
    assert await modes(bot, bot.set_member(on_matrix("ann", leave))) == ["-b *!*@home.example"]
    assert await modes(bot, bot.set_member(on_matrix("ann", leave))) == ["-b ann!*@*"]  # none known


async def test_commands_ban_by_the_host_too(bot, person_login):
    here, bot.orders.login = Chat("#python"), person_login("me")
    assert await modes(bot, bot.command("ban", ["ann"], here)) == ["+b *!*@home.example"]
    assert await modes(bot, bot.command("unban", ["ann"], here)) == ["-b *!*@home.example"]


async def test_a_ban_of_a_host_is_a_ban_of_who_is_put_out_for_it_over_restarts(bot, host):
    bot.peer.say(
        ":ann!a@home.example MODE #python +b *!*@gate.*",
        ":ann!a@home.example KICK #python bob :out",
    )
    await host.until(lambda: any(getattr(e.content, "user", 0) == "bob" for e in host.events))
    assert host.events[-1].content == Membership("bob", MemberState.BAN, "out")
    await settled(bot)
    assert "*!*@gate.*" in host.saved["bans"]
    bot.peer.say(":ann!a@home.example MODE #python -b *!*@GATE.*")
    await settled(bot)
    assert host.events[-1].content == Membership("bob", MemberState.LEAVE)


# How people are shown.


@pytest.mark.parametrize("settings", [{"ghost_name": "{nick} ({realname})"}])
async def test_people_are_shown_as_the_operator_wants_it(bot, host):
    bot.peer.say(":s.x 354 me 42 #python a home.example ann H@ anna :Ann\x02 Ex{nick}")
    await settled(bot)
    assert host.shown == [UserInfo("ann", "ann (Ann Ex(nick})")]
    bot.peer.say(":ann!a@home.example SETNAME :Ann of Matrix", ":ann!a@home.example AWAY :x")
    await settled(bot)
    assert host.shown[1:] == [UserInfo("ann", "ann (Ann of Matrix)")]
    bot.peer.say(":ann!a@home.example PRIVMSG #python :hi")
    assert (await host.message("hi")).people == (UserInfo("ann", "ann (Ann of Matrix)"),)
    assert await bot.user_info("ann") == UserInfo("ann", "ann (Ann of Matrix)")
    bot.peer.say(":bob!~b@gate.way PRIVMSG #python :ho")  # whose real name nobody has told
    assert (await host.message("ho")).people == ()


@pytest.mark.parametrize("name", ["{realname}", "{nick} {host}", "{nick}\n", "{nick}{"])
def test_a_name_that_tells_nobody_apart_is_refused(adapter_on, name):
    with pytest.raises(ValueError, match=r"must hold \{nick\}"):
        adapter_on(1, ghost_name=name)


# What is told.


@pytest.fixture
async def alice(connected, person_login):
    async with connected(person_login("me")) as client:
        client.peer = await connected.peers.get()
        yield client


async def test_a_private_chat_says_who_is_signed_in_as_somebody_else_now(alice, host, said):
    for account in ("anna", "anna", "mallory"):
        alice.peer.say(f"@account={account} :ann!a@h PRIVMSG me :I am {account}")
    alice.peer.say(":ann!a@h PRIVMSG me :hi")
    await host.message("hi")
    texts = [said(event) for event in host.events if event.content.kind is MessageKind.NOTICE]
    assert texts == [
        "ann is signed in as mallory on IRC now, and was anna before. It may be somebody else.",
        "ann is not signed in on IRC now, and was mallory before. It may be somebody else.",
    ]
    assert [event.sender for event in host.events].count(None) == 2
    await settled(alice)
    assert host.saved["accounts"] == '{"ann": ""}'


async def test_who_is_written_to_and_away_is_said_to_be_once(alice, host, said):
    alice.peer.say(
        ":s.x 301 me ann :lunch\x02",
        ":s.x 301 me ann :lunch",
        ":s.x 301 me ann :still eating",
        ":ann!a@h PRIVMSG me :hi",
    )
    await host.message("hi")
    assert [said(event) for event in host.events] == [
        "ann is away: lunch.",
        "ann is away: still eating.",
        "hi",
    ]
    assert host.events[0].chat == Chat("ann", private=True)


async def test_that_somebody_is_away_is_said_once_where_it_was_asked(alice, host, said):
    asking = asyncio.create_task(alice.command("whois", ["ann"], None))
    await alice.peer.expect("WHOIS")
    alice.peer.say(":s.x 301 me ann :lunch", ":s.x 318 me ann :End", ":ann!a@h PRIVMSG me :hi")
    assert await asking == "away: lunch"
    await host.message("hi")
    assert [said(event) for event in host.events] == ["hi"]


async def test_who_is_invited_is_told_where_to_go(alice, host, said):
    alice.peer.say(":ann!a@h INVITE me #secret", ":ann!a@h PRIVMSG me :hi")
    await host.message("hi")
    assert said(host.events[0]) == "invites you to #secret. To go there: join #secret"
    assert (host.events[0].sender, host.events[0].chat) == ("ann", Chat("ann", private=True))


async def test_a_channel_sees_who_invites_whom(bot, host, said):
    bot.peer.say(":ann!a@h INVITE cat #python", ":ann!a@h INVITE me #secret")
    event = await host.message("invites cat to this channel")
    assert (event.sender, event.chat, event.content.kind) == (
        "ann",
        Chat("#python"),
        MessageKind.EMOTE,
    )
    await settled(bot)
    assert said(host.events[-1]) == "invites cat to this channel"  # the bot goes nowhere by itself


async def test_a_server_with_one_encoding_is_taken_at_its_word(bot, host):
    bot.peer.say(b":ann!a@h PRIVMSG #python :caf\xe9")
    assert await host.message("caf\ufffd")


# Who asks for what.


def asked(*, listens):
    handshake = Handshake(Identity("n", "u", "r", listens=listens), 9, Features())
    lines = handshake.receive(parse(f":s CAP * LS :{' '.join(MODERN)}"))
    return {line.removeprefix("CAP REQ ") for line in lines}


def test_only_who_listens_for_others_asks_to_hear_of_them():
    of_person = asked(listens=False)
    assert asked(listens=True) == set(MODERN)
    assert of_person == {"message-tags", "batch", "account-tag", "multi-prefix", "chghost"}
