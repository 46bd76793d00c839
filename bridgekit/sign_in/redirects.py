"""Pages of networks that send people back to us: each comes back once, to whom it is for.

Whoever comes back says first that they are that person: the link may have been sent to them by
somebody who wants their account.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from bridgekit.errors import Rejected
from bridgekit.ids import UserID

PATH = "/_bridgekit/sign-in"


def callback_url(public_url: str) -> str:
    """Where networks send people back to: what is to be registered with them."""
    return f"{public_url}{PATH}"


@dataclass(frozen=True, slots=True)
class Awaited:
    """A sign-in whose page is open: to which network, for whom. `relay`: for the bridge itself."""

    title: str
    user: UserID
    relay: bool


class Redirects:
    """Who is waited for, by the `state` that only they were given."""

    def __init__(self, public_url: str | None) -> None:
        self._public_url = public_url
        self._open: dict[str, tuple[Awaited, asyncio.Future[Mapping[str, str]]]] = {}

    @property
    def url(self) -> str:
        """Where networks send people back to; `Rejected` where nobody could reach that."""
        if self._public_url is None:
            raise Rejected(
                "Signing in to this network needs a page that the operator has not set up: "
                "appservice.public_url is missing."
            )
        return callback_url(self._public_url)

    def fresh(self) -> str:
        """A state that nobody can guess."""
        return secrets.token_urlsafe(24)

    @contextmanager
    def open(self, state: str, awaited: Awaited) -> Iterator[asyncio.Future[Mapping[str, str]]]:
        """Inside, a call back with this state is waited for."""
        _ = self.url
        coming = asyncio.get_running_loop().create_future()
        self._open[state] = (awaited, coming)
        try:
            yield coming
        finally:
            self._open.pop(state, None)

    def awaited(self, query: Mapping[str, str]) -> Awaited | None:
        """What somebody was sent back to; None if nobody waits for them (any more)."""
        awaited, _ = self._open.get(query.get("state", ""), (None, None))
        return awaited

    def came_back(self, query: Mapping[str, str]) -> bool:
        """Somebody was sent back, and it is them; False if nobody waits (any more)."""
        _, coming = self._open.pop(query.get("state", ""), (None, None))
        if coming is None or coming.done():
            return False
        coming.set_result(query)
        return True
