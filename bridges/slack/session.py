"""What one connected login is made of: who it is, and the ways in which it reaches Slack."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from aiohttp import ClientSession

from bridgekit import ChatID, ChatInfo, Host, Login, RemoteUserID
from bridges.slack import people
from bridges.slack.config import SlackConfig, Topic
from bridges.slack.downloads import Downloads
from bridges.slack.events import Seen
from bridges.slack.fields import JSON, text
from bridges.slack.identity import Identity
from bridges.slack.ids import Sight, channel_of
from bridges.slack.web_api import WebAPI

_KINDS = "public_channel,private_channel,mpim,im"


@dataclass(slots=True)
class Session:
    """`inside` are the channels that it is in, and `around` what Slack said of those when it
    connected; `lasts`: seconds until it needs a new token.
    """

    login: Login
    config: SlackConfig
    host: Host
    api: WebAPI
    http: ClientSession
    downloads: Downloads
    identity: Identity
    sight: Sight
    lasts: float | None = None
    inside: set[str] = field(default_factory=set)
    around: dict[str, ChatInfo] = field(default_factory=dict)

    @property
    def me(self) -> RemoteUserID:
        return self.sight.user(self.identity.us.user)

    @property
    def is_persons(self) -> bool:
        """Whether it is somebody's own account, rather than the app's."""
        return not self.login.relay and self.login.person is not None

    def is_private(self, chat: ChatID) -> bool:
        """A direct chat of a person's; one with the app can be linked as any channel can."""
        return self.is_persons and channel_of(chat).id.startswith("D")

    def seen(self, key: str, *, private: bool) -> Seen:
        purposes = self.config.topic is Topic.PURPOSE
        return Seen(self.sight, self.identity.us, key, private, purposes)

    async def channels(self) -> AsyncIterator[JSON]:
        """Where it is: <https://docs.slack.dev/reference/methods/users.conversations>."""
        async for channel in self.api.pages("users.conversations", "channels", types=_KINDS):
            if text(channel, "id"):
                yield channel

    async def open_channels(self) -> AsyncIterator[JSON]:
        """What is public, and what it is in: <https://docs.slack.dev/reference/methods/conversations.list>.

        Of people's own chats those that they are in.
        """
        kinds = {"types": "public_channel,private_channel", "exclude_archived": True, "limit": 999}
        async for channel in self.api.pages("conversations.list", "channels", **kinds):
            if text(channel, "id"):
                yield channel

    async def look_around(self) -> None:
        """Learn where it is: nothing needs to be entered that it is in already."""
        async for channel in self.channels():
            info = people.chat_info(channel, self.sight, self.config.topic)
            self.around[text(channel, "id")] = info
        self.inside = set(self.around)

    def is_open(self, channel: str) -> bool:
        """Whether it is in there, and Slack takes what is said there, as far as its list tells."""
        info = self.around.get(channel)
        return info is not None and info.may_speak is None
