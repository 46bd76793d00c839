"""A person links their room to a chat: what they hear first, and who has to agree."""

from __future__ import annotations

import pytest

from bridgekit.errors import Rejected
from bridgekit.facts import ChatInfo, Rank
from bridgekit.ids import ChatID, NetworkName, RemoteUserID, RoomID, UserID
from bridgekit.models import Flow
from bridgekit.moderation.policies import Policies
from bridgekit.permissions.permissions import Permissions
from bridgekit.permissions.rights import Level
from bridgekit.room.bridge_info import KINDS
from bridgekit.room.by_hand import ByHand, LinkAsked
from bridgekit.room.circles import ClosesCircle
from bridgekit.room.consent import Consent
from bridgekit.room.portals import AlreadyLinked
from bridgekit.store.words import WordRows
from bridgekit.testing.rig import NETWORK
from tests.core.linking.conftest import BOT, both_ways

ALICE = UserID("@alice:example.org")


def by_hand(rig, policies=None):
    parts = rig.bridge.parts
    rooms = parts.matrix.rooms
    consent = Consent(parts.owners, Permissions(rig.permissions))
    return ByHand(
        parts.networks,
        parts.portals,
        rooms.linking,
        rooms.circles,
        consent,
        policies or Policies(),
        parts.intents,
        rig.clock,
        WordRows(parts.store.reader).whose,
    )


@pytest.fixture
async def alice(rig):
    """She has a room with the bot, and runs #room over there."""
    rig.links = ()
    rig.network.lists_members = True
    await rig.start()
    alice = rig.hs.person("alice")
    alice.room = RoomID(await alice.create_room(invite=[BOT], preset="public_chat"))
    await rig.hs.wait_for(lambda: rig.hs.world.rooms[alice.room].membership(BOT) == "join")
    return alice


async def runs(rig, alice, rank=Rank.MODERATOR):
    """She is on the network, with this rank in #room."""
    chat = await alice.create_room(invite=["@loop_bob:example.org"], direct=True)
    await rig.hs.wait_for(
        lambda: rig.hs.world.rooms[chat].membership("@loop_bob:example.org") == "join"
    )
    await alice.say(chat, "hello")
    await rig.network.wait(lambda: "hello" in rig.network.texts())
    rig.network.chat("#room").members[RemoteUserID("alice")] = rank


def asked(alice, chat="#room", by=ALICE, flow=Flow.BOTH):
    return LinkAsked(by, NETWORK, chat, alice.room, flow)


async def test_who_runs_the_chat_over_there_links_it(rig, alice):
    await runs(rig, alice)
    preview = await by_hand(rig).preview(asked(alice))
    assert preview.sentences[0] == "#room of loop is bridged with this room, in both directions."
    portal = await by_hand(rig).link(asked(alice))
    assert portal.room == alice.room
    await both_ways(rig, alice, alice.room)


async def test_what_was_linked_stays_so_after_a_restart_whoever_runs_it_then(rig, alice):
    await runs(rig, alice)
    await by_hand(rig).link(asked(alice))
    await rig.stop()
    rig.network.chat("#room").members[RemoteUserID("alice")] = Rank.MEMBER
    await rig.start()
    await both_ways(rig, alice, alice.room)


@pytest.mark.parametrize("rank", [Rank.MEMBER, Rank.VOICE])
async def test_who_does_not_run_the_chat_cannot_link_it_and_nothing_is_left_behind(
    rig, alice, rank
):
    await runs(rig, alice, rank)
    for step in (by_hand(rig).preview, by_hand(rig).link):
        with pytest.raises(Rejected, match="Who runs #room on loop must want it"):
            await step(asked(alice))
    assert ChatID("#room") not in rig.network.entered
    assert await rig.bridge.parts.portals.in_room(alice.room) == ()


async def test_who_is_not_on_the_network_cannot_link_its_chats(rig, alice):
    with pytest.raises(Rejected, match="ask an admin of this bridge"):
        await by_hand(rig).link(asked(alice))


async def test_an_admin_answers_for_the_chat_themselves(rig, alice):
    rig.permissions[ALICE] = Level.ADMIN
    await rig.stop()
    await rig.start()
    await by_hand(rig).preview(asked(alice))
    await by_hand(rig).link(asked(alice))
    await both_ways(rig, alice, alice.room)


async def test_a_link_in_one_direction_carries_nothing_in_the_other(rig, alice):
    portal = await by_hand(rig).link(asked(alice, by=None, flow=Flow.TO_MATRIX))
    assert portal.flow is Flow.TO_MATRIX
    await rig.network.say("#room", "bob", "from there", id="m1")
    await alice.wait_for(alice.room, lambda event: event["content"].get("body") == "from there")
    await alice.say(alice.room, "from here")
    await rig.hs.pushed()
    turned = await by_hand(rig).turn(portal, Flow.BOTH, None)
    assert turned.flow is Flow.BOTH
    await both_ways(rig, alice, alice.room)
    assert "from here" not in rig.network.texts("#room")


async def test_a_chat_carries_more_only_if_those_who_run_it_want_that(rig, alice):
    portal = await by_hand(rig).link(asked(alice, by=None, flow=Flow.TO_MATRIX))
    for flow in (Flow.BOTH, Flow.TO_NETWORK):
        with pytest.raises(Rejected, match="Who runs #room on loop must want it"):
            await by_hand(rig).turn(portal, flow, ALICE)
    assert (await rig.bridge.parts.portals.get(portal.id)).flow is Flow.TO_MATRIX
    await runs(rig, alice)
    portal = await by_hand(rig).turn(portal, Flow.BOTH, ALICE)
    rig.network.chat("#room").members.clear()
    assert (await by_hand(rig).turn(portal, Flow.TO_NETWORK, ALICE)).flow is Flow.TO_NETWORK


