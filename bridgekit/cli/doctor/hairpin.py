"""The check of `doctor` on names that mean something else here than they do outside."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from urllib.parse import urlsplit

from bridgekit.adapter_supports import Finding
from bridgekit.mistakes.of_installations import HAIRPIN


async def resolved(url: str) -> set[str]:
    """The addresses of its name, as they are seen from here; none: it has none."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(parts.hostname or "", port, type=socket.SOCK_STREAM)
    except OSError:
        return set()
    return {str(one[4][0]) for one in found}


async def hairpin(url: str) -> Finding | None:
    """Why an address that does not answer here may answer elsewhere; None: nothing says so."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or _address(host) is not None:
        return None
    addresses = {found for one in await resolved(url) if (found := _address(one)) is not None}
    shown = ", ".join(sorted(map(str, addresses)))
    if any(one.is_loopback for one in addresses):
        said = f"{host} is {shown} here, which is this machine itself: see /etc/hosts."
        return HAIRPIN.found(said)
    if addresses and all(one.is_global for one in addresses):
        said = f"{host} is {shown}, an address of the whole Internet, and does not answer here."
        return HAIRPIN.found(said)
    return None


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
