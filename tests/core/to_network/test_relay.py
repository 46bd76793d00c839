"""Who speaks for people without a login, as the room or the operator chose; and as whom."""

from __future__ import annotations

import pytest

from bridgekit.configuration.relay_settings import RelaySettings
from bridgekit.events import Deletion, Edit, Reaction
from bridgekit.ids import LoginID
from bridgekit.permissions.rights import Level
from bridgekit.reasons import Reason
from tests.signed_in import sign_in

ALICES = LoginID("loop:own-alice")


@pytest.fixture
async def relayed(stage):
    """Alice has a login that she signed in to; everybody else has none."""
    stage.rig.permissions = {"*": Level.RELAY, "@alice:example.org": Level.USER}
    await stage.begin()
    await sign_in(stage.rig, "alice")
    stage.bob = stage.hs.person("bob")
    await stage.bob.join(stage.room)
    return stage


async def choose(stage, login):
    (portal,) = await stage.parts.portals.in_room(stage.room)
    await stage.parts.portals.set_relay(portal, login)


def reasons(stage):
    return [one.reason for one in stage.to_network()]


def said(stage):
    return [(one.text, one.login, one.author, one.relayed) for one in stage.network.heard]


async def test_the_networks_own_login_speaks_for_whoever_has_none(relayed):
    await relayed.bob.say(relayed.room, "hello")
    await relayed.heard("hello")
    await relayed.alice.say(relayed.room, "hi")
    await relayed.heard("hello", "hi")
    assert said(relayed) == [
        ("hello", "loop:bot", "bob", True),
        ("hi", ALICES, "alice", False),
    ]


async def test_a_room_can_choose_a_persons_login(relayed):
    await choose(relayed, ALICES)
    await relayed.bob.say(relayed.room, "hello")
    await relayed.alice.say(relayed.room, "hi")
    await relayed.heard("hello", "hi")
    assert said(relayed) == [
        ("hello", ALICES, "bob", True),
        ("hi", ALICES, "alice", False),
    ]


async def test_the_choice_outlives_a_restart_and_ends_with_the_link(relayed):
    await choose(relayed, ALICES)
    await relayed.again()
    (portal,) = await relayed.parts.portals.in_room(relayed.room)
    assert portal.relay == ALICES
    unbound = await relayed.parts.portals.unbind(portal, relayed.room)
    assert unbound.relay is None


async def test_what_a_relayed_person_changes_goes_through_the_same_login(relayed):
    await choose(relayed, ALICES)
    event = await relayed.bob.say(relayed.room, "frist")
    await relayed.heard("frist")
    await relayed.bob.edit(relayed.room, event, "first")
    await relayed.network.wait(lambda: relayed.network.acted(Edit))
    await relayed.bob.react(relayed.room, event, "👍")
    await relayed.network.wait(lambda: relayed.network.acted(Reaction))
    await relayed.bob.redact(relayed.room, event)
    await relayed.network.wait(lambda: relayed.network.acted(Deletion))
    acts = [
        (type(act.event.content), act.login, act.event.relayed)
        for act in relayed.network.acts
        if act.kind in {"edit", "reaction", "deletion"}
    ]
    assert acts == [
        (Edit, ALICES, True),
        (Reaction, ALICES, True),
        (Deletion, ALICES, True),
    ]


async def test_what_was_relayed_stays_the_relays_when_its_author_has_a_login_since(relayed):
    await choose(relayed, ALICES)
    event = await relayed.bob.say(relayed.room, "frist")
    await relayed.heard("frist")
    await relayed.rig.stop()
    relayed.rig.permissions = {"*": Level.USER}
    await relayed.start()
    await sign_in(relayed.rig, "bob")
    await relayed.bob.edit(relayed.room, event, "first")
    await relayed.network.wait(lambda: relayed.network.acted(Edit))
    (act,) = [act for act in relayed.network.acts if act.kind == "edit"]
    assert (act.login, act.event.relayed) == (ALICES, True)


async def test_another_persons_message_cannot_be_changed_through_the_relay(relayed):
    await choose(relayed, ALICES)
    event = await relayed.alice.say(relayed.room, "mine")
    await relayed.heard("mine")
    await relayed.bob.edit(relayed.room, event, "yours")
    await relayed.until(lambda: Reason.NOT_THEIRS in reasons(relayed))
    assert relayed.network.acted(Edit) == []


