"""What a chat of the loopback network has become: the state that a test compares at the end.

Pure: `Transcript.apply` takes what anybody did there, the bridge or the people of the far side.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import assert_never

from bridgekit.events import (
    ChatChange,
    Content,
    Deletion,
    Delivery,
    Edit,
    Location,
    Membership,
    MemberState,
    Message,
    Moved,
    Pin,
    Poll,
    Reaction,
    Receipt,
    Typing,
    Unsupported,
    Vote,
)
from bridgekit.facts import Chat, ChatInfo, Member, Rank
from bridgekit.ids import MessageID, RemoteUserID
from bridgekit.richtext import plain

Showing = Message | Poll | Location | Unsupported


@dataclass(slots=True)
class Told:
    """Something said, as the chat shows it now; `versions` are what it read before, oldest first.

    `reactions` are the people behind each emoji, `votes` each person's choice.
    """

    id: MessageID
    sender: RemoteUserID | None
    content: Showing
    txn: str | None = None
    at: datetime | None = None
    versions: list[Showing] = field(default_factory=list)
    deleted: bool = False
    unnamed: bool = False
    """It has no ID on the network: `id` is the transcript's own."""
    reactions: dict[str, set[RemoteUserID | None]] = field(default_factory=dict)
    votes: dict[RemoteUserID | None, tuple[int, ...]] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """What it reads now: the text, the question, the name of the place."""
        match self.content:
            case Message():
                return plain(self.content.text)
            case Poll():
                return self.content.question
            case Location():
                return self.content.name
            case Unsupported():
                return self.content.text
            case _:
                assert_never(self.content)

    def is_since(self, since: datetime | None) -> bool:
        """Whether it was said then or later; None: whenever."""
        if since is None or self.at is None:
            return True
        return (self.at if self.at.tzinfo else self.at.replace(tzinfo=UTC)) >= since

    def change(self, content: Showing) -> None:
        self.versions.append(self.content)
        self.content = content

    def react(self, sender: RemoteUserID | None, reaction: Reaction) -> None:
        people = self.reactions.setdefault(reaction.emoji, set())
        (people.discard if reaction.removed else people.add)(sender)
        if not people:
            del self.reactions[reaction.emoji]

    def unreact(self, sender: RemoteUserID | None) -> None:
        """Nothing of theirs is there any more."""
        left = {emoji: people - {sender} for emoji, people in self.reactions.items()}
        self.reactions = {emoji: people for emoji, people in left.items() if people}


@dataclass(slots=True)
class Transcript:
    """One chat. `messages` are in the order in which they were first said, deleted ones too.

    What has no ID of its own goes by `unnamed-0`, `unnamed-1` and so on.
    """

    chat: Chat
    messages: dict[str, Told] = field(default_factory=dict)
    pins: list[str] = field(default_factory=list)
    receipts: dict[RemoteUserID | None, str] = field(default_factory=dict)
    typing: set[RemoteUserID | None] = field(default_factory=set)
    members: dict[str, Rank] = field(default_factory=dict)
    invited: set[str] = field(default_factory=set)
    banned: set[str] = field(default_factory=set)
    reasons: dict[str, str] = field(default_factory=dict)
    """Why somebody's membership last changed."""
    reports: list[Delivery] = field(default_factory=list)
    info: ChatInfo = field(default_factory=ChatInfo)

    @property
    def name(self) -> str | None:
        return self.info.name

    @property
    def topic(self) -> str | None:
        return self.info.topic

    def texts(self) -> list[str]:
        """What is to be read now, oldest first."""
        return [told.text for told in self.messages.values() if not told.deleted]

    def with_text(self, text: str) -> Told:
        """The latest message that reads `text`, deleted or not."""
        found = [told for told in self.messages.values() if told.text == text]
        if not found:
            raise LookupError(f"nobody said {text!r} in {self.chat.id}")
        return found[-1]

    def show(
        self,
        sender: RemoteUserID | None,
        content: Showing,
        id: MessageID | None = None,  # noqa: A002 (the field's name)
        txn: str | None = None,
        at: datetime | None = None,
    ) -> None:
        """Something is said; under a known ID, it is a later state of the same.

        Who speaks is there, whether anybody saw them come or not.
        """
        if sender is not None:
            self.members.setdefault(sender, Rank.MEMBER)
        named = id or MessageID(f"unnamed-{len(self.messages)}")
        if named in self.messages:
            self.messages[named].change(content)
        else:
            self.messages[named] = Told(named, sender, content, txn, at, unnamed=id is None)

    def rename(self, txn: str, id: MessageID) -> None:  # noqa: A002 (the field's name)
        """The ID of something said is known only now; its place stays."""
        for told in self.messages.values():
            if told.txn == txn:
                told.id, told.unnamed = id, False
        self.messages = {told.id: told for told in self.messages.values()}

    def apply(self, sender: RemoteUserID | None, content: Content) -> None:
        """Anything else that happens here; what targets an unknown message changes nothing."""
        match content:
            case Message() | Poll() | Location() | Unsupported():
                self.show(sender, content)
            case Edit() | Deletion() | Reaction() | Vote():
                self._relate(sender, content)
            case Pin():
                self._pin(content)
            case Receipt():
                self.receipts[sender] = content.up_to
            case Typing():
                (self.typing.add if content.active else self.typing.discard)(sender)
            case Membership():
                self._move(content)
            case ChatChange():
                self._change(content.info)
            case Delivery():
                self.reports.append(content)
            case Moved():
                self.chat = replace(self.chat, id=content.new)
            case _:
                assert_never(content)

    def _relate(
        self, sender: RemoteUserID | None, content: Edit | Deletion | Reaction | Vote
    ) -> None:
        target = self.messages.get(content.target)
        if target is None:
            return
        match content:
            case Edit():
                target.change(content.message)
            case Deletion():
                target.deleted = True
            case Reaction():
                target.react(sender, content)
            case Vote():
                target.votes[sender] = content.options
            case _:
                assert_never(content)

    def _pin(self, pin: Pin) -> None:
        if pin.target in self.pins:
            self.pins.remove(pin.target)
        if not pin.removed:
            self.pins.append(pin.target)

    def _move(self, change: Membership) -> None:
        user = change.user
        before = self.members.pop(user, Rank.MEMBER)
        self.invited.discard(user)
        self.banned.discard(user)
        self.reasons[user] = change.reason
        match change.state:
            case MemberState.JOIN:
                self.members[user] = change.rank or before
            case MemberState.INVITE:
                self.invited.add(user)
            case MemberState.BAN:
                self.banned.add(user)
            case MemberState.LEAVE | MemberState.KICK:
                self.typing.discard(user)
            case _:
                assert_never(change.state)

    def _change(self, info: ChatInfo) -> None:
        """A None field means unchanged; members, where given, are all there are."""
        if info.members is not None:
            self.members = {member.user: member.rank for member in info.members}
        self.info = ChatInfo(
            id=info.id or self.info.id,
            name=self.info.name if info.name is None else info.name,
            topic=self.info.topic if info.topic is None else info.topic,
            avatar=self.info.avatar if info.avatar is None else info.avatar,
            direct=self.info.direct if info.direct is None else info.direct,
            may_speak=self.info.may_speak if info.may_speak is None else info.may_speak,
            by_invitation=(
                self.info.by_invitation if info.by_invitation is None else info.by_invitation
            ),
        )

    def known_members(self) -> tuple[Member, ...]:
        return tuple(Member(RemoteUserID(user), rank=rank) for user, rank in self.members.items())
