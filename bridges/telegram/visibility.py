"""Who may see a chat: a group or a channel without a username is for invited people.

Telegram does not say when that changes, but whatever happens in a chat names the chat as it is.
"""

from telegram import Chat as TelegramChat
from telegram import ChatFullInfo, Update
from telegram.constants import ChatType

from bridgekit import Chat, ChatChange, ChatInfo, RemoteEvent
from bridges.telegram.config import Topics
from bridges.telegram.convert import Events
from bridges.telegram.ids import Place
from bridges.telegram.memory import Memory
from bridges.telegram.view import View

_SHARED = (ChatType.GROUP, ChatType.SUPERGROUP, ChatType.CHANNEL)


def by_invitation(chat: TelegramChat | ChatFullInfo) -> bool | None:
    """None: it is a chat with one person."""
    return not chat.username if chat.type in _SHARED else None


async def news(update: Update, view: View, memory: Memory, seen: dict[int, bool]) -> Events:
    """What has changed since it was told last; `seen` is to be kept once that is stored.

    What is seen for the first time is no news: the room was made of what Telegram said then.
    """
    chat = update.effective_chat
    now = None if chat is None else by_invitation(chat)
    if chat is None or now is None:
        return []
    number = int(chat.id)
    before = seen[number] if number in seen else await memory.is_closed(number)
    if now == before:
        return []
    seen[number] = now
    if before is None:
        return []
    change = ChatChange(ChatInfo(by_invitation=now))
    whole = Place(number).id
    # Where each topic has a room, those are open to who is in the room of the group.
    within = view.topics is Topics.ROOMS and whole in view.linked()
    return [
        RemoteEvent(Chat(one), None, change) for one in ([whole] if within else view.places(number))
    ]