async def test_a_room_can_choose_that_nobody_speaks_for_others_and_they_are_told(relayed):
    await choose(relayed, "")
    await relayed.bob.say(relayed.room, "hello")
    notice = await relayed.notice("no login on the network", person=relayed.bob)
    assert notice["m.mentions"] == {"user_ids": ["@bob:example.org"]}
    assert relayed.network.heard == []


async def test_a_chosen_login_that_is_gone_speaks_no_more_and_no_other_does(relayed):
    await choose(relayed, "loop:own-nobody")
    await relayed.bob.say(relayed.room, "hello")
    await relayed.until(lambda: Reason.NO_LOGIN in reasons(relayed))
    assert relayed.network.heard == []


async def test_the_login_of_who_may_have_none_any_more_speaks_for_nobody(relayed):
    """As after a reload of `permissions`; the login is connected still."""
    await choose(relayed, ALICES)
    relayed.parts.commands.reloading.permissions.replace({"*": Level.RELAY})
    await relayed.bob.say(relayed.room, "hello")
    await relayed.until(lambda: Reason.NO_LOGIN in reasons(relayed))
    assert relayed.network.heard == []


@pytest.mark.parametrize(("default", "hears"), [("nobody", False), ("bot", True), ("b", False)])
async def test_the_operator_chooses_for_all_rooms(stage, default, hears):
    stage.rig.permissions = {"*": Level.RELAY}
    stage.rig.network_settings["relay"] = RelaySettings(default=default)
    await stage.begin()
    await stage.alice.say(stage.room, "hello")
    (end,) = await stage.ended()
    assert end.reason == (Reason.DELIVERED if hears else Reason.NO_LOGIN)


async def test_the_operator_says_how_relayed_people_are_called(stage):
    stage.rig.permissions = {"*": Level.RELAY}
    stage.rig.network_settings["relay"] = RelaySettings(name="{name} of {server}")
    await stage.begin()
    await stage.alice.say(stage.room, "hello")
    await stage.heard("hello")
    assert stage.network.heard[0].author == "alice of example.org"


async def test_a_name_that_looks_like_somebody_elses_is_told_apart(stage):
    stage.rig.permissions = {"*": Level.RELAY}
    await stage.begin()
    mallory = stage.hs.person("mallory")
    await mallory.join(stage.room)
    await stage.alice.say(stage.room, "one")
    await stage.heard("one")
    await mallory.set_display_name("\u0430l\u0456ce")  # two letters of it are Cyrillic
    await mallory.say(stage.room, "two")
    await stage.heard("one", "two")
    await stage.again()
    await mallory.say(stage.room, "three")
    await stage.alice.say(stage.room, "four")
    await stage.heard("one", "two", "three", "four")
    names = [one.author for one in stage.network.heard]
    theirs = "\u0430l\u0456ce (@mallory:example.org)"
    assert names == ["alice", theirs, theirs, "alice"]


@pytest.mark.parametrize(
    ("alike", "name", "first", "later"),
    [
        (
            "{name} ({user})",
            "alice (@alice:example.org)",
            "alice (@alice:example.org) (@mallory:example.org)",
            "alice (@alice:example.org)",
        ),
        ("{name}, {server}", "Alice, example.org", "Alice, example.org", "@alice:example.org"),
    ],
)
async def test_nobody_looks_like_who_was_told_apart(stage, alike, name, first, later):
    """Mallory comes as Alice would look; then comes somebody who has Alice's name, and then she."""
    stage.rig.permissions = {"*": Level.RELAY}
    stage.rig.network_settings["relay"] = RelaySettings(alike=alike)
    await stage.begin()
    mallory, other = stage.hs.person("mallory"), stage.hs.person("other")
    for person, called in ((mallory, name), (other, "alice")):
        await person.join(stage.room)
        await person.set_display_name(called)
    await mallory.say(stage.room, "one")
    await stage.heard("one")
    await other.say(stage.room, "two")
    await stage.heard("one", "two")
    await stage.alice.say(stage.room, "three")
    await stage.heard("one", "two", "three")
    assert [one.author for one in stage.network.heard] == [first, "alice", later]


async def test_a_template_that_is_none_is_refused():
    for wrong in ("plain", "{nick}", "{name!r}", "{name.x}", "{", "{name:>9}", "{0}"):
        with pytest.raises(ValueError, match="is no template for a name"):
            RelaySettings(name=wrong)
