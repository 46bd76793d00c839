"""Bans of people of whom the server has not said where they are connected from."""

import asyncio

import pytest

from bridgekit import Chat, MatrixEvent, Membership, MemberState, Profile

TELLS = {
    "WHO #python": [
        ":s.x 352 bridgekit #python op home.example s.x Op H@ :0 Op",
        ":s.x 352 bridgekit #python bob gate.way s.x Bob H :0 Bob",
        ":s.x 352 bridgekit #python cat gate.way s.x Cat H :0 Cat",
        ":s.x 315 bridgekit #python :End of WHO",
    ],
    "WHO #quiet": [":s.x 315 bridgekit #quiet :End of WHO"],
    "WHOIS eve": [":s.x 311 bridgekit eve e roof.example * :E", ":s.x 318 bridgekit eve :End"],
    "WHOIS dan": [":s.x 401 bridgekit dan :No such nick", ":s.x 318 bridgekit dan :End"],
    "WHOWAS dan": [":s.x 314 bridgekit dan d pond.example * :D", ":s.x 369 bridgekit dan :End"],
    "WHOIS nobody": [":s.x 318 bridgekit nobody :End"],
    "WHOWAS nobody": [":s.x 406 bridgekit nobody :There was none", ":s.x 369 bridgekit nobody :E"],
}


async def heard(client, doing):
    """What is asked and done for it, on a server that answers and takes everything."""
    lines, task = [], asyncio.ensure_future(doing)

    async def serve():
        while True:
            line = await client.peer.next()
            if line.startswith("PING "):
                client.peer.say(f":s.x PONG s.x :{line.removeprefix('PING ')}")
            else:
                lines.append(line)
                client.peer.say(*TELLS.get(line, ()))

    serving = asyncio.create_task(serve())
    try:
        await task
    finally:
        serving.cancel()
        await asyncio.wait([serving])
    return lines


def ban(user, chat="#python"):
    content = Membership(user, MemberState.BAN)
    return MatrixEvent(Chat(chat), content, "txn", Profile("Alice"), relayed=False)


async def test_where_they_are_connected_from_is_asked_before_a_mask_is_made(bot, in_channel):
    await in_channel(bot, "@Op", "Bob", "Cat")
    assert await heard(bot, bot.set_member(ban("op"))) == [
        "WHO #python",
        "MODE #python +b *!*@home.example",
        "KICK #python Op",
    ]
    # It is known now; and one of many behind a gate is banned alone.
    assert await heard(bot, bot.set_member(ban("bob"))) == [
        "MODE #python +b *!bob@gate.way",
        "KICK #python Bob",
    ]


@pytest.mark.parametrize(
    ("nick", "asked", "mask"),
    [
        ("eve", ["WHOIS eve"], "*!*@roof.example"),
        ("dan", ["WHOIS dan", "WHOWAS dan"], "*!*@pond.example"),
        ("nobody", ["WHOIS nobody", "WHOWAS nobody"], "nobody!*@*"),
    ],
)
async def test_of_who_is_not_there_the_network_is_asked(bot, in_channel, nick, asked, mask):
    await in_channel(bot, "@Op", "Bob", "Cat")
    await heard(bot, bot.set_member(ban("op")))
    lines = await heard(bot, bot.set_member(ban(nick)))
    assert lines == [*asked, f"MODE #python +b {mask}", f"KICK #python {nick}"]


async def test_the_command_asks_as_well(bot, in_channel, person_login):
    await in_channel(bot, "@Op", "Bob", "Cat")
    bot.orders.login = person_login("bridgekit")
    lines = await heard(bot, bot.command("ban", ["#Python", "Op"], None))
    assert lines == ["WHO #python", "MODE #Python +b *!*@home.example"]


async def test_a_ban_is_lifted_however_the_channel_is_written(bot, in_channel, person_login):
    peer = await in_channel(bot, "@Op", "Bob", "Cat")
    bot.orders.login = person_login("bridgekit")
    await heard(bot, bot.command("ban", ["#python", "Op"], None))
    peer.say(":bridgekit!u@host.test MODE #python +b *!*@home.example")
    await settled(bot)
    lines = await heard(bot, bot.command("unban", ["#Python", "Op"], None))
    assert lines == ["MODE #Python -b *!*@home.example"]


async def settled(client):
    client.peer.say("PING :settled")
    return await client.peer.expect("PONG settled")


def states(host):
    changes = [(event.content, event.sender) for event in host.events]
    return [(c.user, c.state, by) for c, by in changes if isinstance(c, Membership)]


async def test_who_is_put_out_for_a_mask_is_banned_once_that_is_known(bot, in_channel, host):
    peer = await in_channel(bot, "@Op", "Bob", "Cat")
    peer.say(":Op!op@home.example MODE #python +b *!bob@gate.way")
    peer.say(":Op!op@home.example KICK #python Bob :out")
    assert await peer.expect("WHO") == "WHO #python"
    assert await peer.expect("WHO") == "WHO Bob"
    peer.say(TELLS["WHO #python"][0], *TELLS["WHO #python"][2:])
    peer.say(":s.x 352 bridgekit * bob gate.way s.x Bob H :0 Bob", ":s.x 315 bridgekit Bob :End")
    await settled(bot)
    out = [one for one in states(host) if one[0] == "bob"]
    assert out == [("bob", MemberState.KICK, "op"), ("bob", MemberState.BAN, "op")]
    assert ("cat", MemberState.BAN, "op") not in states(host)
    peer.say(":Op!op@home.example MODE #python -b *!bob@gate.way")
    await settled(bot)
    assert states(host)[-1] == ("bob", MemberState.LEAVE, "op")


async def test_who_is_there_still_is_banned_when_they_are_put_out(bot, in_channel, host):
    peer = await in_channel(bot, "@Op", "Bob", "Cat")
    peer.say(":Op!op@home.example MODE #python +b *!*@gate.way")
    await peer.expect("WHO #python")
    peer.say(*TELLS["WHO #python"], ":Op!op@home.example KICK #python Cat :out")
    await settled(bot)
    assert states(host)[-1] == ("cat", MemberState.BAN, "op")


async def test_what_is_lifted_before_the_answer_comes_bans_nobody(bot, in_channel, host):
    peer = await in_channel(bot, "@Op", "Bob", "Cat")
    peer.say(
        ":Op!op@home.example MODE #python +b *!*@gate.way",
        ":Op!op@home.example KICK #python Cat :out",
        ":Op!op@home.example MODE #python -b *!*@gate.way",
    )
    await peer.expect("WHO Cat")
    peer.say(*TELLS["WHO #python"], ":s.x 352 bridgekit * cat gate.way s.x Cat H :0 Cat")
    await settled(bot)
    assert not any(state is MemberState.BAN for _, state, _ in states(host))
