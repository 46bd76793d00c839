"""What the Events API tells, as events of ours; pure.

https://docs.slack.dev/reference/events. What Matrix has no use for becomes nothing; what no Slack
would say raises `NotUnderstood`.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from bridgekit import (
    Chat,
    ChatChange,
    ChatID,
    ChatInfo,
    Content,
    Deletion,
    Edit,
    Membership,
    MemberState,
    Message,
    MessageID,
    MessageKind,
    Moved,
    Pin,
    Rank,
    Raw,
    Reaction,
    RemoteEvent,
    RemoteUserID,
    UserInfo,
    from_plain,
)
from bridges.slack import convert, files
from bridges.slack.emoji import unicode_of
from bridges.slack.fields import JSON, record, records, text
from bridges.slack.ids import Sight, is_ts, message_id, when
from bridges.slack.references import unnamed

Events = list[RemoteEvent[Content] | Raw]

# State, told by events of their own, or nothing that anybody says.
_SILENT = frozenset(
    {
        "message_replied",
        *(f"{kind}_{what}" for kind in ("channel", "group") for what in (
            "join", "leave", "name", "archive", "unarchive", "posting_permissions",
        )),
        *("pinned_item", "unpinned_item", "assistant_app_thread", "tombstone"),
    }
)  # fmt: skip
_TOPICS = frozenset({"channel_topic", "group_topic"})
_PURPOSES = frozenset({"channel_purpose", "group_purpose"})
_BY_INVITATION = {
    f"{kind}_convert_to_{now}": now == "private"
    for kind in ("channel", "group")
    for now in ("private", "public")
}


class NotUnderstood(ValueError):  # noqa: N818 (a finding)
    """It lacks what it cannot do without; set aside, since it would come again for ever."""


@dataclass(frozen=True, slots=True)
class Us:
    """How our app is known in one workspace: its user there, and its bot."""

    team: str
    user: str
    bot: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What goes with an event: how it was seen, by whom, and its own name.

    Without a `key` nothing is left to be looked up. `private`: it is of a person's direct chat.
    `purposes`: topics are what Slack calls purposes.
    """

    sight: Sight
    us: Us
    key: str
    private: bool = False
    purposes: bool = False

    def chat(self, channel: str) -> Chat:
        if not channel:
            raise NotUnderstood("it names no channel")
        return Chat(self.sight.chat(channel), private=self.private)

    def who(self, user: str) -> RemoteUserID | None:
        return self.sight.user(user) if user else None

    def event(
        self, channel: str, sender: RemoteUserID | None, content: Content, at: str
    ) -> RemoteEvent[Content]:
        return RemoteEvent(self.chat(channel), sender, content, key=self.key, at=when(at))


def events_of(event: JSON, seen: Seen) -> Events:
    """What one event means, in order. Raises `NotUnderstood`."""
    made = _KINDS.get(text(event, "type"))
    return [] if made is None else made(event, seen)


def said(found: JSON, seen: Seen, channel: str) -> Events:
    """A message, as it came or as a history has it."""
    ts = _ts(found, "ts")
    if _needs_a_look(found, seen):
        return [_raw(found | {"channel": channel}, channel, seen)]
    content = convert.message(found, seen.sight)
    if not (content.text or content.attachments) and text(found, "subtype") not in convert.SPOKEN:
        if seen.key:
            raise NotUnderstood("its kind is not known, and it has no text")
        return []
    return [
        RemoteEvent(
            seen.chat(channel),
            _sender(found, seen),
            content,
            id=message_id(ts),
            key=seen.key or None,
            at=when(ts),
            txn=_txn(found, seen),
            people=_people(found, seen),
        )
    ]


def _txn(found: JSON, seen: Seen) -> str | None:
    """The name that a post of a person's login bears; the app's own are known by who says them."""
    if seen.us.bot and _sender(found, seen) == seen.sight.user(seen.us.user):
        return None
    return text(record(record(found, "metadata"), "event_payload"), "txn") or None


def _needs_a_look(found: JSON, seen: Seen) -> bool:
    """Whether it names what Slack must be asked about; of our own posts nobody wants to know."""
    if not seen.key or _sender(found, seen) == seen.sight.user(seen.us.user):
        return False
    stubs = any(files.is_stub(file) for file in records(found, "files"))
    return stubs or bool(unnamed(found, seen.sight))


def _raw(event: JSON, channel: str, seen: Seen) -> Raw:
    body = json.dumps(event | {"type": "message"}).encode()
    return Raw(seen.chat(channel), f"raw {seen.key}", body)


def _sender(found: JSON, seen: Seen) -> RemoteUserID | None:
    """Our own bot is our user, also where Slack names the bot only."""
    if not text(found, "user") and text(found, "bot_id") == seen.us.bot:
        return seen.sight.user(seen.us.user)
    return convert.sender(found, seen.sight)


def _people(found: JSON, seen: Seen) -> tuple[UserInfo, ...]:
    profile = record(found, "user_profile")
    name = text(profile, "display_name") or text(profile, "real_name")
    sender = convert.sender(found, seen.sight)
    return (UserInfo(sender, name),) if name and sender is not None else ()


