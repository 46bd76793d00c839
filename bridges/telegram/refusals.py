"""What Telegram's refusals mean for what should happen next.

The texts are those of the Bot API server, which are the only thing that tells them apart.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    TelegramError,
)

from bridgekit import ChatID, ChatMoved, LoginError, Rejected, RetryLater, Scope
from bridges.telegram.ids import Place, place_of
from bridges.telegram.wire import TooFastError, UnreachableError

_LONGEST = 200  # characters of what Telegram says

REVOKED = (
    "Telegram does not accept the bot's token: ask @BotFather for it, or for a new one,"
    " and correct `token` in the configuration."
)
TWO_READERS = (
    "Another program receives this bot's messages, so the bridge does not: stop it, or let"
    " @BotFather revoke the token if you do not know which it is."
)
LEFT_WEBHOOK = (
    "Telegram calls a webhook for this bot, so the bridge cannot ask for messages: run"
    " `bridgekit setup` for this network to remove it, or set transport: webhook."
)
FOREIGN_WEBHOOK = (
    "Telegram calls another address for this bot than that of the bridge, which takes nothing from"
    " another program unasked: run `bridgekit setup` for this network to remove that webhook."
)

_NOT_THERE = "This message is not on Telegram any more."

# Part of Telegram's words, in lower case: what a person is told.
_SENTENCES = (
    ("kicked", "The bot was removed from this Telegram chat; somebody there must add it again."),
    ("bot is not a member", "The bot is not in this Telegram chat; somebody there must add it."),
    ("blocked by the user", "This person does not want to hear from the bot on Telegram."),
    ("user_is_blocked", "This person does not want to hear from the bot on Telegram."),
    ("voice_messages_forbidden", "This person takes no voice messages on Telegram."),
    ("user is deactivated", "This person's Telegram account is gone."),
    ("group chat was deleted", "This Telegram group was deleted."),
    ("chat not found", "Telegram does not know this chat, or the bot was never in it."),
    ("topic_closed", "This topic is closed on Telegram."),
    ("message thread not found", "This topic was deleted on Telegram."),
    ("topic_deleted", "This topic was deleted on Telegram."),
    (
        "not enough rights",
        "The bot may not do this in the Telegram chat: make it an administrator.",
    ),
    ("have no rights", "The bot may not write in this Telegram chat."),
    ("chat_write_forbidden", "The bot may not write in this Telegram chat."),
    ("chat_restricted", "Telegram has restricted this chat, so the bot may not write in it."),
    ("chat_send_", "In this Telegram chat, messages of this kind are not allowed."),
    ("chat_admin_required", "The bot must be an administrator of the Telegram chat for this."),
    ("need administrator rights", "The bot must be an administrator of the Telegram channel."),
    ("reaction_invalid", "This emoji is no reaction on Telegram, or not in this chat."),
    ("message to edit not found", _NOT_THERE),
    ("message to react not found", _NOT_THERE),
    ("message to pin not found", _NOT_THERE),
    ("message_id_invalid", _NOT_THERE),
    ("message can't be edited", "Telegram no longer lets the bot change this message."),
    ("there is no text", "On Telegram, a file cannot become text by an edit."),
    ("there is no caption", "On Telegram, text cannot become a file by an edit."),
    (
        "can't be deleted",
        "Telegram lets a bot delete what it said for 48 hours; later it must be an administrator.",
    ),
    ("message is too long", "This is too long for Telegram."),
    ("caption is too long", "This text is too long for a file on Telegram."),
    ("request entity too large", "This file is too large for Telegram."),
    ("file is too big", "This file is larger than what Telegram gives to bots."),
)


def refusal(  # noqa: PLR0911 (a return per meaning)
    error: TelegramError, chat: ChatID | None = None
) -> Exception | None:
    """What to raise in its place; None where nobody knows whether it was accepted.

    `chat` is where that was: a topic stays one when its group has another number.
    """
    match error:
        case ChatMigrated(new_chat_id=new):
            return ChatMoved(Place(new, None if chat is None else place_of(chat).topic).id)
        case TooFastError(after=after):
            return RetryLater("Telegram asks for a pause.", after)
        case UnreachableError():
            return RetryLater("Telegram cannot be reached.", scope=Scope.LOGIN)
        case InvalidToken() if "not found" in str(error).lower():
            return Rejected("This Bot API server does not know what the bridge asked for.")
        case InvalidToken():
            return LoginError(REVOKED)
        case Conflict():
            return RetryLater(LEFT_WEBHOOK if "webhook" in str(error).lower() else TWO_READERS)
        case BadRequest() | Forbidden():
            return Rejected(sentence(str(error)))
        case _:
            return None


def sentence(words: str) -> str:
    """Telegram's words as a person should read them."""
    lower = words.lower()
    for part, known in _SENTENCES:
        if part in lower:
            return known
    shown = "".join(letter for letter in words if letter.isprintable())[:_LONGEST]
    return f"Telegram refused it: {shown}"


def says(error: TelegramError, *parts: str) -> bool:
    """Whether it is a refusal with one of these (lower case) in its words."""
    words = str(error).lower()
    return isinstance(error, BadRequest) and any(part in words for part in parts)


@contextmanager
def translated(chat: ChatID | None = None) -> Iterator[None]:
    """Raises what the core understands in place of what the library raises."""
    try:
        yield
    except TelegramError as error:
        meant = refusal(error, chat)
        if meant is None:
            raise
        raise meant from None
