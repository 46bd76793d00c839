"""Polls, votes, places and pins, and the lines that stand for them."""

from __future__ import annotations

import pytest

from bridgekit.configuration.fallback_settings import FallbackSettings
from bridgekit.events import Location, Pin, Poll, Vote
from bridgekit.permissions.rights import Level
from bridgekit.supports import SupportsLocation, SupportsPin, SupportsPoll

SPELLINGS = pytest.mark.parametrize("stable", [True, False])


async def asked(stage, *, stable: bool = False, most: int = 1) -> str:
    await stage.begin()
    event = await stage.alice.poll(
        stage.room, "Tea?", "yes", "no", "later", stable=stable, most=most
    )
    await stage.ended()
    return event


@SPELLINGS
async def test_a_poll_its_votes_and_its_end(stage, stable):
    event = await asked(stage, stable=stable)
    assert stage.network.acted(Poll) == [Poll("Tea?", ("yes", "no", "later"))]
    bob = stage.hs.person("bob")
    await bob.join(stage.room)
    await bob.vote(stage.room, event, 1, stable=stable)
    await bob.vote(stage.room, event, 2, stable=stable)
    await stage.ended(3)
    assert stage.network.chat("#room").messages["sent-0"].votes == {"bob": (2,)}
    await stage.alice.end_poll(stage.room, event, stable=stable)
    await stage.ended(4)
    poll = stage.network.chat("#room").messages["sent-0"].content
    assert poll.closed
    assert stage.network.sends == 1


async def test_several_answers_where_several_count(stage):
    event = await asked(stage, most=2)
    assert stage.network.acted(Poll)[0].multiple
    await stage.alice.vote(stage.room, event, 2, 0, 1)
    await stage.ended(2)
    assert stage.network.acted(Vote) == [Vote("sent-0", (0, 2))]


async def test_a_vote_that_is_taken_back_counts_no_more(stage):
    event = await asked(stage)
    await stage.alice.vote(stage.room, event, 0)
    second = await stage.alice.vote(stage.room, event, 1)
    await stage.ended(3)
    await stage.alice.redact(stage.room, second)
    await stage.ended(4)
    assert [one.options for one in stage.network.acted(Vote)] == [(0,), (1,), (0,)]


async def test_a_moderator_takes_back_anothers_vote_not_their_own(stage):
    event = await asked(stage)
    bob = stage.hs.person("bob")
    await bob.join(stage.room)
    mine = await stage.alice.vote(stage.room, event, 0)
    await bob.vote(stage.room, event, 1)
    await stage.ended(3)
    redaction = {"type": "m.room.redaction", "sender": bob.user_id}
    await stage.push("$mod", {"redacts": mine}, **redaction)
    await stage.ended(4)
    assert stage.network.chat("#room").messages["sent-0"].votes == {"alice": (), "bob": (1,)}


async def test_a_vote_of_a_login_that_is_gone_is_taken_back_by_no_other(stage):
    event = await asked(stage)
    bob = stage.hs.person("bob")
    await bob.join(stage.room)
    mine = await stage.alice.vote(stage.room, event, 0)
    await bob.vote(stage.room, event, 1)
    await stage.ended(3)
    network = stage.parts.networks.get("loop")
    login = stage.parts.owners.existing(network, stage.alice.user_id)
    del network.logins._entries[login]
    stage.parts.owners.forget(login)
    redaction = {"type": "m.room.redaction", "sender": bob.user_id}
    await stage.push("$mod", {"redacts": mine}, **redaction)
    assert (await stage.ended(4))[-1].reason == "not_theirs"
    assert stage.network.chat("#room").messages["sent-0"].votes == {"alice": (0,), "bob": (1,)}


async def test_a_vote_for_nothing_known_spoils_it(stage):
    event = await asked(stage)
    content = {"m.relates_to": {"rel_type": "m.reference", "event_id": event}}
    content["m.selections"] = ["nonsense"]
    await stage.alice.send(stage.room, "m.poll.response", content)
    await stage.ended(2)
    assert stage.network.acted(Vote) == [Vote("sent-0", ())]


async def test_who_has_no_login_cannot_vote_and_is_told(stage):
    stage.rig.permissions = {"*": Level.RELAY}
    event = await asked(stage)
    await stage.alice.vote(stage.room, event, 0)
    await stage.notice("Only somebody with a login of their own can vote")
    assert stage.network.acted(Vote) == []


async def test_a_poll_of_the_network_is_voted_in(stage):
    room = await stage.begin()
    await stage.network.person("bob").poll("#room", "Cake?", "yes", "no", id="cake")
    poll = await stage.alice.wait_for(room, lambda one: one["type"].endswith("poll.start"))
    await stage.stored("SELECT event FROM link WHERE message = 'cake'", 1)
    await stage.alice.vote(room, poll["event_id"], 1)
    await stage.ended()
    assert stage.network.acted(Vote) == [Vote("cake", (1,))]


