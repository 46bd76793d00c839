"""What is taken back on Matrix is told to the ledger, whatever becomes of its room."""

from __future__ import annotations

import asyncio

from bridgekit.clock import SystemClock
from bridgekit.matrix.inbox import Inbox
from tests.core.inboxes import Ledger, Sorter, body, event


async def test_what_is_redacted_in_any_room_is_told_with_the_split():
    ledger, sorter = Ledger(), Sorter()
    inbox = Inbox(ledger, sorter, SystemClock())
    splitting = asyncio.create_task(inbox.run())
    sorter.fails["$strange"] = [KeyError("x")]
    redaction = {"type": "m.room.redaction"}
    events = [
        event("$old", redacts="$1", **redaction),
        event("$new", content={"redacts": "$2"}, room_id="!left:x", **redaction),
        event("$strange", redacts="$3", **redaction),
        event("$nul", redacts="$\0", **redaction),
        event("$none", redacts=7, **redaction),
        event("$text", redacts="$4"),
    ]
    await inbox.accept("1", *body(*events, None))
    await inbox.drained()
    splitting.cancel()
    assert ledger.redacted == [("!r:x", "$1"), ("!left:x", "$2"), ("!r:x", "$3")]
