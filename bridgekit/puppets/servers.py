"""The homeservers whose people may lend the bridge their accounts, and how each is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import ClientSession

from bridgekit.configuration.puppet_settings import PuppetSettings
from bridgekit.configuration.settings import HomeserverSettings
from bridgekit.ids import UserID
from bridgekit.matrix.api import HomeserverAPI


@dataclass(frozen=True, slots=True)
class Server:
    """`service`: requests as any of its people; None where each has to give a token."""

    name: str
    url: str
    service: HomeserverAPI | None = None


class Servers:
    """The bridge's own, and those that the operator names."""

    def __init__(
        self,
        own: HomeserverSettings,
        settings: Mapping[str, PuppetSettings],
        session: ClientSession,
    ) -> None:
        self._own, self._session = own, session
        named = {own.domain: PuppetSettings(url=own.url), **settings}
        self._servers = {name: self._server(name, one) for name, one in named.items()}

    def _server(self, name: str, settings: PuppetSettings) -> Server | None:
        url = settings.url or (self._own.url if name == self._own.domain else None)
        if url is None:
            return None  # refused as the configuration is read
        token = settings.as_token
        service = None if token is None else self._api(url, token.get_secret_value())
        return Server(name, url, service)

    def of(self, user: UserID) -> Server | None:
        """A person's; None if its people cannot have puppets."""
        _, _, domain = user.partition(":")
        return self._servers.get(domain)

    def is_own(self, server: Server) -> bool:
        """Whether it is the bridge's own, without which nothing goes on anyway."""
        return server.url == self._own.url

    def by_token(self, server: Server, token: str) -> HomeserverAPI:
        """Requests as whoever has the token."""
        return self._api(server.url, token)

    def _api(self, url: str, token: str) -> HomeserverAPI:
        return HomeserverAPI(url, token, self._session)
