"""What can be saved of a message that cannot be read: its words, in the room that it is for. Pure.

Whatever Telegram changes about a side of its messages, what people say must not vanish.
"""

from typing import Any

from bridgekit import Content, Edit, Message, RemoteEvent, RemoteUserID, Unsupported, from_plain
from bridges.telegram.convert import NOT_FOR_ALL, edit_stamp
from bridges.telegram.ids import message_id, user_id
from bridges.telegram.speaking import STAND_INS
from bridges.telegram.view import View
from bridges.telegram.words import sound

UNREADABLE = "Telegram shows something here that this version of the bridge cannot read."


def salvaged(raw: Any, view: View) -> RemoteEvent[Content] | None:
    """A line for the message in an update as it came, or in place of it; None if it holds none."""
    new = _object(raw, "message") or _object(raw, "channel_post")
    said = new or _object(raw, "edited_message") or _object(raw, "edited_channel_post")
    chat, number = _number(_object(said, "chat"), "id"), _number(said, "message_id")
    if chat is None or number is None or any(name in said for name in NOT_FOR_ALL):
        return None
    topic = _number(said, "message_thread_id") if said.get("is_topic_message") is True else None
    place, named = view.place(chat, topic), message_id(chat, number)
    line = " ".join([UNREADABLE, *_words(said)])
    if not new:
        at = _number(said, "edit_date") or 0
        stamp = edit_stamp(at, _number(raw, "update_id") or 0)
        edit = Edit(named, Message(from_plain(line)), stamp)
        return RemoteEvent(view.chat(place), _sender(said), edit)
    inside = topic is not None and place.topic is None and topic != number
    thread = message_id(chat, topic) if topic is not None and inside else None
    content = Unsupported(line, thread=thread)
    return RemoteEvent(view.chat(place), _sender(said), content, id=named)


def _sender(said: dict[str, Any]) -> RemoteUserID | None:
    user = _number(_object(said, "from"), "id")
    if user is None or user in STAND_INS or "sender_chat" in said:
        return None
    return user_id(user)


def _words(said: dict[str, Any]) -> list[str]:
    found = (said.get("text"), said.get("caption"))
    return [sound(text) for text in found if isinstance(text, str) and text]


def _object(raw: Any, name: str) -> dict[str, Any]:
    found = raw.get(name) if isinstance(raw, dict) else None
    return found if isinstance(found, dict) else {}


def _number(raw: dict[str, Any], name: str) -> int | None:
    found = raw.get(name)
    return found if type(found) is int and abs(found) < 1 << 63 else None
