"""The contract: edits, both ways; also those that come twice, too early, or in the wrong order."""

from __future__ import annotations

from bridgekit.events import Edit
from bridgekit.ids import MessageID
from bridgekit.richtext import plain
from bridgekit.supports import SupportsEdit
from bridgekit.testing.contract.heard import done
from bridgekit.testing.contract.scenario import scenario
from bridgekit.testing.contract.stage import Stage
from bridgekit.testing.contract.story import Broken
from bridgekit.testing.contract.targets import identified, message, of_alice, of_bob

_MANY = 11  # a stamp that is a number gains a digit among them


class Editing:
    """What an edit needs beside its words: a name of its own, and a place among others."""

    @scenario(Edit)
    async def test_an_edit_is_seen(self, stage: Stage) -> None:
        """Edits arrive on Matrix."""
        target = await of_bob(stage, "a typo")
        await _edits(stage, target.id, "no typo")
        await stage.until(
            lambda: _edited(stage, target.event)[-1:] == ["no typo"],
            "'a typo' is changed to 'no typo' on Matrix",
        )

    @scenario(Edit, "swap")
    async def test_an_edit_that_comes_before_its_message_is_seen(self, stage: Stage) -> None:
        """Edits arrive on Matrix also where they come before their message."""
        await stage.network.swap()
        target = identified(await stage.said("bob", "an early typo"))
        await _edits(stage, target, "no early typo")
        await stage.until(
            lambda: "no early typo" in str(stage.here.said()[-1]) + str(stage.here.edited()),
            "the edited text is seen",
        )

    @scenario(Edit, "repeat")
    async def test_an_edit_that_comes_twice_is_seen_once(self, stage: Stage) -> None:
        """Edits that the network repeats change a message once."""
        target = await of_bob(stage, "a typo")
        await _edits(stage, target.id, "no typo")
        await stage.until(lambda: _edited(stage, target.event), "the edit is seen on Matrix")
        stage.story.tell("the network repeats that")
        await stage.network.repeat()
        await stage.said("bob", "after it")
        await stage.seen("after it")
        await stage.quiet()
        if _edited(stage, target.event) != ["no typo"]:
            raise Broken(
                "Bob changed it once, and Matrix shows the edits "
                f"{_edited(stage, target.event)}: give `Edit.stamp`, or `RemoteEvent.key`, the "
                "same in each repetition."
            )

    @scenario(Edit)
    async def test_of_many_edits_the_last_one_stands(self, stage: Stage) -> None:
        """Of many edits the last stands (`Edit.stamp` sorts as text)."""
        target = await of_bob(stage, "a typo")
        for number in range(1, _MANY + 1):
            await _edits(stage, target.id, f"typo {number}")
        await stage.quiet()
        _stands(stage, target.event, f"typo {_MANY}")

    @scenario(Edit, "swap")
    async def test_of_two_edits_the_later_one_stands(self, stage: Stage) -> None:
        """Of edits that come out of order the latest stands (`Edit.stamp`)."""
        target = await of_bob(stage, "a typo")
        await stage.network.swap()
        await _edits(stage, target.id, "less typo")
        await _edits(stage, target.id, "no typo")
        await stage.until(
            lambda: "no typo" in _edited(stage, target.event), "the later edit is seen on Matrix"
        )
        await stage.quiet()
        _stands(stage, target.event, "no typo")

    @scenario(SupportsEdit)
    async def test_an_edit_is_heard(self, stage: Stage) -> None:
        """Edits arrive on the network."""
        target = await of_alice(stage, "a typo")
        await stage.alice.edit(stage.room, target.event, "no typo")
        await done(
            stage,
            Edit,
            lambda edit: edit.target == target.id and "no typo" in plain(edit.message.text),
        )


async def _edits(stage: Stage, target: MessageID, text: str) -> None:
    await stage.does("bob", Edit(target, message(text)))


def _edited(stage: Stage, event: str) -> list[str]:
    """What a message was changed to on Matrix, in order."""
    return [
        str(one["content"]["m.new_content"].get("body"))
        for one in stage.here.edited()
        if one["content"]["m.relates_to"]["event_id"] == event
    ]


def _stands(stage: Stage, event: str, text: str) -> None:
    edits = _edited(stage, event)
    if edits[-1:] != [text]:
        raise Broken(
            f"Bob's last words were {text!r}, and Matrix shows the edits {edits}: `Edit.stamp` is "
            "to sort after that of any earlier edit, as text (a number needs zeros before it)."
        )
