"""How the bot stands in the chats that are to be bridged, and what it lacks there."""

from collections.abc import AsyncIterator, Iterator, Sequence

from telegram import Bot, ChatFullInfo, ChatMember, User
from telegram.constants import ChatMemberStatus as Status
from telegram.constants import ChatType
from telegram.error import ChatMigrated, TelegramError

from bridgekit import Chat, Finding, Severity
from bridges.telegram import mistakes
from bridges.telegram.ids import Place, find_place
from bridges.telegram.refusals import sentence
from bridges.telegram.speaking import name_of_chat
from bridges.telegram.standing import SEE_ALL, is_in

_MAKE_ADMIN = "Make it an administrator there: any right will do."

# What a bot does in a bridged chat besides speaking, by the right that Telegram has for it.
_RIGHTS = (
    ("can_delete_messages", "take back what is older than 48 hours"),
    ("can_pin_messages", "pin"),
    ("can_change_info", "change the name, description and picture"),
)


async def chats(bot: Bot, me: User, links: Sequence[Chat]) -> AsyncIterator[Finding]:
    """Each of Telegram's chats once, however many of its topics are linked."""
    seen: set[int] = set()
    for link in links:
        place = find_place(link.id)
        if place is None:
            yield mistakes.CHAT.error(
                f"{link.id!r} under `links` is no Telegram chat.",
                "Write the number that the bot answers to /status there, like -1001234567890.",
            )
        elif place.chat not in seen:
            seen.add(place.chat)
            for finding in await _chat(bot, me, place):
                yield finding


async def _chat(bot: Bot, me: User, place: Place) -> list[Finding]:
    try:
        chat = await bot.get_chat(place.chat)
        standing = await bot.get_chat_member(place.chat, me.id)
    except ChatMigrated as moved:
        new = moved.new_chat_id
        return [
            mistakes.SUPERGROUP.error(
                f"The group {place.chat} has become a supergroup: its number is {new} now.",
                f"Write {new} in place of {place.chat} under `links`.",
            )
        ]
    except TelegramError as error:
        fix = f"Add @{me.username} to it, and compare the number with what /status says there."
        return [mistakes.CHAT.error(f"Chat {place.chat}: {sentence(str(error))}", fix)]
    return list(_standing(chat, standing, me))


def _standing(chat: ChatFullInfo, standing: ChatMember, me: User) -> Iterator[Finding]:
    name = f"“{name_of_chat(chat)}” ({chat.id})"
    if chat.type == ChatType.PRIVATE:
        yield Finding(Severity.OK, f"{name} is a chat with one person.")
    elif not is_in(standing):
        yield mistakes.CHAT.error(f"The bot is not in {name}.", f"Add @{me.username} to it.")
    elif standing.status in (Status.ADMINISTRATOR, Status.OWNER):
        yield from _administrator(chat, standing, name)
    elif getattr(standing, "can_send_messages", True) is False:
        yield mistakes.CHAT.error(f"The bot may not write in {name}.", _MAKE_ADMIN)
    elif not me.can_read_all_group_messages:
        yield mistakes.PRIVACY.error(
            f"In {name} the bot sees only commands, mentions and answers to it: it is no"
            " administrator, and its privacy mode is on.",
            SEE_ALL,
        )
    else:
        yield mistakes.ALLOWED_UPDATES.warning(
            f"In {name} the bot is no administrator: it is told of no reactions, and not who is"
            " banned or made an administrator.",
            _MAKE_ADMIN,
        )


def _administrator(chat: ChatFullInfo, standing: ChatMember, name: str) -> Iterator[Finding]:
    if chat.type == ChatType.CHANNEL and not getattr(standing, "can_post_messages", False):
        fix = "Give it the right to post messages."
        yield mistakes.CHAT.error(f"The bot may not post in {name}.", fix)
        return
    rights = (*_RIGHTS, ("can_manage_topics", "rename topics")) if chat.is_forum else _RIGHTS
    lacking = [words for right, words in rights if getattr(standing, right, True) is False]
    limits = f" It may not: {'; '.join(lacking)}." if lacking else ""
    yield Finding(
        Severity.OK,
        f"In {name} the bot is an administrator: it sees everything, also who reacts, comes and"
        f" goes.{limits}",
    )
