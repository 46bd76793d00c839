"""`bridgekit run`: the bridge itself, its log, and the signals that end it."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections import Counter
from functools import partial
from typing import Annotated

import structlog
import typer

from bridgekit.bridge import Bridge
from bridgekit.cli import supervised
from bridgekit.cli.exits import Exit, expected
from bridgekit.cli.logs import LogFormat, set_up
from bridgekit.cli.options import DEFAULT, ConfigPath, load
from bridgekit.clock import SystemClock
from bridgekit.fault import fault_of
from bridgekit.models import Direction

log = structlog.get_logger()

YOUNG = 5000  # objects made since the last look for garbage among them; of cycles there are few

Format = Annotated[
    LogFormat,
    typer.Option("--log-format", help="auto: console on a terminal, else logfmt (key=value)."),
]


def run(config: ConfigPath = DEFAULT, log_format: Format = LogFormat.AUTO) -> None:
    """Run the bridge until SIGTERM or SIGINT (Ctrl-C).

    Every fault of the configuration is said at once, with its line. The bridge waits for the
    homeserver, has it call back, and then logs one line per outcome to standard error. The first
    signal lets what is in flight finish; a second Ctrl-C stops at once. Neither loses anything.

    \b
    Examples:
      bridgekit run
      bridgekit run -c /etc/bridgekit/config.yaml --log-format json
    """  # noqa: D301 (typer reads \b: a paragraph whose lines stay as they are)
    loaded = load(config)
    loudness = set_up(log_format, sys.stderr)
    loudness.set(loaded.operations.log_level)
    settle()
    bridge = Bridge(loaded, SystemClock(), reread=partial(load, config), level=loudness.set)
    try:
        asyncio.run(_serve(bridge))
    except Exception as error:
        if expected(error) is None:
            log.critical("the bridge failed; please report this", exc_info=True)
            raise typer.Exit(Exit.UNEXPECTED) from error
        raise


def settle() -> None:
    """Have the garbage collector leave alone what is loaded by now: it lasts as long as we do.

    A message in flight is some hundred objects. At Python's own pace they would be gone through
    every few messages, and with them all modules now and then: a quarter of the time spent.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG)


async def _serve(bridge: Bridge) -> None:
    stop, config = asyncio.Event(), bridge.config
    networks = ", ".join(config.networks) or "none"
    log.info("starting", config=config.path, networks=networks, pid=os.getpid())
    reloads = Reloads(bridge)
    _listen(stop, reloads)
    async with asyncio.TaskGroup() as beside:
        tasks = [
            beside.create_task(reloads.run(), name="reloads"),
            beside.create_task(supervised.announced(os.environ, bridge.ready), name="announced"),
            beside.create_task(_watched(bridge), name="watchdog"),
        ]
        try:
            await bridge.run(stop)
        finally:
            for task in tasks:
                task.cancel()
    supervised.tell(os.environ, supervised.STOPPING)
    log.info("stopped", **_summary(bridge))


def _listen(stop: asyncio.Event, reloads: Reloads) -> None:
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGINT, partial(_interrupted, stop))
    loop.add_signal_handler(signal.SIGHUP, reloads.asked.set)


class Reloads:
    """Reads the configuration again at each SIGHUP; a faulty one changes nothing."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self.asked = asyncio.Event()

    async def run(self) -> None:
        await self._bridge.ready.wait()  # before, what is read is read anyway
        while True:
            await self.asked.wait()
            self.asked.clear()
            assert self._bridge.parts is not None  # noqa: S101 (it is ready)
            try:
                found = await self._bridge.parts.commands.reloading.reload()
            except Exception as error:  # noqa: BLE001 (whatever it is, the bridge goes on as it was)
                log.warning("the configuration is not reloaded", why=fault_of(error, self))
            else:
                taken, later = len(found.taken), len(found.later)
                log.info("configuration reloaded", in_force=taken, needs_restart=later)


async def _watched(bridge: Bridge) -> None:
    """Answer the watchdog of systemd, where there is one."""

    async def alive() -> bool:
        checks = [] if bridge.health is None else await bridge.health.alive()
        return all(check.well for check in checks)

    await supervised.watched(os.environ, alive, bridge.clock)


def _interrupted(stop: asyncio.Event) -> None:
    if not stop.is_set():
        stop.set()
        return
    # As safe as `kill -9`, and as fast: every promise already stands on what is committed.
    log.warning("stopped at once; what was in flight goes on at the next start")
    sys.stderr.flush()
    os._exit(Exit.AT_ONCE)


def _summary(bridge: Bridge) -> dict[str, str]:
    """What happened since the start, by direction: `to_network="12 delivered, 1 rejected"`."""
    if bridge.parts is None:
        return {}
    totals: dict[Direction, Counter[str]] = {}
    for (_, direction, reason), number in bridge.parts.status.counts.items():
        totals.setdefault(direction, Counter())[reason.value] += number
    return {
        direction.value: ", ".join(f"{number} {why}" for why, number in counted.most_common())
        for direction, counted in sorted(totals.items())
    }
