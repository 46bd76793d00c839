"""The contract: what lasts a while, both ways: pins and typing, from beginning to end."""

from __future__ import annotations

from typing import Any

from bridgekit.events import Content, Pin, Typing
from bridgekit.supports import SupportsPin, SupportsTyping
from bridgekit.testing.contract.scenario import scenario
from bridgekit.testing.contract.stage import Stage
from bridgekit.testing.contract.targets import of_bob


class Lasting:
    """Their end is asked for where it is among `FakeNetwork.ends`."""

    @scenario(Pin)
    async def test_a_pin_is_seen(self, stage: Stage) -> None:
        """Pins arrive on Matrix, and their end where there is one."""
        target, event = await of_bob(stage, "worth it")
        await stage.does("bob", Pin(target))
        await stage.until(lambda: event in _pinned(stage), "the message is pinned on Matrix")
        if Pin in stage.network.ends:
            await stage.does("bob", Pin(target, removed=True))
            await stage.until(
                lambda: not _pinned(stage), "the message is no longer pinned on Matrix"
            )

    @scenario(Typing)
    async def test_typing_is_seen(self, stage: Stage) -> None:
        """Typing arrives on Matrix, and its end where there is one."""
        await stage.does("bob", Typing(active=True))
        await stage.until(stage.here.typing, "Bob is seen typing on Matrix")
        if Typing in stage.network.ends:
            await stage.does("bob", Typing(active=False))
            await stage.until(
                lambda: not stage.here.typing(), "Bob is no longer seen typing on Matrix"
            )

    @scenario(SupportsPin)
    async def test_a_pin_is_heard(self, stage: Stage) -> None:
        """Pins arrive on the network, and their end."""
        target, event = await of_bob(stage, "worth it")
        await stage.alice.pin(stage.room, event)
        await _heard(stage, Pin(target), "the pin")
        await stage.alice.unpin(stage.room, event)
        await _heard(stage, Pin(target, removed=True), "the end of the pin")

    @scenario(SupportsTyping)
    async def test_typing_is_heard(self, stage: Stage) -> None:
        """Typing arrives on the network, and its end where there is one."""
        await stage.alice.typing(stage.room)
        await _heard(stage, Typing(active=True), "typing")
        if Typing in stage.network.ends:
            await stage.alice.typing(stage.room, active=False)
            await _heard(stage, Typing(active=False), "the end of typing")


def _pinned(stage: Stage) -> list[Any]:
    return list(stage.here.room.content("m.room.pinned_events").get("pinned", ()))


async def _heard(stage: Stage, done: Content, what: str) -> None:
    await stage.until(
        lambda: any(one.content == done for one in stage.network.heard()),
        f"{what} is heard on the network",
    )
