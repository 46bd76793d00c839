"""What an adapter is given for a host where no bridge runs: by `doctor` and `setup`.

It knows what the configuration says: the addresses that the bridge would have, and the links.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

from aiohttp.web import AbstractRouteDef

from bridgekit.adapter import Adapter
from bridgekit.configuration.link_check import chat_of, unconnected
from bridgekit.configuration.settings import ChatLink
from bridgekit.facts import Chat
from bridgekit.hosting import Host
from bridgekit.ids import LoginID, NetworkName
from bridgekit.webhooks import Webhooks


class StandInHost:
    """Everything else that a host does needs a bridge that runs."""

    def __init__(
        self, name: NetworkName, public_url: str | None, chats: Iterable[Chat] = ()
    ) -> None:
        self._name, self._chats = name, tuple(chats)
        self._webhooks = Webhooks(None if public_url is None else public_url.rstrip("/"))

    def mount(self, routes: Iterable[AbstractRouteDef]) -> str:
        """The URL that these would be served at. Raises `ConfigError` where there is none."""
        return self._webhooks.mount(self._name, routes, lambda: False)

    def chats(self, login: LoginID) -> Sequence[Chat]:
        """Those that are linked from the start."""
        del login
        return self._chats

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"no bridge runs here that could be asked for {name!r}")


def with_no_bridge(
    adapter: type[Adapter[Any]],
    config: Any,
    name: NetworkName,
    public_url: str | None,
    links: Sequence[ChatLink] = (),
) -> Adapter[Any]:
    """An adapter that can be asked whether it would work."""
    asked = unconnected(adapter, config) if links else None
    found = () if asked is None else (chat_of(asked, link) for link in links)
    chats = [Chat(chat) for chat in found if chat is not None]
    return adapter(config, cast("Host", StandInHost(name, public_url, chats)))
