"""What people on Matrix do to a channel and to who is in it, and what a server says to that."""

import asyncio

import pytest

from bridgekit import (
    Attachment,
    AttachmentKind,
    Chat,
    ChatChange,
    ChatInfo,
    MatrixEvent,
    Membership,
    MemberState,
    Profile,
    Rank,
    Rejected,
    RetryLater,
)

CHANNEL = "#python"
PICTURE = Attachment(AttachmentKind.IMAGE, "x", "avatar")


def event(content, chat=CHANNEL):
    where = Chat(chat, private=not chat.startswith("#"))
    return MatrixEvent(where, content, "txn", Profile("Alice"), relayed=False)


def doing(client, content, chat=CHANNEL):
    if isinstance(content, Membership):
        return client.set_member(event(content, chat))
    return client.change_chat(event(ChatChange(content), chat))


ENDS = {"WHO": 315, "WHOIS": 318, "WHOWAS": 369}


async def written(client, content, *answers):
    """What the server is sent for it; each line of that is taken, after these answers.

    Of people it tells nothing.
    """
    lines = []

    async def serve():
        while True:
            line = await client.peer.next()
            asked, *words = line.split()
            if asked == "PING":
                client.peer.say(*answers, f":s.x PONG s.x {line.removeprefix('PING ')}")
            elif asked in ENDS:
                client.peer.say(f":s.x {ENDS[asked]} bridgekit {words[0]} :End")
            else:
                lines.append(line)

    serving = asyncio.create_task(serve())
    try:
        await doing(client, content)
    finally:
        serving.cancel()
    return lines


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (Membership("bob", MemberState.KICK, "no\r\nads"), ["KICK #python Bob :no ads"]),
        (Membership("bob", MemberState.KICK), ["KICK #python Bob"]),
        (
            Membership("bob", MemberState.BAN, "ads"),
            ["MODE #python +b Bob!*@*", "KICK #python Bob ads"],
        ),
        (Membership("eve", MemberState.LEAVE), ["MODE #python -b eve!*@*"]),
        (Membership("eve", MemberState.INVITE), ["INVITE eve #python"]),
        (Membership("bob", MemberState.JOIN, rank=Rank.MODERATOR), ["MODE #python +o Bob"]),
        (Membership("bob", MemberState.JOIN, rank=Rank.VOICE), ["MODE #python +v Bob"]),
        (Membership("op", MemberState.JOIN, rank=Rank.MEMBER), ["MODE #python -o op"]),
        (Membership("op", MemberState.JOIN, rank=Rank.VOICE), ["MODE #python -o+v op op"]),
        (Membership("op", MemberState.JOIN, rank=Rank.OWNER), []),
        (Membership("eve", MemberState.JOIN, rank=Rank.MEMBER), ["MODE #python -o-v eve eve"]),
        (Membership("bridgekit", MemberState.JOIN, rank=Rank.VOICE), ["MODE #python +v bridgekit"]),
        (ChatInfo(topic="Be  nice\nto all"), ["TOPIC #python :Be nice to all"]),
        (ChatInfo(topic=""), ["TOPIC #python :"]),
        (ChatInfo(may_speak=Rank.VOICE), ["MODE #python +m"]),
        (ChatInfo(may_speak=Rank.MODERATOR), ["MODE #python +m"]),
        (ChatInfo(may_speak=Rank.MEMBER), ["MODE #python -m"]),
        (ChatInfo(by_invitation=True), ["MODE #python +i"]),
        (ChatInfo(by_invitation=False), ["MODE #python -i"]),
    ],
)
async def test_an_act_is_a_command(bot, in_channel, content, lines):
    await in_channel(bot, "@op", "Bob")
    assert await written(bot, content) == lines


@pytest.mark.parametrize(
    ("content", "answer", "sentence"),
    [
        (
            Membership("bob", MemberState.KICK),
            "482 bridgekit #python :You're not channel operator",
            r"did not put Bob out of #python: only an operator .* \(You're not channel operator\)",
        ),
        (
            Membership("bob", MemberState.BAN),
            "482 bridgekit #python :You're not channel operator",
            "did not ban Bob from #python: only an operator",
        ),
        (
            Membership("bob", MemberState.BAN),
            "478 bridgekit #python b :Channel list is full",
            "list of bans is full",
        ),
        (
            Membership("ghost", MemberState.INVITE),
            "401 bridgekit ghost :No such nick",
            "did not invite ghost to #python: nobody has this nick",
        ),
        (
            Membership("bob", MemberState.JOIN, rank=Rank.MODERATOR),
            "441 bridgekit Bob #python :They aren't on that channel",
            "did not change what Bob may do in #python: they are not in the channel",
        ),
        (
            ChatInfo(topic="Mine"),
            "482 bridgekit #python :You're not channel operator",
            "did not change the topic of #python: only an operator",
        ),
        (
            ChatInfo(may_speak=Rank.VOICE),
            "472 bridgekit m :is unknown mode char to me",
            "does not know this mode",
        ),
        (ChatInfo(topic="Mine"), "599 bridgekit #python :No", r"the server refuses it \(No\)"),
    ],
)
async def test_a_refusal_is_explained(bot, in_channel, content, answer, sentence):
    await in_channel(bot, "@op", "Bob")
    with pytest.raises(Rejected, match=sentence):
        await written(bot, content, f":s.x {answer}")