async def test_nobody_ends_the_poll_of_another(stage):
    event = await asked(stage)
    bob = stage.hs.person("bob")
    await bob.join(stage.room)
    await bob.end_poll(stage.room, event)
    await stage.notice("Only whoever asked can end a poll", person=bob)
    assert len(stage.network.acted(Poll)) == 1


async def test_a_poll_becomes_lines(stage):
    stage.network.lacks = frozenset({SupportsPoll})
    stage.rig.network_settings["fallbacks"] = FallbackSettings(vote="line")
    event = await asked(stage)
    await stage.alice.vote(stage.room, event, 1)
    await stage.alice.end_poll(stage.room, event)
    lines = "Poll: Tea?\n1. yes\n2. no\n3. later"
    await stage.heard(lines, "voted for: no", "ended the poll: Tea?")
    await stage.notice("loop has no polls: yours was sent as text.")


async def test_votes_are_told_once_where_they_become_nothing(stage):
    stage.network.lacks = frozenset({SupportsPoll})
    event = await asked(stage)
    for count in (2, 3):
        await stage.alice.vote(stage.room, event, 1)
        await stage.ended(count)
    assert len([one for one in await stage.notices() if "vote" in one]) == 1


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"m.poll": {"question": {"m.text": [{"body": " "}]}, "answers": []}},
        {"org.matrix.msc3381.poll.start": {"question": "x", "answers": "y"}},
        {"m.poll": {"question": {"body": "x"}, "answers": [7, {"m.id": 3}, None]}},
    ],
)
async def test_a_poll_that_asks_nothing_is_refused_visibly(stage, content):
    await stage.begin()
    await stage.push("$poll", {**content, "body": "x"}, type="m.poll.start")
    await stage.notice("It asks nothing, or offers no answers.")
    assert stage.network.acts == []


async def test_a_place_is_one(stage):
    room = await stage.begin()
    await stage.alice.send_location(room, 52.5, -13.25, "Home")
    await stage.ended()
    assert stage.network.acted(Location) == [Location(52.5, -13.25, "Home")]


async def test_a_place_becomes_a_line(stage):
    stage.network.lacks = frozenset({SupportsLocation})
    room = await stage.begin()
    await stage.alice.send_location(room, 52.5, 13.25, "Home")
    await stage.network.wait(lambda: bool(stage.network.heard))
    (text,) = stage.network.texts()
    assert text.startswith("shared a location: Home (52.500000, 13.250000) https://")
    await stage.notice("loop cannot show places")


@pytest.mark.parametrize("uri", ["geo:91,0", "geo:1,200", "geo:x,y", "http://x", 7, None])
async def test_a_place_that_is_nowhere_is_refused_visibly(stage, uri):
    await stage.begin()
    await stage.push("$place", {"msgtype": "m.location", "body": "Here", "geo_uri": uri})
    await stage.notice("Its coordinates are none on Earth.")
    assert stage.network.acts == []


async def pinned(stage) -> tuple[str, str]:
    """Alice has said two things and may pin them."""
    await stage.begin()
    bot = stage.parts.intents
    levels = await bot.state(stage.room, "m.room.power_levels")
    users = {**levels["users"], stage.alice.user_id: 100}
    await bot.set_state(stage.room, "m.room.power_levels", {**levels, "users": users})
    events = [await stage.alice.say(stage.room, text) for text in ("one", "two")]
    await stage.ended(2)
    return events[0], events[1]


async def test_pins_come_and_go(stage):
    one, two = await pinned(stage)
    await stage.alice.pin(stage.room, one)
    await stage.alice.pin(stage.room, two)
    await stage.alice.unpin(stage.room, one)
    await stage.ended(5)
    pins = [Pin("sent-0"), Pin("sent-1"), Pin("sent-0", removed=True)]
    assert stage.network.acted(Pin) == pins
    assert stage.network.chat("#room").pins == ["sent-1"]


async def test_pins_are_told_once_where_they_become_nothing(stage):
    stage.network.lacks = frozenset({SupportsPin})
    one, two = await pinned(stage)
    await stage.alice.pin(stage.room, one)
    await stage.alice.pin(stage.room, two)
    await stage.ended(4)
    (notice,) = await stage.notices()
    assert "loop cannot pin messages." in notice


async def test_a_pin_becomes_a_line(stage):
    stage.network.lacks = frozenset({SupportsPin})
    stage.rig.network_settings["fallbacks"] = FallbackSettings(pin="line")
    one, _ = await pinned(stage)
    await stage.alice.pin(stage.room, one)
    await stage.heard("one", "two", 'pinned a message of alice: "one"')


async def test_a_pin_of_what_the_network_never_had_is_dropped(stage):
    await pinned(stage)
    await stage.alice.set_state(stage.room, "m.room.pinned_events", {"pinned": ["$no", 7, None]})
    (*_, outcome) = await stage.ended(3)
    assert (outcome.result, outcome.reason) == ("dropped", "target_unknown")
