"""What was said in encrypted rooms and waits for its key, told to people and to programs."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from bridgekit.adapter_supports import Finding, Severity
from bridgekit.bridge import database_url
from bridgekit.cli.output import count, iso, local, show_findings, show_pairs, span
from bridgekit.clock import SystemClock
from bridgekit.configuration.config import Config
from bridgekit.ids import EventID
from bridgekit.lanes.journey import millis
from bridgekit.printable import printable
from bridgekit.store.beside import reading
from bridgekit.store.unread_events import Unread, UnreadEvents

FIRST = 5  # of those that wait are named
_WHY = "Their client has not given the key to the bridge's device yet, or withholds it."


async def keyless(config: Config, name: str) -> Unread | None:
    """The event of this ID, if it waits for its key."""
    async with reading(database_url(config)) as reader:
        return await UnreadEvents(reader).of(EventID(name))


async def summary(config: Config) -> str:
    """How many there are, in a sentence, and the oldest, a line each; "" for none."""
    now = millis(SystemClock())
    async with reading(database_url(config)) as reader:
        events = UnreadEvents(reader)
        waiting, oldest = await events.summary()
        first = (await events.old(now))[:FIRST]
    if not waiting:
        return ""
    wait = "wait" if waiting > 1 else "waits"
    sentence = (
        f"{count(waiting, 'encrypted message')} {wait} for a key, the oldest for "
        f"{span((now - oldest) / 1000)}; its sender is told. `trace` tells of each:"
    )
    return "\n".join([sentence, *(printable(f"  {one.event} of {one.sender}") for one in first)])


def show(to: Console, one: Unread) -> None:
    """Print it as people read it."""
    sentence = f"It has waited for its key for {_since(one)}. {_WHY}"
    title = f"{one.event}: encrypted, of {one.sender}, room {one.room}"
    show_findings(to, [Finding(Severity.WARNING, title, sentence)])
    told = f"in {one.notice}" if one.notice else "not yet"
    show_pairs(
        to, [("received", local(one.at)), ("key", one.session), ("its sender was told", told)]
    )


def record(one: Unread) -> dict[str, Any]:
    return {
        "state": "waiting for its key",
        "room": one.room,
        "kind": "m.room.encrypted",
        "sender": one.sender,
        "summary": f"It has waited for its key for {_since(one)}.",
        "source": one.event,
        "session": one.session,
        "notice": one.notice or None,
        "received_at": iso(one.at),
    }


def _since(one: Unread) -> str:
    return span((millis(SystemClock()) - one.at) / 1000)
