"""From a text message to what bridgekit knows: pure functions."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from mimetypes import guess_extension
from urllib.parse import urlsplit

from bridgekit import (
    Attachment,
    AttachmentKind,
    Bold,
    Delivery,
    LineBreak,
    Message,
    MessageID,
    MessageKind,
    Reaction,
    Receipt,
    RemoteEvent,
    RemoteUserID,
    RichText,
    Text,
    UserInfo,
    from_plain,
)
from bridges.sms import numbers
from bridges.sms.alphabet import clean
from bridges.sms.numbers import Conversation
from bridges.sms.provider import Inbound, Media, Report
from bridges.sms.status import Rank, end_of, reason_of
from bridges.sms.tapbacks import Tapback

_IGNORED = frozenset({"application/smil", "application/vnd.wap.multipart.related"})
_CARDS = frozenset({"text/vcard", "text/x-vcard"})


def message_id(gateway: str, id_: str) -> MessageID:
    """What a message is called here: two gateways may call theirs the same."""
    return MessageID(f"{gateway}:{id_}")


def gateways_id(gateway: str, message: MessageID) -> str | None:
    """What the gateway itself calls a message; None: it is another gateway's."""
    name, _, id_ = message.partition(":")
    return id_ if name == gateway else None


def message(gateway: str, told: Inbound) -> Message:
    """Something said, with what came along."""
    found = tuple(_attachment(gateway, media, number) for number, media in files(told))
    return Message(_text(told), attachments=found)


def files(told: Inbound) -> Sequence[tuple[int, Media]]:
    """What came along and is to be shown, by its number: not how phones lay out a message."""
    return [
        (number, media)
        for number, media in enumerate(told.media, 1)
        if media.mime.partition(";")[0].strip().lower() not in _IGNORED
    ]


def _text(told: Inbound) -> RichText:
    words = from_plain(clean(told.text))
    subject = " ".join(clean(told.subject).split())
    if not subject:
        return words
    return (Bold((Text(subject),)), *((LineBreak(), *words) if words else ()))


def _attachment(gateway: str, media: Media, number: int) -> Attachment:
    mime = media.mime.partition(";")[0].strip().lower() or "application/octet-stream"
    name = re.sub(r"[^\w.()+ -]", "_", media.name.rpartition("/")[2]) or _name(mime, number)
    return Attachment(_kind(mime), f"{gateway}|{media.url}", name, mime)


def _name(mime: str, number: int) -> str:
    ending = ".vcf" if mime in _CARDS else guess_extension(mime) or ""
    return f"{mime.partition('/')[0] if ending != '.vcf' else 'contact'}-{number}{ending}"


def _kind(mime: str) -> AttachmentKind:
    match mime.partition("/")[0]:
        case "image":
            return AttachmentKind.IMAGE
        case "video":
            return AttachmentKind.VIDEO
        case "audio":
            return AttachmentKind.AUDIO
        case _:
            return AttachmentKind.FILE


def is_url_of(url: str, base: str) -> bool:
    """Whether a file is at a gateway's own host, where alone its credentials may go."""
    with contextlib.suppress(ValueError):  # a port that is none
        file, gateway = urlsplit(url), urlsplit(base)
        return (file.scheme, file.hostname, file.port) == (
            gateway.scheme,
            gateway.hostname,
            gateway.port,
        )
    return False


def said(
    gateway: str, talk: Conversation, sender: RemoteUserID, told: Inbound, who: UserInfo | None
) -> RemoteEvent[Message]:
    """Somebody texted this. Without an ID it is known by nothing: see `heard.py`."""
    found = None if told.id is None else message_id(gateway, told.id)
    content = message(gateway, told)
    people = () if who is None else (who,)
    return RemoteEvent(talk.chat, sender, content, found, key=found, at=told.at, people=people)


def reacted(
    gateway: str,
    talk: Conversation,
    sender: RemoteUserID,
    told: Inbound,
    reaction: Tapback,
    target: MessageID,
) -> RemoteEvent[Reaction]:
    """The same, where the text stands for a reaction."""
    content = Reaction(target, reaction.emoji, removed=reaction.removed)
    key = None if told.id is None else message_id(gateway, told.id)
    return RemoteEvent(talk.chat, sender, content, key=key, at=told.at)


def notice(talk: Conversation, words: str, key: str) -> RemoteEvent[Message]:
    """A word of the bridge's own about the conversation, said once for each `key`."""
    return RemoteEvent(
        talk.chat, None, Message(from_plain(words), MessageKind.NOTICE), key=f"notice {key}"
    )


def echoed(
    gateway: str, talk: Conversation, ours: RemoteUserID, told: Report
) -> RemoteEvent[Message]:
    """Our own message, as the network shows that it has it: so its sender need not doubt it."""
    found = message_id(gateway, told.id)
    return RemoteEvent(talk.chat, ours, Message(()), found, key=f"sent {found}", txn=told.txn)


def reported(
    gateway: str, talk: Conversation, user: RemoteUserID, told: Report
) -> Sequence[RemoteEvent[Delivery | Receipt]]:
    """How far a message to `user` has come, where anybody wants to know.

    One `key` for all ends: whichever comes first counts, as nothing is delivered after it failed.
    """
    state = end_of(told.rank)
    if state is None:
        return ()
    target = message_id(gateway, told.id)
    end = "read" if told.rank is Rank.READ else "end"
    failed = told.rank not in (Rank.DELIVERED, Rank.READ)
    reason = reason_of(told.rank, told.code, clean(told.text)) if failed else None
    group = len(talk.peers) > 1  # each of them has it, or not
    whose = user if group or told.rank is Rank.READ else None
    key = f"{end} {target} {user}" if group else f"{end} {target}"
    content = Delivery(target, state, reason)
    return (RemoteEvent(talk.chat, whose, content, key=key, at=told.at),)


def described(talk: Conversation, names: Sequence[str]) -> str:
    """What the room of a conversation is called."""
    if talk.strangers:
        return f"Unknown senders to {numbers.shown(talk.own)}"
    return ", ".join(names)
