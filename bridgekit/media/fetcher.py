"""The one way to read a URL that somebody sent: public addresses only, capped, no credentials.

Addresses are judged where the connection is made, so neither a redirect nor a name that changes
its address between two questions ("DNS rebinding") gets around it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from http import HTTPStatus

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from bridgekit.errors import Rejected, RetryLater
from bridgekit.media.files import TooLarge

PIECE = 64 << 10
REDIRECTS = 3
PORTS = frozenset({80, 443})
PATIENCE = aiohttp.ClientTimeout(total=600, connect=10, sock_read=30)
_REDIRECT = {301, 302, 303, 307, 308}
_FORBIDDEN = "This address is not public"
# IANA's registries: all of IPv6 that the internet routes; addresses of protocols, not of anybody.
_ROUTED, _NAT64 = ipaddress.ip_network("2000::/3"), ipaddress.ip_network("64:ff9b::/96")
_PROTOCOLS = ipaddress.ip_network("192.0.0.0/24")


class Unreachable(RetryLater):
    """It did not answer, or said that it fails just now."""


class Fetcher:
    """`allowed` are addresses that count as public, for tests and private installations."""

    def __init__(
        self,
        *,
        allowed: Collection[str] = (),
        ports: Collection[int] = PORTS,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._allowed, self._ports, self._resolver = frozenset(allowed), frozenset(ports), resolver

    async def fetch(self, url: str, *, limit: int) -> AsyncIterator[bytes]:
        """The bytes at `url`; raises `Rejected` (`TooLarge` beyond `limit`) or `Unreachable`."""
        try:
            async with self._session() as session, self._followed(session, url) as response:
                total = 0
                async for piece in response.content.iter_chunked(PIECE):
                    total += len(piece)
                    if total > limit:
                        raise TooLarge(limit)
                    yield piece
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreachable("The server of this address does not answer") from error

    def _session(self) -> aiohttp.ClientSession:
        # One per fetch: no cookie, no kept connection and no answer of a name is shared.
        resolver = _PublicOnly(self._resolver or aiohttp.ThreadedResolver(), self._public)
        connector = aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False, force_close=True)
        return aiohttp.ClientSession(
            connector=connector,
            timeout=PATIENCE,
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,  # what unpacks to more than it is must not pass the limit
            headers={"Accept-Encoding": "identity", "User-Agent": "matrix-bridgekit"},
        )

    @asynccontextmanager
    async def _followed(
        self, session: aiohttp.ClientSession, url: str
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        target = self._checked(url)
        for _ in range(REDIRECTS + 1):
            async with session.get(target, allow_redirects=False) as response:
                if response.status not in _REDIRECT:
                    _check(response.status)
                    yield response
                    return
                target = self._checked(str(target.join(_location(response))))
        raise Rejected("This address leads on to others too often")

    def _checked(self, url: str) -> URL:
        try:
            target = URL(url)
            port, host = target.port, target.host
        except ValueError:
            raise Rejected("This is no address of the web") from None
        if target.scheme not in ("http", "https") or not host:
            raise Rejected("This is no address of the web")
        if port not in self._ports:
            raise Rejected("The port of this address is none of the web")
        # aiohttp asks no resolver about what is an address already.
        if _is_address(host) and not self._public(host):
            raise Rejected(_FORBIDDEN)
        return target.with_user(None).with_fragment(None)

    def _public(self, address: str) -> bool:
        return address in self._allowed or is_public(address)


class _PublicOnly(AbstractResolver):
    """Looks a name up and refuses it if any of its addresses is not public."""

    def __init__(self, inner: AbstractResolver, public: Callable[[str], bool]) -> None:
        self._inner = inner
        self._public = public

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)  # type: ignore[arg-type]
        if not all(self._public(entry["host"]) for entry in found):
            raise Rejected(_FORBIDDEN)
        return found

    async def close(self) -> None:
        await self._inner.close()


def is_public(address: str) -> bool:
    """Whether anybody on the internet has this address (and not we, or our cloud's inside)."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if not found.is_global or found.is_multicast:
        return False
    inner = _embedded(found)
    if inner is not None:
        return is_public(str(inner))
    # What Python calls global is more: what was given back, and what no registry speaks of.
    return found not in _PROTOCOLS if found.version == 4 else found in _ROUTED  # noqa: PLR2004 (IP)


def _embedded(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one leads to: mapped, 6to4, Teredo or NAT64 (RFC 6052)."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]


def _is_address(host: str) -> bool:
    # What the system's own look-up takes for an address too: 127.1, 2130706433, 0x7f000001. Names
    # of the internet end in letters.
    last = host.rstrip(".").rpartition(".")[2]
    return ":" in host or last.isdigit() or last.lower().startswith("0x")


def _location(response: aiohttp.ClientResponse) -> URL:
    try:
        return URL(response.headers.get("Location", ""))
    except ValueError:
        raise Rejected("This address leads on to nowhere") from None


def _check(status: int) -> None:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
        raise Unreachable(f"The server of this address answers {status}")
    if status != HTTPStatus.OK:
        raise Rejected(f"The server of this address answers {status}")
