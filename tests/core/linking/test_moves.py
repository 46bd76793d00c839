"""A chat that goes by another ID: adapters are told by it from then on where they should be."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.errors import ChatMoved
from bridgekit.events import Message
from bridgekit.ids import ChatID
from bridgekit.testing.clock import settle
from bridgekit.testing.loopback.faults import only
from bridgekit.testing.rig import NETWORK
from tests.core.linking.conftest import ALIAS


@pytest.mark.parametrize("told", [True, False], ids=["told", "found out"])
async def test_the_chats_of_a_login_have_the_new_id_at_once(rig, told):
    await rig.start()
    alice = rig.hs.person("alice")
    room = await alice.join(ALIAS)
    host = rig.bridge.parts.networks.get(NETWORK).host
    (login,) = [client.login.id for client in rig.network.clients.values()]
    assert [chat.id for chat in host.chats(login)] == ["#room"]
    if told:
        await rig.network.person("bob").move("#room", "#hall")
    else:
        rig.network.before.append(only(lambda _: ChatMoved(ChatID("#hall")), Message))
        await alice.say(room, "hello")
    async with asyncio.timeout(60):
        while [chat.id for chat in host.chats(login)] != ["#hall"]:
            await settle()
