"""The contract: what else than a message the network refuses, its sender is told."""

from __future__ import annotations

from bridgekit.events import Content, Deletion, Edit, Reaction
from bridgekit.supports import SupportsDelete, SupportsEdit, SupportsReact
from bridgekit.testing.contract.delivering import without_doubt
from bridgekit.testing.contract.scenario import Lacking, scenario
from bridgekit.testing.contract.stage import Stage


class Refusing:
    """Each kind that is among `FakeNetwork.rejects`, and that the client declares."""

    @scenario(SupportsEdit, "reject")
    async def test_of_an_edit_that_the_network_refuses_its_sender_is_told(
        self, stage: Stage
    ) -> None:
        """A refused edit is told to its sender (`Rejected`)."""
        event = await _said(stage, "a typo")
        await _refuses(stage, Edit)
        await stage.alice.edit(stage.room, event, "no typo")
        await _told(stage, "edit")

    @scenario(SupportsDelete, "reject")
    async def test_of_a_deletion_that_the_network_refuses_its_sender_is_told(
        self, stage: Stage
    ) -> None:
        """A refused deletion is told to its sender (`Rejected`)."""
        event = await _said(stage, "a slip")
        await _refuses(stage, Deletion)
        await stage.alice.redact(stage.room, event)
        await _told(stage, "deletion")

    @scenario(SupportsReact, "reject")
    async def test_of_a_reaction_that_the_network_refuses_its_sender_is_told(
        self, stage: Stage
    ) -> None:
        """A refused reaction is told to its sender (`Rejected`)."""
        target = await stage.said("bob", "apple")
        event = await stage.seen("apple")
        if target is None:
            raise Lacking("messages have no IDs")
        await _refuses(stage, Reaction)
        await stage.alice.react(stage.room, event["event_id"], "👍")
        await _told(stage, "reaction")


async def _said(stage: Stage, text: str) -> str:
    """Alice says something that can be changed; its ID on Matrix."""
    event = await stage.says(text)
    if (await stage.heard(text)).id is None:
        raise Lacking("messages have no IDs")
    return event


async def _refuses(stage: Stage, kind: type[Content]) -> None:
    """Have the network refuse the next of this kind."""
    if kind not in stage.network.rejects:
        raise Lacking(f"the network's `rejects` have no {kind.__name__}")
    stage.story.tell(f"the network refuses the next {kind.__name__}")
    await stage.network.reject()


async def _told(stage: Stage, what: str) -> None:
    await stage.until(
        stage.here.notices,
        f"Alice is told that her {what} was refused: raise `Rejected` with the reason",
    )
    await stage.says("and on")
    await stage.heard("and on")
    without_doubt(stage)
