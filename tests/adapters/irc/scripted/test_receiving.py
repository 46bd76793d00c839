"""What a server says to one connection, and what becomes of it."""

import asyncio
import re
from datetime import UTC, datetime

from bridgekit import (
    Bold,
    Chat,
    ChatChange,
    ChatInfo,
    Client,
    LoginID,
    Member,
    Membership,
    MemberState,
    Message,
    MessageKind,
    Rank,
    RetryLater,
    SupportsChats,
    SupportsPacing,
    SupportsSplit,
    Text,
    UserInfo,
)

BOT = LoginID("bot")


def contents(host):
    return [event.content for event in host.events]


async def test_it_declares_what_it_can_do(bot):
    assert bot.me == "bridgekit"
    for ability in (Client, SupportsChats, SupportsPacing, SupportsSplit):
        assert isinstance(bot, ability)


async def test_entering_waits_for_the_names_and_tells_who_is_there(bot, host, in_channel):
    await in_channel(bot, "@Oper", "+Voice", "~Odd")
    await host.until(lambda: host.events)
    (event,) = host.events
    assert (event.chat, event.sender) == (Chat("#python"), None)
    assert event.content == ChatChange(
        ChatInfo(
            id="#python",
            name="#python",
            members=(
                Member("oper", "Oper", Rank.MODERATOR),
                Member("voice", "Voice", Rank.VOICE),
                Member("~odd", "~Odd", Rank.MEMBER),
            ),
        )
    )
    assert [member.user async for member in bot.members("#python")][:2] == ["bridgekit", "oper"]
    assert [info.name async for info in bot.chats()] == ["#python"]
    assert await bot.user_info("oper") == UserInfo(id="oper", name="Oper")


async def test_messages_become_events(bot, host, in_channel):
    peer = await in_channel(bot, "Ann")
    peer.say(
        ":Ann!a@h PRIVMSG #python :plain",
        ":Ann!a@h PRIVMSG #PYTHON :\x02bold",
        ":Ann!a@h NOTICE #python :notice",
        ":Ann!a@h PRIVMSG #python :\x01ACTION waves\x01",
        "@msgid=m1;time=2026-01-02T03:04:05.678Z :Ann!a@h PRIVMSG #python :tagged",
        "@time=nonsense :Ann!a@h PRIVMSG #python :last",
    )
    await host.message("last")
    plain, bold, notice, action, tagged, last = host.events[1:]
    assert plain.content == Message((Text("plain"),))
    assert (plain.chat, plain.sender) == (Chat("#python"), "ann")
    assert plain.people == (UserInfo(id="ann", name="Ann"),)
    assert bold.content.text == (Bold((Text("bold"),)),)
    assert notice.content.kind is MessageKind.NOTICE
    assert action.content == Message((Text("waves"),), MessageKind.EMOTE)
    assert tagged.id == "m1"
    assert tagged.at == datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)
    assert last.at is None


async def test_what_one_read_brings_is_one_commit_in_order(bot, host, said, in_channel):
    peer = await in_channel(bot, "ann")
    await host.until(lambda: host.events)
    lines = [f":ann!a@h PRIVMSG #python :{number}" for number in range(100)]
    peer.writer.write("".join(f"{line}\r\n" for line in lines).encode())
    await host.message("99")
    assert [said(event) for event in host.events[1:]] == [str(number) for number in range(100)]
    assert len(host.calls) < 10


async def test_people_who_come_and_go_are_told_of(bot, host, in_channel):
    peer = await in_channel(bot, "ann", "bob", "@Op")
    peer.say(
        ":Cleo!c@h JOIN #python",
        ":ann!a@h PART #python :so \x02long",
        ":Op!o@h KICK #python bob :spam",
        ":Cleo!c@h NICK :Dora",
        ":Dora!c@h QUIT :Ping timeout",
        ":stranger!s@h QUIT :nobody saw them",
    )
    await host.until(lambda: len(host.events) == 7)
    assert [(event.sender, event.content) for event in host.events[1:]] == [
        ("cleo", Membership("cleo", MemberState.JOIN)),
        ("ann", Membership("ann", MemberState.LEAVE, "so long")),
        ("op", Membership("bob", MemberState.KICK, "spam")),
        ("cleo", Membership("cleo", MemberState.LEAVE, "is now known as Dora")),
        ("dora", Membership("dora", MemberState.JOIN)),
        ("dora", Membership("dora", MemberState.LEAVE, "Ping timeout")),
    ]
    assert host.events[5].people == (UserInfo(id="dora", name="Dora"),)
    assert [member.user async for member in bot.members("#python")] == ["bridgekit", "op"]


