"""One event of the network that is several: what was sent of it is kept, whatever then fails."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from bridgekit.events import Message, Raw, RemoteEvent
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, MessageID, RemoteUserID
from bridgekit.richtext import from_plain
from bridgekit.store.beside import commit
from bridgekit.store.failure import StoreDown
from bridgekit.store.jobs import Jobs, revive
from bridgekit.supports import SupportsHistory

ROOM, OTHER = Chat(ChatID("#room")), Chat(ChatID("#other"))


def said(body: str, chat: Chat, name: str) -> RemoteEvent[Message]:
    return RemoteEvent(chat, RemoteUserID("bob"), Message(from_plain(body)), MessageID(name))


@pytest.fixture
async def halfway(rig, watch, monkeypatch):
    """Of one raw event the first half is in the room when storing the second fails, so, once."""
    rig.link("#other")
    # The past of the chat knows nothing of what is only told: read late, it would come before it.
    rig.network.lacks = frozenset({SupportsHistory})

    async def begin(failure):
        await rig.start()
        here, there = await watch(rig), await watch(rig, "#other")
        rig.network.meanings[b"x"] = lambda: [said("one", ROOM, "m1"), said("two", OTHER, "m2")]
        (network,) = rig.bridge.parts.networks
        store, failures = network.host.receive_converted, [failure]

        async def failing(login, *events):
            if failures:
                await rig.hs.restart()  # it remembers no transaction ID
                raise failures.pop()
            await store(login, *events)

        monkeypatch.setattr(network.host, "receive_converted", failing)
        await rig.network.deliver(Raw(ROOM, "k", b"x"))
        return here, there

    return begin


async def test_rule_14_what_was_sent_before_the_store_failed_is_looked_for(halfway, rig):
    here, there = await halfway(StoreDown())
    await there.sees("two")
    await rig.network.say("#room", "bob", "end", id="m3")
    await here.sees("one", "end")


async def test_rule_18_what_was_sent_before_it_failed_for_good_is_linked_and_not_sent_again(
    halfway, rig
):
    here, there = await halfway(ValueError("no"))
    await rig.network.say("#room", "bob", "end", id="m3")
    await here.sees("one", "end")
    parts = rig.bridge.parts
    links = await parts.store.reader.all(text("SELECT message FROM link ORDER BY message"))
    assert [row.message for row in links] == ["m1", "m3"]
    (dead,) = [one for one in await Jobs(parts.store.reader).listed() if one.dead]
    await commit(rig.database, revive(dead.job.id, dead.job.received_at))
    await parts.queue.catch_up()
    await there.sees("two")
    await here.sees("one", "end")
