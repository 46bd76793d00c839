"""Who is in a Telegram chat, and as what; and how the bot itself stands there. Pure."""

from telegram import ChatMember, ChatMemberUpdated
from telegram.constants import ChatMemberStatus as Status

from bridgekit import ChatInfo, Membership, MemberState, Rank
from bridges.telegram.ids import user_id

_RANKS = {
    Status.OWNER: Rank.OWNER,
    Status.ADMINISTRATOR: Rank.ADMIN,
    Status.MEMBER: Rank.MEMBER,
}

CLOSED = ChatInfo(may_speak=Rank.ADMIN)  # a topic in which only administrators write
OPEN = ChatInfo(may_speak=Rank.MEMBER)

REMOVED = (
    "The bot was removed from the Telegram chat, so nothing is bridged until it is added again."
)
MUTED = "The bot may not write in the Telegram chat any more."
ADDED = "The bot is in the Telegram chat."
SEE_ALL = (
    "Make it an administrator there; or switch its privacy mode off (@BotFather, /setprivacy),"
    " remove it from the chat and add it again."
)
PRIVACY = f"The bot only sees commands, mentions and answers to it in this Telegram chat. {SEE_ALL}"


def standing_of(update: ChatMemberUpdated) -> Membership:
    """A change of somebody's membership or rank."""
    member = update.new_chat_member
    user = user_id(member.user.id)
    if is_in(member):
        return Membership(user, MemberState.JOIN, rank=rank_of(member))
    if member.status == Status.BANNED:
        return Membership(user, MemberState.BAN)
    by_others = update.from_user.id != member.user.id
    was_in = is_in(update.old_chat_member)
    return Membership(user, MemberState.KICK if by_others and was_in else MemberState.LEAVE)


def is_in(member: ChatMember) -> bool:
    """Whether they are in the chat; of a restricted member it has to be said."""
    if member.status == Status.RESTRICTED:
        return bool(getattr(member, "is_member", False))
    return member.status in _RANKS


def rank_of(member: ChatMember) -> Rank:
    """What they are, as far as Telegram shows it to everybody there."""
    return Rank.MEMBER if getattr(member, "is_anonymous", False) else true_rank(member)


def true_rank(member: ChatMember) -> Rank:
    """What they are; of anonymous administrators only they themselves may know."""
    if member.status == Status.RESTRICTED:
        speaks = getattr(member, "can_send_messages", True)
        return Rank.MEMBER if speaks else Rank.MUTED
    return _RANKS.get(Status(member.status), Rank.MEMBER)


def own_standing(update: ChatMemberUpdated) -> str | None:
    """What people should know of a change of the bot's own; None: nothing that matters to them."""
    was, now = update.old_chat_member, update.new_chat_member
    if is_in(was) and not is_in(now):
        return REMOVED
    if is_in(now) and not is_in(was):
        return ADDED
    if _speaks(was) and not _speaks(now):
        return MUTED
    return None


def _speaks(member: ChatMember) -> bool:
    return is_in(member) and bool(getattr(member, "can_send_messages", True))