async def test_a_nick_that_changes_its_case_is_the_same_person(bot, host, in_channel):
    peer = await in_channel(bot, "ann")
    peer.say(":ann!a@h NICK ANN", ":ANN!a@h PRIVMSG #python :hi")
    event = await host.message("hi")
    assert event.sender == "ann"
    assert not any(isinstance(content, Membership) for content in contents(host))
    assert await bot.user_info("ann") == UserInfo(id="ann", name="ANN")


async def test_the_channels_of_others_are_not_ours_to_tell_of(bot, host, said):
    host.listeners = set()
    peer = bot.peer
    await asyncio.gather(bot.enter("#python"), peer.enter("bridgekit", "ann"))
    peer.say(":ann!a@h PRIVMSG #python :not yet")
    peer.say("PING :1")
    await peer.expect("PONG")
    host.listeners = {BOT}
    peer.say(":ann!a@h PRIVMSG #python :now")
    await host.message("now")
    assert [said(event) for event in host.events] == ["now"]
    assert await peer.expect("NAMES") == "NAMES #python"  # it missed who is there


async def test_a_line_that_cannot_be_stored_now_is_handed_over_again(bot, host, said, in_channel):
    peer = await in_channel(bot, "ann")
    host.failures = [RetryLater("the disk is full", after=0.001) for _ in range(3)]
    peer.say(":ann!a@h PRIVMSG #python :kept", ":ann!a@h PRIVMSG #python :and the next")
    await host.message("and the next")
    assert [said(event) for event in host.events][-2:] == ["kept", "and the next"]


async def test_odd_lines_are_set_aside_and_the_rest_goes_on(bot, host, in_channel):
    peer = await in_channel(bot, "ann")
    peer.say(
        "",
        "   ",
        ":only.a.prefix",
        ":ann!a@h PRIVMSG #python",
        "PRIVMSG #python :from nobody",
        "NOTICE * :from the server",
        ":s.x NOTICE bridgekit :from the server",
        ":s.x 353",
        ":s.x 366",
        ":s.x 005",
        "@" + "t" * 20_000 + " :ann!a@h PRIVMSG #python :far too long",
        b":ann!a@h PRIVMSG #python :Ol\xe9",
        b":ann!a@h PRIVMSG #python :N\0UL",
    )
    await host.message("NUL")
    await host.message("Olé")
    assert [body for body, _ in host.aside] == [
        b":only.a.prefix",
        b":ann!a@h PRIVMSG #python",
        b"PRIVMSG #python :from nobody",
        b"@" + b"t" * 16383,
    ]
    assert len(host.events) == 3


async def test_messages_from_before_we_came_are_left_out(bot, host, said, in_channel):
    peer = await in_channel(bot, "ann")
    peer.say(
        ":s.x BATCH +h chathistory #python",
        "@batch=h :ann!a@h PRIVMSG #python :old",
        ":s.x BATCH -h",
        ":ann!a@h PRIVMSG #python :new",
    )
    await host.message("new")
    assert "old" not in map(said, host.events)


async def test_whoever_writes_to_the_bot_hears_once_that_nobody_reads(bot, host):
    peer = bot.peer
    peer.say(
        ":ann!a@h PRIVMSG bridgekit :hello?",
        ":ann!a@h PRIVMSG BridgeKit :anybody?",
        ":bob!a@h NOTICE bridgekit :never answer this",
        ":bob!a@h PRIVMSG bridgekit :\x01VERSION\x01",
        ":bob!a@h PRIVMSG bridgekit :\x01DCC SEND x 1 2 3\x01",
        ":bob!a@h PRIVMSG bridgekit :\x01PING 123 \x01",
        "PING :end",
    )
    await peer.expect("PONG end")
    notices = [line for line in peer.heard if line.startswith("NOTICE")]
    assert notices[0].startswith("NOTICE ann :I am a bridge to Matrix")
    assert notices[1:] == [
        "NOTICE bob :\x01VERSION matrix-bridgekit\x01",
        "NOTICE bob :\x01PING 123\x01",
    ]
    assert host.events == []


async def test_a_flood_of_requests_is_not_answered_for_ever(bot):
    for _ in range(100):
        bot.peer.say(":ann!a@h PRIVMSG bridgekit :\x01TIME\x01")
    bot.peer.say("PING :end")
    await bot.peer.expect("PONG end")
    answers = [line for line in bot.peer.heard if line.startswith("NOTICE ann :\x01TIME ")]
    assert len(answers) == 5
    assert re.fullmatch(
        r"NOTICE ann :\x01TIME \w{3}, \d\d \w{3} \d{4} [\d:]{8} UTC\x01", answers[0]
    )
