"""How often people hear that what they did was not bridged, or not as they think."""

from __future__ import annotations

from dataclasses import replace

from bridgekit.errors import Rejected
from bridgekit.supports import SupportsDelete
from bridgekit.to_network.feedback import KEPT

TOLD = "SELECT value FROM value WHERE network = 'loop told'"


async def said(stage, *texts: str) -> list[str]:
    await stage.begin()
    events = [await stage.alice.say(stage.room, text) for text in texts]
    await stage.ended(len(texts))
    return events


def refuse(stage, count: int, why: str = "Too old.") -> None:
    stage.network.before.extend([lambda _: Rejected(why)] * count)


async def test_each_deletion_that_the_network_refuses_is_told(stage):
    events = await said(stage, "one", "two")
    refuse(stage, 2)
    for count, event in enumerate(events, 3):
        await stage.alice.redact(stage.room, event)
        await stage.ended(count)
    assert [one.reason for one in stage.to_network()[2:]] == ["rejected", "rejected"]
    assert len(await stage.notices()) == 2


async def test_that_a_network_deletes_nothing_is_told_once_per_room(stage):
    stage.network.lacks = frozenset({SupportsDelete})
    events = await said(stage, "one", "two")
    for count, event in enumerate(events, 3):
        await stage.alice.redact(stage.room, event)
        await stage.ended(count)
    assert len(await stage.notices()) == 1


async def test_each_person_hears_once_that_a_reaction_was_refused(stage):
    (event,) = await said(stage, "hello")
    bob = stage.hs.person("bob")
    await bob.join(stage.room)
    refuse(stage, 4, "Not in this chat.")
    acts = [(person, emoji) for person in (stage.alice, bob) for emoji in ("👍", "🎉")]
    for count, (person, emoji) in enumerate(acts, 2):
        await person.react(stage.room, event, emoji)
        await stage.ended(count)
    events = [one["content"] for one in await stage.alice.events(stage.room)]
    told = [one["m.mentions"]["user_ids"] for one in events if one.get("msgtype") == "m.notice"]
    assert told == [[stage.alice.user_id], [bob.user_id]]


async def test_what_a_network_says_of_each_message_makes_no_rows_without_bound(stage, monkeypatch):
    from bridgekit.testing.loopback import LoopbackClient

    send, count = LoopbackClient.send, 0

    async def noting(client, event):
        nonlocal count
        count += 1
        return replace(await send(client, event), note=f"{count} {'x' * 300}")

    monkeypatch.setattr(LoopbackClient, "send", noting)
    await said(stage, *map(str, range(KEPT + 2)))
    (row,) = await stage.rows(TOLD)
    assert len(row.value) < KEPT * 20
    assert len(await stage.notices()) == KEPT + 2
