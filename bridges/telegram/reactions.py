"""Reactions of people on Telegram as what was added and what was taken away. Pure."""

from collections.abc import Iterator

from telegram import MessageReactionUpdated, ReactionType
from telegram.constants import ReactionEmoji

from bridgekit import Reaction
from bridges.telegram.ids import message_id
from bridges.telegram.words import sound

KNOWN = frozenset(emoji.value for emoji in ReactionEmoji)
"""What a bot may react with (Bot API, "ReactionTypeEmoji")."""

_PAID = "⭐"


def changes(update: MessageReactionUpdated) -> Iterator[Reaction]:
    """Telegram tells all that a person has on a message, before and after."""
    before = [_name(reaction) for reaction in update.old_reaction]
    after = [_name(reaction) for reaction in update.new_reaction]
    target = message_id(update.chat.id, update.message_id)
    yield from (Reaction(target, one, removed=True) for one in before if one not in after)
    yield from (Reaction(target, one) for one in after if one not in before)


def _name(reaction: ReactionType) -> str:
    """The emoji; of one that is a picture its number, which `Client.emoji` finds it by."""
    emoji: str | None = getattr(reaction, "emoji", None)
    if emoji is not None:
        return sound(emoji)
    custom = getattr(reaction, "custom_emoji_id", None)
    return _PAID if custom is None else f":{sound(custom)}:"
