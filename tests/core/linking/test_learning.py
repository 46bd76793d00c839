"""Whom a private chat is with, asked of its network later: seldom, and until it has said it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from bridgekit.clock import SystemClock
from bridgekit.errors import RetryLater
from bridgekit.facts import ChatInfo
from bridgekit.ids import ChatID, LoginID, NetworkName, PortalKey, RemoteUserID, RoomID
from bridgekit.room.learning import AGAIN, Learning
from bridgekit.room.portals import Portals
from bridgekit.store.store import open_store
from bridgekit.testing.clock import VirtualClock

KEY = PortalKey(NetworkName("slack"), ChatID("T1/D1"), LoginID("slack:alice"))
NETWORK = SimpleNamespace(name=KEY.network, adapter=object())


class Client:
    """Says what it is to say, or raises it."""

    def __init__(self, *answers: object) -> None:
        self.answers, self.asked = list(answers), 0

    async def chat_info(self, chat):
        assert chat == KEY.chat
        self.asked += 1
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return ChatInfo(other=answer)


@pytest.fixture
async def store(database):
    async with open_store(database, SystemClock()) as store:
        yield store


@pytest.fixture
async def asking(store):
    """A private chat whose other side is unknown, and what learns it."""
    portals, clock = Portals(store, lambda: 1), VirtualClock()

    async def nobody(*_):
        return None

    learning = Learning(portals, SimpleNamespace(find=nobody), None, clock)
    portal = await portals.bind(await portals.ensure(KEY), RoomID("!room"), ours=True)

    async def learn(client):
        return await learning.learn(await portals.get(portal.id), NETWORK, client)

    learn.clock, learn.anew = clock, lambda: Portals(store, lambda: 1)
    return learn


@pytest.mark.parametrize("fault", [RetryLater("A pause"), RuntimeError("down")])
async def test_a_network_that_gives_no_answer_is_asked_anew_later_and_not_before(asking, fault):
    client = Client(fault, RemoteUserID("t1-u1"))
    for _ in range(3):
        assert (await asking(client)).other is None
    assert client.asked == 1
    await asking.clock.advance(AGAIN)
    assert (await asking(client)).other == "t1-u1"
    assert (await asking.anew().find(KEY)).other == "t1-u1"
    await asking.clock.advance(AGAIN)
    await asking(client)
    assert client.asked == 2


async def test_of_whom_a_network_cannot_tell_it_is_not_asked_again(asking):
    client = Client(RemoteUserID(""))
    assert (await asking(client)).other == ""
    await asking.clock.advance(10 * AGAIN)
    assert (await asking(client)).other == ""
    assert client.asked == 1


async def test_a_chat_that_is_called_as_its_person_is_known_by_that(asking):
    client = Client(None)
    assert (await asking(client)).other == KEY.chat
    await asking.clock.advance(10 * AGAIN)
    await asking(client)
    assert client.asked == 1


async def test_while_the_login_is_away_nobody_is_asked(asking):
    assert (await asking(None)).other is None
