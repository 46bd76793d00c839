"""The calls of gateways: who calls is checked, what they tell is stored, then they are answered."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from hmac import compare_digest
from ipaddress import ip_address

from aiohttp import web

from bridges.sms.listening import Ear
from bridges.sms.provider import Call, ForgedError, Hooked, Provider, UnusableError
from bridges.sms.settings import ProviderSettings

log = logging.getLogger(__name__)

REMEMBERED = 10_000  # calls of one gateway: more than it makes while a signature is good


def path_of(name: str, settings: ProviderSettings) -> str:
    """Where a gateway calls, below the network's own address; its token, if it has one, is last."""
    token = settings.token.get_secret_value()
    return f"/{name}/{token}" if token else f"/{name}"


class Hook:
    """Takes the calls of one gateway. Those that are not its own the core counts, by their 403."""

    def __init__(self, name: str, provider: Provider, ear: Callable[[str], Ear]) -> None:
        if not isinstance(provider, Hooked):
            raise TypeError(f"{provider.title} makes no calls")
        self._name, self._hooked, self._ear = name, provider, ear(name)
        self._settings, self._url = provider.settings, provider.around.url
        self._stored: dict[str, None] = {}  # what was only in these calls, the latest last

    def routes(self) -> list[web.RouteDef]:
        path = f"/{self._name}"
        return [
            web.route("*", f"{path}/{{rest:.*}}", self.called),
            web.route("*", path, self.called),
        ]

    async def called(self, request: web.Request) -> web.Response:
        """The answer is given when all is stored; what `take` raises is answered with 500."""
        call = await self._read(request)
        try:
            self._admit(request, call)
            self._hooked.verify(call)
            once = self._new(call)
        except Exception as error:  # noqa: BLE001 (what cannot even be checked is not its own)
            # The URL is what its signature is checked against: behind a proxy it is often wrong.
            where = call.url.partition("?")[0].replace(self._token or "\0", "…")
            why = error if isinstance(error, ForgedError) else type(error).__name__
            log.warning("%s: a call was refused, for %s: %s", self._name, where, why)
            return web.Response(status=403, text="This call is not signed as it should be.\n")
        await self._take(call)
        self._note(once)
        reply = self._hooked.reply
        if reply.status == 204:  # noqa: PLR2004 (nothing more can be said with it)
            return web.Response(status=204)
        return web.Response(status=reply.status, text=reply.body, content_type=reply.kind)

    async def _take(self, call: Call) -> None:
        """Store what it tells; durable on return."""
        try:
            told = self._hooked.parse(call)
        except UnusableError as error:
            await self._ear.set_aside(call.body or call.raw_query.encode(), str(error))
        except Exception as error:  # noqa: BLE001 (pure: it would come again, and fail again, for ever)
            why = f"nobody can understand it ({type(error).__name__})"
            await self._ear.set_aside(call.body or call.raw_query.encode(), why)
        else:
            await self._ear.take(*told)

    def _new(self, call: Call) -> str:
        """What is in this call only. Raises `ForgedError` if it was stored before.

        One that was not stored may come again as it was.
        """
        once = self._hooked.once(call)
        if once in self._stored:
            raise ForgedError("it was made before, and is no repetition of the gateway's own")
        return once

    def _note(self, once: str) -> None:
        if once:
            self._stored[once] = None
        while len(self._stored) > REMEMBERED:
            del self._stored[next(iter(self._stored))]

    @property
    def _token(self) -> str:
        return self._settings.token.get_secret_value()

    async def _read(self, request: web.Request) -> Call:
        query = request.rel_url.raw_query_string
        return Call(
            method=request.method,
            url=f"{self._url}{f'?{query}' if query else ''}",
            query=tuple(request.rel_url.query.items()),
            headers=_headers(request.headers),
            body=await request.read(),
            remote=_remote(request),
            raw_query=query,
        )

    def _admit(self, request: web.Request, call: Call) -> None:
        """The word in its address, and the address that it comes from."""
        if self._token and not compare_digest(
            request.match_info.get("rest", "").encode(), self._token.encode()
        ):
            raise ForgedError("the word in its address is not the configured `token`")
        allowed = self._settings.allow_from
        if allowed and not _within(call.remote, self._settings):
            raise ForgedError(f"it comes from {call.remote}, which `allow_from` does not name")


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _remote(request: web.Request) -> str:
    """Who calls: where a proxy on this machine passes calls on, whom it has taken this one from."""
    remote = request.remote or ""
    # Some proxies add a line of their own to those that the caller wrote: the last word counts.
    lines = request.headers.getall("X-Forwarded-For", [""])
    forwarded = lines[-1].rpartition(",")[2].strip()
    try:
        beside = ip_address(remote).is_loopback
    except ValueError:  # a Unix socket
        beside = True
    return forwarded if forwarded and beside else remote


def _within(remote: str, settings: ProviderSettings) -> bool:
    try:
        address = ip_address(remote)
    except ValueError:
        return False
    return any(
        address.version == network.version and address in network for network in settings.allow_from
    )
