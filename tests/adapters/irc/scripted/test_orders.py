"""The commands of IRC's own: what they send, and what people read of the answer."""

import asyncio

import pytest

from bridgekit import Chat, LoginState, Member, Rank, Rejected
from bridges.irc.orders import COMMANDS


@pytest.fixture
async def alice(adapter_on, person_login, running, scripted):
    """Alice's own connection, for a test that plays the server with `peer`."""
    peers, over = asyncio.Queue(), asyncio.Event()

    async def script(peer):
        await peer.welcome("CASEMAPPING=ascii", "NICKLEN=12", "PREFIX=(ov)@+", "NETWORK=TestNet")
        peers.put_nowait(peer)
        await over.wait()

    async with scripted(script) as port:
        adapter = adapter_on(port)
        async with running(adapter, person_login("alice")) as client:
            client.peer = await peers.get()
            yield client
            over.set()


async def typed(client, line, *answers, begins, chat=None):
    """What is answered to a command; the server says `answers` to the line that it begins."""

    async def serve():
        heard = await client.peer.expect(begins)
        client.peer.say(*answers)
        if not any(" 3" in one for one in answers):
            ping = await client.peer.expect("PING")
            client.peer.say(f":s.x PONG s.x {ping.removeprefix('PING ')}")
        return heard

    name, *words = line.split()
    answer, heard = await asyncio.gather(
        client.command(name, words, Chat(chat) if chat else None), serve()
    )
    return answer, heard


async def test_somebody_is_described_in_sentences(alice):
    answers = (
        ":s.x 311 alice Bob bob host.test * :Bob \x02B\x02.",
        ":s.x 319 alice Bob :@#python #c",
        ":s.x 312 alice Bob irc.test :somewhere",
        ":s.x 317 alice Bob 130 1700000000 :seconds idle, signon time",
        ":s.x 330 alice Bob bobby :is logged in as",
        ":s.x 671 alice Bob :is using a secure connection",
        ":s.x 318 alice bob :End of /WHOIS list.",
    )
    answer, _ = await typed(alice, "whois bob", *answers, begins="WHOIS bob")
    assert answer == (
        "Bob is Bob B. (bob@host.test)\nin @#python #c\non the server irc.test (somewhere)\n"
        "silent for 2 minutes\nsigned in as bobby\nis using a secure connection"
    )


@pytest.mark.parametrize(
    ("line", "begins", "answers", "words"),
    [
        ("whois bob", "WHOIS bob", [":s.x 401 alice bob :No such nick", ":s.x 318 alice bob :End"],
         "No such nick"),
        ("names #c", "NAMES #c", [":s.x 353 alice = #c :@bob alice", ":s.x 366 alice #c :End"],
         "@bob alice"),
        ("mode", "MODE #here", [":s.x 324 alice #here +ntk key"], "#here: +ntk key"),
        ("list #py*", "LIST #py*",
         [":s.x 322 alice #python 12 :All about it", ":s.x 323 alice :End"],
         "#python (12): All about it"),
        ("list #py*", "LIST #py*", [":s.x 323 alice :End"], "IRC knows nothing of that."),
        ("list #py*", "LIST #py*",
         [":s.x 322 alice #pyre 3 :", ":s.x 323 alice :End"], "#pyre (3)"),
        ("topic", "TOPIC #here", [":s.x 332 alice #here :all about it"], "all about it"),
        ("topic", "TOPIC #here", [":s.x 331 alice #here :No topic is set"], "No topic is set"),
    ],
)  # fmt: skip
async def test_what_is_asked_is_answered(alice, line, begins, answers, words):
    answer, heard = await typed(alice, line, *answers, begins=begins, chat="#here")
    assert (answer, heard) == (words, begins)


@pytest.mark.parametrize(
    ("line", "heard"),
    [
        ("join #new key", "JOIN #new key"),
        ("part #new so long", "PART #new :so long"),
        ("leave #new so long", "PART #new :so long"),
        ("topic all about it", "TOPIC #here :all about it"),
        ("op bob", "MODE #here +o bob"),
        ("devoice #c bob", "MODE #c -v bob"),
        ("kick bob be nice", "KICK #here bob :be nice"),
        ("ban *!*@host.test", "MODE #here +b *!*@host.test"),
        ("unban #c *!*@host.test", "MODE #c -b *!*@host.test"),
        ("invite bob", "INVITE bob #here"),
        ("mode +mi", "MODE #here +mi"),
        ("away for tea", "AWAY :for tea"),
        ("away", "AWAY"),
        ("msg NickServ HELP me", "PRIVMSG NickServ :HELP me"),
    ],
)
async def test_what_is_done_is_done_under_ones_own_nick(alice, line, heard, host):
    answer, sent = await typed(alice, line, begins=heard.split()[0], chat="#here")
    assert sent == heard
    assert answer
    assert ("alice",) in host.paced


