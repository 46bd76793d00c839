"""The contract: edits that come twice, or in the wrong order."""

from __future__ import annotations

from bridgekit.events import Edit, Message
from bridgekit.ids import MessageID
from bridgekit.richtext import from_plain
from bridgekit.testing.contract.scenario import Lacking, scenario
from bridgekit.testing.contract.stage import Stage
from bridgekit.testing.contract.story import Broken


class Editing:
    """What an edit needs beside its words: a name of its own, and a place among others."""

    @scenario(Edit, "repeat")
    async def test_an_edit_that_comes_twice_is_seen_once(self, stage: Stage) -> None:
        """Edits that the network repeats change a message once."""
        target = await _said(stage)
        await _edits(stage, target, "no typo")
        await stage.until(lambda: _edited(stage), "the edit is seen on Matrix")
        stage.story.tell("the network repeats that")
        await stage.network.repeat()
        await stage.said("bob", "after it")
        await stage.seen("after it")
        await stage.quiet()
        if _edited(stage) != ["no typo"]:
            raise Broken(
                f"Bob changed it once, and Matrix shows the edits {_edited(stage)}: give "
                "`Edit.stamp`, or `RemoteEvent.key`, the same in each repetition."
            )

    @scenario(Edit, "swap")
    async def test_of_two_edits_the_later_one_stands(self, stage: Stage) -> None:
        """Of edits that come out of order the latest stands (`Edit.stamp`)."""
        target = await _said(stage)
        await stage.network.swap()
        await _edits(stage, target, "less typo")
        await _edits(stage, target, "no typo")
        await stage.until(lambda: "no typo" in _edited(stage), "the later edit is seen on Matrix")
        await stage.quiet()
        if _edited(stage)[-1] != "no typo":
            raise Broken(
                f"Bob's last words were 'no typo', and Matrix shows the edits {_edited(stage)}: "
                "`Edit.stamp` is to sort after that of any earlier edit, as text."
            )


async def _said(stage: Stage) -> MessageID:
    target = await stage.said("bob", "a typo")
    await stage.seen("a typo")
    if target is None:
        raise Lacking("messages have no IDs")
    return target


async def _edits(stage: Stage, target: MessageID, text: str) -> None:
    await stage.does("bob", Edit(target, Message(from_plain(text))))


def _edited(stage: Stage) -> list[str]:
    """What Bob's message was changed to, in order; nothing else is changed there."""
    return [str(one["content"]["m.new_content"].get("body")) for one in stage.here.edited()]
