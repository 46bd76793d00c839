"""What waits for its key is no secret of the database: `trace` and `queue` tell of it."""

from __future__ import annotations

import json
from pathlib import Path

from bridgekit.clock import SystemClock
from bridgekit.ids import EventID, RoomID, UserID
from bridgekit.lanes.journey import millis
from bridgekit.store.sql import Rows as Changes
from bridgekit.store.unread_events import Unread, keep_unread, told
from tests.core.cli.conftest import Fill, Rows, Run, flat

EVENT, NOTICE = EventID("$secret:example.org"), "$notice:example.org"
ALICE, ROOM = UserID("@alice:example.org"), RoomID("!chat\x1b[31m:example.org")


async def one_waits(rows: Rows) -> None:
    at = millis(SystemClock()) - 90_000
    unread = Unread(EVENT, ROOM, "session", ALICE, "{}", at, "")
    await rows.write(Changes(keep_unread([unread]), told(EVENT, NOTICE)))


def test_trace_tells_of_an_event_that_waits_for_its_key(
    bridgekit: Run, config: Path, fill: Fill
) -> None:
    fill(one_waits)
    result = bridgekit("trace", f"https://matrix.to/#/!chat:example.org/{EVENT}", "-c", config)
    assert result.exit_code == 0
    text = flat(result.stdout)
    assert f"{EVENT}: encrypted, of {ALICE}, room" in text
    assert "It has waited for its key for 1 min" in text
    assert f"its sender was told in {NOTICE}" in text
    assert "\x1b" not in result.stdout
    (record,) = json.loads(bridgekit("trace", EVENT, "-c", config, "--json").stdout)
    assert (record["state"], record["sender"]) == ("waiting for its key", ALICE)


def test_the_queue_says_how_many_wait_for_a_key(bridgekit: Run, config: Path, fill: Fill) -> None:
    fill(one_waits)
    for how in ((), ("--by", "person")):
        text = flat(bridgekit("queue", *how, "-c", config).stdout)
        assert "1 encrypted message waits for a key, the oldest for 1 min" in text
        assert f"{EVENT} of {ALICE}" in text
        assert "Nothing waits" not in text
