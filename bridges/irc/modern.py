"""What a connection can do where the server has the newest of IRCv3: a class for each ability."""

from collections.abc import AsyncIterator, Collection
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
from bridges.irc.pasts import Page
from bridges.irc.tagged import react, redact, typing
from bridges.irc.wire import compose

_PAGE = 100  # messages at once where the server does not say


class TaggingClient(IRCClient, SupportsReact, SupportsTyping):
    """`message-tags`: what clients say to clients, about messages that have IDs."""

    async def react(self, event: MatrixEvent[Reaction]) -> None:
        await self._do(event.chat.id, [react(event, self._where(event.chat.id))])

    async def typing(self, event: MatrixEvent[Typing]) -> None:
        await self._do(event.chat.id, [typing(event, self._where(event.chat.id))])


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
        limit: int,
    ) -> AsyncIterator[RemoteEvent[Content]]:
        await self.enter(chat)
        left = limit
        while left > 0:
            most = min(left, self._session.features.history_limit or _PAGE)
            page = await self._page(chat, after, before, most)
            for event in page.events:
                yield event
            left -= page.lines
            if page.lines < most or after is None:
                return
            after = page.last

    async def _page(
        self, chat: ChatID, after: MessageID | None, before: MessageID | None, most: int
    ) -> Page:
        match after, before:
            case None, None:
                which = ("LATEST", chat, "*")
            case None, _:
                which = ("BEFORE", chat, f"msgid={before}")
            case _:
                which = ("AFTER", chat, f"msgid={after}")
        answer = self._inbound.pasts.ask(chat)
        self._session.connection.write(compose("CHATHISTORY", *which, str(most)))
        return await answer


class ModernIRCClient(TaggingClient, RedactingClient, RememberingClient):
    """All of it."""


_ABILITIES: dict[str, type[IRCClient]] = {
    "message-tags": TaggingClient,
    "draft/message-redaction": RedactingClient,
    "draft/chathistory": RememberingClient,
}


def client_for(base: type[IRCClient], capabilities: Collection[str]) -> type[IRCClient]:
    """The class of `base`'s kind that has exactly what the server has."""
    return _with(base, frozenset(_ABILITIES) & frozenset(capabilities))


@cache
def _with(base: type[IRCClient], capabilities: frozenset[str]) -> type[IRCClient]:
    def become(client: IRCClient, capabilities: Collection[str]) -> None:
        client.__class__ = client_for(base, capabilities)

    bases = [kind for name, kind in _ABILITIES.items() if name in capabilities]
    return type(base.__name__, (*bases, base), {"become": become})
