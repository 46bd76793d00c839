"""How Slack's chats, people and messages are named towards the core, and back; pure.

A channel is `TEAM/CHANNEL` and a person `team-user` in small letters, so that a ghost's name reads
well; both with the team, since a shared channel has people of several. A message is its `ts`.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from bridgekit import ChatID, MessageID, Rejected, RemoteUserID

# https://docs.slack.dev/reference/objects/: letters and digits, of a length that is not promised.
_CHAT = re.compile(r"([TE][A-Z0-9]{1,30})/([CDG][A-Z0-9]{1,30})")
_USER = re.compile(r"([te][a-z0-9]{1,30})-([uwb][a-z0-9]{1,30})")
_TS = re.compile(r"\d{1,12}\.\d{1,9}")


class Channel(NamedTuple):
    team: str
    id: str


class User(NamedTuple):
    team: str
    id: str

    @property
    def is_bot(self) -> bool:
        """A bot without a user of its own: an incoming webhook, say."""
        return self.id.startswith("B")


@dataclass(frozen=True, slots=True)
class Sight:
    """Through which workspace something is seen, and what is known of whom it names.

    `homes` are the teams of people of others; `names` what people, channels and groups are called.
    """

    team: str
    homes: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def name(self, id_: str) -> str:
        return self.names.get(id_, id_)

    def chat(self, channel: str) -> ChatID:
        return chat_id(self.team, channel)

    def user(self, user: str, home: str = "") -> RemoteUserID:
        return user_id(home or self.homes.get(user, self.team), user)


def chat_id(team: str, channel: str) -> ChatID:
    return ChatID(f"{team}/{channel}")


def user_id(team: str, user: str) -> RemoteUserID:
    return RemoteUserID(f"{team}-{user}".lower())


def is_chat(chat: str) -> bool:
    """Whether it is written as a channel is."""
    return _CHAT.fullmatch(chat) is not None


def is_user(user: str) -> bool:
    """Whether it is written as a person is."""
    return _USER.fullmatch(user) is not None


def channel_of(chat: ChatID) -> Channel:
    """Raises `Rejected` for what no link could mean."""
    found = _CHAT.fullmatch(chat)
    if found is None:
        raise Rejected(
            "There is no such channel on Slack that the bridge could see. By its IDs, one is "
            "written TEAM/CHANNEL, like T024BE7LH/C061EG9T2."
        )
    return Channel(found[1], found[2])


def user_of(user: RemoteUserID) -> User:
    """Raises `Rejected` for who cannot be on Slack."""
    found = _USER.fullmatch(user)
    if found is None:
        raise Rejected("A person on Slack is written team-user, like t024be7lh-u061f7aud.")
    return User(found[1].upper(), found[2].upper())


def is_ts(value: str) -> bool:
    """Whether this names a message: digits, a point and digits, as text and never as a number."""
    return _TS.fullmatch(value) is not None


def message_id(ts: str) -> MessageID:
    return MessageID(ts)


def just_before(moment: datetime) -> MessageID:
    """The last `ts` that there could be before a moment."""
    return message_id(f"{moment.timestamp() - 1e-6:.6f}")


def when(ts: str) -> datetime | None:
    """The moment that a `ts` names, to the second and less."""
    try:
        return datetime.fromtimestamp(float(ts), UTC) if is_ts(ts) else None
    except (ValueError, OverflowError):  # of no year that there is
        return None
