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


async def sign_in_as(place: Whole, management: str, name: str, team: str) -> None:
    """Alice signs in to an account of her own."""
    person, code = place.person(name, team), f"code-of-{name}"
    own = Token(f"xoxp-{name}", "user", team, person.id, scopes=frozenset(USER_SCOPES))
    agree(place.slack.state, code, own)
    word = await place.tell(management, "sign-in slack", lambda said: "authorize" in said)
    address = re.search(r"http\S+authorize\S+", word)
    assert address is not None
    asked = URL(address[0]).query
    back = URL(asked["redirect_uri"]).with_query(state=asked["state"], code=code)
    async with ClientSession() as browser, browser.post(back) as answer:
        assert answer.status == 200
    account = f"{team}-{person.id}".lower()
    await place.until(lambda: any(account in said for said in place.words(management)), "signed in")


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
    place.person("alice").does("conversations.join", channel=ROOM)
    await sign_in_as(place, management, "alice", TEAM)
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
    meant = await place.tell(management, f"sign-out {added}", lambda _: True)
    assert "Nothing crosses any more in the rooms of chats that no other login is in." in meant
    await place.alice.say(management, "confirm")
    await place.until(
        lambda: [one for one in place.slack.state.acts if one.method == "auth.revoke"], "revoked"
    )
    assert TOKEN not in place.slack.state.tokens
    assert "xoxb-fake" in place.slack.state.tokens


async def test_where_no_login_hears_a_channel_any_more_it_is_said(place: Whole) -> None:
    here, there = await linked(place)
    management = await sign_in(place)
    said = await place.tell(management, "chats --unheard", lambda _: True)
    assert said == "None of these chats lacks a login that hears it."
    listed = await place.tell(management, "logins", lambda said: "The bridge's own:" in said)
    (added,) = re.findall(r"(slack:(?!bot)\S+) on slack as", listed)
    await place.tell(management, f"sign-out {added}", lambda said: "confirm" in said)
    await place.tell(management, "confirm", lambda said: "Signed out" in said)
    said = await place.tell(management, "chats", lambda _: True)
    assert f"slack: {TEAM}/{ROOM} in {here}\n" in said
    assert f"slack: {OTHER}/{AWAY} in {there} (no login hears it)\n" in said
    assert "an admin signs in again for the bridge (sign-in slack --relay)" in said
    said = await place.tell(management, "chats --unheard", lambda _: True)
    assert said.startswith(f"slack: {OTHER}/{AWAY} in {there} (no login hears it)\n")
    assert here not in said
    said = await place.tell(there, "!bridge here", lambda _: True)
    assert "(no login hears it)" in said


async def in_both(place: Whole) -> str:
    """Alice has an account in each workspace, that of the first speaks for her; her own room."""
    await linked(place)
    management = await sign_in(place)
    await sign_in_as(place, management, "alice", TEAM)
    await sign_in_as(place, management, "al", OTHER)
    return management


async def test_who_has_two_accounts_starts_a_chat_by_the_one_that_knows_the_name(
    place: Whole,
) -> None:
    management = await in_both(place)
    for name, team in (("dora", OTHER), ("bob", OTHER), ("bob", TEAM)):
        assert place.person(name, team).id  # who is named is there
    started = await place.tell(management, "start slack dora", lambda said: "matrix.to" in said)
    room = place.room(started.rpartition("/")[2])
    assert "@slack_t0other-u0dora:example.org" in room.members("join")
    both = await place.tell(management, "start slack bob", lambda said: "matrix.to" in said)
    assert "@slack_t0team-u0bob:example.org" in place.room(both.rpartition("/")[2]).members("join")
    assert "You talk there as alice in" in both
    assert "too: al in" in both
    nobody = await place.tell(
        management, "start slack xavier", lambda said: "None of your accounts" in said
    )
    for account in ("t0team-u0alice", "t0other-u0al"):
        assert f"({account}): There is nobody of this name on Slack." in nobody


async def test_direct_chats_are_listed_by_the_names_of_whom_they_are_with(place: Whole) -> None:
    management = await in_both(place)
    dora = place.person("dora", OTHER).id
    await place.tell(management, "start slack dora", lambda said: "matrix.to" in said)
    channel = next(
        one.id
        for one in place.slack.state.workspace(OTHER).channels.values()
        if one.kind == "im" and dora in one.members
    )
    said = await place.tell(management, "chats", lambda _: True)
    assert f"slack: dora ({OTHER}/{channel}) in !" in said


async def test_a_search_asks_each_account_and_names_it_and_the_app_is_nobody(place: Whole) -> None:
    management = await in_both(place)
    assert place.person("dora", OTHER).id
    assert place.person("bob", TEAM).id
    said = await place.tell(management, "search slack dora", lambda said: "As " in said)
    assert said == (
        "As alice in T0Team (t0team-u0alice):\nNobody on slack is called so.\n"
        "As al in T0Other (t0other-u0al):\nt0other-u0dora dora"
    )
    everybody = await place.tell(management, "search slack", lambda said: "As " in said)
    assert "t0team-u0bob bob" in everybody
    assert "bridge" not in everybody


async def test_a_ghost_of_the_second_workspace_lets_itself_be_invited(place: Whole) -> None:
    await in_both(place)
    dora, ghost = place.person("dora", OTHER).id, "@slack_t0other-u0dora:example.org"
    room = await place.alice.create_room(invite=[ghost], direct=True, preset="private_chat")
    await place.until(lambda: place.room(room).membership(ghost) == "join", "dora comes")
    await place.alice.say(room, "a word with you")
    await place.until(place.posts, "it is heard")
    ((token, channel, text),) = place.posts()
    assert (token, text) == ("xoxp-al", "a word with you")
    assert dora in place.slack.state.workspace(OTHER).channels[channel].members


async def test_of_a_ghost_that_no_account_knows_each_is_named(place: Whole) -> None:
    await in_both(place)
    ghost = "@slack_t0other-u0xavier:example.org"
    room = await place.alice.create_room(invite=[ghost], direct=True, preset="private_chat")
    left = await place.alice.wait_for(
        room,
        lambda one: one.get("state_key") == ghost and one["content"].get("membership") == "leave",
    )
    why = left["content"]["reason"]
    assert "None of your accounts on slack knows them." in why
    assert "t0team-u0alice" in why
    assert "t0other-u0al" in why


async def test_accounts_go_by_what_people_call_them_with_their_id_behind(place: Whole) -> None:
    management = await in_both(place)
    (app,) = [one for one in place.words(management) if "The bridge is signed in" in one]
    assert re.fullmatch(
        r"The bridge is signed in to Slack as the app \S+ in T0Other \(t0other-\S+\)\.", app
    )
    alice = "alice in T0Team (t0team-u0alice)"
    assert f"You are signed in to Slack as {alice}." in place.words(management)
    listed = await place.tell(management, "logins", lambda said: "speaks for you" in said)
    assert f"on slack as {alice}: connected, speaks for you" in listed
    (second,) = re.findall(r"(slack:\S+) on slack as al in T0Other \(t0other-u0al\)", listed)
    chosen = await place.tell(management, f"prefer {second}", lambda said: "you speak" in said)
    assert chosen == "On slack you speak as al in T0Other (t0other-u0al) from now on."
    await place.tell(management, f"sign-out {second}", lambda said: "You will be" in said)
    before = len(place.words(management))
    await place.alice.say(management, "confirm")
    await place.until(lambda: len(place.words(management)) >= before + 2, "both words")
    assert set(place.words(management)[before:]) == {
        "Signed out of slack, as al in T0Other (t0other-u0al).",
        "sign-in slack signs you in again.",
    }
