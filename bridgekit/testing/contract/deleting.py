"""The contract: deletions, both ways."""

from __future__ import annotations

from bridgekit.events import Deletion
from bridgekit.supports import SupportsDelete
from bridgekit.testing.contract.heard import done
from bridgekit.testing.contract.scenario import scenario
from bridgekit.testing.contract.stage import Stage
from bridgekit.testing.contract.story import Broken
from bridgekit.testing.contract.targets import identified, of_alice, of_bob


class Deleting:
    """What was said, and is taken back."""

    @scenario(Deletion)
    async def test_a_deletion_is_seen(self, stage: Stage) -> None:
        """Deletions arrive on Matrix."""
        await stage.does("bob", Deletion((await of_bob(stage, "a slip")).id))
        await stage.until(
            lambda: "a slip" not in stage.here.bodies(), "the deleted message is gone on Matrix"
        )

    @scenario(Deletion, "swap")
    async def test_what_is_deleted_before_it_comes_is_not_seen(self, stage: Stage) -> None:
        """Deletions that come before their message suppress it."""
        await stage.network.swap()
        target = identified(await stage.said("bob", "never to be seen"))
        await stage.does("bob", Deletion(target))
        await stage.said("bob", "after it")
        await stage.seen("after it")
        await stage.quiet()
        if "never to be seen" in stage.here.bodies():
            raise Broken("What was deleted already is seen.")

    @scenario(SupportsDelete)
    async def test_a_deletion_is_heard(self, stage: Stage) -> None:
        """Deletions arrive on the network."""
        target = await of_alice(stage, "a slip")
        await stage.alice.redact(stage.room, target.event)
        await done(stage, Deletion, lambda deletion: deletion.target == target.id)
