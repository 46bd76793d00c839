"""What is asked of the network for a private chat is asked of the login whose chat it is."""

from __future__ import annotations

import pytest

from bridgekit.errors import LoginError
from bridgekit.events import Membership, MemberState, Message, Raw
from bridgekit.facts import Attachment, AttachmentKind, Chat
from bridgekit.ids import ChatID, RemoteUserID
from bridgekit.lanes.parking import for_login
from bridgekit.login.logins import NotConnected
from bridgekit.richtext import from_plain
from tests.core.linking.conftest import ALIAS

FILE = Attachment(AttachmentKind.FILE, "ref-1", "a.txt", mime="text/plain")


class Asked:
    """Which logins were asked for what."""

    def __init__(self, rig):
        self.rig, self.of = rig, {}

    def watch(self, name, answer):
        """Every client answers to `name` with `answer(login, …)`."""
        self.of[name] = []
        for login, client in self.rig.network.clients.items():

            def asked(*args, login=login):
                self.of[name].append(login)
                return answer(login, *args)

            object.__setattr__(client, name, asked)

    def ever(self, name):
        return self.rig.hs.wait_for(lambda: self.of[name])


@pytest.fixture
async def asked(rig):
    """The listener, alice's login and zoe's are connected."""
    await rig.start()
    for number, name in enumerate(("alice", "zoe"), 2):
        person = rig.hs.person(name)
        await person.say(await person.join(ALIAS), "hi")
        await rig.network.wait(lambda number=number: len(rig.network.clients) >= number)
    return Asked(rig)


def logins(rig):
    return list(rig.network.clients)


async def pieces(login, _attachment):
    yield f"of {login}".encode()


async def nothing(_login, *_args):
    return None


async def test_a_private_file_is_read_by_the_login_whose_chat_it_is(asked, rig):
    asked.watch("download", pieces)
    _, hers, mine = logins(rig)
    message = Message(from_plain("x"), attachments=(FILE,))
    await rig.network.emit("bob", "bob", message, id="p1", to=mine)
    await asked.ever("download")
    assert asked.of["download"] == [mine]
    await rig.network.emit("bob", "bob", message, id="p2", to=hers)
    await rig.hs.wait_for(lambda: len(asked.of["download"]) > 1)
    assert asked.of["download"] == [mine, hers], "the same words may mean another file"


@pytest.mark.parametrize("what", ["chat_info", "user_info"])
async def test_a_private_look_up_is_made_by_the_login_whose_chat_it_is(asked, rig, what):
    asked.watch(what, nothing)
    *_, mine = logins(rig)
    await rig.network.emit("dora", "dora", Message(from_plain("x")), id="p1", to=mine)
    await asked.ever(what)
    assert set(asked.of[what]) == {mine}


async def test_who_is_brought_into_a_private_chat_is_named_by_the_login_whose_chat_it_is(
    asked, rig
):
    *_, mine = logins(rig)
    asked.watch("user_info", nothing)
    await rig.network.emit("group", "bob", Message(from_plain("x")), id="p1", to=mine)
    joined = Membership(RemoteUserID("carl"), MemberState.JOIN)
    await rig.network.emit("group", "carl", joined, to=mine)
    await rig.hs.wait_for(lambda: len(asked.of["user_info"]) > 1)
    assert set(asked.of["user_info"]) == {mine}


async def test_a_private_event_is_converted_by_the_login_whose_chat_it_is(asked, rig):
    async def converted(_login, _raw):
        return []

    asked.watch("convert", converted)
    *_, mine = logins(rig)
    raw = Raw(Chat(ChatID("bob"), private=True), "k1", b"{}")
    await rig.network.deliver(raw, to=mine)
    await asked.ever("convert")
    assert asked.of["convert"] == [mine]


async def test_a_private_file_waits_for_its_own_login(asked, rig, monkeypatch):
    asked.watch("download", pieces)
    *_, mine = logins(rig)
    (network,) = rig.bridge.parts.networks
    at_hand, waited = network.logins.at_hand, []

    def not_yet(login):
        if login == mine and not waited:
            waited.append(login)
            raise NotConnected("It connects")
        return at_hand(login)

    monkeypatch.setattr(network.logins, "at_hand", not_yet)
    message = Message(from_plain("x"), attachments=(FILE,))
    await rig.network.emit("bob", "bob", message, id="p1", to=mine)
    await rig.hs.wait_for(lambda: waited)
    rig.bridge.parts.queue.wake(for_login(mine))
    await asked.ever("download")
    assert (waited, asked.of["download"]) == ([mine], [mine])


async def test_a_private_file_of_a_login_that_the_network_refuses_is_missing(
    asked, rig, monkeypatch
):
    asked.watch("download", pieces)
    *_, mine = logins(rig)
    await rig.network.emit("bob", "bob", Message(from_plain("first")), id="p1", to=mine)
    world = rig.hs.world
    await rig.hs.wait_for(lambda: "first" in shown(world))
    (network,) = rig.bridge.parts.networks

    def refused(_login):
        raise LoginError("Your password has changed")

    monkeypatch.setattr(network.logins, "at_hand", refused)
    message = Message(from_plain("x"), attachments=(FILE,))
    await rig.network.emit("bob", "bob", message, id="p2", to=mine)
    await rig.hs.wait_for(lambda: any("a.txt" in body for body in shown(world)))
    assert asked.of["download"] == []


def shown(world):
    return [event.content.get("body", "") for room in world.rooms.values() for event in room.events]
