"""Reactions: each person's own, shared slots, and what they are where a network has none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridgekit.configuration.fallback_settings import FallbackSettings
from bridgekit.errors import Rejected
from bridgekit.events import Reaction
from bridgekit.permissions.rights import Level
from bridgekit.supports import SupportsDelete, SupportsReact


async def said(stage) -> str:
    await stage.begin()
    event = await stage.alice.say(stage.room, "hello")
    await stage.ended()
    return event


async def shared(stage, most: int | None = None):
    """Nobody has a login: alice, bob and carol share the relay. The message that they react to."""
    stage.rig.permissions = {"*": Level.RELAY}
    stage.network.reactions = most
    event = await said(stage)
    people = [stage.alice, stage.hs.person("bob"), stage.hs.person("carol")]
    for person in people[1:]:
        await person.join(stage.room)
    return event, people


async def gone(stage, person) -> None:
    """The login that spoke for somebody is not there any more."""
    network = stage.parts.networks.get("loop")
    login = stage.parts.owners.existing(network, person.user_id)
    del network.logins._entries[login]
    stage.parts.owners.forget(login)


def reactions(stage) -> list[tuple[str, bool]]:
    return [(one.emoji, one.removed) for one in stage.network.acted(Reaction)]


async def test_a_reaction_and_its_removal(stage):
    event = await said(stage)
    reaction = await stage.alice.react(stage.room, event, "🎉")
    await stage.ended(2)
    assert stage.network.chat("#room").messages["sent-0"].reactions == {"🎉": {"alice"}}
    await stage.alice.redact(stage.room, reaction)
    await stage.ended(3)
    assert stage.network.chat("#room").messages["sent-0"].reactions == {}


async def test_a_reaction_to_a_split_message_is_on_its_first_part(stage):
    stage.network.limits = replace(stage.network.limits, text=5)
    await stage.begin()
    event = await stage.alice.say(stage.room, "aaaa bbbb")
    await stage.alice.react(stage.room, event, "🎉")
    await stage.ended(2)
    assert [one.target for one in stage.network.acted(Reaction)] == ["sent-0"]


async def test_who_shares_a_login_shares_its_reactions(stage):
    event, people = await shared(stage)
    events = []
    for count, person in enumerate(people, 2):
        events.append(await person.react(stage.room, event, "🎉"))
        await stage.ended(count)
    assert reactions(stage) == [("🎉", False)]
    for count, (person, mine) in enumerate(zip(people, events, strict=True), 5):
        await person.redact(stage.room, mine)
        await stage.ended(count)
    assert reactions(stage) == [("🎉", False), ("🎉", True)]


async def test_the_latest_is_shown_where_only_one_fits(stage):
    event, (alice, bob, _) = await shared(stage, most=1)
    await alice.react(stage.room, event, "🎉")
    await stage.ended(2)
    mine = await bob.react(stage.room, event, "👍")
    await stage.ended(3)
    await bob.redact(stage.room, mine)
    await stage.ended(4)
    told = stage.network.chat("#room").messages["sent-0"]
    assert told.reactions == {"🎉": {"bot"}}
    assert reactions(stage) == [("🎉", False), ("👍", False), ("🎉", False)]


async def test_what_is_refused_takes_nothing_away_where_only_one_fits(stage):
    event, (alice, bob, _) = await shared(stage, most=1)
    await alice.react(stage.room, event, "🎉")
    await stage.ended(2)

    def not_that_one(asked):
        return Rejected("not here") if asked.content.emoji == "👍" else None

    stage.network.before.extend([not_that_one] * 2)
    await bob.react(stage.room, event, "👍")
    await stage.ended(3)
    told = stage.network.chat("#room").messages["sent-0"]
    assert told.reactions == {"🎉": {"bot"}}


async def test_reactions_are_the_same_with_and_without_their_selector(stage):
    event, (alice, bob, _) = await shared(stage)
    await alice.react(stage.room, event, "❤️")
    await bob.react(stage.room, event, "❤")
    await stage.ended(3)
    assert reactions(stage) == [("❤", False)]


async def test_a_network_gets_its_own_spelling(stage):
    stage.network.limits = replace(stage.network.limits, emoji=frozenset({"❤️", "👍"}))
    event = await said(stage)
    await stage.alice.react(stage.room, event, "❤")
    await stage.ended(2)
    assert reactions(stage) == [("❤️", False)]


@pytest.mark.parametrize("key", ["shortcode", "com.beeper.reaction.shortcode"])
async def test_a_custom_emoji_goes_by_its_name(stage, key):
    event = await said(stage)
    relation = {"rel_type": "m.annotation", "event_id": event, "key": "mxc://example.org/abc"}
    content = {"m.relates_to": relation, key: ":party_parrot:"}
    await stage.alice.send(stage.room, "m.reaction", content)
    await stage.ended(2)
    assert reactions(stage) == [(":party_parrot:", False)]


async def test_a_picture_without_a_name_is_refused_visibly(stage):
    event = await said(stage)
    await stage.alice.react(stage.room, event, "mxc://example.org/abc")
    await stage.notice("It is a picture without a name")


async def test_an_emoji_that_the_network_does_not_have_is_told_once(stage):
    stage.network.limits = replace(stage.network.limits, emoji=frozenset({"👍"}))
    event = await said(stage)
    for count, emoji in enumerate(("🎉", "😀"), 2):
        await stage.alice.react(stage.room, event, emoji)
        await stage.ended(count)
    assert len(await stage.notices()) == 1
    assert "does not have this emoji" in (await stage.notices())[0]


async def test_a_network_without_reactions_is_told_once_per_room(stage):
    stage.network.lacks = frozenset({SupportsReact})
    event = await said(stage)
    for count, emoji in enumerate(("🎉", "😀"), 2):
        await stage.alice.react(stage.room, event, emoji)
        await stage.ended(count)
    (notice,) = await stage.notices()
    assert "loop has no reactions." in notice
    assert stage.network.texts() == ["hello"]


@pytest.mark.parametrize("lacks", [SupportsReact, None])
async def test_an_operator_may_want_a_line(stage, lacks):
    stage.network.lacks = frozenset({lacks} if lacks else ())
    stage.network.gives_ids = lacks is not None
    stage.rig.network_settings["fallbacks"] = FallbackSettings(reaction="line")
    event = await said(stage)
    await stage.alice.react(stage.room, event, "🎉")
    await stage.heard("hello", 'reacted with 🎉 to alice: "hello"')
    assert stage.network.heard[-1].message.kind == "emote"
    await stage.notice("sent as a line of text")


@pytest.mark.parametrize("lacks", [frozenset(), frozenset({SupportsDelete})])
async def test_the_line_of_a_reaction_goes_with_it(stage, lacks):
    stage.network.lacks = frozenset({SupportsReact}) | lacks
    stage.rig.network_settings["fallbacks"] = FallbackSettings(reaction="line")
    event = await said(stage)
    reaction = await stage.alice.react(stage.room, event, "🎉")
    await stage.ended(2)
    await stage.alice.redact(stage.room, reaction)
    await stage.ended(3)
    assert len(stage.network.chat("#room").texts()) == (2 if lacks else 1)


async def test_a_reaction_of_the_networks_own_people_is_not_taken_back_by_others(stage):
    event = await said(stage)
    await stage.network.person("bob").react("#room", "sent-0", "🎉")
    shown = await stage.alice.wait_for(stage.room, lambda one: one["type"] == "m.reaction")
    assert shown["content"]["m.relates_to"]["event_id"] == event
    await stage.push("$mod", {"redacts": shown["event_id"]}, type="m.room.redaction")
    await stage.notice("Only whoever wrote a message can change it")
    assert stage.network.acted(Reaction) == []


async def test_a_reaction_that_a_crash_interrupts_is_repeated(stage, gate):
    event = await said(stage)
    hold = gate()
    stage.network.after.append(hold)
    await stage.alice.react(stage.room, event, "🎉")
    await hold.reached.wait()
    await stage.again()
    (outcome,) = (await stage.ended(2))[1:]
    assert outcome.result == "delivered"
    assert stage.network.chat("#room").messages["sent-0"].reactions == {"🎉": {"alice"}}
    assert await stage.notices() == []


async def test_a_reaction_to_what_has_no_id_on_the_network_becomes_a_line(stage):
    stage.rig.network_settings["fallbacks"] = FallbackSettings(reaction="line")
    await stage.begin()
    await stage.network.say("#room", "bob", "unnamed")
    said = await stage.alice.wait_for(
        stage.room, lambda event: event["content"].get("body") == "unnamed"
    )
    await stage.alice.react(stage.room, said["event_id"], "👍")
    (outcome,) = await stage.ended()
    assert outcome.result == "delivered"
    (line,) = stage.network.texts()
    assert "👍" in line


async def test_a_moderator_takes_back_anothers_reaction_not_their_own(stage):
    event = await said(stage)
    bob = stage.hs.person("bob")
    await bob.join(stage.room)
    mine = await stage.alice.react(stage.room, event, "👍")
    await bob.react(stage.room, event, "👍")
    await stage.ended(3)
    redaction = {"type": "m.room.redaction", "sender": bob.user_id}
    await stage.push("$mod", {"redacts": mine}, **redaction)
    await stage.ended(4)
    assert stage.network.chat("#room").messages["sent-0"].reactions == {"👍": {"bob"}}


async def test_what_a_login_put_on_is_taken_back_by_no_other(stage):
    event = await said(stage)
    bob = stage.hs.person("bob")
    await bob.join(stage.room)
    mine = await stage.alice.react(stage.room, event, "👍")
    await bob.react(stage.room, event, "👍")
    await stage.ended(3)
    await gone(stage, stage.alice)
    redaction = {"type": "m.room.redaction", "sender": bob.user_id}
    await stage.push("$mod", {"redacts": mine}, **redaction)
    assert (await stage.ended(4))[-1].reason == "not_theirs"
    assert stage.network.chat("#room").messages["sent-0"].reactions == {"👍": {"alice", "bob"}}


async def test_who_was_relayed_and_has_a_login_now_takes_back_what_the_relay_put_on(stage):
    stage.rig.permissions = {"*": Level.RELAY, "example.org": Level.USER}
    event = await said(stage)
    relation = {"rel_type": "m.annotation", "event_id": event, "key": "👍"}
    zoe = {"type": "m.reaction", "sender": "@zoe:elsewhere.org"}
    await stage.push("$reaction", {"m.relates_to": relation}, **zoe)
    await stage.ended(2)
    assert stage.network.chat("#room").messages["sent-0"].reactions == {"👍": {"bot"}}
    await stage.push("$mod", {"redacts": "$reaction"}, type="m.room.redaction")
    await stage.ended(3)
    assert stage.network.chat("#room").messages["sent-0"].reactions == {}
