"""The methods about chats, people and files: what the bot may know, and what it may change."""

from collections.abc import Callable
from typing import Any

from bridges.telegram.fake.acts import Acts
from bridges.telegram.fake.errors import bad_request
from bridges.telegram.fake.parameters import Parameters
from bridges.telegram.fake.queue import UpdateQueue
from bridges.telegram.fake.state import JSON, FakeChat, State


class Chats:
    """`pictures` are the profile photos of people, by their number."""

    def __init__(self, state: State, queue: UpdateQueue, acts: Acts) -> None:
        self._state, self._queue, self._acts = state, queue, acts
        self.commands: list[JSON] = []
        self.pictures: dict[int, JSON] = {}
        self.custom_emoji: dict[str, JSON] = {}

    def methods(self) -> dict[str, Callable[[Parameters], Any]]:
        return {
            "getme": lambda _: self._state.me,
            "getchat": self._chat,
            "getchatmember": self._member,
            "getchatadministrators": self._administrators,
            "getchatmembercount": lambda asked: len(self._of(asked).members),
            "leavechat": self._leave,
            "setchattitle": self._title,
            "setchatdescription": self._description,
            "setchatphoto": self._photo,
            "deletechatphoto": self._no_photo,
            "createforumtopic": self._create_topic,
            "editforumtopic": self._edit_topic,
            "closeforumtopic": lambda asked: self._close(asked, closed=True),
            "reopenforumtopic": lambda asked: self._close(asked, closed=False),
            "getfile": self._file,
            "getuserprofilephotos": self._pictures,
            "getcustomemojistickers": self._stickers,
            "answercallbackquery": self._answer,
            "setmycommands": self._set_commands,
        }

    def _of(self, asked: Parameters) -> FakeChat:
        return self._state.chat_for_bot(asked.number("chat_id"))

    def _chat(self, asked: Parameters) -> JSON:
        chat = self._of(asked)
        more: JSON = {"description": chat.description or None, "photo": chat.photo}
        shown = {name: value for name, value in more.items() if value is not None}
        kinds = {"unlimited_gifts": True, "limited_gifts": True, "unique_gifts": True}
        gifts = {**kinds, "premium_subscription": True, "gifts_from_channels": True}
        return {
            **chat.brief,
            **shown,
            "accent_color_id": 0,
            "max_reaction_count": 11,
            "accepted_gift_types": gifts,
        }

    def _member(self, asked: Parameters) -> JSON:
        chat, number = self._of(asked), asked.number("user_id")
        if number == self._state.bot["id"]:
            return self._state.member(chat, self._state.bot)
        user = self._state.users.get(number or 0)
        if user is None:
            raise bad_request("PARTICIPANT_ID_INVALID")
        return self._state.member(chat, user)

    def _administrators(self, asked: Parameters) -> list[JSON]:
        chat = self._of(asked)
        users = {**self._state.users, self._state.bot["id"]: self._state.bot}
        return [
            self._state.member(chat, users[number])
            for number, standing in chat.members.items()
            if standing["status"] in ("creator", "administrator")
        ]

    def _leave(self, asked: Parameters) -> bool:
        self._of(asked).members[self._state.bot["id"]] = {"status": "left"}
        return True

    def _may_change(self, asked: Parameters) -> FakeChat:
        chat = self._of(asked)
        if not chat.members[self._state.bot["id"]].get("can_change_info"):
            raise bad_request("not enough rights to change chat title")
        return chat

    def _title(self, asked: Parameters) -> bool:
        chat, title = self._may_change(asked), asked.text("title") or ""
        if chat.title == title:
            raise bad_request("chat title is not modified")
        chat.title = title
        told_itself(self._state, self._queue, chat, new_chat_title=title)
        self._acts.note("setchattitle", chat.id, {}, title)
        return True

    def _description(self, asked: Parameters) -> bool:
        chat, text = self._may_change(asked), asked.text("description") or ""
        if chat.description == text:
            raise bad_request("chat description is not modified")
        chat.description = text
        self._acts.note("setchatdescription", chat.id, {}, text)
        return True

    def _photo(self, asked: Parameters) -> bool:
        chat, upload = self._may_change(asked), asked.upload("photo")
        if upload is None:
            raise bad_request("there is no photo in the request")
        chat.photo = picture(self._state, upload.data)
        size = self._state.files.described(upload.data, "photos", width=160, height=160)
        told_itself(self._state, self._queue, chat, new_chat_photo=[size])
        self._acts.note("setchatphoto", chat.id, {})
        return True

    def _no_photo(self, asked: Parameters) -> bool:
        chat = self._may_change(asked)
        chat.photo = None
        told_itself(self._state, self._queue, chat, delete_chat_photo=True)
        self._acts.note("deletechatphoto", chat.id, {})
        return True

    def _create_topic(self, asked: Parameters) -> JSON:
        chat, name = self._of(asked), asked.text("name") or ""
        if not chat.is_forum:
            raise bad_request("the chat is not a forum")
        return create_topic(self._state, chat, self._state.bot, name)

    def _topic(self, asked: Parameters) -> tuple[FakeChat, JSON]:
        chat = self._of(asked)
        topic = chat.topics.get(asked.number("message_thread_id") or 0)
        if topic is None:
            raise bad_request("TOPIC_ID_INVALID")
        return chat, topic

    def _edit_topic(self, asked: Parameters) -> bool:
        (chat, topic), name = self._topic(asked), asked.text("name") or ""
        if topic["name"] == name:
            raise bad_request("TOPIC_NOT_MODIFIED")
        topic["name"] = name
        self._acts.note("editforumtopic", chat.id, {}, name)
        return True

    def _close(self, asked: Parameters, *, closed: bool) -> bool:
        self._topic(asked)[1]["closed"] = closed
        return True

    def _file(self, asked: Parameters) -> JSON:
        file = self._state.files.get(asked.text("file_id"))
        about = {"file_id": file.id, "file_unique_id": file.unique, "file_size": file.size}
        return {**about, "file_path": file.path}

    def _pictures(self, asked: Parameters) -> JSON:
        found = self.pictures.get(asked.number("user_id") or 0)
        return {"total_count": int(found is not None), "photos": [[found]] if found else []}

    def _stickers(self, asked: Parameters) -> list[JSON]:
        wanted = asked.json("custom_emoji_ids") or []
        return [self.custom_emoji[one] for one in wanted if one in self.custom_emoji]

    def _set_commands(self, asked: Parameters) -> bool:
        self.commands = asked.json("commands") or []
        return True

    def _answer(self, asked: Parameters) -> bool:
        self._acts.note("answercallbackquery", 0, {}, asked.text("text"))
        return True


def told_itself(state: State, queue: UpdateQueue, chat: FakeChat, **service: Any) -> None:
    """What a bot does to a chat is said there, and it is told that like anybody."""
    channel = chat.type == "channel"
    message = state.write(chat, None if channel else state.bot, **service)
    queue.add("channel_post" if channel else "message", message)


def create_topic(state: State, chat: FakeChat, user: JSON, name: str) -> JSON:
    """The topic goes by the number of the message that says that it was created."""
    number = chat.last_message + 1
    created = {"name": name, "icon_color": 7322096}
    about = {"message_thread_id": number, "is_topic_message": True}
    state.write(chat, user, forum_topic_created=created, **about)
    topic: JSON = {"message_thread_id": number, **created}
    chat.topics[number] = topic
    return topic


def picture(state: State, data: bytes) -> JSON:
    """A chat's photo, as the Bot API shows it."""
    small, big = state.files.add(data, "profile_photos"), state.files.add(data, "profile_photos")
    return {
        "small_file_id": small.id,
        "small_file_unique_id": small.unique,
        "big_file_id": big.id,
        "big_file_unique_id": big.unique,
    }
