"""What one message may be on Telegram (Bot API, the methods' own limits), and how long it waits."""

from bridgekit import AttachmentKind, Limits, Unit
from bridges.telegram.reactions import KNOWN

MOST_TEXT = 4096  # UTF-16 code units: "sendMessage"
MOST_CAPTION = 1024  # the same: "sendPhoto" and so on
LARGEST_ALBUM = 10  # "sendMediaGroup"
KEPT = 24 * 3600  # seconds for which updates that nobody fetches are kept: "getUpdates"

LIMITS = Limits(
    text=MOST_TEXT,
    unit=Unit.UTF16,
    attachments=frozenset(AttachmentKind),
    replies=True,
    media=50_000_000,
    emoji=KNOWN,
)
"""Of a chat that is no forum, on Telegram's own server."""
