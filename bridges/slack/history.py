"""The past of a channel, oldest first, the answers in its threads included.

https://docs.slack.dev/reference/methods/conversations.history answers newest first and leaves out
what was said in threads: `conversations.replies` has that, thread by thread.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from bridgekit import Content, MessageID, RemoteEvent
from bridges.slack.events import NotUnderstood, Seen, events_of
from bridges.slack.fields import JSON, text
from bridges.slack.ids import is_ts, message_id
from bridges.slack.web_api import WebAPI

_BEFORE = 200  # messages before a gap, in whose threads somebody may have answered since


def place(ts: str) -> tuple[int, int]:
    """Where a message stands among others."""
    seconds, _, micros = ts.partition(".")
    return int(seconds), int(micros.ljust(6, "0"))


@dataclass(frozen=True, slots=True)
class Past:
    """Of one channel."""

    api: WebAPI
    channel: str

    async def following(self, after: MessageID, limit: int) -> list[JSON]:
        """The first messages behind one; also in threads that hang on what was said before it."""
        found: dict[str, JSON] = {}
        async for one in self._messages(oldest=after):
            found[text(one, "ts")] = one
            if len(found) > 2 * max(limit, _BEFORE):  # newest first: what is later comes again
                found = {text(one, "ts"): one for one in _in_order(found)[:limit]}
        roots = list(found.values())
        roots += [one async for one in self._last(_BEFORE, latest=after, inclusive=True)]
        for root in roots:
            if place(_latest_reply(root)) > place(after):
                async for one in self._replies(root, oldest=after):
                    found[text(one, "ts")] = one
        return [one for one in _in_order(found) if place(text(one, "ts")) > place(after)][:limit]

    async def last(self, before: MessageID | None, limit: int) -> list[JSON]:
        """The last messages, of all or of those before one."""
        found: dict[str, JSON] = {}
        roots = [one async for one in self._last(limit, latest=before, inclusive=False)]
        found |= {text(one, "ts"): one for one in roots}
        for root in roots:
            if _latest_reply(root) != "0.0":
                async for one in self._replies(root, latest=before):
                    found[text(one, "ts")] = one
        return _in_order(found)[-limit:] if limit else []

    async def _messages(self, **span: str) -> AsyncIterator[JSON]:
        pages = self.api.pages(
            "conversations.history",
            "messages",
            channel=self.channel,
            include_all_metadata=True,
            **span,
        )
        async for one in pages:
            if is_ts(text(one, "ts")):
                yield one

    async def _last(
        self, limit: int, *, latest: str | None, inclusive: bool
    ) -> AsyncIterator[JSON]:
        span = {} if latest is None else {"latest": latest, "inclusive": str(inclusive).lower()}
        left = limit
        async for one in self._messages(**span):
            if not left:
                return
            left -= 1
            yield one

    async def _replies(self, root: JSON, **span: str | None) -> AsyncIterator[JSON]:
        arguments = {name: value for name, value in span.items() if value is not None}
        pages = self.api.pages(
            "conversations.replies",
            "messages",
            channel=self.channel,
            ts=text(root, "ts"),
            include_all_metadata=True,
            **arguments,
        )
        async for one in pages:  # the root comes with each page
            if is_ts(text(one, "ts")) and text(one, "ts") != text(root, "ts"):
                yield one


def events_in(found: JSON, seen: Seen) -> list[RemoteEvent[Content]]:
    """What one of them says; what is no message takes the others not with it."""
    try:
        return [one for one in events_of(found, seen) if isinstance(one, RemoteEvent)]
    except NotUnderstood:
        return []


def first_of(found: Sequence[JSON]) -> MessageID | None:
    return message_id(text(found[0], "ts")) if found else None


def last_of(found: Sequence[JSON]) -> MessageID | None:
    return message_id(text(found[-1], "ts")) if found else None


def _latest_reply(root: JSON) -> str:
    ts = text(root, "latest_reply")
    return ts if is_ts(ts) else "0.0"


def _in_order(found: dict[str, JSON]) -> list[JSON]:
    return [found[ts] for ts in sorted(found, key=place)]
