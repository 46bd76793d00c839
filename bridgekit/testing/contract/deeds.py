"""What Alice does other than saying something: made ready, and then done once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, NamedTuple

from bridgekit.events import (
    ChatChange,
    Content,
    Deletion,
    Edit,
    Location,
    Membership,
    MemberState,
    Pin,
    Poll,
    Reaction,
    Vote,
)
from bridgekit.richtext import plain
from bridgekit.testing.contract.stage import Stage
from bridgekit.testing.contract.targets import of_alice, of_bob


class Deed(NamedTuple):
    """`do` has Alice do it; `right`: whether a content of this kind, heard there, is it."""

    kind: type[Content]
    do: Callable[[], Awaitable[object]]
    right: Callable[[Any], bool]


Ready = Callable[[Stage], Awaitable[Deed]]
"""Brings about what it takes."""


async def an_edit(stage: Stage) -> Deed:
    target = await of_alice(stage, "a typo")
    return Deed(
        Edit,
        partial(stage.alice.edit, stage.room, target.event, "no typo"),
        lambda one: one.target == target.id and "no typo" in plain(one.message.text),
    )


async def a_deletion(stage: Stage) -> Deed:
    target = await of_alice(stage, "a slip")
    do = partial(stage.alice.redact, stage.room, target.event)
    return Deed(Deletion, do, lambda one: one.target == target.id)


async def a_reaction(stage: Stage) -> Deed:
    target, event = await of_bob(stage, "apple")
    do = partial(stage.alice.react, stage.room, event, "👍")
    return Deed(Reaction, do, lambda one: one == Reaction(target, "👍"))


async def a_pin(stage: Stage) -> Deed:
    target, event = await of_bob(stage, "worth it")
    return Deed(Pin, partial(stage.alice.pin, stage.room, event), lambda one: one == Pin(target))


async def a_poll(stage: Stage) -> Deed:
    do = partial(stage.alice.poll, stage.room, "Tea?", "yes", "no")
    return Deed(Poll, do, lambda one: one.question == "Tea?")


async def a_vote(stage: Stage) -> Deed:
    poll = await stage.alice.poll(stage.room, "Tea?", "yes", "no")
    await stage.says("who votes?")
    await stage.heard("who votes?")
    do = partial(stage.alice.vote, stage.room, poll, 1)
    return Deed(Vote, do, lambda one: one.options == (1,))


async def a_place(stage: Stage) -> Deed:
    do = partial(stage.alice.send_location, stage.room, 48.2, 16.4, "Vienna")
    return Deed(Location, do, lambda one: (one.latitude, one.longitude) == (48.2, 16.4))


async def a_topic(stage: Stage) -> Deed:
    do = partial(stage.alice.set_topic, stage.room, "Tulips")
    return Deed(ChatChange, do, lambda one: one.info.topic == "Tulips")


async def a_kick(stage: Stage) -> Deed:
    await stage.said("carol", "here I am")
    carol = (await stage.seen("here I am"))["sender"]
    do = partial(stage.alice.kick, stage.room, carol, "spam")
    return Deed(Membership, do, lambda one: one.state is MemberState.KICK and one.user == "carol")
