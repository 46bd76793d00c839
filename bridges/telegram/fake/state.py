"""The far side: people, chats and what is in them, as the objects of the Bot API (plain JSON)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bridges.telegram.fake.errors import bad_request, forbidden
from bridges.telegram.fake.files import Files

JSON = dict[str, Any]

TOKEN = "123456789:AAFakeTokenOfTheFakeTelegramServer00"  # noqa: S105 (of a fake)
ADMINISTRATOR = {
    "status": "administrator",
    "can_be_edited": False,
    "is_anonymous": False,
    **dict.fromkeys(
        (
            *("can_manage_chat", "can_delete_messages", "can_manage_video_chats"),
            *("can_restrict_members", "can_promote_members", "can_change_info"),
            *("can_invite_users", "can_post_stories", "can_edit_stories", "can_delete_stories"),
            *("can_pin_messages", "can_manage_topics"),
        ),
        True,
    ),
}


@dataclass(slots=True)
class FakeChat:
    """`members` are the chat's members without their user, by the user's number."""

    id: int
    type: str
    title: str
    is_forum: bool = False
    username: str = ""
    """Whoever knows it may come in; without one, nobody who was not invited."""
    description: str = ""
    photo: JSON | None = None
    members: dict[int, JSON] = field(default_factory=dict)
    messages: dict[int, JSON] = field(default_factory=dict)
    last_message: int = 0
    reactions: dict[int, dict[int, list[JSON]]] = field(default_factory=dict)
    allowed_reactions: list[str] | None = None
    pinned: list[int] = field(default_factory=list)
    topics: dict[int, JSON] = field(default_factory=dict)
    general_closed: bool = False
    deleted_topics: set[int] = field(default_factory=set)
    migrated_to: int | None = None
    deleted: bool = False

    @property
    def brief(self) -> JSON:
        found: JSON = {"id": self.id, "type": self.type}
        found["first_name" if self.type == "private" else "title"] = self.title
        if self.username:
            found["username"] = self.username
        return {**found, "is_forum": True} if self.is_forum else found


@dataclass(slots=True)
class State:
    """Everything that outlives a connection. `now` is Telegram's clock."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    privacy: bool = False
    """Privacy mode: where it is no administrator, the bot sees only what is meant for it."""
    username: str = "bridge_bot"
    users: dict[int, JSON] = field(default_factory=dict)
    chats: dict[int, FakeChat] = field(default_factory=dict)
    files: Files = field(default_factory=Files)
    polls: dict[str, tuple[int, int]] = field(default_factory=dict)
    albums: int = 0

    @property
    def bot(self) -> JSON:
        number = int(TOKEN.partition(":")[0])
        return {"id": number, "is_bot": True, "first_name": "Bridge", "username": self.username}

    @property
    def me(self) -> JSON:
        return {
            **self.bot,
            "can_join_groups": True,
            "can_read_all_group_messages": not self.privacy,
            "supports_inline_queries": False,
        }

    @property
    def today(self) -> int:
        return int(self.now().timestamp())

    def user(self, name: str) -> JSON:
        """Somebody by their first name, always the same; their username is it in lower case."""
        for user in self.users.values():
            if user["username"] == name.lower():
                return user
        number = 1001 + len(self.users)
        user = {"id": number, "is_bot": False, "first_name": name, "username": name.lower()}
        self.users[number] = user
        return user

    def add_chat(
        self, number: int, kind: str = "supergroup", title: str = "", **more: Any
    ) -> FakeChat:
        """A chat that the bot is in, as an administrator."""
        chat = FakeChat(number, kind, title or f"Chat {abs(number)}", **more)
        posting = {"can_post_messages": True} if kind == "channel" else {}
        chat.members[self.bot["id"]] = {**ADMINISTRATOR, **posting}
        chat.last_message = int(chat.is_forum)  # 1 is the general topic, which no message goes by
        self.chats[number] = chat
        return chat

    def chat_for_bot(self, number: object) -> FakeChat:
        """The chat that a request is about; raises as Telegram does where the bot may not."""
        found = self.chats.get(number) if isinstance(number, int) else None
        if found is None:
            raise bad_request("chat not found")
        if found.migrated_to is not None:
            words = "group chat was upgraded to a supergroup chat"
            raise bad_request(words, migrate_to_chat_id=found.migrated_to)
        if found.deleted:
            raise forbidden("the group chat was deleted")
        kind = "channel" if found.type == "channel" else found.type
        match found.members.get(self.bot["id"], {"status": "left"})["status"]:
            case "kicked":
                raise forbidden(f"bot was kicked from the {kind} chat")
            case "left":
                raise forbidden(f"bot is not a member of the {kind} chat")
        return found

    def write(self, chat: FakeChat, sender: JSON | None, **content: Any) -> JSON:
        """A new message, stored. `sender` None: the chat itself speaks."""
        chat.last_message += 1
        message: JSON = {"message_id": chat.last_message, "date": self.today, "chat": chat.brief}
        if sender is None:
            message["sender_chat"] = chat.brief
        else:
            message["from"] = sender
        topic = content.pop("topic", None)
        if topic is not None:
            message |= {"message_thread_id": topic, "is_topic_message": True}
            message["reply_to_message"] = chat.messages[topic]
        message |= {name: value for name, value in content.items() if value is not None}
        chat.messages[chat.last_message] = message
        if (poll := message.get("poll")) is not None:
            self.polls[poll["id"]] = (chat.id, chat.last_message)
        return message

    def member(self, chat: FakeChat, user: JSON) -> JSON:
        """A member as the Bot API shows one."""
        standing = chat.members.get(user["id"], {"status": "left"})
        return {"user": user, **standing}
