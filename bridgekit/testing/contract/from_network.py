"""The contract: whatever people on the network can do is seen on Matrix."""

from __future__ import annotations

from typing import Any

from bridgekit.events import (
    ChatChange,
    Deletion,
    Delivery,
    DeliveryState,
    Edit,
    Location,
    Message,
    Pin,
    Poll,
    Reaction,
    Receipt,
    Typing,
    Unsupported,
    Vote,
)
from bridgekit.facts import Attachment, AttachmentKind, ChatInfo
from bridgekit.ids import MessageID
from bridgekit.richtext import from_plain
from bridgekit.supports import SupportsEmoji
from bridgekit.testing.contract.scenario import Lacking, scenario
from bridgekit.testing.contract.stage import Stage
from bridgekit.testing.contract.story import Broken

JSON = dict[str, Any]


class FromNetwork:
    """Each kind that is among `FakeNetwork.kinds`."""

    @scenario(Edit)
    async def test_an_edit_is_seen(self, stage: Stage) -> None:
        """Edits arrive on Matrix."""
        await stage.does("bob", Edit(await _said(stage, "a typo"), _message("no typo")))
        await _edited(stage, "a typo", "no typo")

    @scenario(Edit, "swap")
    async def test_an_edit_that_comes_before_its_message_is_seen(self, stage: Stage) -> None:
        """Edits arrive on Matrix also where they come before their message."""
        await stage.network.swap()
        target = await stage.said("bob", "an early typo")
        if target is None:
            raise Lacking("messages have no IDs")
        await stage.does("bob", Edit(target, _message("no early typo")))
        await stage.until(
            lambda: "no early typo" in str(stage.here.said()[-1]) + str(stage.here.edited()),
            "the edited text is seen",
        )

    @scenario(Deletion)
    async def test_a_deletion_is_seen(self, stage: Stage) -> None:
        """Deletions arrive on Matrix."""
        await stage.does("bob", Deletion(await _said(stage, "a slip")))
        await stage.until(
            lambda: "a slip" not in stage.here.bodies(), "the deleted message is gone on Matrix"
        )

    @scenario(Deletion, "swap")
    async def test_what_is_deleted_before_it_comes_is_not_seen(self, stage: Stage) -> None:
        """Deletions that come before their message suppress it."""
        await stage.network.swap()
        target = await stage.said("bob", "never to be seen")
        if target is None:
            raise Lacking("messages have no IDs")
        await stage.does("bob", Deletion(target))
        await stage.said("bob", "after it")
        await stage.seen("after it")
        await stage.quiet()
        if "never to be seen" in stage.here.bodies():
            raise Broken("What was deleted already is seen.")

    @scenario(Reaction)
    async def test_a_reaction_and_its_removal_are_seen(self, stage: Stage) -> None:
        """Reactions and their removal arrive on Matrix."""
        target = await _said(stage, "apple")
        await stage.does("carol", Reaction(target, "👍"))
        await stage.until(lambda: _reactions(stage) == ["👍"], "the reaction is seen on Matrix")
        await stage.does("carol", Reaction(target, "👍", removed=True))
        await stage.until(lambda: _reactions(stage) == [], "the reaction is gone on Matrix")

    @scenario(Reaction, "swap")
    async def test_a_reaction_that_comes_before_its_message_is_seen(self, stage: Stage) -> None:
        """Reactions arrive on Matrix also where they come before their message."""
        await stage.network.swap()
        target = await stage.said("bob", "an early apple")
        if target is None:
            raise Lacking("messages have no IDs")
        await stage.does("carol", Reaction(target, "👍"))
        await stage.until(lambda: _reactions(stage) == ["👍"], "the reaction is seen on Matrix")

    @scenario(Reaction, SupportsEmoji)
    async def test_a_reaction_with_a_picture_is_seen(self, stage: Stage) -> None:
        """Custom emoji arrive on Matrix as their pictures."""
        if not stage.network.emoji:
            raise Lacking("the network's `emoji` names none")
        await stage.does("carol", Reaction(await _said(stage, "pear"), f":{stage.network.emoji}:"))
        await stage.until(
            lambda: [one for one in _reactions(stage) if one.startswith("mxc://")],
            "the reaction is seen on Matrix, with its picture",
        )

    @scenario(Message)
    async def test_a_file_is_seen(self, stage: Stage) -> None:
        """Files arrive on Matrix."""
        if not stage.network.files:
            raise Lacking("the network's `files` is not set")
        text = "the content"
        file = Attachment(AttachmentKind.FILE, text, "notes.txt", "text/plain", len(text))
        await stage.does("bob", Message((), attachments=(file,)))
        event = await stage.until(
            lambda: [one for one in stage.here.said() if one["content"].get("url")],
            "the file is seen on Matrix",
        )
        data = await stage.alice.download(event[0]["content"]["url"])
        if data != text.encode():
            raise Broken(f"The file arrived as {data!r}, and it was {text!r}.")

    @scenario(Message)
    async def test_a_reply_is_seen_as_one(self, stage: Stage) -> None:
        """Replies arrive on Matrix."""
        if not stage.network.replies:
            raise Lacking("the network's `replies` is not set")
        target = await _said(stage, "a question")
        await stage.does("carol", Message(from_plain("an answer"), reply_to=target))
        await _related(stage, "an answer", "a question", "m.in_reply_to")

    @scenario(Message)
    async def test_a_thread_is_seen_as_one(self, stage: Stage) -> None:
        """Threads arrive on Matrix."""
        if not stage.network.threads:
            raise Lacking("the network's `threads` is not set")
        target = await _said(stage, "a long story")
        await stage.does("carol", Message(from_plain("in the thread"), thread=target))
        await _related(stage, "in the thread", "a long story", "m.thread")

    @scenario(Pin)
    async def test_a_pin_is_seen(self, stage: Stage) -> None:
        """Pins arrive on Matrix."""
        await stage.does("bob", Pin(await _said(stage, "worth it")))
        event = await stage.seen("worth it")
        await stage.until(
            lambda: event["event_id"] in _state(stage, "m.room.pinned_events").get("pinned", ()),
            "the message is pinned on Matrix",
        )

    @scenario(Receipt)
    async def test_a_receipt_is_seen(self, stage: Stage) -> None:
        """Receipts arrive on Matrix."""
        await stage.says("to be read")
        heard = await stage.heard("to be read")
        if heard.id is None:
            raise Lacking("messages have no IDs")
        await stage.does("bob", Receipt(heard.id))
        await stage.until(
            lambda: any(user.startswith(stage.here.ghosts) for user in stage.here.readers()),
            "it is seen on Matrix how far Bob has read",
        )

    @scenario(Typing)
    async def test_typing_is_seen(self, stage: Stage) -> None:
        """Typing arrives on Matrix."""
        await stage.does("bob", Typing(active=True))
        await stage.until(
            stage.here.typing,
            "Bob is seen typing on Matrix",
        )

    @scenario(ChatChange)
    async def test_a_new_topic_is_seen(self, stage: Stage) -> None:
        """A new topic arrives on Matrix."""
        await stage.does("bob", ChatChange(ChatInfo(topic="Tulips")))
        await stage.until(
            lambda: _state(stage, "m.room.topic").get("topic") == "Tulips",
            "the topic is seen on Matrix",
        )

    @scenario(Location)
    async def test_a_place_is_seen(self, stage: Stage) -> None:
        """Places arrive on Matrix."""
        await stage.does("bob", Location(48.2, 16.4, "Vienna"))
        await stage.until(
            lambda: any("geo:48.2" in str(one) for one in stage.here.of_ghosts()),
            "the place is seen on Matrix",
        )

    @scenario(Unsupported)
    async def test_what_matrix_cannot_show_is_seen_as_a_line(self, stage: Stage) -> None:
        """What Matrix cannot show arrives there as a readable line."""
        await stage.does("bob", Unsupported("a card with a tune"))
        await stage.seen("a card with a tune")

    @scenario(Delivery)
    async def test_who_could_not_be_reached_its_sender_is_told(self, stage: Stage) -> None:
        """A message that the network reports as not delivered, its sender is told of."""
        await stage.says("in a bottle")
        heard = await stage.heard("in a bottle")
        if heard.id is None:
            raise Lacking("messages have no IDs")
        why = "The bottle came back"
        await stage.does("bob", Delivery(heard.id, DeliveryState.FAILED, why))
        await stage.until(
            lambda: any(why in one for one in stage.here.notices()),
            "Alice is told why her message was not delivered",
        )

    @scenario(Poll, Vote)
    async def test_a_poll_and_a_vote_are_seen(self, stage: Stage) -> None:
        """Polls and votes arrive on Matrix."""
        poll = await stage.does("bob", Poll("Tea?", ("yes", "no")))
        await stage.until(lambda: _polls(stage, "start"), "the poll is seen on Matrix")
        if poll is not None:
            await stage.does("carol", Vote(poll, (1,)))
            await stage.until(lambda: _polls(stage, "response"), "the vote is seen on Matrix")


