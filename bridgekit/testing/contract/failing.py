"""The contract: what else than a message gets lost on its way, or is not taken yet, is done."""

from __future__ import annotations

from bridgekit.adapter_supports import SupportsAutomaticLogin
from bridgekit.events import Content
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
from bridgekit.testing.contract.heard import acts
from bridgekit.testing.contract.scenario import Lacking, scenario
from bridgekit.testing.contract.stage import Stage
from bridgekit.testing.contract.story import Broken

_PAUSE = 45.0  # seconds that no back-off of the core's own begins with


class Failing:
    """Each kind that is among `FakeNetwork.loses` or `.delays`, and that the client declares."""

    @scenario(SupportsEdit, "lose")
    async def test_an_edit_that_is_lost_on_the_way_is_not_gone(self, stage: Stage) -> None:
        """An edit that is lost on the way is made again, or told of."""
        await _lost(stage, deeds.an_edit)

    @scenario(SupportsEdit, "delay")
    async def test_an_edit_that_is_not_taken_yet_comes_later(self, stage: Stage) -> None:
        """An edit that the network does not take yet is made after the pause (`RetryLater`)."""
        await _delayed(stage, deeds.an_edit)

    @scenario(SupportsDelete, "lose")
    async def test_a_deletion_that_is_lost_on_the_way_is_not_gone(self, stage: Stage) -> None:
        """A deletion that is lost on the way is made again, or told of."""
        await _lost(stage, deeds.a_deletion)

    @scenario(SupportsDelete, "delay")
    async def test_a_deletion_that_is_not_taken_yet_comes_later(self, stage: Stage) -> None:
        """A deletion that the network does not take yet is made after the pause (`RetryLater`)."""
        await _delayed(stage, deeds.a_deletion)

    @scenario(SupportsReact, "lose")
    async def test_a_reaction_that_is_lost_on_the_way_is_not_gone(self, stage: Stage) -> None:
        """A reaction that is lost on the way is made again, or told of."""
        await _lost(stage, deeds.a_reaction)

    @scenario(SupportsReact, "delay")
    async def test_a_reaction_that_is_not_taken_yet_comes_later(self, stage: Stage) -> None:
        """A reaction that the network does not take yet is made after the pause (`RetryLater`)."""
        await _delayed(stage, deeds.a_reaction)

    @scenario(SupportsPin, "lose")
    async def test_a_pin_that_is_lost_on_the_way_is_not_gone(self, stage: Stage) -> None:
        """A pin that is lost on the way is made again, or told of."""
        await _lost(stage, deeds.a_pin)

    @scenario(SupportsPin, "delay")
    async def test_a_pin_that_is_not_taken_yet_comes_later(self, stage: Stage) -> None:
        """A pin that the network does not take yet is made after the pause (`RetryLater`)."""
        await _delayed(stage, deeds.a_pin)

    @scenario(SupportsPoll, "lose")
    async def test_a_poll_that_is_lost_on_the_way_is_not_gone(self, stage: Stage) -> None:
        """A poll that is lost on the way is made again, or told of."""
        await _lost(stage, deeds.a_poll)

    @scenario(SupportsPoll, "delay")
    async def test_a_poll_that_is_not_taken_yet_comes_later(self, stage: Stage) -> None:
        """A poll that the network does not take yet is made after the pause (`RetryLater`)."""
        await _delayed(stage, deeds.a_poll)

    @scenario(SupportsPoll, SupportsAutomaticLogin, "lose")
    async def test_a_vote_that_is_lost_on_the_way_is_not_gone(self, stage: Stage) -> None:
        """A vote that is lost on the way is made again, or told of."""
        await _lost(stage, deeds.a_vote)

    @scenario(SupportsPoll, SupportsAutomaticLogin, "delay")
    async def test_a_vote_that_is_not_taken_yet_comes_later(self, stage: Stage) -> None:
        """A vote that the network does not take yet is made after the pause (`RetryLater`)."""
        await _delayed(stage, deeds.a_vote)

    @scenario(SupportsLocation, "lose")
    async def test_a_place_that_is_lost_on_the_way_is_not_gone(self, stage: Stage) -> None:
        """A place that is lost on the way is made again, or told of."""
        await _lost(stage, deeds.a_place)

    @scenario(SupportsLocation, "delay")
    async def test_a_place_that_is_not_taken_yet_comes_later(self, stage: Stage) -> None:
        """A place that the network does not take yet is made after the pause (`RetryLater`)."""
        await _delayed(stage, deeds.a_place)

    @scenario(SupportsChatChange, "lose")
    async def test_a_new_topic_that_is_lost_on_the_way_is_not_gone(self, stage: Stage) -> None:
        """A new topic that is lost on the way is made again, or told of."""
        await _lost(stage, deeds.a_topic)

    @scenario(SupportsChatChange, "delay")
    async def test_a_new_topic_that_is_not_taken_yet_comes_later(self, stage: Stage) -> None:
        """A new topic that the network does not take yet is made after the pause (`RetryLater`)."""
        await _delayed(stage, deeds.a_topic)

    @scenario(SupportsMembership, SupportsAutomaticLogin, "lose")
    async def test_a_kick_that_is_lost_on_the_way_is_not_gone(self, stage: Stage) -> None:
        """A kick that is lost on the way is made again, or told of."""
        await _lost(stage, deeds.a_kick)

    @scenario(SupportsMembership, SupportsAutomaticLogin, "delay")
    async def test_a_kick_that_is_not_taken_yet_comes_later(self, stage: Stage) -> None:
        """A kick that the network does not take yet is made after the pause (`RetryLater`)."""
        await _delayed(stage, deeds.a_kick)


async def _lost(stage: Stage, ready: Ready) -> None:
    """The connection breaks before the network has it."""
    kind, do, right = await ready(stage)
    _among(kind, stage.network.loses, "loses")
    stage.story.tell(f"the connection breaks with the next {kind.__name__}")
    await stage.network.lose(taken=False)
    await do()
    await stage.until(
        lambda: any(map(right, acts(stage, kind))) or stage.here.notices(),
        f"the {kind.__name__} is heard on the network after all, or Alice is told that it was "
        "lost: what failed is to be raised",
    )
    await stage.says("and on")
    await stage.heard("and on")


async def _delayed(stage: Stage, ready: Ready) -> None:
    """The network asks for a pause."""
    kind, do, right = await ready(stage)
    _among(kind, stage.network.delays, "delays")
    stage.story.tell(f"the network takes the next {kind.__name__} in {_PAUSE:.0f} s")
    await stage.network.delay(_PAUSE)
    asked = stage.time.clock.monotonic()
    await do()
    await stage.until(
        lambda: any(map(right, acts(stage, kind))),
        f"the {kind.__name__} is heard on the network after the pause that it asked for: raise "
        "`RetryLater` with the seconds",
    )
    waited = stage.time.clock.monotonic() - asked
    if waited < _PAUSE:
        raise Broken(
            f"The network asked for {_PAUSE:.0f} s and was asked again after {waited:.0f} s: raise "
            "`RetryLater(…, after=…)` with the seconds that it names."
        )


def _among(kind: type[Content], kinds: frozenset[type[Content]], name: str) -> None:
    if kind not in kinds:
        raise Lacking(f"the network's `{name}` have no {kind.__name__}")
