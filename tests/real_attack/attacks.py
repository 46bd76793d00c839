"""All attacks with real processes: how large each is in its long form, and in the short one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.real_attack import (
    away,
    clocks,
    databases,
    encrypted,
    floods,
    held_irc,
    homeservers,
    irc,
    kills,
    long_life,
    netsplits,
    read_only,
    slack,
    slowness,
    sms,
    starts,
    telegram,
    two_bridges,
)
from tests.real_attack import transactions as pushes
from tests.real_attack.report import Report

Begin = Callable[[Path, int, int], Awaitable[Report]]


@dataclass(frozen=True, slots=True)
class Attack:
    """`short` is None where even a little of it takes long; it ends after `patience` seconds.

    `of` is the adapter or the extra that it is about; "": the core.
    """

    name: str
    begin: Begin
    long: int
    short: int | None = None
    patience: float = 600.0
    of: str = ""


ATTACKS = (
    Attack("kill", kills.kill_9, 10_000, 300),
    Attack("kill-asked", partial(kills.kill_9, memory="lookup"), 3_000),
    Attack("kill-forgetful", partial(kills.kill_9, memory="none"), 3_000, 200),
    Attack("kill-irc", irc.kill_9, 10_000, patience=2400.0),
    Attack("kill-encrypted", encrypted.kill_9, 5_000, patience=1800.0, of="encryption"),
    Attack("kill-irc-held", held_irc.kill_9, 10_000, 100, patience=1800.0, of="irc"),
    Attack("kill-irc-crowd", held_irc.kill_9_without_holder, 10_000, patience=1800.0, of="irc"),
    Attack("start-irc", starts.five_hundred, 500, of="irc"),
    Attack("start-irc-hurried", starts.hurried, 200, of="irc"),
    Attack("netsplit-heals", netsplits.heals, 100, 10, of="irc"),
    Attack("netsplit-stays", netsplits.stays, 100, of="irc"),
    Attack("kill-telegram", telegram.kill_9, 5_000, 100, patience=1200.0, of="telegram"),
    Attack("kill-slack", slack.kill_9, 5_000, 100, patience=1800.0, of="slack"),
    Attack("kill-sms", sms.kill_9, 5_000, 100, patience=900.0, of="sms"),
    Attack(
        "kill-telegram-webhook", telegram.kill_9_by_webhook, 2_000, patience=900.0, of="telegram"
    ),
    Attack("homeserver-restarts", homeservers.restarts, 3_000, 400),
    Attack("homeserver-refuses", homeservers.refusals, 3_000, 300),
    Attack("homeserver-loses-answers", homeservers.lost_answers, 3_000, 300),
    Attack("rooms-slow", slowness.slow_rooms, 300),
    Attack("homeserver-slow", slowness.slow_everywhere, 10),
    Attack("homeserver-hangs", slowness.hangs, 100),
    Attack("network-hangs", slowness.network_hangs, 200, 20),
    Attack("transactions-again", pushes.replayed, 3_000, 300),
    Attack("transactions-out-of-order", pushes.disordered, 1_000, 100),
    Attack("postgresql-restarts", databases.postgresql_restarts, 2_000),
    Attack(
        "postgresql-restarts-forgetful",
        partial(databases.postgresql_restarts, memory="none"),
        2_000,
    ),
    Attack("disk-full", databases.full_disk, 1_000, 200),
    Attack("disk-full-forgetful", partial(databases.full_disk, memory="none"), 1_000, 200),
    Attack("database-locked", databases.locked, 500),
    Attack("database-locked-forgetful", partial(databases.locked, memory="none"), 500),
    Attack("read-only", read_only.sqlite, 100, 20),
    Attack("read-only-postgresql", read_only.postgresql, 500),
    Attack("two-bridges", two_bridges.on_sqlite, 2_000),
    Attack("two-bridges-postgresql", two_bridges.on_postgresql, 2_000),
    Attack("clock", clocks.set_back_and_forward, 400, 60),
    Attack("flood", floods.flood, 200_000, 5_000, patience=1800.0),
    Attack("flood-away", away.flood, 20_000, 2_000, patience=900.0),
    Attack("limit", floods.limit, 10_000, 600),
    Attack("months", long_life.months, 16, 3, patience=900.0),
)
