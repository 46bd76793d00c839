"""The loopback network does what makes real ones hard: early echoes, late or no IDs, QR codes."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.adapter import Client, Login, Sent
from bridgekit.errors import LoginError
from bridgekit.events import MatrixEvent, Message
from bridgekit.facts import Chat, Profile
from bridgekit.ids import ChatID, LoginID, MessageID
from bridgekit.richtext import from_plain
from bridgekit.testing.loopback.adapter import LoopbackAdapter, LoopbackConfig
from bridgekit.testing.loopback.fake import EchoingNetwork, LoopbackFake
from bridgekit.testing.loopback.telephone import Telephone

ROOM = Chat(ChatID("#room"))
HELLO = Message(from_plain("hello"))
EVENT = MatrixEvent(ROOM, HELLO, "t0", Profile("Alice"), relayed=False)


class Notebook:
    """A host that takes everything when it is told to."""

    def __init__(self) -> None:
        self.received = []
        self.open, self.told = asyncio.Event(), asyncio.Event()

    async def receive(self, _login, *events, cursor=None):
        assert cursor is None
        await self.open.wait()
        self.received += events
        self.told.set()


@pytest.fixture
def host():
    return Notebook()


async def connected(network, host) -> Client:
    bot = Login(LoginID("net:bot"), None, {"nick": "bot"}, relay=True)
    return await network.admit(bot, host)


async def test_an_early_echo_is_acknowledged_before_the_send_is_answered(host):
    client = await connected(EchoingNetwork(early=True), host)
    listening = asyncio.create_task(client.run())
    sending = asyncio.create_task(client.send(EVENT))
    for _ in range(100):
        await asyncio.sleep(0)
    assert not sending.done()
    host.open.set()
    sent = await sending
    assert [(one.id, one.txn) for one in host.received] == [(sent.ids[0], "t0")]
    listening.cancel()


async def test_what_is_known_already_has_no_second_echo(host):
    host.open.set()
    client = await connected(EchoingNetwork(early=True, idempotent=True), host)
    listening = asyncio.create_task(client.run())
    assert await client.send(EVENT) == await client.send(EVENT)
    assert len(host.received) == 1
    listening.cancel()


async def test_an_id_that_is_late_comes_with_the_echo(host):
    host.open.set()
    network = EchoingNetwork(late_ids=True)
    client = await connected(network, host)
    assert await client.send(EVENT) == Sent(pending=True)
    listening = asyncio.create_task(client.run())
    async with asyncio.timeout(60):
        await host.told.wait()
    (echo,) = host.received
    assert (echo.id, echo.txn) == (MessageID("sent-0"), "t0")
    listening.cancel()


async def test_without_ids_neither_side_gives_any(host):
    network = EchoingNetwork(gives_ids=False)
    fake = LoopbackFake(network)
    client = await connected(network, host)
    assert await client.send(EVENT) == Sent()
    assert await fake.say("bob", HELLO) is None
    assert [one.id for one in fake.heard()] == [None]
    assert len(network.outbox(network.first).tellings) == 1  # what Bob said: no echo


# A personal login with a code.


@pytest.fixture
def network():
    return EchoingNetwork()


@pytest.fixture
def adapter(network, host):
    return LoopbackAdapter(LoopbackConfig(network=network), host)


async def test_a_code_that_has_expired_is_followed_by_another(network, adapter):
    telephone = Telephone(network.pairing)
    credentials = await adapter.login(telephone)
    assert len(set(telephone.codes)) == 2
    login = Login(LoginID("net:carol"), "Carol", credentials, relay=False)
    async with adapter.connect(login) as client:
        assert client.me == "carol"


async def test_only_what_is_on_a_screen_can_be_scanned(network, adapter):
    telephone = Telephone(network.pairing)
    await adapter.login(telephone)
    for code in (*telephone.codes, "loopback://pair/77"):
        with pytest.raises(KeyError):
            network.pairing.scan(code, "mallory")


async def test_a_sign_in_that_is_given_up_leaves_no_code(network, adapter):
    class Looks(Telephone):
        async def show(self, *_, **__):
            shown.set()

    shown = asyncio.Event()
    signing_in = asyncio.create_task(adapter.login(Looks(network.pairing)))
    await shown.wait()
    assert len(network.pairing.codes) == 1
    signing_in.cancel()
    with pytest.raises(asyncio.CancelledError):
        await signing_in
    assert network.pairing.codes == {}


async def test_who_signs_out_on_the_telephone_is_told_at_the_next_connect(network, adapter):
    credentials = await adapter.login(Telephone(network.pairing))
    network.pairing.sign_out("carol")
    login = Login(LoginID("net:carol"), "Carol", credentials, relay=False)
    with pytest.raises(LoginError, match="signed out of on the telephone"):
        async with adapter.connect(login):
            pass
