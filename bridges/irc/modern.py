"""What a connection can do where the server has the newest of IRCv3: a class for each ability."""

from collections.abc import AsyncIterator, Collection
from datetime import UTC, datetime, timedelta
from functools import cache

from bridgekit import (
    ChatID,
    Content,
    Deletion,
    MatrixEvent,
    MessageID,
    Reaction,
    RemoteEvent,
    SupportsDelete,
    SupportsHistory,
    SupportsReact,
    SupportsTyping,
    Typing,
)
from bridges.irc.client import IRCClient
from bridges.irc.nicks import is_channel
from bridges.irc.pasts import Page
from bridges.irc.tagged import REACT, TYPING, react, redact, typing
from bridges.irc.wire import compose

_PAGE = 100  # messages at once where the server does not say


class ReactingClient(IRCClient, SupportsReact):
    """`+draft/react`: what clients say to clients, about messages that have IDs."""

    async def react(self, event: MatrixEvent[Reaction]) -> None:
        await self._do(event.chat.id, [react(event, self._where(event.chat.id))])


class TypingClient(IRCClient, SupportsTyping):
    """`+typing`."""

    async def typing(self, event: MatrixEvent[Typing]) -> None:
        chat = event.chat.id
        if is_channel(chat) and chat not in self.channels:
            return  # who has said nothing there does not enter it
        await self._do(chat, [typing(event, self._where(chat))])


class RedactingClient(IRCClient, SupportsDelete):
    """`draft/message-redaction`."""

    async def delete(self, event: MatrixEvent[Deletion]) -> None:
        await self._do(event.chat.id, [redact(event, self._where(event.chat.id))])


class RememberingClient(IRCClient, SupportsHistory):
    """`draft/chathistory`."""

    async def history(
        self,
        chat: ChatID,
        *,
        after: MessageID | None = None,
        before: MessageID | None = None,
        since: datetime | None = None,
        limit: int,
    ) -> AsyncIterator[RemoteEvent[Content]]:
        await self.enter(chat)
        left, where = limit, _place(after, before, since)
        while left > 0:
            most = min(left, self._session.features.history_limit or _PAGE)
            page = await self._page(chat, where, most)
            for event in page.events:
                yield event
            left -= page.lines
            if page.lines < most or where[0] != "AFTER" or page.last is None:
                return
            where = _place(page.last)

    async def _page(self, chat: ChatID, where: tuple[str, str], most: int) -> Page:
        which, reference = where
        answer = self._inbound.pasts.ask(chat)
        self._session.connection.write(compose("CHATHISTORY", which, chat, reference, str(most)))
        return await answer


def _place(
    after: MessageID | None, before: MessageID | None = None, since: datetime | None = None
) -> tuple[str, str]:
    """As CHATHISTORY names it; what was said at the very moment of a place is not behind it."""
    if after is not None:
        return "AFTER", f"msgid={after}"
    if since is not None:
        moment = since.astimezone(UTC) - timedelta(milliseconds=1)
        return "AFTER", f"timestamp={moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"
    return ("LATEST", "*") if before is None else ("BEFORE", f"msgid={before}")


class ModernIRCClient(ReactingClient, TypingClient, RedactingClient, RememberingClient):
    """All of it."""


_ABILITIES: dict[str, type[IRCClient]] = {
    REACT: ReactingClient,
    TYPING: TypingClient,
    "draft/message-redaction": RedactingClient,
    "draft/chathistory": RememberingClient,
}


def client_for(base: type[IRCClient], abilities: Collection[str]) -> type[IRCClient]:
    """The class of `base`'s kind that has exactly what the server has: `Session.abilities`."""
    return _with(base, frozenset(_ABILITIES) & frozenset(abilities))


@cache
def _with(base: type[IRCClient], abilities: frozenset[str]) -> type[IRCClient]:
    def become(client: IRCClient, abilities: Collection[str]) -> None:
        client.__class__ = client_for(base, abilities)

    bases = [kind for name, kind in _ABILITIES.items() if name in abilities]
    return type(base.__name__, (*bases, base), {"become": become})
