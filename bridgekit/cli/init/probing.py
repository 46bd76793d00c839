"""What `init` finds out about a homeserver before it believes an answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from aiohttp import ClientSession, ClientTimeout

from bridgekit.cli.asking import OK, fetched, program
from bridgekit.registration.steps import Kind, kind_named

_PATIENCE = ClientTimeout(total=8)


@dataclass(frozen=True, slots=True)
class Seen:
    """`wrong`: why this is no homeserver, "" if it is one; `nobody`: because there is no answer.

    The others None: it does not say.
    """

    wrong: str
    server_name: str | None = None
    kind: Kind | None = None
    nobody: bool = False


def look(url: str) -> Seen:
    """Ask whatever is at `url`; never raises."""
    return asyncio.run(_look(url.rstrip("/")))


async def _look(url: str) -> Seen:
    async with ClientSession(timeout=_PATIENCE) as session:
        answer = await fetched(session, f"{url}/_matrix/client/versions")
        if answer.status == 0:
            return Seen(f"nobody answers at {url} ({answer})", nobody=True)
        if there := answer.moved_to(url):
            return Seen(f"{url} sends everybody on to {there}; write that")
        if answer.status != OK or not isinstance((answer.content or {}).get("versions"), list):
            return Seen(f"what answers at {url} is no Matrix homeserver ({answer})")
        keys = (await fetched(session, f"{url}/_matrix/key/v2/server")).content or {}
        said, _ = await program(session, url)
    name = keys.get("server_name")
    return Seen("", name if isinstance(name, str) else None, kind_named(said))
