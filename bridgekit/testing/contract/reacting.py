"""The contract: reactions, both ways."""

from __future__ import annotations

from bridgekit.events import Reaction
from bridgekit.supports import SupportsEmoji, SupportsReact
from bridgekit.testing.contract.heard import done
from bridgekit.testing.contract.scenario import Lacking, scenario
from bridgekit.testing.contract.stage import Stage
from bridgekit.testing.contract.targets import identified, of_bob


class Reacting:
    """What people feel about what was said, and when they no longer do."""

    @scenario(Reaction)
    async def test_a_reaction_and_its_removal_are_seen(self, stage: Stage) -> None:
        """Reactions and their removal arrive on Matrix."""
        target = (await of_bob(stage, "apple")).id
        await stage.does(stage.other, Reaction(target, "👍"))
        await stage.until(lambda: _reactions(stage) == ["👍"], "the reaction is seen on Matrix")
        await stage.does(stage.other, Reaction(target, "👍", removed=True))
        await stage.until(lambda: _reactions(stage) == [], "the reaction is gone on Matrix")

    @scenario(Reaction, "swap")
    async def test_a_reaction_that_comes_before_its_message_is_seen(self, stage: Stage) -> None:
        """Reactions arrive on Matrix also where they come before their message."""
        await stage.network.swap()
        target = identified(await stage.said("bob", "an early apple"))
        await stage.does(stage.other, Reaction(target, "👍"))
        await stage.until(lambda: _reactions(stage) == ["👍"], "the reaction is seen on Matrix")

    @scenario(Reaction, SupportsEmoji)
    async def test_a_reaction_with_a_picture_is_seen(self, stage: Stage) -> None:
        """Custom emoji arrive on Matrix as their pictures."""
        if not stage.network.emoji:
            raise Lacking("the network's `emoji` names none")
        target = (await of_bob(stage, "pear")).id
        await stage.does(stage.other, Reaction(target, f":{stage.network.emoji}:"))
        await stage.until(
            lambda: [one for one in _reactions(stage) if one.startswith("mxc://")],
            "the reaction is seen on Matrix, with its picture",
        )

    @scenario(SupportsReact)
    async def test_a_reaction_and_its_removal_are_heard(self, stage: Stage) -> None:
        """Reactions and their removal arrive on the network."""
        target, event = await of_bob(stage, "apple")
        reaction = await stage.alice.react(stage.room, event, "👍")
        await done(stage, Reaction, lambda one: one == Reaction(target, "👍"))
        await stage.alice.redact(stage.room, reaction)
        await done(stage, Reaction, lambda one: one == Reaction(target, "👍", removed=True))


def _reactions(stage: Stage) -> list[str]:
    found = stage.here.of_ghosts("m.reaction")
    return [one["content"]["m.relates_to"]["key"] for one in found]
