"""The methods that change what is there: edits, deletions, reactions, pins, the end of a poll."""

from collections.abc import Callable
from typing import Any

from bridges.telegram.fake.acts import Acts
from bridges.telegram.fake.chats import told_itself
from bridges.telegram.fake.errors import NOT_MODIFIED, bad_request
from bridges.telegram.fake.flood import Flood
from bridges.telegram.fake.parameters import Parameters
from bridges.telegram.fake.queue import UpdateQueue
from bridges.telegram.fake.sends import Sends
from bridges.telegram.fake.state import JSON, FakeChat, State
from bridges.telegram.fake.written import MOST_CAPTION, MOST_TEXT, checked

_DAYS_TO_DELETE = 48 * 3600  # seconds
_FILES = ("photo", "video", "animation", "audio", "voice", "document", "sticker", "video_note")


class Changes:
    """`known` are the emoji that a bot may react with, without variation selectors."""

    def __init__(
        self,
        state: State,
        queue: UpdateQueue,
        acts: Acts,
        sends: Sends,
        flood: Flood,
        known: frozenset[str],
    ) -> None:
        self._state, self._queue, self._acts, self._flood = state, queue, acts, flood
        self._sends, self._known = sends, known

    def methods(self) -> dict[str, Callable[[Parameters], Any]]:
        return {
            "editmessagetext": self._text,
            "editmessagecaption": self._caption,
            "editmessagemedia": self._media,
            "deletemessage": self._delete,
            "deletemessages": self._delete_several,
            "setmessagereaction": self._react,
            "pinchatmessage": self._pin,
            "unpinchatmessage": self._unpin,
            "stoppoll": self._stop_poll,
        }

    def _own(self, asked: Parameters) -> tuple[FakeChat, JSON]:
        """A message of the bot's that is to be changed."""
        chat = self._state.chat_for_bot(asked.number("chat_id"))
        message = chat.messages.get(asked.number("message_id") or 0)
        if message is None:
            raise bad_request("message to edit not found")
        if message.get("from", self._state.bot) != self._state.bot:
            raise bad_request("message can't be edited")
        return chat, message

    def _changed(self, method: str, chat: FakeChat, message: JSON, new: JSON) -> JSON:
        self._flood.check(chat.id)
        kept = {name: value for name, value in new.items() if value is not None}
        if all(message.get(name) == value for name, value in new.items()):
            raise NOT_MODIFIED
        for name in new:
            message.pop(name, None)
        message |= {**kept, "edit_date": self._state.today}
        self._acts.note(method, chat.id, message)
        return message

    def _text(self, asked: Parameters) -> JSON:
        chat, message = self._own(asked)
        if "text" not in message:
            raise bad_request("there is no text in the message to edit")
        given = asked.text("text") or ""
        text, entities = checked(given, asked.json("entities"), MOST_TEXT, "message")
        if not text:
            raise bad_request("message text is empty")
        new = {"text": text, "entities": entities or None}
        return self._changed("editmessagetext", chat, message, new)

    def _caption(self, asked: Parameters) -> JSON:
        chat, message = self._own(asked)
        if not any(kind in message for kind in _FILES):
            raise bad_request("there is no caption in the message to edit")
        marks = asked.json("caption_entities")
        text, kept = checked(asked.text("caption") or "", marks, MOST_CAPTION, "message caption")
        new = {"caption": text or None, "caption_entities": kept or None}
        return self._changed("editmessagecaption", chat, message, new)

    def _media(self, asked: Parameters) -> JSON:
        chat, message = self._own(asked)
        if "text" not in message and not any(kind in message for kind in _FILES):
            raise bad_request("message can't be edited")
        media = asked.json("media") or {}
        content = self._sends.content(media["type"], asked.attached(media["media"]))
        marks = media.get("caption_entities")
        text, kept = checked(media.get("caption") or "", marks, MOST_CAPTION, "message caption")
        for kind in ("text", "entities", *_FILES):
            message.pop(kind, None)
        new = {**content, "caption": text or None, "caption_entities": kept or None}
        return self._changed("editmessagemedia", chat, message, new)

    def _delete(self, asked: Parameters) -> bool:
        chat = self._state.chat_for_bot(asked.number("chat_id"))
        self._remove(chat, asked.number("message_id") or 0)
        return True

    def _delete_several(self, asked: Parameters) -> bool:
        chat = self._state.chat_for_bot(asked.number("chat_id"))
        for message in asked.json("message_ids") or ():
            if message in chat.messages:
                self._remove(chat, message)
        return True

    def _remove(self, chat: FakeChat, number: int) -> None:
        message = chat.messages.get(number)
        if message is None:
            raise bad_request("message to delete not found")
        rights = chat.members[self._state.bot["id"]]
        admin = rights["status"] == "administrator" and rights.get("can_delete_messages")
        fresh = self._state.today - message["date"] <= _DAYS_TO_DELETE
        own = message.get("from", self._state.bot) == self._state.bot
        if not admin and not (own and fresh):
            raise bad_request("message can't be deleted")
        del chat.messages[number]
        self._acts.note("deletemessage", chat.id, message)

    def _react(self, asked: Parameters) -> bool:
        chat = self._state.chat_for_bot(asked.number("chat_id"))
        number = asked.number("message_id") or 0
        if number not in chat.messages:
            raise bad_request("message to react not found")
        wanted = asked.json("reaction") or []
        if len(wanted) > 1:
            raise bad_request("REACTIONS_TOO_MANY")
        for one in wanted:
            emoji = str(one.get("emoji")).replace("\ufe0f", "")
            allowed = chat.allowed_reactions
            if emoji not in self._known or (allowed is not None and emoji not in allowed):
                raise bad_request("REACTION_INVALID")
        self._flood.check(chat.id)
        there = chat.reactions.setdefault(number, {})
        before = there.get(self._state.bot["id"], [])
        there[self._state.bot["id"]] = wanted
        self._acts.note("setmessagereaction", chat.id, chat.messages[number], (before, wanted))
        return True

    def _pin(self, asked: Parameters) -> bool:
        chat, number = self._pinnable(asked)
        if number not in chat.messages:
            raise bad_request("message to pin not found")
        if number not in chat.pinned:
            chat.pinned.append(number)
            told_itself(self._state, self._queue, chat, pinned_message=chat.messages[number])
        self._acts.note("pinchatmessage", chat.id, chat.messages[number])
        return True

    def _unpin(self, asked: Parameters) -> bool:
        chat, number = self._pinnable(asked)
        if number not in chat.pinned:
            raise bad_request("message to unpin not found")
        chat.pinned.remove(number)
        self._acts.note("unpinchatmessage", chat.id, chat.messages.get(number, {}))
        return True

    def _pinnable(self, asked: Parameters) -> tuple[FakeChat, int]:
        chat = self._state.chat_for_bot(asked.number("chat_id"))
        if not chat.members[self._state.bot["id"]].get("can_pin_messages"):
            raise bad_request("not enough rights to manage pinned messages in the chat")
        return chat, asked.number("message_id") or 0

    def _stop_poll(self, asked: Parameters) -> JSON:
        chat, message = self._own(asked)
        poll: JSON | None = message.get("poll")
        if poll is None:
            raise bad_request("message with poll to stop not found")
        if poll["is_closed"]:
            raise bad_request("poll has already been closed")
        poll["is_closed"] = True
        self._queue.add("poll", poll)
        self._acts.note("stoppoll", chat.id, message)
        return poll
