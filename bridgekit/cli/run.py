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
from bridgekit.cli.exits import Exit, expected
from bridgekit.cli.logs import LogFormat, set_up
from bridgekit.cli.options import DEFAULT, ConfigPath, load
from bridgekit.clock import SystemClock
from bridgekit.configuration.config import Config
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
    set_up(log_format, sys.stderr)
    settle()
    try:
        asyncio.run(_serve(loaded))
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


async def _serve(config: Config) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGINT, partial(_interrupted, stop))
    bridge = Bridge(config, SystemClock())
    networks = ", ".join(config.networks) or "none"
    log.info("starting", config=config.path, networks=networks, pid=os.getpid())
    await bridge.run(stop)
    log.info("stopped", **_summary(bridge))


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
