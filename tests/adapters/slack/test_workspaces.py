"""One app in two workspaces: the second is added by OAuth, and what ends in it ends there alone."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession
from yarl import URL

from bridgekit.configuration.settings import ChatLink
from bridges.slack.fake import Channel, Token
from bridges.slack.fake.network import ROOM, TEAM
from bridges.slack.fake.oauth import CLIENT_ID, CLIENT_SECRET, agree
from bridges.slack.manifest import BOT_SCOPES, USER_SCOPES
from tests.adapters.slack.whole import SLACK, Whole, start, whole

OTHER, AWAY = "T0OTHER", "C0AWAY"
TOKEN = "xoxb-other"


@pytest.fixture
async def place(tmp_path: Path, database: str) -> AsyncIterator[Whole]:
    """Rooms for a channel of each."""
    given = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    async with whole(tmp_path, database, **given) as place:
        other = place.slack.state.install(OTHER, TOKEN, BOT_SCOPES)
        agree(place.slack.state, "code-of-theirs", other)
        away = place.slack.state.workspace(OTHER)
        away.channels[AWAY] = Channel(AWAY, "away", members=[other.user])
        away.emoji["party"] = f"{place.slack.origin}/emoji/party.png"
        yield place


async def linked(place: Whole) -> tuple[str, str]:
    """The rooms of a channel of each workspace; the bridge is at work."""
    alice, levels = place.alice, {"users_default": 100}
    here = await alice.create_room(preset="public_chat", power_level_content_override=levels)
    there = await alice.create_room(preset="public_chat", power_level_content_override=levels)
    links = (
        ChatLink(chat=f"{TEAM}/{ROOM}", room=here),
        ChatLink(chat=f"{OTHER}/{AWAY}", room=there),
    )
    await start(place, links=links)
    return here, there


async def sign_in(place: Whole) -> str:
    """Alice adds the second workspace; the room in which she did."""
    management = await place.management()
    word = await place.tell(management, "sign-in slack --relay", lambda said: "authorize" in said)
    address = re.search(r"http\S+authorize\S+", word)
    assert address is not None
    asked = URL(address[0]).query
    back = URL(asked["redirect_uri"]).with_query(state=asked["state"], code="code-of-theirs")
    async with ClientSession() as browser:
        async with browser.post(back) as answer:
            assert answer.status == 200
        async with browser.post(back) as again:  # the state was good for once
            assert again.status == 410
    await place.until(
        lambda: any("signed in" in said for said in place.words(management)), "signed in"
    )
    return management


async def test_a_workspace_that_is_added_speaks_and_is_heard_by_its_own_login(
    place: Whole,
) -> None:
    here, there = await linked(place)
    await sign_in(place)
    dora = place.person("dora", OTHER)
    ts = dora.shares(AWAY, {"a.txt": b"from afar"}, "look", mime="text/plain")
    event = await place.seen(there, "look")
    file = await place.alice.wait_for(there, lambda one: one["content"].get("url"))
    assert await place.alice.download(file["content"]["url"]) == b"from afar"
    ghost = place.room(there).content("m.room.member", event["sender"])
    assert ghost["displayname"] == "dora"
    dora.does("reactions.add", channel=AWAY, timestamp=ts, name="party")
    reaction = await place.alice.wait_for(there, lambda one: one["type"] == "m.reaction")
    assert reaction["content"]["m.relates_to"]["key"].startswith("mxc://")
    await place.alice.say(there, "to the other")
    await place.alice.say(here, "to the first")
    await place.until(lambda: len(place.posts()) == 2, "both are heard")
    assert sorted(place.posts()) == [
        ("xoxb-fake", ROOM, "to the first"),
        (TOKEN, AWAY, "to the other"),
    ]
    place.person().says(ROOM, "from the first")
    await place.seen(here, "from the first")
    assert "from the first" not in await place.alice.bodies(there)


async def test_who_is_signed_in_to_one_workspace_is_posted_by_the_app_in_the_other(
    place: Whole,
) -> None:
    here, there = await linked(place)
    management = await sign_in(place)
    alice, scopes = place.person("alice"), frozenset(USER_SCOPES)
    alice.does("conversations.join", channel=ROOM)
    own = Token("xoxp-alice", "user", TEAM, alice.id, scopes=scopes)
    agree(place.slack.state, "code-of-hers", own)
    word = await place.tell(management, "sign-in slack", lambda said: "authorize" in said)
    address = re.search(r"http\S+authorize\S+", word)
    assert address is not None
    asked = URL(address[0]).query
    back = URL(asked["redirect_uri"]).with_query(state=asked["state"], code="code-of-hers")
    async with ClientSession() as browser, browser.post(back) as answer:
        assert answer.status == 200
    await place.until(
        lambda: any("t0team-u0alice" in said for said in place.words(management)), "signed in"
    )
    await place.alice.say(there, "to the other")
    await place.alice.say(here, "to the first")
    await place.until(lambda: len(place.posts()) == 2, "both are heard")
    assert sorted(place.posts()) == [
        ("xoxb-other", AWAY, "to the other"),
        ("xoxp-alice", ROOM, "to the first"),
    ]


async def test_what_ends_in_one_workspace_ends_there_alone_with_one_notice(place: Whole) -> None:
    here, there = await linked(place)
    management = await sign_in(place)
    before = len(place.words(management))
    place.slack.delivery.tell(OTHER, {"type": "app_uninstalled"})
    del place.slack.state.tokens[TOKEN]
    await place.until(lambda: len(place.words(management)) > before, "Alice is told")
    await place.alice.say(there, "nobody hears this")
    await place.until(lambda: place.words(there), "its sender is told")
    place.person().says(ROOM, "still here")
    await place.seen(here, "still here")
    await place.alice.say(here, "so am I")
    await place.until(lambda: ("xoxb-fake", ROOM, "so am I") in place.posts(), "it is heard")
    told = place.words(management)[before:]
    assert len(told) == 1
    assert "uninstalled" in told[0]
    assert place.words(here) == []


async def test_signing_a_workspace_out_revokes_its_token(place: Whole) -> None:
    await linked(place)
    management = await sign_in(place)
    assert place.rig.bridge.parts is not None
    network = place.rig.bridge.parts.networks.get(SLACK)
    assert network is not None
    (added,) = [one.id for one in network.logins.all() if one.id != "slack:bot"]
    await place.tell(management, f"sign-out {added}", lambda _: True)
    await place.alice.say(management, "confirm")
    await place.until(
        lambda: [one for one in place.slack.state.acts if one.method == "auth.revoke"], "revoked"
    )
    assert TOKEN not in place.slack.state.tokens
    assert "xoxb-fake" in place.slack.state.tokens