async def test_who_runs_a_channel_is_known_before_anybody_listens_there(alice):
    """So they may link it: see `room/consent.py`."""

    async def serve():
        assert await alice.peer.expect("NAMES") == "NAMES #c"
        alice.peer.say(":s.x 353 alice = #c :@alice +Bob", ":s.x 366 alice #c :End")

    async def listed():
        return [member async for member in alice.members("#c")]

    members, _ = await asyncio.gather(listed(), serve())
    assert members == [Member("alice", "alice", Rank.MODERATOR), Member("bob", "Bob", Rank.VOICE)]


async def test_in_a_direct_chat_is_whom_it_is_with(alice):
    """Who is not in the list counts as gone, and their ghost leaves the room."""
    async with asyncio.timeout(5):  # what a server that is asked never answers
        assert [one async for one in alice.members("bob")] == [Member("bob", "bob")]


async def test_what_the_server_refuses_is_told(alice):
    refused = ":s.x 482 alice #here :You're not channel operator"
    with pytest.raises(Rejected, match="only an operator of the channel may do that"):
        await typed(alice, "kick bob", refused, begins="KICK", chat="#here")


async def test_a_new_nick_is_kept_for_the_next_connection(alice, host):
    answer, heard = await typed(alice, "nick Alicia", ":alice!u@h NICK Alicia", begins="NICK")
    assert (answer, heard) == ("You are Alicia on IRC now.", "NICK Alicia")
    assert host.renewed["alice"]["nick"] == "Alicia"
    assert host.identities == [("alice", "alicia")]


async def test_a_nick_of_somebody_else_is_explained_and_not_kept(alice, host):
    taken = ":s.x 433 alice bob :Nickname is already in use"
    with pytest.raises(Rejected, match="IRC did not call you bob: somebody else has this nick"):
        await typed(alice, "nick bob", taken, begins="NICK")
    assert host.renewed == {}


async def test_a_nick_that_was_given_up_is_not_asked_back(alice):
    await typed(alice, "nick Alicia", ":alice!u@h NICK Alicia", begins="NICK")
    alice.peer.say("PING :settled")
    await alice.peer.expect("PONG")
    assert alice.peer.heard.count("NICK alice") == 1  # at the sign-in


async def test_how_one_is_connected_is_told(alice):
    assert await alice.command("status", (), None) == "You are alice on TestNet, in no channel."


async def test_to_quit_is_to_be_away_until_something_is_said(alice, host):
    states = []
    host.state = lambda *told: states.append(told)
    assert "what you say next brings you back" in await alice.command("quit", ["so", "long"], None)
    assert await alice.peer.expect("QUIT") == "QUIT :so long"
    assert states == [("alice", LoginState.OFFLINE, "You have quit IRC.")]


async def test_to_connect_anew_is_to_quit(alice):
    await alice.command("reconnect", (), None)
    assert await alice.peer.expect("QUIT") == "QUIT :reconnecting"


@pytest.mark.parametrize(
    "line", ["kick", "op #c", "names here now", "nick two words", "nick a\nb", "whois", "msg bob"]
)
async def test_what_is_written_wrongly_is_told_how_to_write_it(alice, line):
    name, *words = line.split(" ")
    with pytest.raises(Rejected, match=f"Write: {name}"):
        await alice.command(name, words, Chat("#here"))


async def test_raw_lines_are_for_admins_and_stay_one_line(alice):
    assert [one.name for one in COMMANDS if one.admins] == ["raw"]
    await alice.command("raw", ["VERSION"], None)
    assert await alice.peer.expect("VERSION") == "VERSION"
    for line in ("VERSION\r\nQUIT", "x" * 511, "\ud800"):
        with pytest.raises(Rejected):
            await alice.command("raw", [line], None)


@pytest.mark.parametrize(
    ("line", "chat"),
    [("msg bob " + "x" * 480, None), ("query bob " + "x" * 480, None), ("topic " + "x" * 25, "#c")],
)
async def test_what_a_server_would_cut_is_refused(alice, line, chat):
    alice.peer.say(":s.x 005 alice TOPICLEN=20 :are supported", "PING :known")
    await alice.peer.expect("PONG known")
    name, *words = line.split()
    with pytest.raises(Rejected, match=r"\d bytes; this one has \d"):
        await alice.command(name, words, Chat(chat) if chat else None)
    alice.peer.say("PING :end")
    assert await alice.peer.expect("P") == "PONG end"


async def test_with_the_bots_nick_people_may_look_and_do_nothing(bot):
    with pytest.raises(Rejected, match="You have no nick on IRC yet"):
        await bot.command("kick", ["bob"], Chat("#here"))
    assert (await bot.command("status", (), None)).startswith("The bridge speaks for you")
