"""Somebody who signs in with their own Slack account: their words, their direct chats."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bridgekit.configuration.config import Network
from bridgekit.configuration.settings import ChatLink
from bridgekit.events import MemberState
from bridgekit.facts import Chat
from bridgekit.ids import ChatID, LoginID, NetworkName, RemoteUserID, RoomID
from bridgekit.models import Want
from bridgekit.room.portals import counterpart
from bridgekit.testing.homeserver import Person
from bridgekit.testing.rig import Rig
from bridges.slack import SlackAdapter
from bridges.slack.fake import Channel, Fault, Kind, SlackNetwork, Token, fake_network
from bridges.slack.fake.network import ROOM, TEAM
from bridges.slack.manifest import USER_SCOPES

BOT = "@bridgebot:example.org"
SLACK = NetworkName("slack")


@dataclass(slots=True)
class Stage:
    rig: Rig
    network: SlackNetwork
    alice: Person
    room: str

    def posts(self) -> list[tuple[str, str, str]]:
        """Token, channel and text of each."""
        acts = [one for one in self.network.slack.state.acts if one.method == "chat.postMessage"]
        return [(one.token.value, one.arguments["channel"], one.arguments["text"]) for one in acts]

    async def sign_in(self, *, inside: bool = True) -> str:
        """The room in which Alice did."""
        slack, person = self.network.slack, self.network.person("alice")
        if inside:
            person.does("conversations.join", channel=ROOM)
        scopes = frozenset(USER_SCOPES)
        slack.state.add_token(Token("xoxp-alice", "user", TEAM, person.id, scopes=scopes))
        management = await self.alice.create_room(invite=[BOT], direct=True)
        await self.alice.wait_for(
            management,
            lambda one: one.get("state_key") == BOT and one["content"].get("membership") == "join",
        )
        await self.alice.say(management, "sign-in slack")
        await self.alice.wait_for(management, lambda one: _says(one, "OAuth Token"))
        await self.alice.say(management, "xoxp-alice")
        await self.alice.wait_for(management, lambda one: _says(one, "signed in"))
        return management

    async def told(self, room: str, command: str, answer: str) -> str:
        """The bot's answer to a command, which has these words."""
        await self.alice.say(room, command)
        found = await self.alice.wait_for(room, lambda one: _says(one, answer))
        return str(found["content"]["body"])


def _says(event: dict[str, object], text: str) -> bool:
    return event["sender"] == BOT and text in str(event["content"])


@pytest.fixture
async def stage(tmp_path: Path, database: str) -> AsyncIterator[Stage]:
    async with fake_network() as network:
        unlinked = Network(SLACK, SlackAdapter, network.settings, ())
        async with Rig(
            tmp_path, database=database, networks=(), others=(unlinked,), public=True
        ) as rig:
            changes = rig.hs.world.changes
            network.slack.state.watchers.append(lambda _: changes.notify())
            alice = rig.hs.person("alice")
            room = await alice.create_room(
                preset="public_chat", power_level_content_override={"users_default": 100}
            )
            links = (ChatLink(chat=network.chat, room=room),)
            rig.others[SLACK] = Network(SLACK, SlackAdapter, network.settings, links)
            bridge = await rig.start()
            assert bridge.parts is not None
            known = bridge.parts.networks.get(SLACK)
            assert known is not None
            await known.logins.ready(LoginID("slack:bot"), Chat(ChatID(network.chat)), 20.0)
            made = Stage(rig, network, alice, room)
            network.person("bob").says(ROOM, "hello")
            await alice.wait_for(room, lambda one: one["content"].get("body") == "hello")
            yield made


async def test_who_signed_in_speaks_as_themselves_and_is_not_echoed(stage: Stage) -> None:
    await stage.sign_in()
    await stage.alice.say(stage.room, "it is me")
    network = stage.network
    await stage.rig.hs.wait_for(lambda: stage.posts() or None, "it is posted")
    assert stage.posts() == [("xoxp-alice", ROOM, "it is me")]
    network.person("alice").says(ROOM, "from my telephone")
    network.person("bob").says(ROOM, "after it")
    await stage.alice.wait_for(stage.room, lambda one: one["content"].get("body") == "after it")
    bodies = await stage.alice.bodies(stage.room)
    assert bodies.count("it is me") == 1
    assert bodies.count("from my telephone") == 1


