"""The comparison itself: what one side shows, and the model knows nothing of, is a difference."""

from __future__ import annotations

import pytest

from bridgekit.testing.rig import Rig
from tests.stateful.compare import (
    GHOST,
    UNSURE,
    Shown,
    Told,
    View,
    matrix_events,
    spoken_for,
)
from tests.stateful.compare import differences as compared
from tests.stateful.model import Chat, Said, Side
from tests.stateful.steps import Says
from tests.stateful.stories import FLAVOURS
from tests.stateful.world import BOT, OURS, World

BOB, DAVE = GHOST.format("bob"), GHOST.format("dave")


def chat() -> Chat:
    """Bob said "one" and changed it; Alice said "two"."""
    of = Chat("#chat")
    of.say(Said(Side.NETWORK, "bob", "one", "m1")).edit("one, edited")
    of.say(Said(Side.MATRIX, "alice", "two", "$2"))
    return of


def differences(side: Side, *more: Shown) -> list[str]:
    """With what has to be shown, and `more`."""
    shown = {
        Side.MATRIX: [Shown("$1", BOB, "one, edited", None), Shown("$2", "@alice", "two", None)],
        Side.NETWORK: [Shown("m1", "bob", "one, edited", None), Shown("m2", "alice", "two", None)],
    }
    view = View(chat(), side, [*shown[side], *more], set())
    return list(view.differences())


def test_what_was_said_is_no_difference():
    assert differences(Side.MATRIX) == differences(Side.NETWORK) == []


@pytest.mark.parametrize(
    ("side", "who", "text"),
    [
        (Side.MATRIX, BOB, "* one, edited"),
        (Side.MATRIX, DAVE, "one, edited"),
        (Side.MATRIX, BOB, "three"),
        (Side.NETWORK, "carol", "two"),
        (Side.NETWORK, "bridge", "<alice> two"),
    ],
)
def test_what_nobody_said_is_a_difference(side, who, text):
    assert differences(side, Shown("x", who, text, None)) == [
        f"{who} is shown with {text!r}, which they never said"
    ]


@pytest.mark.parametrize(("who", "well"), [("@alice:example.org", True), (BOT, False)])
def test_a_reaction_of_nobody_is_a_difference(who, well):
    one = Shown("$1", BOB, "one, edited", None, {(who, "👍")})
    two = Shown("$2", "@alice", "two", None)
    view = View(chat(), Side.MATRIX, [one, two], set())
    assert (not list(view.differences())) is well


@pytest.mark.parametrize(("unanswered", "well"), [(True, True), (False, False)])
def test_only_an_answer_to_what_got_none_may_not_say_whom_it_answers(unanswered, well):
    of = chat()
    of.said[1].unanswered = unanswered
    of.say(Said(Side.NETWORK, "bob", "three", "m3", reply_to=of.said[1]))
    shown = [Shown("$1", BOB, "one, edited", None), Shown("$2", "@alice", "two", None)]
    view = View(of, Side.MATRIX, [*shown, Shown("$3", BOB, "three", None)], set())
    assert (not list(view.differences())) is well


def test_an_edit_of_what_another_said_is_a_message_of_its_own():
    events = [
        {"event_id": "$1", "sender": BOB, "content": {"body": "one"}},
        {
            "event_id": "$2",
            "sender": DAVE,
            "content": {
                "body": "* one, edited",
                "m.new_content": {"body": "one, edited"},
                "m.relates_to": {"rel_type": "m.replace", "event_id": "$1"},
            },
        },
    ]
    shown, _ = matrix_events([{"type": "m.room.message", **event} for event in events])
    assert [(one.who, one.text) for one in shown] == [(BOB, "one"), (DAVE, "* one, edited")]


@pytest.mark.parametrize(
    ("text", "kind", "well"),
    [
        ("That may not have been sent.", "m.notice", True),
        ("<bob> one", "m.notice", False),
        ("four", "m.text", False),
    ],
)
def test_the_bridge_speaks_for_itself_only(text, kind, well):
    assert (not list(spoken_for(chat(), [Told("", text, kind)]))) is well


@pytest.mark.parametrize("flavour", FLAVOURS)
async def test_all_lost_and_all_told_is_a_difference_on_every_kind_of_network(flavour, tmp_path):
    async with Rig(tmp_path) as rig:
        world = World(rig, flavour)
        await world.furnish()
        await world.stop()
        told = rig.hs.person("bridgebot")
        for number in range(50):
            await Says(0, OURS, "alice").play(world)
            lost = world.model.chats[OURS].said[number]
            room = world.model.chats[OURS].room
            await told.reply(room, lost.id, f"That {UNSURE}.", msgtype="m.notice")
        settled = flavour.idempotent or flavour.remembers
        assert await compared(world) == [
            f"{OURS}: 50 are told that they {UNSURE}, at most {0 if settled else 1} can be"
        ]
