"""The contract: what is said without words: places, both ways, and what Matrix cannot show."""

from __future__ import annotations

from bridgekit.events import Location, Unsupported
from bridgekit.supports import SupportsLocation
from bridgekit.testing.contract.heard import done
from bridgekit.testing.contract.scenario import scenario
from bridgekit.testing.contract.stage import Stage


class Showing:
    """It arrives as what it is, or at least as a line."""

    @scenario(Location)
    async def test_a_place_is_seen(self, stage: Stage) -> None:
        """Places arrive on Matrix."""
        await stage.does("bob", Location(48.2, 16.4, "Vienna"))
        await stage.until(
            lambda: any("geo:48.2" in str(one) for one in stage.here.of_ghosts()),
            "the place is seen on Matrix",
        )

    @scenario(SupportsLocation)
    async def test_a_place_is_heard(self, stage: Stage) -> None:
        """Places arrive on the network."""
        await stage.alice.send_location(stage.room, 48.2, 16.4, "Vienna")
        await done(stage, Location, lambda one: (one.latitude, one.longitude) == (48.2, 16.4))

    @scenario(Unsupported)
    async def test_what_matrix_cannot_show_is_seen_as_a_line(self, stage: Stage) -> None:
        """What Matrix cannot show arrives there as a readable line."""
        await stage.does("bob", Unsupported("a card with a tune"))
        await stage.seen("a card with a tune")
