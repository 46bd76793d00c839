"""What became of channels while nobody told: names, topics, who may speak and who may come in.

Slack repeats an event for six minutes. What changed in a longer absence shows in its list of
channels, beside what that said last.
"""

import json
from hashlib import sha256

from bridgekit import Chat, ChatChange, ChatInfo, Rank, RemoteEvent
from bridges.slack.ids import channel_of, is_chat
from bridges.slack.session import Session

_UNSURE = "?"

Facts = list[str | None]  # as JSON has them: name, digest of the topic, closed, private


class News:
    """Of one login's linked channels; what it knows of them is kept."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def tell(self) -> None:
        """Say what is otherwise than it was. Raises as `Host.receive`."""
        session, known = self._session, await self._known()
        chats = {chat.id for chat in session.host.chats(session.login.id) if is_chat(chat.id)}
        linked = {channel_of(chat).id for chat in chats} & session.around.keys()
        now = {one: facts_of(session.around[one]) for one in sorted(linked)}
        events = [
            RemoteEvent(Chat(session.sight.chat(one)), None, ChatChange(info))
            for one, facts in now.items()
            if (info := otherwise(session.around[one], known.get(one), facts)) is not None
        ]
        if events:
            await session.host.receive(session.login.id, *events)
        if now != known:
            await session.host.save(self._key, json.dumps(now))

    async def forget(self, channel: str) -> None:
        """It was told since who may speak there, or come in: next time it is said again."""
        known = await self._known()
        known[channel] = [*known.get(channel, [None, None])[:2], _UNSURE, _UNSURE]
        await self._session.host.save(self._key, json.dumps(known))

    async def _known(self) -> dict[str, Facts]:
        kept = await self._session.host.load(self._key)
        return {} if kept is None else json.loads(kept)

    @property
    def _key(self) -> str:
        return f"around {self._session.login.id}"


def facts_of(info: ChatInfo) -> Facts:
    topic = sha256((info.topic or "").encode(errors="replace")).hexdigest()[:16]
    return [info.name or "", topic, str(info.may_speak), str(info.by_invitation)]


def otherwise(info: ChatInfo, before: Facts | None, now: Facts) -> ChatInfo | None:
    """What has changed; None if nothing has.

    Of a room that was linked just now nothing is known: it keeps the name that people gave it, and
    is closed where its channel is, but not opened, as the list may not tell why it is not open.
    """
    if info.direct:
        return None
    name, topic, closed, private = before or [None, None, now[2], now[3]]
    opens, unlocks = closed != now[2], private != now[3]
    change = ChatInfo(
        name=info.name if name not in (None, now[0]) else None,
        topic=info.topic if topic not in (None, now[1]) else None,
        may_speak=info.may_speak or (Rank.MEMBER if opens else None),
        by_invitation=info.by_invitation or (False if unlocks else None),
    )
    return None if before == now or change == ChatInfo() else change