async def _said(stage: Stage, text: str) -> MessageID:
    """Bob says something that others can refer to."""
    named = await stage.said("bob", text)
    await stage.seen(text)
    if named is None:
        raise Lacking("messages have no IDs")
    return named


async def _edited(stage: Stage, before: str, after: str) -> None:
    event = await stage.seen(before)

    def found() -> bool:
        new = [
            one["content"]["m.new_content"].get("body")
            for one in stage.here.edited()
            if one["content"]["m.relates_to"]["event_id"] == event["event_id"]
        ]
        return bool(new) and new[-1] == after

    await stage.until(found, f"{before!r} is changed to {after!r} on Matrix")


async def _related(stage: Stage, body: str, target: str, how: str) -> None:
    """Wait for a message, which must be a reply to another or in its thread."""
    relation = (await stage.seen(body))["content"].get("m.relates_to", {})
    event = (await stage.seen(target))["event_id"]
    found = {relation.get("rel_type"): relation.get("event_id")}
    found["m.in_reply_to"] = relation.get("m.in_reply_to", {}).get("event_id")
    if found.get(how) != event:
        raise Broken(f"{body!r} is to be about {target!r} ({how} {event}), and is {relation}.")


def _reactions(stage: Stage) -> list[str]:
    found = stage.here.of_ghosts("m.reaction")
    return [one["content"]["m.relates_to"]["key"] for one in found]


def _polls(stage: Stage, part: str) -> list[JSON]:
    return [one for one in stage.here.of_ghosts() if one["type"].endswith(f"poll.{part}")]


def _state(stage: Stage, kind: str) -> JSON:
    content: JSON = stage.here.room.content(kind)
    return content


def _message(text: str) -> Message:
    return Message(from_plain(text))
