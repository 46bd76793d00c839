"""`bridgekit queue retry --all` and `drop --all`: everything that fits, in one commit, and audited.

What may have been sent is left out of a retry unless it is asked for: it may come twice then.
"""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

import typer

from bridgekit.audited import Audited, AuditOutcome
from bridgekit.bridge import database_url
from bridgekit.cli import running
from bridgekit.cli.exits import Exit, Failure
from bridgekit.cli.output import count
from bridgekit.cli.queue.picking import Entry, State, Wanted, picked
from bridgekit.clock import SystemClock
from bridgekit.commands.caller import Via
from bridgekit.configuration.config import Config
from bridgekit.lanes.journey import millis
from bridgekit.models import Fate
from bridgekit.store import queued
from bridgekit.store.audit import save_begun
from bridgekit.store.beside import commit
from bridgekit.store.sql import Rows

MOST = 1_000_000
_UNSURE = frozenset({Fate.UNKNOWN})


def check(name: str | None, wanted: Wanted, *, everything: bool) -> None:
    """Either one is named, or all of something are meant; an order must not be both."""
    filtered = wanted != Wanted()
    if name is None and not everything:
        said = "add --all to mean all that fit" if filtered else "name one, or say --all"
        raise Failure(Exit.USAGE, f"Which? {said[0].upper()}{said[1:]}.")
    if name is not None and (everything or filtered):
        raise Failure(Exit.USAGE, "Name one, or say --all with what must fit: not both.")


async def retry(config: Config, wanted: Wanted, *, unsure: bool, dry: bool) -> None:
    entries = await _failed(config, wanted)
    doubtful = [entry for entry in entries if entry.job.fate in _UNSURE]
    chosen = entries if unsure else [one for one in entries if one.job.fate not in _UNSURE]
    _tell_kinds(chosen)
    if doubtful and not unsure:
        typer.echo(
            f"{count(len(doubtful), 'event')} may have been sent already and "
            f"{'is' if len(doubtful) == 1 else 'are'} left out; --unsure takes them along."
        )
    if dry or not chosen:
        typer.echo(f"{_would('would be', len(chosen), dry=dry)} sent again, in the order of old.")
        return
    at = millis(SystemClock())
    operation = queued.revive_all([one.job.id for one in chosen], at)
    await _commit(config, operation, "queue retry", wanted, len(chosen))
    woken = await running.wake(config)
    when = "now" if woken else "when the bridge starts; it does not answer now"
    typer.echo(f"{count(len(chosen), 'event')} sent again {when}, in the order of old.")


async def drop(config: Config, wanted: Wanted, *, dry: bool) -> None:
    entries = await _failed(config, wanted)
    _tell_kinds(entries)
    if dry or not entries:
        typer.echo(f"{_would('would be', len(entries), dry=dry)} given up.")
        return
    operation = queued.drop_all([one.job.id for one in entries])
    await _commit(config, operation, "queue drop", wanted, len(entries))
    typer.echo(f"{count(len(entries), 'event')} given up; `bridgekit trace` still tells of them.")


async def _failed(config: Config, wanted: Wanted) -> list[Entry]:
    """What still waits is not touched: a running bridge has it in its hands."""
    if wanted.state is State.WAITING:
        raise Failure(
            Exit.USAGE, "What waits is sent when its turn comes; only what failed is meant."
        )
    only = replace(wanted, state=State.FAILED)
    return await picked(config, only, people=False, most=MOST)


def _tell_kinds(entries: Sequence[Entry]) -> None:
    """How many of each reason, the most first."""
    kinds = Counter((one.job.reason or "failed", one.job.fate) for one in entries)
    for (reason, fate), number in kinds.most_common():
        typer.echo(f"  {number:>6}  {reason}{f', {_FATES[fate]}' if fate else ''}")


_FATES = {
    Fate.NEVER_SENT: "never sent",
    Fate.PARTLY: "sent in part: goes on from there",
    Fate.REJECTED: "refused: may be refused again",
    Fate.UNKNOWN: "may have been sent: would be doubled then",
    Fate.EXPIRED: "waited too long",
}


def _would(verb: str, number: int, *, dry: bool) -> str:
    return f"{count(number, 'event')} {verb if dry or not number else ''}".rstrip()


async def _commit(
    config: Config, operation: Rows, command: str, wanted: Wanted, number: int
) -> None:
    meant = {name: str(value) for name, value in asdict(wanted).items() if value is not None}
    both = audited(config, operation, command, meant, count(number, "event"))
    await commit(database_url(config), both)


def audited(
    config: Config, operation: Rows, command: str, meant: Mapping[str, str], detail: str
) -> Rows:
    """The operation with its line in the audit log, in the same commit."""
    line = Audited(
        key=secrets.token_hex(16),
        at=millis(SystemClock()),
        user=config.namespaces.bot_mxid,
        via=Via.OPERATOR.value,
        command=command,
        arguments=json.dumps(meant),
        room=None,
        outcome=AuditOutcome.DONE,
        detail=detail,
    )
    return Rows(*operation.changes, *save_begun(line).changes)
