"""What Telegram itself says in a chat: changes of the chat and of who is in it, or a line. Pure."""

from collections.abc import Callable

from telegram import Message, User

from bridgekit import (
    Attachment,
    ChatChange,
    ChatInfo,
    Content,
    Membership,
    MemberState,
    Pin,
    Unsupported,
)
from bridges.telegram.files import NO_PICTURE, photo
from bridges.telegram.ids import message_id, user_id
from bridges.telegram.words import one_line


def service_of(message: Message, me: int) -> list[Content] | None:
    """What happened; None for a message that somebody wrote. Its move is another file's."""
    if message.new_chat_members:
        return [_came(user) for user in message.new_chat_members if user.id != me]
    if message.left_chat_member is not None:
        left = message.left_chat_member
        return [] if left.id == me else [_went(message, left)]
    change = _chat_change(message)
    if change is not None:
        return [ChatChange(change)]
    if message.pinned_message is not None:
        return [Pin(message_id(message.chat.id, message.pinned_message.message_id))]
    line = next((words(message) for name, words in LINES if getattr(message, name, None)), None)
    return None if line is None else [Unsupported(line)]


def move_of(message: Message) -> tuple[int, int] | None:
    """The numbers that the chat had and has from now on: told in both, the old one and the new."""
    if message.migrate_to_chat_id is not None:
        return int(message.chat.id), int(message.migrate_to_chat_id)
    if message.migrate_from_chat_id is not None:
        return int(message.migrate_from_chat_id), int(message.chat.id)
    return None


def _came(user: User) -> Membership:
    return Membership(user_id(user.id), MemberState.JOIN)


def _went(message: Message, left: User) -> Membership:
    by_others = message.from_user is not None and message.from_user.id != left.id
    return Membership(user_id(left.id), MemberState.KICK if by_others else MemberState.LEAVE)


def _chat_change(message: Message) -> ChatInfo | None:
    avatar: Attachment | None = None
    if message.new_chat_title:
        return ChatInfo(name=one_line(message.new_chat_title))
    if message.new_chat_photo:
        avatar = photo(tuple(message.new_chat_photo))
    elif message.delete_chat_photo:
        avatar = NO_PICTURE
    return None if avatar is None else ChatInfo(avatar=avatar)


def _topic(message: Message) -> str:
    created = message.forum_topic_created
    return f"The topic “{created.name}” was created." if created else ""


def _topic_edited(message: Message) -> str:
    edited = message.forum_topic_edited
    if edited is None or not edited.name:
        return "The topic has another icon."
    return f"The topic is now called “{edited.name}”."


def _timer(message: Message) -> str:
    found = message.message_auto_delete_timer_changed
    seconds = found.to_dict().get("message_auto_delete_time", 0) if found else 0
    if not seconds:
        return "Messages are no longer deleted by themselves on Telegram."
    return f"On Telegram, messages are deleted after {int(seconds) // 3600} hours."


def _boost(message: Message) -> str:
    count = message.boost_added.boost_count if message.boost_added else 1
    return "The chat was boosted." if count == 1 else f"The chat was boosted {count} times."


def _alert(message: Message) -> str:
    found = message.proximity_alert_triggered
    if found is None:
        return ""
    return f"{found.traveler.full_name} is within {found.distance} m of {found.watcher.full_name}."


def _about(line: str, *words: str | None) -> str:
    """A line with what people wrote to it."""
    said = ", ".join(filter(None, words))
    return f"{line}: {said}" if said else f"{line}."


def _answer_added(message: Message) -> str:
    found = message.poll_option_added
    return _about("An answer was added to a poll", found.option_text if found else None)


def _answer_taken(message: Message) -> str:
    found = message.poll_option_deleted
    return _about("An answer was taken from a poll", found.option_text if found else None)


def _tasks(message: Message) -> str:
    found = message.checklist_tasks_added
    tasks = found.tasks if found else ()
    return _about("Tasks were added to a checklist", *(task.text for task in tasks))


def _declined(message: Message) -> str:
    found = message.suggested_post_declined
    return _about("A suggested post was declined", found.comment if found else None)


def _saying(words: str) -> Callable[[Message], str]:
    return lambda _: words


LINES: tuple[tuple[str, Callable[[Message], str]], ...] = (
    ("forum_topic_created", _topic),
    ("forum_topic_edited", _topic_edited),
    ("forum_topic_closed", _saying("The topic was closed: nobody can write in it on Telegram.")),
    ("forum_topic_reopened", _saying("The topic was opened again.")),
    ("general_forum_topic_hidden", _saying("The general topic is hidden now.")),
    ("general_forum_topic_unhidden", _saying("The general topic is shown again.")),
    ("group_chat_created", _saying("The group was created.")),
    ("supergroup_chat_created", _saying("The group was created.")),
    ("channel_chat_created", _saying("The channel was created.")),
    ("video_chat_scheduled", _saying("A video chat is planned.")),
    ("video_chat_started", _saying("A video chat has begun.")),
    ("video_chat_ended", _saying("The video chat has ended.")),
    ("video_chat_participants_invited", _saying("Others were invited to the video chat.")),
    ("message_auto_delete_timer_changed", _timer),
    ("boost_added", _boost),
    ("proximity_alert_triggered", _alert),
    ("chat_background_set", _saying("The chat has another background on Telegram.")),
    ("giveaway_created", _saying("A giveaway was announced.")),
    ("giveaway_completed", _saying("A giveaway has ended.")),
    ("checklist_tasks_done", _saying("Tasks of a checklist were ticked, or no longer.")),
    ("checklist_tasks_added", _tasks),
    ("poll_option_added", _answer_added),
    ("poll_option_deleted", _answer_taken),
    ("successful_payment", _saying("Something was paid.")),
    ("refunded_payment", _saying("A payment was returned.")),
    ("users_shared", _saying("People were shared with a bot.")),
    ("chat_shared", _saying("A chat was shared with a bot.")),
    ("connected_website", _saying("Somebody signed in to a website with Telegram.")),
    ("write_access_allowed", _saying("A bot may write to somebody now.")),
    ("web_app_data", _saying("Something was sent from a mini app.")),
    ("chat_owner_changed", _saying("The chat belongs to somebody else now.")),
    ("chat_owner_left", _saying("The owner has left the chat.")),
    ("managed_bot_created", _saying("A bot was made.")),
    ("passport_data", _saying("Documents were shared with a bot.")),
    ("suggested_post_approved", _saying("A suggested post was accepted.")),
    ("suggested_post_approval_failed", _saying("A suggested post could not be accepted.")),
    ("suggested_post_declined", _declined),
    ("suggested_post_paid", _saying("A suggested post was paid for.")),
    ("suggested_post_refunded", _saying("The money for a suggested post was returned.")),
    ("paid_message_price_changed", _saying("Messages have another price on Telegram now.")),
    ("direct_message_price_changed", _saying("Messages to the channel have another price now.")),
)
