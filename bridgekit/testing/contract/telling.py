"""The contract: what became of a message at its other end: that it was read, or never arrived."""

from __future__ import annotations

from bridgekit.events import Delivery, DeliveryState, Receipt
from bridgekit.supports import SupportsReceipt
from bridgekit.testing.contract.heard import done
from bridgekit.testing.contract.scenario import scenario
from bridgekit.testing.contract.stage import Stage
from bridgekit.testing.contract.targets import of_alice, of_bob


class Telling:
    """Receipts, both ways, and what a network reports later."""

    @scenario(Receipt)
    async def test_a_receipt_is_seen(self, stage: Stage) -> None:
        """Receipts arrive on Matrix."""
        await stage.does("bob", Receipt((await of_alice(stage, "to be read")).id))
        await stage.until(
            lambda: any(user.startswith(stage.here.ghosts) for user in stage.here.readers()),
            "it is seen on Matrix how far Bob has read",
        )

    @scenario(SupportsReceipt)
    async def test_a_receipt_is_heard(self, stage: Stage) -> None:
        """Receipts arrive on the network."""
        target, event = await of_bob(stage, "to be read")
        await stage.alice.read(stage.room, event)
        await done(stage, Receipt, lambda receipt: receipt.up_to == target)

    @scenario(Delivery)
    async def test_who_could_not_be_reached_its_sender_is_told(self, stage: Stage) -> None:
        """A message that the network reports as not delivered, its sender is told of."""
        target, why = (await of_alice(stage, "in a bottle")).id, "The bottle came back"
        await stage.does("bob", Delivery(target, DeliveryState.FAILED, why))
        await stage.until(
            lambda: any(why in one for one in stage.here.notices()),
            "Alice is told why her message was not delivered",
        )