def _message(event: JSON, seen: Seen) -> Events:
    subtype, channel = text(event, "subtype"), text(event, "channel")
    if subtype == "message_changed":
        return _changed(event, seen)
    if subtype == "message_deleted":
        return _deleted(event, seen)
    if subtype in _TOPICS | _PURPOSES:
        word = "purpose" if seen.purposes else "topic"
        ours = subtype.endswith(word)
        return _told(event, seen, ChatInfo(topic=text(event, word))) if ours else []
    if subtype in _BY_INVITATION:
        return _told(event, seen, ChatInfo(by_invitation=_BY_INVITATION[subtype]))
    return [] if subtype in _SILENT else said(event, seen, channel)


def _changed(event: JSON, seen: Seen) -> Events:
    """A true edit has another `edited.ts`; previews, threads that grow and the like have not."""
    now, before = record(event, "message"), record(event, "previous_message")
    target, channel, at = _ts(now, "ts"), text(event, "channel"), text(event, "event_ts")
    if text(now, "subtype") == "tombstone":  # the first of a thread; its answers stay
        return [seen.event(channel, _deleter(before, seen), Deletion(target), at)]
    stamp = text(record(now, "edited"), "ts")
    if not stamp or stamp == text(record(before, "edited"), "ts"):
        return []
    if _needs_a_look(now, seen):
        return [_raw(event, channel, seen)]
    content = Edit(target, convert.message(now, seen.sight), stamp=stamp)
    return [seen.event(channel, _sender(now, seen), content, stamp)]


def _deleted(event: JSON, seen: Seen) -> Events:
    before = record(event, "previous_message")
    content = Deletion(_ts(event, "deleted_ts"))
    deleter = _deleter(before, seen)
    return [seen.event(text(event, "channel"), deleter, content, text(event, "event_ts"))]


def _deleter(before: JSON, seen: Seen) -> RemoteUserID | None:
    """Slack does not say who deletes: its author, as a rule; of our own posts, anybody may have."""
    author = _sender(before, seen)
    return None if author == seen.sight.user(seen.us.user) else author


def _reaction(event: JSON, seen: Seen) -> Events:
    item, name = record(event, "item"), text(event, "reaction")
    if text(item, "type") != "message" or not name:
        return []
    emoji = unicode_of(name) or f":{name}:"
    removed = text(event, "type") == "reaction_removed"
    content = Reaction(_ts(item, "ts"), emoji, removed=removed)
    who = seen.who(text(event, "user"))
    return [seen.event(text(item, "channel"), who, content, text(event, "event_ts"))]


def _member(event: JSON, seen: Seen) -> Events:
    user = text(event, "user")
    if not user:
        raise NotUnderstood("it names no member")
    member = seen.sight.user(user, text(event, "team"))
    joined = text(event, "type") == "member_joined_channel"
    content = Membership(member, MemberState.JOIN if joined else MemberState.LEAVE)
    return [seen.event(text(event, "channel"), member, content, text(event, "event_ts"))]


def _renamed(event: JSON, seen: Seen) -> Events:
    channel = record(event, "channel")
    info = ChatInfo(name=text(channel, "name"))
    return [seen.event(text(channel, "id"), None, ChatChange(info), text(event, "event_ts"))]


def _archived(event: JSON, seen: Seen) -> Events:
    return _told(event, seen, ChatInfo(may_speak=Rank.OWNER))


def _removed(event: JSON, seen: Seen) -> Events:
    """Deleted: unlike an archived one, it does not come back."""
    closed = _archived(event, seen)
    said = Message(from_plain("This channel was deleted on Slack."), MessageKind.NOTICE)
    told = seen.event(text(event, "channel"), None, said, text(event, "event_ts"))
    return [*closed, replace(told, key=f"{seen.key} said")]


def _unarchived(event: JSON, seen: Seen) -> Events:
    return _told(event, seen, ChatInfo(may_speak=Rank.MEMBER))


def _told(event: JSON, seen: Seen, info: ChatInfo) -> Events:
    who, at = seen.who(text(event, "user")), text(event, "event_ts")
    return [seen.event(text(event, "channel"), who, ChatChange(info), at)]


def _moved(event: JSON, seen: Seen) -> Events:
    new = text(event, "new_channel_id")
    content = Moved(ChatID(seen.chat(new).id))
    return [seen.event(text(event, "old_channel_id"), None, content, text(event, "event_ts"))]


def _pinned(event: JSON, seen: Seen) -> Events:
    message = record(record(event, "item"), "message")
    if not message:
        return []  # a file, which is no message here
    removed = text(event, "type") == "pin_removed"
    channel = text(event, "channel_id") or text(record(event, "item"), "channel")
    content = Pin(_ts(message, "ts"), removed=removed)
    return [seen.event(channel, seen.who(text(event, "user")), content, text(event, "event_ts"))]


def _ts(found: JSON, key: str) -> MessageID:
    ts = text(found, key)
    if not is_ts(ts):
        raise NotUnderstood(f"its {key} names no message")
    return message_id(ts)


# `app_mention` is a twin of a message that comes by itself.
_KINDS: dict[str, Callable[[JSON, Seen], Events]] = {
    "message": _message,
    "reaction_added": _reaction,
    "reaction_removed": _reaction,
    "member_joined_channel": _member,
    "member_left_channel": _member,
    "channel_rename": _renamed,
    "group_rename": _renamed,
    "channel_archive": _archived,
    "channel_unarchive": _unarchived,
    "channel_deleted": _removed,
    "group_archive": _archived,
    "group_unarchive": _unarchived,
    "group_deleted": _removed,
    "channel_id_changed": _moved,
    "pin_added": _pinned,
    "pin_removed": _pinned,
}