async def test_a_server_that_wants_a_pause_is_asked_again(bot, in_channel):
    await in_channel(bot)
    answer = ":s.x 263 bridgekit TOPIC :Please wait 7 seconds"
    with pytest.raises(RetryLater) as caught:
        await written(bot, ChatInfo(topic="Mine"), answer)
    assert caught.value.after == 7


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        (Membership("bob", MemberState.KICK), "441 bridgekit Bob #python :They aren't there"),
        (Membership("bob", MemberState.BAN), "401 bridgekit Bob :No such nick"),
        (Membership("bob", MemberState.INVITE), "443 bridgekit Bob #python :is already there"),
        (Membership("op", MemberState.JOIN, rank=Rank.MEMBER), "441 bridgekit op #python :Gone"),
    ],
)
async def test_what_is_so_already_is_done(bot, in_channel, content, answer):
    await in_channel(bot, "@op", "Bob")
    await written(bot, content, f":s.x {answer}")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (ChatInfo(name="Snakes"), "has no name but #python"),
        (ChatInfo(avatar=PICTURE), "has no picture"),
        (ChatInfo(topic="x" * 600), "too long for IRC"),
        (ChatInfo(topic="ö" * 11), "takes 20 bytes; this one has 22"),
        (Membership("bob", MemberState.JOIN), "invite them"),
        (Membership("bob", MemberState.JOIN, rank=Rank.MUTED), "no rank for somebody"),
        (Membership("no body", MemberState.KICK), "nobody called 'no body'"),
    ],
)
async def test_what_irc_does_not_have_is_refused_unsent(bot, in_channel, content, sentence):
    peer = await in_channel(bot, "Bob")
    peer.say(":s.x 005 bridgekit TOPICLEN=20 :are supported", "PING :known")
    await peer.expect("PONG known")
    with pytest.raises(Rejected, match=sentence):
        await doing(bot, content)
    peer.say("PING :end")
    assert await peer.next() == "PONG end"


async def test_a_private_conversation_cannot_be_changed(bot):
    with pytest.raises(Rejected, match="private conversation"):
        await doing(bot, ChatInfo(topic="Us"), chat="bob")


async def test_a_long_reason_is_cut_to_what_the_server_relays(bot, in_channel):
    await in_channel(bot, "Bob")
    for change in (
        Membership("bob", MemberState.KICK, "ö" * 300),
        Membership("bridgekit", MemberState.LEAVE, "ö" * 300),
    ):
        (line,) = await written(bot, change)
        assert 500 < len(f":bridgekit!u@host.test {line}\r\n".encode()) <= 512
        bot.peer.say(":s.x 005 bridgekit KICKLEN=9 :are supported")
    assert (await written(bot, Membership("bob", MemberState.KICK, "ö" * 9)))[-1].endswith("öööö")


async def test_coming_and_going_is_joining_and_parting(bot, in_channel):
    peer = await in_channel(bot)
    assert await written(bot, Membership("bridgekit", MemberState.JOIN)) == []
    going = Membership("bridgekit", MemberState.LEAVE, "see you")
    part = ":bridgekit!u@host.test PART #python"
    assert await written(bot, going, part) == ["PART #python :see you"]
    assert await written(bot, going) == []
    coming = asyncio.gather(
        doing(bot, Membership("bridgekit", MemberState.JOIN)), peer.enter("bridgekit")
    )
    await coming
    assert CHANNEL in bot.channels


async def test_an_act_is_confirmed_by_its_label_where_the_server_has_them(
    adapter_on, bot_login, running, scripted
):
    async def script(peer):
        await peer.negotiate("labeled-response", "batch", "echo-message", "message-tags")
        peer.say(":s.x 001 bridgekit :Hi", ":s.x 422 bridgekit :no MOTD")
        await peer.enter("bridgekit")
        assert await peer.expect("@label") == "@label=bk1 TOPIC #c Snakes"
        peer.say("@label=bk1;msgid=t :bridgekit!u@h TOPIC #c :Snakes")
        await peer.expect("@label=bk2")
        peer.say("@label=bk2 :s.x 482 bridgekit #c :You're not channel operator")
        await peer.hangs_up()

    async with scripted(script) as port:
        adapter = adapter_on(port)
        async with running(adapter, bot_login(adapter)) as client:
            await doing(client, ChatInfo(topic="Snakes"), chat="#c")
            with pytest.raises(Rejected, match="only an operator"):
                await doing(client, Membership("bob", MemberState.KICK), chat="#c")