async def test_what_is_no_chat_is_not_linked(rig, alice):
    rig.bridge.parts.networks.get(NETWORK).adapter.chat_named = lambda _: None
    with pytest.raises(Rejected, match="can have no shared chat of this name"):
        await by_hand(rig).preview(asked(alice, "no chat"))


async def test_a_network_that_is_none_is_named_with_those_that_are(rig, alice):
    with pytest.raises(Rejected, match=r"There is no such network; there are: loop"):
        await by_hand(rig).preview(LinkAsked(None, NetworkName("lo\x1bop"), "#room", alice.room))


async def test_a_chat_that_has_a_room_is_not_linked_again(rig, alice):
    await by_hand(rig).link(asked(alice, by=None))
    with pytest.raises(AlreadyLinked, match="with this room already"):
        await by_hand(rig).preview(asked(alice))
    other = LinkAsked(None, NETWORK, "#room", RoomID(await alice.create_room(invite=[BOT])))
    with pytest.raises(AlreadyLinked, match="with another room already"):
        await by_hand(rig).preview(other)


async def test_a_chat_that_the_configuration_gives_a_room_is_not_linked_elsewhere(rig):
    rig.links = ()
    rig.link("#mine", "#nowhere:example.org")
    await rig.start()
    alice = rig.hs.person("alice")
    alice.room = RoomID(await alice.create_room(invite=[BOT], preset="public_chat"))
    with pytest.raises(Rejected, match="The configuration links #mine to a room"):
        await by_hand(rig).preview(asked(alice, "#mine", by=None))


async def test_nobody_links_the_room_in_which_they_talk_to_the_bot(rig, alice):
    elsewhere = await by_hand(rig).preview(asked(alice, by=None))
    assert "Commands to me begin with their prefix here from then on" in elsewhere.text
    await rig.bridge.parts.people.management.adopt(ALICE, alice.room)
    for by in (ALICE, None):
        with pytest.raises(Rejected, match="somebody's own room with me"):
            await by_hand(rig).preview(asked(alice, by=by))
        with pytest.raises(Rejected, match="somebody's own room with me"):
            await by_hand(rig).link(asked(alice, by=by))


async def test_an_encrypted_room_is_not_linked(rig, alice):
    content = {"algorithm": "m.megolm.v1.aes-sha2"}
    await alice.set_state(alice.room, "m.room.encryption", content)
    with pytest.raises(Rejected, match="encrypted"):
        await by_hand(rig).preview(asked(alice))


async def test_a_room_that_a_policy_list_names_is_not_linked(rig, alice):
    policies = Policies()
    content = {"entity": alice.room, "recommendation": "m.ban"}
    rule = {"type": "m.policy.rule.room", "state_key": "1", "content": content}
    policies.read(RoomID("!list:example.org"), [rule])
    with pytest.raises(Rejected, match="policy list"):
        await by_hand(rig, policies).preview(asked(alice))


async def test_a_chat_that_gets_another_room_meanwhile_is_not_left(rig, alice, monkeypatch):
    await runs(rig, alice)
    parts = rig.bridge.parts
    ensure = parts.portals.ensure

    async def meanwhile(key):
        portal = await ensure(key)
        return await parts.matrix.rooms.linking.with_room(portal, ChatInfo(name="room"))

    monkeypatch.setattr(parts.portals, "ensure", meanwhile)
    with pytest.raises(AlreadyLinked, match="another room"):
        await by_hand(rig).link(asked(alice))
    assert ChatID("#room") in rig.network.entered


async def test_other_chats_of_the_room_are_said(rig, alice):
    await by_hand(rig).link(asked(alice, "#one", by=None))
    preview = await by_hand(rig).preview(asked(alice, "#two", by=None))
    assert "This room is bridged with #one of loop too" in preview.text


def bridged_by(channel, network="loop", protocol="loopback"):
    return {
        "bridgebot": "@otherbot:example.org",
        "protocol": {"id": protocol},
        "network": {"id": network},
        "channel": {"id": channel},
    }


@pytest.mark.parametrize("network", ["loop", "loop.example.org", "Loop", ""])
async def test_a_chat_that_another_bridge_has_in_the_room_is_not_linked(rig, alice, network):
    await alice.set_state(alice.room, KINDS[1], bridged_by("#Room", network), "other")
    with pytest.raises(ClosesCircle, match="Another bridge has this chat"):
        await by_hand(rig).preview(asked(alice))


async def test_a_chat_of_the_same_name_on_another_network_is_warned_of(rig, alice):
    await alice.set_state(alice.room, KINDS[0], bridged_by("#room", "elsewhere"), "other")
    preview = await by_hand(rig).preview(asked(alice, by=None))
    assert "chat of the same name" in preview.text


async def test_another_bridge_with_other_chats_is_said_and_one_that_left_is_not(rig, alice):
    await alice.set_state(alice.room, KINDS[0], bridged_by("C0123", "team", "slack"), "other")
    await alice.set_state(alice.room, KINDS[0], {}, "gone")
    await alice.set_state(alice.room, KINDS[0], {"protocol": 5, "channel": []}, "odd")
    preview = await by_hand(rig).preview(asked(alice, by=None))
    assert (
        "Another bridge is in this room (C0123 on team, by @otherbot:example.org)" in preview.text
    )


async def test_a_digest_stands_for_what_is_said_but_not_for_how_many(rig, alice):
    one = await by_hand(rig).preview(asked(alice, by=None))
    assert one.digest == (await by_hand(rig).preview(asked(alice, by=None))).digest
    await by_hand(rig).link(asked(alice, "#one", by=None))
    assert one.digest != (await by_hand(rig).preview(asked(alice, by=None))).digest
