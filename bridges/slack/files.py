"""Files of a message as attachments, or as a line where there is nothing to fetch; pure.

https://docs.slack.dev/reference/objects/file-object
"""

from bridgekit import Attachment, AttachmentKind, Link, RichText, Text
from bridges.slack.fields import JSON, number, text

CHECK = "check_file_info"  # Slack Connect: the message has no more than the ID

_KINDS = {
    "image": AttachmentKind.IMAGE,
    "audio": AttachmentKind.AUDIO,
    "video": AttachmentKind.VIDEO,
}
_GONE = {
    "tombstone": "a file that was deleted",
    "hidden_by_limit": "a file that this workspace's plan no longer shows",
}


def is_stub(file: JSON) -> bool:
    """Whether `files.info` must be asked before anything is known of it."""
    return text(file, "file_access") == CHECK


def attachment(file: JSON) -> Attachment | None:
    """The file, if Slack itself has its bytes for us; None: see `line`."""
    url = text(file, "url_private_download") or text(file, "url_private")
    outside = file.get("is_external") is True or text(file, "mode") == "external"
    if not url or outside or text(file, "mode") in _GONE:
        return None
    return Attachment(
        kind=_kind(file),
        source=url,
        name=_name(file),
        mime=text(file, "mimetype") or None,
        size=number(file, "size"),
        width=number(file, "original_w"),
        height=number(file, "original_h"),
        duration=_seconds(file),
    )


def line(file: JSON) -> RichText:
    """What is said in place of a file that cannot be had."""
    if gone := _GONE.get(text(file, "mode")):
        return (Text(f"({gone})"),)
    url = text(file, "permalink") or text(file, "url_private")
    shown = (Text(_name(file)),)
    return (Link(shown, url),) if url else (Text("("), *shown, Text(": it cannot be opened here)"))


def _name(file: JSON) -> str:
    return text(file, "name") or text(file, "title") or "file"


def _kind(file: JSON) -> AttachmentKind:
    if text(file, "subtype") == "slack_audio":  # recorded in Slack: a voice message
        return AttachmentKind.VOICE
    return _KINDS.get(text(file, "mimetype").partition("/")[0], AttachmentKind.FILE)


def _seconds(file: JSON) -> float | None:
    milliseconds = number(file, "duration_ms")
    return None if milliseconds is None else milliseconds / 1000
