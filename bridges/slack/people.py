"""People and channels as Slack describes them, as what the core wants to know; pure."""

from bridgekit import Attachment, ChatInfo, Rank, RemoteUserID, UserInfo
from bridges.slack.config import Topic
from bridges.slack.convert import picture
from bridges.slack.fields import JSON, record, text
from bridges.slack.ids import Sight

_SIZES = ("image_512", "image_192", "image_72", "image_48")


def user_info(user: JSON, sight: Sight) -> UserInfo:
    """https://docs.slack.dev/reference/objects/user-object; by the name that Slack shows."""
    profile = record(user, "profile")
    names = (
        text(profile, "display_name"),
        text(profile, "real_name"),
        text(user, "real_name"),
        text(user, "name"),
    )
    return UserInfo(
        id=sight.user(text(user, "id"), text(user, "team_id")),
        name=next((name.strip() for name in names if name.strip()), None),
        avatar=_avatar(profile),
        bot=user.get("is_bot") is True,
    )


def bot_info(bot: JSON, sight: Sight) -> UserInfo:
    """See <https://docs.slack.dev/reference/methods/bots.info>."""
    name = text(bot, "name") or None
    return UserInfo(sight.user(text(bot, "id")), name, _avatar(record(bot, "icons")), bot=True)


def _avatar(pictures: JSON) -> Attachment | None:
    url = next((url for size in _SIZES if (url := text(pictures, size))), "")
    return picture(url) if url else None


def chat_info(channel: JSON, sight: Sight, topic: Topic) -> ChatInfo:
    """See <https://docs.slack.dev/reference/objects/conversation-object>."""
    direct = channel.get("is_im") is True
    group = channel.get("is_mpim") is True
    closed = channel.get("is_archived") is True or channel.get("is_read_only") is True
    about = text(record(channel, topic.value), "value")
    return ChatInfo(
        id=sight.chat(text(channel, "id")),
        name=None if direct else text(channel, "name") or None,
        topic=None if direct or group else about,
        direct=direct,
        may_speak=Rank.OWNER if closed else None,
        by_invitation=True if channel.get("is_private") is True else None,
        other=_other(channel, sight) if direct else None,
    )


def _other(channel: JSON, sight: Sight) -> RemoteUserID:
    """Whom a direct chat is with: it has an ID of its own. Of some, Slack does not say it."""
    user = text(channel, "user")
    return sight.user(user) if user else RemoteUserID("")
