"""All chats of a network get rooms: those that are allowed and not denied, and new ones."""

from __future__ import annotations

import pytest

from bridgekit.configuration.sync_settings import SyncSettings
from bridgekit.errors import RetryLater
from bridgekit.facts import ChatInfo
from bridgekit.ids import ChatID
from bridgekit.room import syncing
from tests.core.linking.conftest import CREATE, both_ways, passing


@pytest.mark.parametrize(
    ("allow", "deny", "taken"),
    [
        ((), (), set()),
        (("*",), (), {"#tea", "#Team-Red", "C1"}),
        (("TE*",), (), {"#tea", "#Team-Red"}),
        (("*",), ("team-*", "c1"), {"#tea"}),
        (("#tea",), (), {"#tea"}),
        (("general",), (), {"C1"}),
    ],
)
def test_patterns_are_of_names_or_ids(allow, deny, taken):
    chats = [
        ChatInfo(ChatID("#tea")),
        ChatInfo(ChatID("#Team-Red")),
        ChatInfo(ChatID("C1"), "general"),
    ]
    settings = SyncSettings(allow=allow, deny=deny)
    assert {chat.id for chat in chats if settings.takes(chat)} == taken


def syncs(rig, *allow, deny=()):
    rig.links = ()
    rig.network_settings["sync"] = SyncSettings(allow=allow, deny=deny)


def there(rig, *chats):
    """Chats that the login is in."""
    for chat in chats:
        rig.network.chat(chat)
        rig.network.entered.add(chat)


def aliases(rig):
    return {alias for alias in rig.hs.world.aliases if alias.startswith("#loop_")}


async def test_each_chat_that_is_listed_gets_a_room_once(rig):
    there(rig, "#one", "#two", "#no")
    syncs(rig, "#*", deny=("no",))
    await rig.start()
    wanted = {"#loop_#one:example.org", "#loop_#two:example.org"}
    await rig.hs.wait_for(lambda: aliases(rig) == wanted)
    alice = rig.hs.person("alice")
    room = await alice.join("#loop_#one:example.org")
    await both_ways(rig, alice, room, "#one")
    await rig.stop()
    there(rig, "#three")
    await rig.start()
    wanted.add("#loop_#three:example.org")
    await rig.hs.wait_for(lambda: aliases(rig) == wanted)
    assert rig.hs.requests[CREATE] == 3


async def test_without_sync_nothing_is_listed(rig):
    there(rig, "#one")
    rig.links = ()
    await rig.start()
    await rig.network.wait(lambda: bool(rig.network.clients))
    assert aliases(rig) == set()


async def test_a_list_that_cannot_be_read_is_read_again(slow_rig, clock, monkeypatch):
    rig = slow_rig
    there(rig, "#one")
    syncs(rig, "*")
    fails = [RetryLater("not now", 5.0), OSError("broken")]
    brought = syncing.Syncing._bring

    async def bring(*arguments):
        if fails:
            raise fails.pop()
        await brought(*arguments)

    monkeypatch.setattr(syncing.Syncing, "_bring", bring)
    await rig.start()
    async with passing(clock):
        await rig.hs.wait_for(lambda: aliases(rig) == {"#loop_#one:example.org"})
    assert clock.monotonic() > syncing.AGAIN
