"""The contract: each kind that the client declares is done on the network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bridgekit.adapter_supports import SupportsAutomaticLogin
from bridgekit.events import (
    ChatChange,
    Content,
    Deletion,
    Edit,
    Location,
    Membership,
    MemberState,
    Message,
    Pin,
    Poll,
    Reaction,
    Receipt,
    Typing,
    Vote,
)
from bridgekit.facts import AttachmentKind
from bridgekit.ids import MessageID
from bridgekit.richtext import plain
from bridgekit.supports import (
    SupportsChatChange,
    SupportsDelete,
    SupportsEdit,
    SupportsLocation,
    SupportsMembership,
    SupportsPin,
    SupportsPoll,
    SupportsReact,
    SupportsReceipt,
    SupportsTyping,
)
from bridgekit.testing.contract.scenario import Lacking, scenario
from bridgekit.testing.contract.stage import Stage


class ToNetwork:
    """Each kind that is among the client's `Supports…`, or in its `Limits`."""

    @scenario(SupportsEdit)
    async def test_an_edit_is_heard(self, stage: Stage) -> None:
        """Edits arrive on the network."""
        event, target = await _said(stage, "a typo")
        await stage.alice.edit(stage.room, event, "no typo")
        await _done(
            stage,
            Edit,
            lambda edit: edit.target == target and "no typo" in plain(edit.message.text),
        )

    @scenario(SupportsDelete)
    async def test_a_deletion_is_heard(self, stage: Stage) -> None:
        """Deletions arrive on the network."""
        event, target = await _said(stage, "a slip")
        await stage.alice.redact(stage.room, event)
        await _done(stage, Deletion, lambda deletion: deletion.target == target)

    @scenario(SupportsReact)
    async def test_a_reaction_and_its_removal_are_heard(self, stage: Stage) -> None:
        """Reactions and their removal arrive on the network."""
        target, event = await _of_bob(stage, "apple")
        reaction = await stage.alice.react(stage.room, event, "👍")
        await _done(stage, Reaction, lambda one: one == Reaction(target, "👍"))
        await stage.alice.redact(stage.room, reaction)
        await _done(stage, Reaction, lambda one: one == Reaction(target, "👍", removed=True))

    @scenario(SupportsPin)
    async def test_a_pin_is_heard(self, stage: Stage) -> None:
        """Pins arrive on the network."""
        target, event = await _of_bob(stage, "worth it")
        await stage.alice.pin(stage.room, event)
        await _done(stage, Pin, lambda pin: pin == Pin(target))

    @scenario(SupportsReceipt)
    async def test_a_receipt_is_heard(self, stage: Stage) -> None:
        """Receipts arrive on the network."""
        target, event = await _of_bob(stage, "to be read")
        await stage.alice.read(stage.room, event)
        await _done(stage, Receipt, lambda receipt: receipt.up_to == target)

    @scenario(SupportsTyping)
    async def test_typing_is_heard(self, stage: Stage) -> None:
        """Typing arrives on the network."""
        await stage.alice.typing(stage.room)
        await _done(stage, Typing, lambda typing: typing.active)

    @scenario(SupportsChatChange)
    async def test_a_new_topic_is_heard(self, stage: Stage) -> None:
        """A new topic arrives on the network, or whoever set it is told why not."""
        await stage.alice.set_topic(stage.room, "Tulips")
        await stage.until(
            lambda: (
                any(change.info.topic == "Tulips" for change in _acts(stage, ChatChange))
                or stage.here.notices()
            ),
            "the topic is heard on the network, or Alice is told that it cannot be",
        )

    @scenario(SupportsMembership, SupportsAutomaticLogin)
    async def test_who_leaves_the_room_leaves_the_chat(self, stage: Stage) -> None:
        """People of Matrix who leave do so on the network, with a login of their own."""
        dave = stage.hs.person("dave")
        await dave.join(stage.room)
        await dave.say(stage.room, "a short visit")
        await stage.heard("a short visit")
        await dave.leave(stage.room)
        await _done(stage, Membership, lambda change: change.state is MemberState.LEAVE)

    @scenario(SupportsLocation)
    async def test_a_place_is_heard(self, stage: Stage) -> None:
        """Places arrive on the network."""
        await stage.alice.send_location(stage.room, 48.2, 16.4, "Vienna")
        await _done(stage, Location, lambda one: (one.latitude, one.longitude) == (48.2, 16.4))

    @scenario(SupportsPoll)
    async def test_a_poll_and_a_vote_are_heard(self, stage: Stage) -> None:
        """Polls and votes arrive on the network."""
        event = await stage.alice.poll(stage.room, "Tea?", "yes", "no")
        await _done(stage, Poll, lambda poll: (poll.question, poll.options) == ("Tea?", _OPTIONS))
        await stage.alice.vote(stage.room, event, 1)
        await _done(stage, Vote, lambda vote: vote.options == (1,))

    @scenario()
    async def test_a_file_is_heard(self, stage: Stage) -> None:
        """Files arrive on the network."""
        kinds = stage.limits.attachments
        if AttachmentKind.FILE not in kinds:
            raise Lacking("`Limits.attachments` has no files")
        await stage.alice.send_file(stage.room, "notes.txt", "text/plain", b"the content")
        await _done(
            stage,
            Message,
            lambda message: [one.name for one in message.attachments] == ["notes.txt"],
        )

    @scenario()
    async def test_a_thread_on_matrix_is_one_on_the_network(self, stage: Stage) -> None:
        """Threads arrive on the network."""
        if not stage.limits.threads:
            raise Lacking("`Limits.threads` is not set")
        target, event = await _of_bob(stage, "a long story")
        await stage.alice.thread(stage.room, event, "in the thread")
        await _done(stage, Message, lambda message: message.thread == target)


_OPTIONS = ("yes", "no")


async def _said(stage: Stage, text: str) -> tuple[str, MessageID]:
    """Alice says something; its IDs on Matrix and on the network."""
    event = await stage.says(text)
    heard = await stage.heard(text)
    if heard.id is None:
        raise Lacking("messages have no IDs")
    return event, heard.id


async def _of_bob(stage: Stage, text: str) -> tuple[MessageID, str]:
    """Bob says something; its IDs on the network and on Matrix."""
    target = await stage.said("bob", text)
    event = await stage.seen(text)
    if target is None:
        raise Lacking("messages have no IDs")
    return target, str(event["event_id"])


def _acts(stage: Stage, kind: type[Content]) -> list[Any]:
    return [one.content for one in stage.network.heard() if isinstance(one.content, kind)]


async def _done(stage: Stage, kind: type[Content], right: Callable[[Any], bool]) -> None:
    """Wait until the bridge has done this on the network."""
    await stage.until(
        lambda: any(right(one) for one in _acts(stage, kind)),
        f"the right {kind.__name__} is heard on the network",
    )
