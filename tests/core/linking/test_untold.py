"""Chats of which the network does not tell who may see them: no room of theirs is open to all."""

from __future__ import annotations

import asyncio

import pytest

from bridgekit.configuration.inbox_settings import InboxSettings
from bridgekit.errors import Rejected
from bridgekit.facts import ChatInfo
from bridgekit.ids import ChatID, PortalKey
from bridgekit.models import PortalState
from bridgekit.testing.clock import settle
from bridgekit.testing.loopback.client import LoopbackClient
from bridgekit.testing.rig import NETWORK
from tests.core.linking.conftest import passing
from tests.core.linking.test_opening import ALICE, opening

TEA = PortalKey(NETWORK, ChatID("#tea"))


class Names:
    """What no adapter has."""


@pytest.fixture
async def asked(slow_rig, monkeypatch):
    """A network that must tell who may see a chat, and answers as `answers` says, the last ever."""
    answers = []

    async def chat_info(_self, _chat):
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(LoopbackClient, "chat_info", chat_info)
    monkeypatch.setattr("bridgekit.to_matrix.lookup.SupportsNames", Names)
    slow_rig.links = ()
    await slow_rig.start()
    return answers


async def made(rig, clock):
    """The rule by which people join the room that is made with the first message."""
    parts = rig.bridge.parts
    await parts.portals.want(await parts.portals.ensure(TEA))
    await parts.networks.get(NETWORK).host.refresh_chats()
    await rig.network.say("#tea", "bob", "green", id="1")

    def look():
        said = [
            room
            for room in rig.hs.world.rooms.values()
            if any(one.content.get("body") == "green" for one in room.events)
        ]
        return said[0] if said else None

    async with asyncio.timeout(60), passing(clock):
        room = await rig.hs.wait_for(look)
    assert (await parts.portals.find(TEA)).state is PortalState.BOUND
    return room.content("m.room.join_rules")["join_rule"]


async def test_the_room_of_a_chat_of_which_nobody_tells_is_closed(asked, slow_rig, clock):
    asked.append(Rejected("503"))
    assert await made(slow_rig, clock) == "invite"


LINKED = "#loop_#tea:example.org"


@pytest.mark.parametrize(
    ("told", "rule"),
    [
        (ChatInfo(name="Tea"), "public"),
        (ChatInfo(name="Tea", by_invitation=True), "invite"),
        (ChatInfo(name="Tea", direct=True), "invite"),
    ],
    ids=["for all", "for invited people", "with one person"],
)
async def test_the_room_of_a_link_is_as_open_as_the_network_says(
    asked, slow_rig, clock, told, rule
):
    asked.append(told)
    await slow_rig.stop()
    slow_rig.link("#tea")
    slow_rig.network_settings["inbox"] = InboxSettings(invite=(ALICE,))
    await slow_rig.start()
    parts = slow_rig.bridge.parts

    async def tied():
        portal = await parts.portals.find(TEA)
        return portal is not None and portal.state is PortalState.BOUND

    async with asyncio.timeout(60), passing(clock):
        while not await tied():
            await settle()
        await slow_rig.hs.wait_for(
            lambda: (LINKED in slow_rig.hs.world.aliases) is (rule == "public")
        )
    room = slow_rig.hs.world.rooms[(await parts.portals.find(TEA)).room]
    assert room.content("m.room.join_rules")["join_rule"] == rule
    assert room.membership(ALICE) == (None if rule == "public" else "invite")


async def test_a_network_that_fails_once_is_asked_again_before_the_room_is_made(
    asked, slow_rig, clock
):
    asked.extend([Rejected("503"), ChatInfo(name="Tea")])
    assert await made(slow_rig, clock) == "public"


async def test_a_chat_that_is_told_of_at_first_only_is_opened_in_a_closed_room(asked, slow_rig):
    asked.extend([ChatInfo(name="Tea"), Rejected("503")])
    slow_rig.hs.person("alice")
    opened = await opening(slow_rig).open(ALICE, NETWORK, "#tea")
    room = slow_rig.hs.world.rooms[opened.room]
    assert room.content("m.room.join_rules")["join_rule"] == "invite"
    assert room.membership(ALICE) == "invite"
