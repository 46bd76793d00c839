"""A message of Slack's as one of ours; pure. The other way is `layout.py`."""

from bridgekit import (
    Attachment,
    AttachmentKind,
    LineBreak,
    Message,
    MessageKind,
    Node,
    Profile,
    RemoteUserID,
    RichText,
    Text,
    canonical,
)
from bridges.slack import block_kit, files, legacy_attachments, mrkdwn
from bridges.slack.fields import JSON, record, records, text
from bridges.slack.ids import Sight, message_id

# What somebody, or an app, has said. All else (a huddle, a canvas, what is not known yet) is shown
# as what a program said: nobody answers it.
SPOKEN = frozenset(
    {
        *("", "bot_message", "file_share", "me_message", "thread_broadcast", "reply_broadcast"),
        *("file_comment", "slackbot_response"),
    }
)


def message(found: JSON, sight: Sight) -> Message:
    """What a message shows; `found` is as in an event or in a history."""
    shown = [file for file in records(found, "files") if not files.is_stub(file)]
    have = [files.attachment(file) for file in shown]
    nodes: list[Node] = list(words(found, sight))
    for file, attachment in zip(shown, have, strict=True):
        if attachment is None:
            nodes += ([LineBreak()] if nodes else []) + list(files.line(file))
    thread = text(found, "thread_ts")
    in_thread = bool(thread) and thread != text(found, "ts")
    return Message(
        text=canonical(tuple(nodes)),
        kind=_kind(text(found, "subtype")),
        attachments=tuple(one for one in have if one is not None),
        thread=message_id(thread) if in_thread else None,
        broadcast=in_thread and text(found, "subtype") == "thread_broadcast",
        profile=profile(found),
    )


def words(found: JSON, sight: Sight) -> RichText:
    """Blocks say what `text` says, and better; `text` is for where there are none."""
    said = block_kit.parse(records(found, "blocks"), sight)
    said = said or mrkdwn.parse(text(found, "text"), sight)
    attached = legacy_attachments.parse(records(found, "attachments"), sight)
    room = _room(found) if not said else ()
    return (*said, *room, *attached)


def _room(found: JSON) -> RichText:
    """A huddle has no text of its own."""
    return (Text("A huddle started"),) if text(found, "subtype") == "huddle_thread" else ()


def _kind(subtype: str) -> MessageKind:
    if subtype == "me_message":
        return MessageKind.EMOTE
    return MessageKind.TEXT if subtype in SPOKEN else MessageKind.NOTICE


def profile(found: JSON) -> Profile | None:
    """The name and picture that an app chose for this one message."""
    name = text(found, "username")
    if not name:
        return None
    icons = record(found, "icons")
    urls = [text(icons, key) for key in ("image_original", "image_72", "image_64", "image_48")]
    url = next((url for url in urls if url), "")
    return Profile(name, picture(url) if url else None)


def picture(url: str) -> Attachment:
    """Somebody's picture, or that of an emoji."""
    return Attachment(AttachmentKind.IMAGE, url, url.rpartition("/")[2] or "picture")


def sender(found: JSON, sight: Sight) -> RemoteUserID | None:
    """Who said it; an app without a user of its own goes by its bot."""
    user = text(found, "user") or text(found, "bot_id")
    home = text(found, "user_team") or text(found, "source_team")
    return sight.user(user, home if text(found, "user") else "") if user else None