async def test_who_signed_in_comes_to_a_channel_with_their_first_words(stage: Stage) -> None:
    await stage.sign_in(inside=False)
    alice = stage.network.person("alice")
    members = stage.network.slack.state.workspaces[TEAM].channels[ROOM].members
    assert alice.id not in members
    await stage.alice.say(stage.room, "may I come in?")
    await stage.rig.hs.wait_for(lambda: stage.posts() or None, "it is posted")
    assert stage.posts() == [("xoxp-alice", ROOM, "may I come in?")]
    assert alice.id in members


async def test_who_left_a_channel_comes_back_with_their_next_words(stage: Stage) -> None:
    """Of what people do with their own account Slack tells nobody."""
    await stage.sign_in()
    await stage.alice.say(stage.room, "here I am")
    await stage.rig.hs.wait_for(lambda: stage.posts() or None, "it is posted")
    alice = stage.network.person("alice")
    alice.does("conversations.leave", channel=ROOM)
    await stage.alice.say(stage.room, "and again")
    again = ("xoxp-alice", ROOM, "and again")
    await stage.rig.hs.wait_for(lambda: again in stage.posts() or None, "it is posted")
    assert alice.id in stage.network.slack.state.workspaces[TEAM].channels[ROOM].members


async def test_who_is_not_in_a_private_channel_is_told_so(stage: Stage) -> None:
    stage.network.slack.state.workspaces[TEAM].channels[ROOM].kind = "group"
    await stage.sign_in(inside=False)
    await stage.alice.say(stage.room, "may I come in?")
    told = await stage.alice.wait_for(
        stage.room, lambda one: "was not bridged" in str(one["content"].get("body"))
    )
    assert "Your own Slack account is not in this private channel" in told["content"]["body"]
    assert "!bridge prefer-here relay" in told["content"]["body"]
    await stage.alice.say(stage.room, "!bridge prefer-here relay")
    await stage.alice.wait_for(stage.room, lambda one: _says(one, "who have no login"))
    await stage.alice.say(stage.room, "then like this")
    await stage.rig.hs.wait_for(lambda: stage.posts() or None, "it is posted")
    assert [(token, words) for token, _, words in stage.posts()] == [
        ("xoxb-fake", "then like this")
    ]


async def test_who_signed_in_is_mentioned_by_their_own_name_on_matrix(stage: Stage) -> None:
    await stage.sign_in()
    alice = stage.network.person("alice")
    stage.network.person("bob").says(ROOM, f"well done, <@{alice.id}>")

    def praised(one: dict[str, object]) -> bool:
        return "well done" in str(one["content"].get("body"))  # type: ignore[attr-defined]

    event = await stage.alice.wait_for(stage.room, praised)
    assert event["content"]["m.mentions"] == {"user_ids": ["@alice:example.org"]}


async def test_who_signed_in_reacts_as_themselves(stage: Stage) -> None:
    await stage.sign_in()
    stage.network.person("bob").says(ROOM, "what do you think?")
    asked = await stage.alice.wait_for(
        stage.room, lambda one: one["content"].get("body") == "what do you think?"
    )
    await stage.alice.react(stage.room, asked["event_id"], "👍")
    acts = stage.network.slack.state.acts
    await stage.rig.hs.wait_for(
        lambda: [one for one in acts if one.method == "reactions.add"], "it is there"
    )
    assert [one.token.value for one in acts if one.method == "reactions.add"] == ["xoxp-alice"]


async def test_a_direct_chat_is_that_persons_and_goes_both_ways(stage: Stage) -> None:
    await stage.sign_in()
    slack = stage.network.slack
    bob, alice = stage.network.person("bob"), stage.network.person("alice")
    direct = Channel("D0DIRECT", "", "im", [bob.id, alice.id])
    slack.state.workspace(TEAM).channels[direct.id] = direct
    bob.says(direct.id, "just between us")

    def room() -> str | None:
        return next(
            (
                name
                for name, found in stage.rig.hs.world.rooms.items()
                if any(one.content.get("body") == "just between us" for one in found.events)
            ),
            None,
        )

    private = await stage.rig.hs.wait_for(room, "the word is seen")
    assert private != stage.room
    await stage.alice.join(private)
    await stage.alice.say(private, "it stays here")
    await stage.rig.hs.wait_for(
        lambda: ("xoxp-alice", direct.id, "it stays here") in stage.posts() or None, "it is heard"
    )
    assert "just between us" not in await stage.alice.bodies(stage.room)


