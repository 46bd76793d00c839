"""The homeserver asks for an alias or a ghost: chats get rooms, and nobody can flood us."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest
from structlog.testing import capture_logs

from bridgekit.errors import Rejected
from bridgekit.facts import ChatInfo
from bridgekit.ids import ChatID, PortalKey
from bridgekit.room.queries import ALIASES, GHOSTS
from bridgekit.testing.homeserver import MatrixError
from bridgekit.testing.loopback import LoopbackClient
from bridgekit.testing.rig import NETWORK
from tests.core.linking.conftest import ALIAS, CREATE, both_ways, knows, knows_user, passing


@pytest.mark.parametrize(
    "alias",
    [
        "#loop_plain:example.org",  # no channel of this network has such a name
        "#loop_=zz:example.org",  # an escape that is none
        "#loop_:example.org",
        "#other_#room:example.org",  # no such network
        "#loop_#room:elsewhere.org",
        "#_bridgekit_bridgekit_00:example.org",
    ],
)
async def test_an_alias_that_names_no_channel_is_answered_404(rig, alias):
    rig.links = ()
    await rig.start()
    assert not await knows(rig, alias)
    assert rig.hs.requests[CREATE] == 0


async def test_an_alias_of_a_channel_makes_its_room_once_however_often_it_is_asked(rig):
    rig.links = ()
    await rig.start()
    alias = "#loop_#new:example.org"
    assert await asyncio.gather(*(knows(rig, alias) for _ in range(4))) == [True] * 4
    assert rig.hs.requests[CREATE] == 1
    alice = rig.hs.person("alice")
    await both_ways(rig, alice, await alice.join(alias), "#new")


async def test_another_spelling_of_a_channel_is_the_same_room(rig):
    await rig.start()
    alice = rig.hs.person("alice")
    assert await alice.join("#loop_#ROOM:example.org") == await alice.join(ALIAS)
    assert rig.hs.requests[CREATE] == 1


async def test_an_alias_is_answered_404_while_its_network_is_away(slow_rig, clock):
    rig = slow_rig
    rig.network.offline = True
    await rig.start()
    await rig.hs.wait_for(lambda: ALIAS in rig.hs.world.aliases)
    alice = rig.hs.person("alice")
    async with passing(clock):
        with pytest.raises(MatrixError):
            await alice.join("#loop_#new:example.org")
    # What has its room needs no network to be found.
    assert await alice.join("#loop_#ROOM:example.org") == await alice.join(ALIAS)


@pytest.mark.parametrize("ask", ["enter", "chat_info"])
async def test_a_network_that_does_not_answer_keeps_nobody_waiting_for_ever(
    slow_rig, clock, monkeypatch, ask
):
    rig = slow_rig
    rig.links = ()
    await rig.start()
    await rig.network.wait(lambda: bool(rig.network.clients))

    async def hangs(*_):
        await asyncio.get_running_loop().create_future()

    monkeypatch.setattr(LoopbackClient, ask, hangs)
    async with passing(clock), asyncio.timeout(60):
        await knows(rig, "#loop_#new:example.org")


async def test_a_channel_that_cannot_be_entered_is_404_and_leaves_nothing_behind(rig, monkeypatch):
    rig.links = ()
    await rig.start()
    await rig.network.wait(lambda: bool(rig.network.clients))

    async def invite_only(*_):
        raise Rejected("The channel is invite-only")

    monkeypatch.setattr(LoopbackClient, "enter", invite_only)
    assert not await knows(rig, "#loop_#closed:example.org")
    assert await rig.bridge.parts.portals.rows.to_enter(NETWORK) == []
    key = PortalKey(NETWORK, ChatID("#closed"))
    assert await rig.bridge.parts.portals.find(key) is None
    assert rig.hs.requests[CREATE] == 0


async def test_an_alias_query_survives_a_lost_answer(rig):
    rig.links = ()
    await rig.start()
    rig.hs.lose_answer("POST", "/createRoom")
    assert await knows(rig, "#loop_#new:example.org")
    assert len(rig.hs.world.rooms) == 1


async def test_a_chat_whose_room_is_promised_gets_no_other_by_alias(rig):
    rig.links = ()
    rig.link("#room", "!unknown")
    await rig.start()
    assert not await knows(rig, ALIAS)
    assert rig.hs.requests[CREATE] == 0


async def test_the_room_has_the_name_that_the_network_tells(rig, monkeypatch):
    async def chat_info(_self, chat):
        return ChatInfo(name=f"All about {chat}", topic="A topic")

    monkeypatch.setattr(LoopbackClient, "chat_info", chat_info)
    rig.links = ()
    await rig.start()
    room = rig.hs.world.rooms[await rig.hs.person("alice").join("#loop_#new:example.org")]
    assert room.content("m.room.name") == {"name": "All about #new"}
    assert room.content("m.room.topic")["topic"] == "A topic"


async def test_a_user_of_ours_exists_if_the_network_could_have_one(rig):
    await rig.start()
    assert await knows_user(rig, "@loop_bob:example.org")
    assert "@loop_bob:example.org" in rig.hs.world.accounts
    assert not await knows_user(rig, "@loop_=23room:example.org")  # a channel's name
    assert not await knows_user(rig, "@loop__bob:example.org")  # Bob, whom the network calls bob
    assert not await knows_user(rig, "@alice:example.org")
    assert not await knows_user(rig, "@loop_bob:elsewhere.org")


async def test_whoever_asks_for_chats_without_end_gets_only_so_many(slow_rig):
    rig = slow_rig
    rig.links = ()
    await rig.start()
    most = int(ALIASES["burst"])
    with capture_logs() as logs:
        answers = [await knows(rig, f"#loop_#chat{number}:example.org") for number in range(20)]
    assert answers == [True] * most + [False] * (20 - most)
    assert rig.hs.requests[CREATE] == most
    (said,) = [line for line in logs if line["event"] == "too many queries"]
    assert (said["of"], said["network"]) == ("alias", NETWORK)
    assert await knows(rig, "#loop_#chat0:example.org")  # what is there costs nothing


async def test_whoever_asks_for_ghosts_without_end_gets_only_so_many(slow_rig):
    rig = slow_rig
    await rig.start()
    most = int(GHOSTS["burst"])
    with capture_logs() as logs:
        answers = [
            await knows_user(rig, f"@loop_user{number}:example.org") for number in range(most + 5)
        ]
    assert answers == [True] * most + [False] * 5
    assert [line["event"] for line in logs].count("too many queries") == 1
    assert await knows_user(rig, "@loop_user0:example.org")  # what is there costs nothing
    assert f"@loop_user{most}:example.org" not in rig.hs.world.accounts


async def test_the_measure_fills_again_and_the_log_is_told_once_a_minute(slow_rig, clock):
    rig = slow_rig
    await rig.start()
    (network,) = rig.bridge.parts.networks
    ask = partial(
        rig.bridge.parts.matrix.rooms.queries._may_make, "alias", network, {"rate": 0.1, "burst": 2}
    )
    with capture_logs() as logs:
        assert [ask() for _ in range(9)] == [True] * 2 + [False] * 7
        await clock.advance(60)
        assert [ask() for _ in range(4)] == [True] * 2 + [False] * 2
    assert [line["event"] for line in logs].count("too many queries") == 2
