"""What an adapter is given: everything that it hands over is stored, or it is told so."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.adapter import LoginState, Role
from bridgekit.errors import ConfigError, Rejected
from bridgekit.events import Membership, MemberState, Message, RemoteEvent
from bridgekit.facts import Attachment, AttachmentKind, Chat
from bridgekit.ids import ChatID, MessageID, RemoteUserID
from bridgekit.media.source import MatrixFile, encode
from bridgekit.reasons import Reason
from bridgekit.richtext import from_plain
from bridgekit.testing.clock import settle

ROOM = Chat(ChatID("#room"))
BOT = RemoteUserID("bot")


@pytest.fixture
async def host(rig):
    await rig.start()
    await rig.network.wait(lambda: "#room" in rig.network.entered)  # so it is online
    client = next(iter(rig.network.clients.values()))
    return client.host


@pytest.fixture
def login(rig, host):
    assert host
    return next(iter(rig.network.clients))


async def test_small_values_outlive_a_restart_and_are_forgotten_when_told(rig, host):
    await host.save("key", "value")
    await host.save("other", "value")
    await host.save("other", None)
    await rig.kill()
    await rig.start()
    await rig.network.wait(lambda: bool(rig.network.clients))
    again = next(iter(rig.network.clients.values())).host
    assert await again.load("key") == "value"
    assert await again.load("other") is None


async def test_a_cursor_is_stored_with_what_came_before_it(rig, host, login):
    await host.receive(login, cursor="41")
    assert await host.cursor(login) == "41"
    await rig.kill()
    await rig.start()
    assert await rig.bridge.parts.networks.get(host.network).host.cursor(login) == "41"


async def test_a_message_that_is_bridged_is_known(host, login):
    hello = Message(from_plain("hello"))
    await host.receive(login, RemoteEvent(ROOM, RemoteUserID("bob"), hello, MessageID("m1")))
    async with asyncio.timeout(60):
        while not await host.knows(login, ROOM, MessageID("m1")):  # noqa: ASYNC110 (nobody tells)
            await asyncio.sleep(0)
    assert not await host.knows(login, ROOM, MessageID("m2"))
    assert not await host.knows(login, Chat(ChatID("#nowhere")), MessageID("m1"))


async def test_one_login_listens_and_the_others_need_not(host, login):
    assert host.role(login, ROOM.id) is Role.LISTEN
    assert host.role("loop:somebody", ROOM.id) is Role.IGNORE
    assert list(host.chats(login)) == [ROOM]
    assert list(host.chats("loop:somebody")) == []
    assert [one.id for one in host.logins()] == [login]


async def test_what_is_set_aside_is_counted_and_kept(rig, host, login):
    await host.set_aside(login, b"\xff\0 broken", "it is broken")
    counts = rig.bridge.parts.status.counts
    assert sum(n for key, n in counts.items() if key[2] is Reason.BROKEN_RECORD) == 1


async def test_a_login_that_was_put_out_enters_again(rig, host, login):
    rig.network.entered.clear()
    kicked = RemoteEvent(ROOM, RemoteUserID("op"), Membership(BOT, MemberState.KICK, "out"))
    await host.receive(login, kicked)
    await rig.network.wait(lambda: "#room" in rig.network.entered)


async def test_a_login_that_the_network_refuses_is_refused(rig, host, login):
    host.state(login, LoginState.REFUSED, "The network closed this account")
    async with asyncio.timeout(60):
        while rig.network.clients:
            await settle()
    logins = rig.bridge.parts.networks.get(host.network).logins
    assert logins.state(login) == (LoginState.REFUSED, "The network closed this account")


async def test_a_login_that_its_person_has_left_rests_until_it_is_needed(rig, host, login):
    host.state(login, LoginState.OFFLINE, "You have left.")
    async with asyncio.timeout(60):
        while rig.network.clients:
            await settle()
    logins = rig.bridge.parts.networks.get(host.network).logins
    assert logins.state(login) == (LoginState.OFFLINE, "You have left.")
    await logins.ready(login, ROOM, 20)
    assert logins.state(login) == (LoginState.ONLINE, "")


async def test_what_needs_a_public_url_says_so(host):
    picture = Attachment(AttachmentKind.IMAGE, encode(MatrixFile("mxc://x/y")), "cat.png")
    with pytest.raises(ConfigError, match=r"appservice\.public_url is missing"):
        await host.link(picture)
    with pytest.raises(ConfigError, match=r"appservice\.public_url is missing"):
        host.mount([])


async def test_an_adapter_fetches_no_private_address(host):
    with pytest.raises(Rejected, match="not public"):
        await anext(aiter(host.fetch("http://127.0.0.1/", limit=1)))