async def test_in_a_direct_chat_is_whom_it_is_with_and_nobody_else(stage: Stage) -> None:
    """Its ID is a channel's, and no person's: a ghost of that would be a third one there."""
    management, bob = await stage.sign_in(), "@slack_t0team-u0bob:example.org"
    resolved = await stage.told(management, "resolve slack bob", "start opens the chat")
    assert resolved.startswith(f"t0team-u0bob: {bob} on Matrix.")
    started = await stage.told(management, "start slack bob", "matrix.to")
    room = stage.rig.hs.world.rooms[started.rpartition("/")[2]]
    assert set(room.members("join")) == {BOT, bob}
    assert stage.rig.bridge.parts is not None
    (portal,) = await stage.rig.bridge.parts.portals.in_room(RoomID(room.id))
    assert portal.private
    assert counterpart(portal) == "t0team-u0bob"


@pytest.mark.parametrize("before", [None, ""])
async def test_whom_an_older_direct_chat_is_with_is_learnt_with_the_next_word_in_it(
    stage: Stage, before: str | None
) -> None:
    """None: of a room from before it was kept, with a ghost of nobody; "": a look-up had failed."""
    management, bob = await stage.sign_in(), "@slack_t0team-u0bob:example.org"
    started = await stage.told(management, "start slack bob", "matrix.to")
    room = stage.rig.hs.world.rooms[started.rpartition("/")[2]]
    parts = stage.rig.bridge.parts
    assert parts is not None
    (portal,) = await parts.portals.in_room(RoomID(room.id))
    old = None if before is None else RemoteUserID(before)
    portal = await parts.portals._change(portal.id, lambda now: replace(now, other=old))
    nobody = RemoteUserID(portal.key.chat)
    if before is None:
        want = Want(portal.id, nobody, MemberState.JOIN)
        await parts.matrix.members.bring(portal, want)
        assert len(room.members("join")) == 3
    channel = portal.key.chat.partition("/")[2]
    stage.network.person("bob").says(channel, "hello")
    await stage.rig.hs.wait_for(
        lambda: any(one.content.get("body") == "hello" for one in room.events), "it is seen"
    )
    assert counterpart(await parts.portals.get(portal.id)) == "t0team-u0bob"
    assert bob in room.members("join")
    assert parts.matrix.ghosts.mxid(portal.key.network, nobody) not in room.members("join")


async def test_whose_ghost_was_invited_says_what_failed(stage: Stage) -> None:
    """Nobody else of the bridge is in that room."""
    await stage.sign_in()
    bob = "@slack_t0team-u0bob:example.org"
    room = await stage.alice.create_room(invite=[bob], direct=True, preset="trusted_private_chat")
    await stage.alice.wait_for(
        room,
        lambda one: one.get("state_key") == bob and one["content"].get("membership") == "join",
    )
    fault = Fault(Kind.ERROR, code="restricted_action")
    stage.network.slack.faults.next(fault, {"chat.postMessage"})
    await stage.alice.say(room, "psst")
    told = await stage.alice.wait_for(
        room, lambda one: "was not bridged" in str(one["content"].get("body"))
    )
    assert told["sender"] == bob


async def test_what_one_person_may_not_do_closes_no_room(stage: Stage) -> None:
    await stage.sign_in()
    for code in ("restricted_action", "channel_not_found"):
        stage.network.slack.faults.next(Fault(Kind.ERROR, code=code), {"chat.postMessage"})
        await stage.alice.say(stage.room, f"as myself: {code}")
        await stage.alice.wait_for(
            stage.room, lambda one: "was not bridged" in str(one["content"].get("body"))
        )
    await stage.alice.say(stage.room, "and on")
    word = ("xoxp-alice", ROOM, "and on")
    await stage.rig.hs.wait_for(lambda: word in stage.posts(), "it is heard")
    levels = stage.rig.hs.world.rooms[stage.room].content("m.room.power_levels")
    assert not levels.get("events_default")
