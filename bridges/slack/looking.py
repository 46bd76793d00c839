"""What became of a post whose answer was lost: each carries a name of ours, and history shows it.

https://docs.slack.dev/messaging/message-metadata
"""

import asyncio
from datetime import datetime, timedelta

from bridgekit import Absence, Found
from bridges.slack.fields import JSON, record, text
from bridges.slack.history import place
from bridges.slack.ids import message_id
from bridges.slack.refusals import Refusal
from bridges.slack.web_api import WebAPI

EVENT_TYPE = "bridgekit_relay"
_UNDERWAY = 3.0  # seconds that Slack may still be at work on what it was asked before
_SKEW = timedelta(minutes=5)  # of its clock and ours


def metadata(txn: str) -> JSON:
    """What a post carries, seen by apps only."""
    return {"event_type": EVENT_TYPE, "event_payload": {"txn": txn}}


def earliest(since: datetime, known: str | None) -> str:
    """What a post that was begun then comes after; `known` is one that came before it, if any."""
    begun = f"{(since - _SKEW).timestamp():.6f}"
    return known if known is not None and place(known) > place(begun) else begun


async def look(
    api: WebAPI, channel: str, thread: str | None, txn: str, oldest: str
) -> Found | Absence:
    """Whether a post of this name is in the channel, or in the thread that it was meant for."""
    await asyncio.sleep(_UNDERWAY)
    where = {"ts": thread} if thread else {}
    pages = api.pages(
        "conversations.replies" if thread else "conversations.history",
        "messages",
        channel=channel,
        oldest=oldest,
        include_all_metadata=True,
        **where,
    )
    try:
        async for one in pages:
            found = record(one, "metadata")
            if text(record(found, "event_payload"), "txn") == txn:
                return Found((message_id(text(one, "ts")),))
    except Refusal:
        return Absence.UNSURE
    return Absence.ABSENT
