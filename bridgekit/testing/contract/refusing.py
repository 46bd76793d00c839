"""The contract: what else than a message the network refuses, its sender is told."""

from __future__ import annotations

from bridgekit.adapter_supports import SupportsAutomaticLogin
from bridgekit.supports import (
    SupportsChatChange,
    SupportsDelete,
    SupportsEdit,
    SupportsLocation,
    SupportsMembership,
    SupportsPin,
    SupportsPoll,
    SupportsReact,
)
from bridgekit.testing.contract import deeds
from bridgekit.testing.contract.deeds import Ready
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
        await _refused(stage, deeds.an_edit, "edit")

    @scenario(SupportsDelete, "reject")
    async def test_of_a_deletion_that_the_network_refuses_its_sender_is_told(
        self, stage: Stage
    ) -> None:
        """A refused deletion is told to its sender (`Rejected`)."""
        await _refused(stage, deeds.a_deletion, "deletion")

    @scenario(SupportsReact, "reject")
    async def test_of_a_reaction_that_the_network_refuses_its_sender_is_told(
        self, stage: Stage
    ) -> None:
        """A refused reaction is told to its sender (`Rejected`)."""
        await _refused(stage, deeds.a_reaction, "reaction")

    @scenario(SupportsPin, "reject")
    async def test_of_a_pin_that_the_network_refuses_its_sender_is_told(self, stage: Stage) -> None:
        """A refused pin is told to its sender (`Rejected`)."""
        await _refused(stage, deeds.a_pin, "pin")

    @scenario(SupportsPoll, "reject")
    async def test_of_a_poll_that_the_network_refuses_its_sender_is_told(
        self, stage: Stage
    ) -> None:
        """A refused poll is told to its sender (`Rejected`)."""
        await _refused(stage, deeds.a_poll, "poll")

    @scenario(SupportsPoll, SupportsAutomaticLogin, "reject")
    async def test_of_a_vote_that_the_network_refuses_its_sender_is_told(
        self, stage: Stage
    ) -> None:
        """A refused vote is told to its sender (`Rejected`)."""
        await _refused(stage, deeds.a_vote, "vote")

    @scenario(SupportsLocation, "reject")
    async def test_of_a_place_that_the_network_refuses_its_sender_is_told(
        self, stage: Stage
    ) -> None:
        """A refused place is told to its sender (`Rejected`)."""
        await _refused(stage, deeds.a_place, "place")

    @scenario(SupportsChatChange, "reject")
    async def test_of_a_new_topic_that_the_network_refuses_its_sender_is_told(
        self, stage: Stage
    ) -> None:
        """A refused change of the chat is told to its sender (`Rejected`)."""
        await _refused(stage, deeds.a_topic, "topic")

    @scenario(SupportsMembership, SupportsAutomaticLogin, "reject")
    async def test_of_a_kick_that_the_network_refuses_its_sender_is_told(
        self, stage: Stage
    ) -> None:
        """A refused kick is told to its sender (`Rejected`)."""
        await _refused(stage, deeds.a_kick, "kick")


async def _refused(stage: Stage, ready: Ready, what: str) -> None:
    """The network refuses what Alice does, and she is told."""
    kind, do, _ = await ready(stage)
    if kind not in stage.network.rejects:
        raise Lacking(f"the network's `rejects` have no {kind.__name__}")
    stage.story.tell(f"the network refuses the next {kind.__name__}")
    await stage.network.reject()
    await do()
    await stage.until(
        stage.here.notices,
        f"Alice is told that her {what} was refused: raise `Rejected` with the reason",
    )
    await stage.says("and on")
    await stage.heard("and on")
    without_doubt(stage)
