"""What people on Telegram do, each of which makes the updates that a bot there would get."""

from typing import Any

from bridges.telegram.fake.chats import create_topic
from bridges.telegram.fake.queue import UpdateQueue
from bridges.telegram.fake.sends import poll
from bridges.telegram.fake.state import ADMINISTRATOR, JSON, FakeChat, State


class People:
    """All methods name people by their first names."""

    def __init__(self, state: State, queue: UpdateQueue) -> None:
        self._state, self._queue = state, queue

    def say(self, who: str, chat: int, text: str | None = None, **content: Any) -> int:
        """A message of any kind, as the Bot API shows it; returns its number."""
        there, user = self._state.chats[chat], self._state.user(who)
        there.members.setdefault(user["id"], {"status": "member"})
        reply = content.pop("answers", None)
        if reply is not None:
            content["reply_to_message"] = _bare(there.messages[reply])
        message = self._state.write(there, user, text=text, **content)
        self._tell("message", there, message)
        return int(message["message_id"])

    def post(self, chat: int, text: str, **content: Any) -> int:
        """A message of a channel."""
        there = self._state.chats[chat]
        message = self._state.write(there, None, text=text, **content)
        self._queue.add("channel_post", message)
        return int(message["message_id"])

    def send_file(self, who: str, chat: int, kind: str, data: bytes, **about: Any) -> int:
        """A file of some kind (`photo`, `voice`, …); `about` is what its object says of it."""
        caption = {
            name: about.pop(name) for name in ("caption", "caption_entities") if name in about
        }
        more = {name: about.pop(name) for name in ("media_group_id", "answers") if name in about}
        file = self._state.files.described(data, kind, **about)
        content = {"photo": [file]} if kind == "photo" else {kind: file}
        return self.say(who, chat, **content, **caption, **more)

    def edit(self, who: str, chat: int, number: int, **content: Any) -> None:
        there = self._state.chats[chat]
        message = there.messages[number]
        message |= {**content, "edit_date": self._state.today}
        channel = there.type == "channel"
        self._tell("edited_channel_post" if channel else "edited_message", there, message)
        del who

    def react(self, who: str, chat: int, number: int, *emoji: str, custom: str = "") -> None:
        """All that this person now has on a message."""
        there, user = self._state.chats[chat], self._state.user(who)
        mine = there.reactions.setdefault(number, {})
        before = mine.get(user["id"], [])
        after: list[JSON] = [{"type": "emoji", "emoji": one} for one in emoji]
        if custom:
            after.append({"type": "custom_emoji", "custom_emoji_id": custom})
        mine[user["id"]] = after
        if self._is_admin(there):
            about: JSON = {"chat": there.brief, "message_id": number, "user": user}
            change = {**about, "date": self._state.today, "old_reaction": before}
            self._queue.add("message_reaction", {**change, "new_reaction": after})

    def ask(self, who: str, chat: int, question: str, *options: str) -> int:
        made = poll(self._state, question, list(options), anonymous=True, multiple=False)
        return self.say(who, chat, poll=made)

    def close_poll(self, chat: int, number: int, *counts: int) -> None:
        """Its author ends it; bots are told of the result, and nothing else."""
        asked = self._state.chats[chat].messages[number]["poll"]
        asked["is_closed"], asked["total_voter_count"] = True, sum(counts)
        for option, count in zip(asked["options"], counts, strict=False):
            option["voter_count"] = count
        self._queue.add("poll", asked)

    def vote(self, who: str, poll: str, *options: int) -> None:
        """In a poll of the bot's own that is not anonymous."""
        user = self._state.user(who)
        answer = {"poll_id": poll, "user": user, "option_ids": list(options)}
        self._queue.add("poll_answer", {**answer, "option_persistent_ids": []})
        chat, number = self._state.polls[poll]
        asked = self._state.chats[chat].messages[number]["poll"]
        for option in options:
            asked["options"][option]["voter_count"] += 1
        self._queue.add("poll", asked)

    def press(self, who: str, chat: int, number: int, data: str) -> None:
        """A button below a message."""
        message = self._state.chats[chat].messages[number]
        about = {"id": "77", "from": self._state.user(who), "message": message}
        self._queue.add("callback_query", {**about, "chat_instance": "1", "data": data})

    def pin(self, who: str, chat: int, number: int) -> None:
        there = self._state.chats[chat]
        there.pinned.append(number)
        self.say(who, chat, pinned_message=_bare(there.messages[number]))

    def stand(
        self, who: str, chat: int, by: str | None = None, *, said: bool = False, **standing: Any
    ) -> None:
        """Somebody's membership changes (`status="left"`), by their own doing or another's.

        `said`: in the chat, too.
        """
        there, user = self._state.chats[chat], self._state.user(who)
        old = self._state.member(there, user)
        there.members[user["id"]] = standing
        change: JSON = {
            "chat": there.brief,
            "from": self._state.user(by or who),
            "old_chat_member": old,
        }
        change |= {"date": self._state.today, "new_chat_member": {"user": user, **standing}}
        if self._is_admin(there):
            self._queue.add("chat_member", change)
        if said:
            self._say_so(there, user, by or who)

    def _say_so(self, chat: FakeChat, user: JSON, by: str) -> None:
        """Groups that are not large say it to everybody as well."""
        there = chat.members[user["id"]]["status"] not in ("left", "kicked")
        about: JSON = {"new_chat_members": [user]} if there else {"left_chat_member": user}
        self.say(by, chat.id, **about)

    def treat_bot(self, who: str, chat: int, **standing: Any) -> None:
        """Somebody promotes, mutes or removes the bot."""
        there, bot = self._state.chats[chat], self._state.bot
        old = self._state.member(there, bot)
        new = {**ADMINISTRATOR, **standing} if standing["status"] == "administrator" else standing
        there.members[bot["id"]] = new
        change: JSON = {"chat": there.brief, "from": self._state.user(who), "old_chat_member": old}
        change |= {"date": self._state.today, "new_chat_member": {"user": bot, **new}}
        self._queue.add("my_chat_member", change)

    def create_topic(self, who: str, chat: int, name: str) -> int:
        there = self._state.chats[chat]
        number = int(
            create_topic(self._state, there, self._state.user(who), name)["message_thread_id"]
        )
        self._tell("message", there, there.messages[number])
        return number

    def rename_topic(self, who: str, chat: int, topic: int, name: str) -> None:
        self._state.chats[chat].topics[topic]["name"] = name
        self.say(who, chat, topic=topic, forum_topic_edited={"name": name})

    def close_topic(self, who: str, chat: int, topic: int | None) -> None:
        """None: the general one."""
        self._open(chat, topic, closed=True)
        self.say(who, chat, topic=topic, forum_topic_closed={})

    def reopen_topic(self, who: str, chat: int, topic: int | None) -> None:
        self._open(chat, topic, closed=False)
        self.say(who, chat, topic=topic, forum_topic_reopened={})

    def _open(self, chat: int, topic: int | None, *, closed: bool) -> None:
        there = self._state.chats[chat]
        if topic is None:
            there.general_closed = closed
        else:
            there.topics[topic]["closed"] = closed

    def delete_topic(self, chat: int, topic: int) -> None:
        """Bots are told nothing of it."""
        del self._state.chats[chat].topics[topic]
        self._state.chats[chat].deleted_topics.add(topic)

    def migrate(self, chat: int, new: int, *, told: bool = True) -> FakeChat:
        """A group becomes a supergroup: another number, and messages count from 1 again."""
        old = self._state.chats[chat]
        there = self._state.add_chat(new, "supergroup", old.title)
        there.members |= old.members
        old.migrated_to = new
        anonymous = self._state.user("Owner")
        here = self._state.write(old, anonymous, migrate_to_chat_id=new)
        also = self._state.write(there, anonymous, migrate_from_chat_id=chat)
        if told:
            self._queue.add("message", here)
            self._queue.add("message", also)
        return there

    def _tell(self, kind: str, chat: FakeChat, message: JSON) -> None:
        if self._sees(chat, message):
            self._queue.add(kind, dict(message))

    def _sees(self, chat: FakeChat, message: JSON) -> bool:
        """In privacy mode: commands, mentions, answers to the bot, and service messages."""
        bot = self._state.bot
        if chat.members.get(bot["id"], {"status": "left"})["status"] in ("left", "kicked"):
            return False
        if not self._state.privacy or chat.type == "private" or self._is_admin(chat):
            return True
        text = str(message.get("text") or message.get("caption") or "")
        to_bot = message.get("reply_to_message", {}).get("from") == bot
        meant = text.startswith("/") or f"@{bot['username']}" in text or to_bot
        return meant or not ({"text", "caption"} & message.keys())

    def _is_admin(self, chat: FakeChat) -> bool:
        standing = chat.members.get(self._state.bot["id"], {"status": "left"})
        return str(standing["status"]) == "administrator"


def _bare(message: JSON) -> JSON:
    return {name: value for name, value in message.items() if name != "reply_to_message"}
