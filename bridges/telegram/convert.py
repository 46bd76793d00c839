"""An update of Telegram as events. Pure: whatever had to be looked up is in the `View`.

What comes twice is known by its message, and an edit by its time; where there is neither, by the
update's number together with its time, since the numbers begin anew after a quiet week.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from telegram import Message, Update
from telegram import Poll as TelegramPoll

from bridgekit import (
    Chat,
    ChatChange,
    ChatID,
    ChatInfo,
    Content,
    Edit,
    Location,
    Membership,
    MemberState,
    MessageID,
    MessageKind,
    Moved,
    Poll,
    RemoteEvent,
    RemoteUserID,
    Unsupported,
    Vote,
    from_plain,
)
from bridgekit import Message as Said
from bridges.telegram.ids import Place, message_id, place_of
from bridges.telegram.reactions import changes
from bridges.telegram.services import move_of, service_of
from bridges.telegram.showing import about_of, answered, content_of, poll_of, results, unknown
from bridges.telegram.speaking import acting, people_in, person, speaker_of
from bridges.telegram.standing import CLOSED, OPEN, own_standing, standing_of
from bridges.telegram.view import View
from bridges.telegram.words import one_line

Events = list[RemoteEvent[Content]]

NOT_FOR_ALL = ("ephemeral_message_id", "receiver_user")  # only one person sees it: Bot API 10.2


def events_of(update: Update, view: View) -> Events | None:
    """What it tells; None for a kind of update that this version does not know."""
    if (message := update.message or update.channel_post) is not None:
        found = list(_said(message, view, _key(update, message.date)))
    elif (message := update.edited_message or update.edited_channel_post) is not None:
        found = list(_edited(message, view, update.update_id))
    elif update.poll is not None:
        found = list(_ended(update.poll, view))
    else:
        changed = _changed(update, view)
        if changed is None:
            return None
        found = changed
    people = tuple(person(user) for user in people_in(update))
    return [replace(event, people=(*event.people, *people)) for event in found]


def _key(update: Update, at: datetime | None) -> str:
    return f"{update.update_id}.{int(at.timestamp()) if at else 0}"


def _said(message: Message, view: View, key: str) -> Iterator[RemoteEvent[Content]]:
    if _is_for_one(message):
        return
    if (move := move_of(message)) is not None:
        yield from (_moved(place, move[1]) for place in view.places(move[0]))
        return
    speaker = speaker_of(message)
    sender = None if speaker is None else speaker.user
    place, thread = _where(message, view)
    named = message_id(message.chat.id, message.message_id)
    service = service_of(message, view.me)
    shown = service is None or any(isinstance(one, Unsupported) for one in service)
    if thread is not None and shown:
        yield _root(message, view, thread)
    if service is not None:
        for content in (*service, *_of_topic(message, place)):
            if _is_known_ban(content, message, view):
                continue
            yield _service(message, view, sender, content, key)
        return
    content = content_of(message, view.known) or unknown(message)
    people = () if speaker is None else (speaker.info,)
    if isinstance(content, Location | Poll) and (about := about_of(message, view.known)):
        above, known_as = _in_place(about, message, thread), f"about {named}"
        yield RemoteEvent(
            view.chat(place), sender, above, key=known_as, at=message.date, people=people
        )
    shown_as = _in_place(content, message, thread)
    yield RemoteEvent(view.chat(place), sender, shown_as, id=named, at=message.date, people=people)


def _is_for_one(message: Message) -> bool:
    """Whether or not the library knows of that already."""
    found = (message.api_kwargs.get(name, getattr(message, name, None)) for name in NOT_FOR_ALL)
    return any(one is not None for one in found)


def _moved(chat: ChatID, group: int) -> RemoteEvent[Content]:
    """A group has another number, and each of its topics with it."""
    new = Place(group, place_of(chat).topic).id
    return RemoteEvent(Chat(chat), None, Moved(new), key=move_key(chat, new))


def move_key(old: ChatID, new: ChatID) -> str:
    """What tells a move apart, whoever tells of it."""
    return f"moved {old} {new}"


def _is_known_ban(content: Content, message: Message, view: View) -> bool:
    """Whoever is banned was put out, and Telegram tells both: the ban stands."""
    if not isinstance(content, Membership) or content.state is not MemberState.KICK:
        return False
    return view.banned(message.chat.id, content.user)


def _where(message: Message, view: View) -> tuple[Place, MessageID | None]:
    """The bridged chat, and the message that the thread hangs on, if it is one there."""
    topic = message.message_thread_id if message.is_topic_message else None
    place = view.place(message.chat.id, topic)
    if topic is None or place.topic is not None or topic == message.message_id:
        return place, None
    return place, message_id(message.chat.id, topic)


def _in_place(content: Content, message: Message, thread: MessageID | None) -> Content:
    if isinstance(content, Location | Poll | Unsupported):
        return replace(content, reply_to=answered(message), thread=thread)
    if not isinstance(content, Said):
        return content
    speaker = speaker_of(message)
    by_bot = message.from_user is not None and message.from_user.is_bot
    by_program = by_bot and message.sender_chat is None
    return replace(
        content,
        thread=thread,
        kind=MessageKind.NOTICE if by_program else MessageKind.TEXT,
        profile=None if speaker is None else speaker.profile,
    )


def _root(message: Message, view: View, thread: MessageID) -> RemoteEvent[Content]:
    """The message that a topic hangs on, for a topic that is older than the bridge.

    It has the number that Telegram gave to the creation of the topic, so it is shown once.
    """
    answered = message.reply_to_message
    created = None if answered is None else answered.forum_topic_created
    line = Unsupported(f"Topic: {created.name}" if created else "A topic on Telegram")
    chat = view.chat(Place(message.chat.id))
    return RemoteEvent(chat, None, line, id=thread, at=message.date)


def _of_topic(message: Message, place: Place) -> Iterator[ChatChange]:
    """A topic with a room of its own goes by another name, is closed, or opened again."""
    if place.topic is None:
        return
    edited = message.forum_topic_edited
    if edited is not None and edited.name:
        yield ChatChange(ChatInfo(name=one_line(edited.name)))
    if message.forum_topic_closed is not None:
        yield ChatChange(CLOSED)
    if message.forum_topic_reopened is not None:
        yield ChatChange(OPEN)


def _service(
    message: Message, view: View, sender: RemoteUserID | None, content: Content, key: str
) -> RemoteEvent[Content]:
    place, thread = _where(message, view)
    if isinstance(content, Unsupported):
        named = message_id(message.chat.id, message.message_id)
        line = replace(content, thread=thread)
        return RemoteEvent(view.chat(place), sender, line, id=named, at=message.date)
    return RemoteEvent(view.chat(place), sender, content, key=key, at=message.date)


def _edited(message: Message, view: View, number: int) -> Iterator[RemoteEvent[Content]]:
    if _is_for_one(message):
        return
    at = message.edit_date or message.date
    place, _ = _where(message, view)
    speaker = speaker_of(message)
    sender = None if speaker is None else speaker.user
    named = message_id(message.chat.id, message.message_id)
    if service_of(message, view.me) is not None:
        return
    content = content_of(message, view.known) or unknown(message)
    if isinstance(content, Location | Poll):
        yield RemoteEvent(view.chat(place), sender, content, id=named, at=at)
        return
    if isinstance(content, Unsupported):
        content = Said(from_plain(content.text))
    said = _in_place(content, message, None)
    if isinstance(said, Said):
        stamp = edit_stamp(int(at.timestamp()), number)
        edit = Edit(named, said, stamp, replaces_media=bool(said.attachments))
        yield RemoteEvent(view.chat(place), sender, edit, at=at)


def edit_stamp(at: int, number: int) -> str:
    """By when, and by the number of the update for what is of the same second."""
    return f"{at:011}-{number:011}"


def _ended(poll: TelegramPoll, view: View) -> Iterator[RemoteEvent[Content]]:
    """A poll that its author has closed: its end, and how it ended."""
    known = view.poll(poll.id)
    if known is None or not poll.is_closed:
        return
    chat = Chat(ChatID(known.chat))
    if known.sender is not None and known.sender != str(view.me):
        yield RemoteEvent(chat, known.sender, poll_of(poll), id=known.message)
    line = Said(results(poll), MessageKind.NOTICE, reply_to=known.message)
    yield RemoteEvent(chat, None, line, key=f"poll {poll.id} ended")


def _changed(update: Update, view: View) -> Events | None:  # noqa: PLR0911 (one per kind)
    """What is no message; None for what this version does not know."""
    if (reaction := update.message_reaction) is not None:
        topic = view.topic_of(reaction.chat.id, reaction.message_id)
        chat = view.chat(view.place(reaction.chat.id, topic))
        actor = acting(reaction.user, reaction.actor_chat)
        key = _key(update, reaction.date)
        return [
            RemoteEvent(chat, actor, change, key=key, at=reaction.date)
            for change in changes(reaction)
        ]
    if (member := update.chat_member) is not None:
        content, actor = standing_of(member), acting(member.from_user)
        key = _key(update, member.date)
        return [
            RemoteEvent(Chat(place), actor, content, key=f"{key} {place}", at=member.date)
            for place in view.places(member.chat.id)
        ]
    if (own := update.my_chat_member) is not None:
        line = own_standing(own)
        if line is None or own.chat.id > 0:
            return []
        key = _key(update, own.date)
        said = Said(from_plain(line), MessageKind.NOTICE)
        return [
            RemoteEvent(Chat(place), None, said, key=f"{key} {place}", at=own.date)
            for place in view.places(own.chat.id)
        ]
    if (answer := update.poll_answer) is not None:
        known = view.poll(answer.poll_id)
        voter = acting(answer.user, answer.voter_chat)
        if known is None:
            return []
        vote = Vote(known.message, tuple(int(option) for option in answer.option_ids))
        # It has no time: when the numbers begin anew, the poll and the choice tell it apart.
        key = f"{update.update_id} {answer.poll_id} {voter} {vote.options}"
        return [RemoteEvent(Chat(ChatID(known.chat)), voter, vote, key=key)]
    return [] if update.callback_query is not None else None
