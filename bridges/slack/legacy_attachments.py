"""What apps attach to a message in the older way, and messages that are shared; pure.

https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments. A preview that
Slack made of a link in the text is left out: Matrix clients make their own.
"""

from bridgekit import Bold, Italic, LineBreak, Link, Node, Quote, RichText, Text, from_plain
from bridges.slack import block_kit, mrkdwn
from bridges.slack.fields import JSON, record, records, text
from bridges.slack.ids import Sight


def parse(attachments: list[JSON], sight: Sight) -> RichText:
    """Each attachment as a quotation, behind what it says before it."""
    nodes: list[Node] = []
    for attachment in attachments:
        if _is_preview(attachment):
            continue
        nodes += mrkdwn.parse(text(attachment, "pretext"), sight)
        shown = _shown(attachment, sight)
        if shown:
            nodes.append(Quote(shown))
    return tuple(nodes)


def _is_preview(attachment: JSON) -> bool:
    made_of_a_link = bool(text(attachment, "from_url") or text(attachment, "original_url"))
    shared = attachment.get("is_share") is True or attachment.get("is_reply_unfurl") is True
    return made_of_a_link and not shared


def _shown(attachment: JSON, sight: Sight) -> RichText:
    parts = [
        _linked(text(attachment, "author_name"), text(attachment, "author_link")),
        _bold(_linked(text(attachment, "title"), text(attachment, "title_link"))),
        _body(attachment, sight),
        *(_field(field, sight) for field in records(attachment, "fields")),
        _linked(_image_name(attachment), text(attachment, "image_url")),
        _italic(from_plain(text(attachment, "footer"))),
    ]
    shown = [part for part in parts if part]
    if not shown:
        return mrkdwn.parse(text(attachment, "fallback"), sight)
    nodes: list[Node] = []
    for part in shown:
        if nodes:
            nodes.append(LineBreak())
        nodes += part
    return tuple(nodes)


def _body(attachment: JSON, sight: Sight) -> RichText:
    """Blocks in it, or of the message that is shared; else its text."""
    blocks = records(attachment, "blocks") or [
        block
        for shared in records(attachment, "message_blocks")
        for block in records(record(shared, "message"), "blocks")
    ]
    return block_kit.parse(blocks, sight) or mrkdwn.parse(text(attachment, "text"), sight)


def _field(field: JSON, sight: Sight) -> RichText:
    title = text(field, "title")
    value = mrkdwn.parse(text(field, "value"), sight)
    return (Bold((Text(f"{title}:"),)), Text(" "), *value) if title else value


def _image_name(attachment: JSON) -> str:
    return "image" if text(attachment, "image_url") else ""


def _linked(words: str, url: str) -> RichText:
    shown = from_plain(words)
    return (Link(shown, url),) if url and shown else shown


def _bold(nodes: RichText) -> RichText:
    return (Bold(nodes),) if nodes else ()


def _italic(nodes: RichText) -> RichText:
    return (Italic(nodes),) if nodes else ()
