"""A bridge that is told to end, and somebody in it who does not: named, and never waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import Timer

from bridgekit.testing.contract.belongings import Belongings
from bridgekit.testing.contract.story import Broken
from bridgekit.testing.crash.domain import waiting_lines
from bridgekit.testing.crash.points import Line
from bridgekit.testing.faults import placed

PATIENCE = 60.0  # seconds of the loop, and real ones
_OURS = Path(__file__).parents[2]
_LIBRARY = Path(asyncio.__file__).parents[1]


async def ended(running: asyncio.Task[None], belongings: Belongings) -> None:
    """Return when a bridge that was told to end has ended. `Broken` if somebody keeps it."""
    loop = asyncio.get_running_loop()
    over = loop.create_future()
    # Where somebody never waits for anything, the time of a loop in memory stands still.
    timer = Timer(PATIENCE, loop.call_soon_threadsafe, (_set, over))
    timer.daemon = True
    timer.start()
    try:
        await asyncio.wait({running, over}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
    finally:
        timer.cancel()
        timer.join()  # a thread that is left would be the adapter's
    if running.done():
        return
    who = _who_goes_on()
    belongings.bury()
    raise Broken(
        f"{who or 'Something in the bridge'} is cancelled and goes on, so that no bridge could "
        "ever stop: let `asyncio.CancelledError` out. `except BaseException`, and an `except` of "
        "nothing, take it for a failure."
    )


def _set(over: asyncio.Future[None]) -> None:
    if not over.done():
        over.set_result(None)


def _who_goes_on() -> str:
    """Where those are in the author's code who were cancelled and have not ended."""
    cancelled = (one for one in asyncio.all_tasks() if one.cancelling() and not one.done())
    places = {_authors(waiting_lines(one.get_coro())) for one in cancelled} - {""}
    return " and ".join(f"What waits {place}" for place in sorted(places))


def _authors(lines: Iterable[Line]) -> str:
    """The innermost of the lines that are the author's, or a library's."""
    found = list(_foreign(lines))
    return "" if not found else placed(*found[-1])


def _foreign(lines: Iterable[Line]) -> Iterator[tuple[str, int, str]]:
    for line in lines:
        path = Path(line.code.co_filename)
        within = path.is_relative_to(_OURS) or path.is_relative_to(_LIBRARY)
        if not within or "site-packages" in path.parts:
            yield line.code.co_filename, line.number, line.code.co_name
