"""Whether Slack still calls us: a subscription whose calls fail for an hour it switches off, and
tells nobody but the owner of the app. So that silence is doubted now and then.

https://docs.slack.dev/apis/events-api, "Failure limits".
"""

import asyncio
from collections import Counter

from aiohttp import ClientError

from bridgekit import Chat, Message, MessageKind, Rejected, RemoteEvent, RetryLater, from_plain
from bridges.slack.fields import JSON, records, text
from bridges.slack.history import place
from bridges.slack.ids import channel_of, is_chat, is_ts
from bridges.slack.refusals import InDoubt
from bridges.slack.session import Session

LOOK, AGAIN = 600.0, 90.0  # seconds of silence until a look; until what was seen then is late
_CHANNELS = 3  # that are looked at
_PAGE = 100  # messages of each: the bridge's own are none that others said
_KNOWN = 1000  # channels

_MENDED = "Event Subscriptions on again, in the settings of the app at api.slack.com/apps"
DEAF = (
    "Slack does not tell the bridge any more what is said. Until it does, the bridge looks for "
    "itself now and then, and messages come up to a quarter of an hour late. Whoever runs the "
    f"bridge switches {_MENDED}."
)
HEARS = "Slack tells the bridge again what is said."


class Hearing:
    """Of all workspaces, over all connections: what is known to have been said, told or read.

    `deaf` are the channels in which people were told that a workspace tells nothing.
    """

    def __init__(self) -> None:
        self.events: Counter[str] = Counter()
        self.deaf: dict[str, list[str]] = {}
        self._known: dict[tuple[str, str], str] = {}

    def told(self, team: str, event: JSON) -> None:
        self.events[team] += 1
        if text(event, "type") == "message":
            self.know(team, text(event, "channel"), text(event, "ts"))

    def know(self, team: str, channel: str, ts: str) -> None:
        """Nothing that was said before then is news."""
        if not channel or not is_ts(ts):
            return
        before = self._known.pop((team, channel), ts)
        self._known[team, channel] = max(before, ts, key=place)
        if len(self._known) > _KNOWN:
            del self._known[next(iter(self._known))]

    def known(self, team: str, channel: str) -> str | None:
        return self._known.get((team, channel))

    def channels(self, team: str) -> list[str]:
        """Those in which somebody spoke last come first."""
        return [channel for of, channel in reversed(self._known) if of == team]


class Watch:
    """Of one connection of the app's own."""

    def __init__(self, session: Session, hearing: Hearing) -> None:
        self._session, self._hearing = session, hearing
        self._team = session.sight.team
        self._events = hearing.events[self._team]
        self._late: list[str] = []

    async def until(self, missed: asyncio.Event) -> None:
        """Return when something was missed. Raises `RetryLater` if people talk and nothing of it
        comes: with the next connection the past is read.
        """
        while not missed.is_set():
            try:
                async with asyncio.timeout(AGAIN if self._late else LOOK):
                    await missed.wait()
            except TimeoutError:
                await self._look()

    async def _look(self) -> None:
        events = self._hearing.events[self._team]
        if events != self._events:
            self._events, self._late = events, []
        elif not self._late:
            self._late = [one for one in self._channels() if await self._has_news(one)]
        else:
            if self._team not in self._hearing.deaf:
                self._hearing.deaf[self._team] = self._late
                key = self._hearing.known(self._team, self._late[0]) or ""
                await tell(self._session, self._late, DEAF, f"deaf {key}")
            raise RetryLater(f"Slack does not call the bridge any more: switch {_MENDED}", 1.0)

    def _channels(self) -> list[str]:
        chats = self._session.host.chats(self._session.login.id)
        linked = {channel_of(chat.id).id for chat in chats if is_chat(chat.id)}
        recent = [one for one in self._hearing.channels(self._team) if one in linked]
        return [*recent, *sorted(linked - {*recent})][:_CHANNELS]

    async def _has_news(self, channel: str) -> bool:
        """Whether something was said there that nobody told; the first look says nothing."""
        known = self._hearing.known(self._team, channel)
        found = await self._said(channel, known)
        if found is None:
            return False
        if known is None:
            newest = max((text(one, "ts") for one in found), key=place, default="0.0")
            self._hearing.know(self._team, channel, newest)
            return False
        return not all(map(self._is_ours, found))

    async def _said(self, channel: str, after: str | None) -> list[JSON] | None:
        """What was said there since then; None: it cannot be seen now, and is looked at again."""
        asked = {"channel": channel, "limit": _PAGE, "oldest": after}
        try:
            answer = await self._session.api.call("conversations.history", **asked)
        except (Rejected, RetryLater, InDoubt, ClientError, OSError, TimeoutError):
            return None
        return [one for one in records(answer, "messages") if is_ts(text(one, "ts"))]

    def _is_ours(self, message: JSON) -> bool:
        us = self._session.identity.us
        return text(message, "user") == us.user or text(message, "bot_id") == (us.bot or "none")


async def tell(session: Session, channels: list[str], line: str, key: str) -> None:
    """In the rooms of these channels."""
    said = Message(from_plain(line), MessageKind.NOTICE)
    chats = [Chat(session.sight.chat(channel)) for channel in channels]
    events = [RemoteEvent(chat, None, said, key=f"{key} {chat.id}") for chat in chats]
    await session.host.receive(session.login.id, *events)
