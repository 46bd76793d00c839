"""What a Telegram message shows, as one content: a text, a file, a place, a poll or a line. Pure.

Nothing is ever nothing: what has no form on Matrix, or is newer than this bridge, is a line.
"""

from collections.abc import Callable

from telegram import InlineKeyboardMarkup, Message
from telegram import Poll as TelegramPoll

from bridgekit import (
    Content,
    Italic,
    LineBreak,
    Link,
    Location,
    MessageID,
    Poll,
    RichText,
    Text,
    Unsupported,
    from_plain,
)
from bridgekit import Message as Said
from bridges.telegram import animated
from bridges.telegram.entities import Known, rich_text
from bridges.telegram.files import attachment_of
from bridges.telegram.ids import message_id
from bridges.telegram.speaking import origin_name
from bridges.telegram.words import one_line, sound

# What Telegram says of a message beside what is in it (Bot API, "Message").
NO_CONTENT = frozenset(
    (
        *("message_id", "date", "edit_date", "chat", "from", "sender_chat", "sender_tag"),
        *("sender_boost_count", "sender_business_bot", "business_connection_id", "via_bot"),
        *("author_signature", "is_topic_message", "message_thread_id", "direct_messages_topic"),
        *("reply_to_message", "external_reply", "quote", "reply_to_story", "forward_origin"),
        *("reply_to_checklist_task_id", "reply_to_poll_option_id", "is_automatic_forward"),
        *("has_protected_content", "is_from_offline", "media_group_id", "effect_id"),
        *("link_preview_options", "show_caption_above_media", "has_media_spoiler"),
        *("is_paid_post", "paid_star_count", "suggested_post_info", "reply_markup"),
        *("guest_bot_caller_user", "guest_bot_caller_chat", "guest_query_id"),
        *("entities", "caption_entities"),
    )
)
_SPECIAL = "Telegram shows something here that the bridge cannot: {}."


def content_of(message: Message, known: Known) -> Content | None:
    """What is shown; None where nothing of the message is known to this version."""
    place = location_of(message)
    if place is not None:
        return place
    if message.poll is not None:
        return poll_of(message.poll)
    attachment = attachment_of(message)
    text = _text(message, known)
    line = _line(message)
    if attachment is None and not text and line is None:
        return None
    if line is not None:
        text = from_plain(line)
    elif attachment is None and message.text is None:  # it stands below what nobody knows here
        text = (*from_plain(unknown(message).text), LineBreak(), *text)
    return Said(
        (*text, *_extras(message)),
        attachments=() if attachment is None else (attachment,),
        reply_to=answered(message),
        quote=_quote(message, known),
        forwarded_from=_origin(message),
    )


def about_of(message: Message, known: Known) -> Said | None:
    """What Telegram shows with a place or a poll that has no room in those: a line above it."""
    quote, origin, extras = _quote(message, known), _origin(message), _extras(message)
    if quote is None and origin is None and not extras:
        return None
    return Said(extras[1:], reply_to=answered(message), quote=quote, forwarded_from=origin)


def location_of(message: Message) -> Location | None:
    """A place; one that moves comes again, edited, with a later stamp."""
    stamp = None if message.edit_date is None else _stamp(message.edit_date.timestamp())
    if message.venue is not None:
        at, venue = message.venue.location, message.venue
        name = ", ".join(filter(None, (venue.title, venue.address)))
        return Location(float(at.latitude), float(at.longitude), one_line(name), stamp=stamp)
    if message.location is None:
        return None
    live = "live_period" in message.location.to_dict()
    first = "0" if live else None
    at = message.location
    return Location(float(at.latitude), float(at.longitude), live=live, stamp=stamp or first)


def poll_of(poll: TelegramPoll) -> Poll:
    """A poll; the one state that replaces another is its end."""
    question = "\n".join(filter(None, (poll.question, poll.description)))
    return Poll(
        sound(question),
        tuple(sound(option.text) for option in poll.options),
        multiple=bool(poll.allows_multiple_answers),
        anonymous=bool(poll.is_anonymous),
        closed=bool(poll.is_closed),
        stamp="1" if poll.is_closed else "0",
    )


def results(poll: TelegramPoll) -> RichText:
    """How a poll ended."""
    lines = [f"{option.text}: {option.voter_count}" for option in poll.options]
    return from_plain("\n".join([f"The poll “{poll.question}” has ended.", *lines]))


def unknown(message: Message) -> Unsupported:
    """The line for what this version does not know, by Telegram's own word for it."""
    words = [
        name.replace("_", " ")
        for name, value in message.to_dict().items()
        if name not in NO_CONTENT and name != "caption" and value is not False
    ]
    return Unsupported(_SPECIAL.format(", ".join(words) or "an empty message"))


