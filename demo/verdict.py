"""Whether both sides were shown everything, once and in order."""

from __future__ import annotations

from demo import reading
from demo.stage import Stage

_GHOSTS = "@irc_"
_NOTES = (
    "→ ",  # how the bridge begins where it tells that something arrived otherwise than meant
    "⚠ Some messages may be missing here",  # IRC keeps nothing of what is said during the kill -9
)


async def verdict(stage: Stage) -> list[str]:
    """What is wrong; empty if nothing is."""
    faults = list(stage.faults)
    messages = await stage.alice.messages(stage.room)
    got = [
        event["content"].get("body") for event in messages if event["sender"].startswith(_GHOSTS)
    ]
    if got != stage.matrix:
        faults.append(f"Matrix should have been shown {stage.matrix}, was shown {got}")
    heard = stage.heard()
    if heard != stage.expected():
        faults.append(f"IRC should have been shown {stage.expected()}, was shown {heard}")
    notices = [
        event["content"]["body"]
        for event in messages
        if event["content"].get("msgtype") == "m.notice" and not reading.doubted(event, stage.shown)
    ]
    doubts = [notice for notice in notices if not notice.startswith(_NOTES)]
    if doubts:
        faults.append(f"the bridge said more than that: {doubts}")
    return faults
