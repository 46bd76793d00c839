"""Shared chats by what people call them: spelled where IDs are names, else looked for in lists."""

from __future__ import annotations

from bridgekit.adapter import Client
from bridgekit.adapter_supports import SupportsNames
from bridgekit.clock import Clock
from bridgekit.errors import Rejected
from bridgekit.facts import Chat, ChatInfo
from bridgekit.ids import ChatID
from bridgekit.networks import Network
from bridgekit.supports import SupportsChatList
from bridgekit.to_matrix.lookup import looked_up


async def chat_meant(network: Network, written: str, clock: Clock) -> Chat:
    """The shared chat that somebody means; raises `Rejected` if there can be none such.

    Raises `RetryLater` where the network must be asked, and asks for time.
    """
    adapter = network.adapter
    if not isinstance(adapter, SupportsNames):
        found = await listed_chat(network, written, clock)
        return Chat(ChatID(written) if found is None or found.id is None else found.id)
    chat = adapter.chat_named(written) or adapter.chat_named(f"#{written}")
    if chat is None or chat.private:
        raise Rejected(f"{network.name} can have no shared chat of this name.")
    if why := adapter.withheld(chat.id):
        raise Rejected(why)
    return chat


async def listed_chat(network: Network, written: str, clock: Clock) -> ChatInfo | None:
    """The chat of this ID or name among those that the bridge's own logins list, the first's first.

    Raises `RetryLater` if the network does.
    """
    for client in network.logins.listeners.clients():
        found = await looked_up(clock, "chats", _listed(client, written))
        if found is not None:
            return found
    return None


async def _listed(client: Client, written: str) -> ChatInfo | None:
    if not isinstance(client, SupportsChatList):
        return None
    name = written.removeprefix("#").casefold()
    async for info in client.chats():
        if info.id == written or (info.name or "").removeprefix("#").casefold() == name:
            return info
    return None
