"""What the loopback network does instead of taking an act, or once it has taken one."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from bridgekit.events import Content, MatrixEvent, Membership, Receipt, Typing

Trouble = BaseException | None
Fault = Callable[[MatrixEvent[Any]], Trouble | Awaitable[Trouble]]

# Nobody waits for these, and they come when they like: a fault for the next message would strike
# somebody's joining instead.
_UNASKED = (Membership, Receipt, Typing)


@dataclass(frozen=True, slots=True)
class Only:
    """`fault`, kept for the next act of one of `kinds`; others pass it."""

    fault: Fault
    kinds: tuple[type[Content], ...]

    def __call__(self, event: MatrixEvent[Any]) -> Trouble | Awaitable[Trouble]:
        return self.fault(event)


def only(fault: Fault, *kinds: type[Content]) -> Fault:
    """A fault for acts of these kinds, also of those that other faults leave alone."""
    return Only(fault, kinds)


async def strike(faults: deque[Fault], event: MatrixEvent[Any]) -> None:
    """Use up the first fault that is meant for this act; raise what it says."""
    await asyncio.sleep(0)  # on a wire nothing happens in no time, and a crash may fall between
    found = next((fault for fault in faults if _meant(fault, event.content)), None)
    if found is None:
        return
    faults.remove(found)
    trouble = found(event)
    if isinstance(trouble, Awaitable):
        trouble = await trouble
    if trouble is not None:
        raise trouble


def _meant(fault: Fault, content: Content) -> bool:
    if isinstance(fault, Only):
        return isinstance(content, fault.kinds)
    return not isinstance(content, _UNASKED)
