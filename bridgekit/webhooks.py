"""The webhooks of adapters: what each network serves to those who call it back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from aiohttp import web
from aiohttp.web import AbstractRouteDef

from bridgekit.errors import ConfigError
from bridgekit.ids import NetworkName

PATH = "/_bridgekit/hooks"


@dataclass(frozen=True, slots=True)
class Mount:
    """`is_open` says whether the network is at work: before, its callers shall come back later."""

    app: web.Application
    is_open: Callable[[], bool]


class Webhooks:
    """One mount per network; a network that is entered anew mounts anew."""

    def __init__(self, public_url: str | None) -> None:
        self._public_url = public_url
        self._mounted: dict[str, Mount] = {}

    def mount(
        self, network: NetworkName, routes: Iterable[AbstractRouteDef], is_open: Callable[[], bool]
    ) -> str:
        """Serve these routes below the URL returned; a route "" is that URL itself.

        Raises `ConfigError` where no public URL is configured.
        """
        if self._public_url is None:
            raise ConfigError(
                f"appservice.public_url is missing: the network {network} calls the bridge back; "
                "add the address that it reaches it under, like https://bridge.example.org"
            )
        inner = web.Application()
        inner.add_routes(routes)
        app = web.Application()
        app.add_subapp(f"{PATH}/{network}", inner)
        app.freeze()
        self._mounted[network] = Mount(app, is_open)
        return f"{self._public_url}{PATH}/{network}"

    def find(self, network: str) -> Mount | None:
        """What is mounted there, open or not."""
        return self._mounted.get(network)