def _stamp(at: float) -> str:
    return f"{int(at):011}"


def _text(message: Message, known: Known) -> RichText:
    if message.text is not None:
        return rich_text(message.text, message.entities, known)
    text = rich_text(message.caption or "", message.caption_entities, known)
    sticker = message.sticker
    if sticker is not None and sticker.is_animated and sticker.emoji and not animated.INSTALLED:
        return from_plain(sticker.emoji)
    return text


def _line(message: Message) -> str | None:
    """What is shown as words, where Matrix has nothing like it."""
    return next((words(message) for name, words in LINES if getattr(message, name, None)), None)


def _contact(message: Message) -> str:
    contact = message.contact
    if contact is None:
        return ""
    name = " ".join(filter(None, (contact.first_name, contact.last_name)))
    return f"Contact: {name}, {contact.phone_number}"


def _dice(message: Message) -> str:
    return f"{message.dice.emoji} {message.dice.value}" if message.dice else ""


def _game(message: Message) -> str:
    found = message.game
    if found is None:
        return ""
    return f"Game: {found.title}. {found.description} {found.text or ''}".strip()


def _gift(message: Message) -> str:
    return f"A gift. {(message.gift.text if message.gift else None) or ''}".strip()


def _giveaway(message: Message) -> str:
    prize = message.giveaway.prize_description if message.giveaway else None
    return f"A giveaway has begun, in which one can take part on Telegram. {prize or ''}".strip()


def _winners(message: Message) -> str:
    prize = message.giveaway_winners.prize_description if message.giveaway_winners else None
    return f"The winners of a giveaway were drawn. {prize or ''}".strip()


def _checklist(message: Message) -> str:
    found = message.checklist
    if found is None:
        return ""
    tasks = (f"{'☑' if task.completion_date else '☐'} {task.text}" for task in found.tasks)
    return "\n".join([f"Checklist: {found.title}", *tasks])


def _invoice(message: Message) -> str:
    found = message.invoice
    return f"Invoice: {found.title}. {found.description}" if found else ""


def _paid(message: Message) -> str:
    count = message.paid_media.star_count if message.paid_media else 0
    return f"Photos or videos that cost {count} stars on Telegram. {message.caption or ''}".strip()


def _saying(words: str) -> Callable[[Message], str]:
    return lambda _: words


LINES: tuple[tuple[str, Callable[[Message], str]], ...] = (
    ("contact", _contact),
    ("dice", _dice),
    ("game", _game),
    ("checklist", _checklist),
    ("invoice", _invoice),
    ("paid_media", _paid),
    ("story", _saying("A story, which only Telegram shows.")),
    ("gift", _gift),
    ("unique_gift", _saying("A gift, of which there is only one.")),
    ("gift_upgrade_sent", _saying("A gift was upgraded for somebody.")),
    ("giveaway", _giveaway),
    ("giveaway_winners", _winners),
)


def _extras(message: Message) -> RichText:
    """What stands below a message: buttons, and the bot that it was made with."""
    extras: list[RichText] = []
    keyboard = message.reply_markup
    if isinstance(keyboard, InlineKeyboardMarkup):
        for button in (button for row in keyboard.inline_keyboard for button in row):
            label: RichText = (Text(f"[{button.text}]"),)
            extras.append((Link(label, button.url),) if button.url else label)
    if message.via_bot is not None:
        extras.append((Italic((Text(f"via @{message.via_bot.username}"),)),))
    return tuple(node for extra in extras for node in (LineBreak(), *extra))


def answered(message: Message) -> MessageID | None:
    """What it answers. In a topic, every message answers the topic itself."""
    target = message.reply_to_message
    if target is None:
        return None
    root = target.forum_topic_created is not None
    if root and target.message_id == message.message_thread_id:
        return None
    return message_id(message.chat.id, target.message_id)


def _quote(message: Message, known: Known) -> RichText | None:
    """What its author picked out of another message, or what of it is not in this chat."""
    picked: RichText = ()
    if message.quote is not None and (message.quote.is_manual or message.external_reply):
        picked = rich_text(message.quote.text, message.quote.entities or (), known)
    if message.external_reply is not None:
        picked = (Text(f"{origin_name(message.external_reply.origin)}: "), *picked)
    elif message.reply_to_story is not None:
        picked = from_plain("A story, which only Telegram shows.")
    return picked or None


def _origin(message: Message) -> str | None:
    """Whom it is forwarded from; what a channel says is in its discussion group by itself."""
    if message.forward_origin is None or message.is_automatic_forward:
        return None
    return origin_name(message.forward_origin)
